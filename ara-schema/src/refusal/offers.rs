//! What several messages say: which column they are about, and that its name can be kept.

use crate::table::TableDef;
use crate::text::Text;

/// The largest number of new names that are written for one thing that is gone.
pub(super) const MOST_CANDIDATES: usize = 5;

/// Asks whether something was renamed to `name`. Of many such names, only the first few are written;
/// `before` is the number of those already written.
pub(super) const fn write_candidate(text: &mut Text<'_>, name: &str, before: usize) {
    if before == MOST_CANDIDATES {
        text.push(" or another");
        return;
    }
    text.push(if before == 0 { ". Was it renamed to `" } else { " or `" });
    text.push(name);
    text.push("`");
}

pub(super) const fn write_keep(text: &mut Text<'_>, candidates: usize) {
    text.push(if candidates > 0 {
        "\n  else keep it, unused:  "
    } else {
        "\n  keep it, unused:       "
    });
}

pub(super) const fn write_keep_it(text: &mut Text<'_>, is_else: bool) {
    text.push(if is_else { "\n  else keep it:          " } else { "\n  keep it:               " });
}

pub(super) const fn write_column(text: &mut Text<'_>, table: &TableDef, column: &str) {
    text.push("column `");
    text.push(table.name);
    text.push(".");
    text.push(column);
    text.push("`");
}
