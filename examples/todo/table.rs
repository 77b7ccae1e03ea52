//! Tables of text, aligned for a terminal.

/// Lays out rows under their heads, each column as wide as its widest cell. The columns whose head
/// begins with a space are aligned to the right.
pub fn aligned<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut lines = vec![heads.map(|head| head.trim_start().to_owned())];
    lines.extend(rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))));
    let widths: [usize; N] = std::array::from_fn(|column| {
        lines.iter().map(|line| width(&line[column])).max().unwrap_or(0)
    });
    let mut table = String::new();
    for line in &lines {
        let mut text = String::new();
        for ((cell, head), wide) in line.iter().zip(heads).zip(widths) {
            let space = " ".repeat(wide - width(cell));
            let (before, after) =
                if head.starts_with(' ') { (space.as_str(), "") } else { ("", space.as_str()) };
            text += before;
            text += cell;
            text += after;
            text += "  ";
        }
        table += text.trim_end();
        table.push('\n');
    }
    table
}

/// The text without control characters: a title must not be able to command the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// How many cells of a terminal a text takes: two for the wide characters of East Asia and for
/// emoji, none for what combines with the character before.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
            0xfe30..=0xfe4f | 0xff00..=0xff60 | 0x1f300..=0x1f64f | 0x1f680..=0x1faff => 2,
            0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 3]) -> [String; 3] {
        cells.map(str::to_owned)
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows =
            [row(["7", "tea", "+home"]), row(["12", "čaj 茶", ""]), row(["3", "e\u{301}", "@b"])];
        let table = aligned([" #", "title", "tags"], &rows);
        assert_eq!(
            table,
            " #  title   tags\n 7  tea     +home\n12  čaj 茶\n 3  e\u{301}       @b\n"
        );
    }

    #[test]
    fn a_cell_cannot_command_the_terminal() {
        let table = aligned(["", "", ""], &[row(["\u{1b}[2J", "a\tb", "c\nd"])]);
        assert_eq!(table, "\n\u{fffd}[2J  a\u{fffd}b  c\u{fffd}d\n");
    }
}
