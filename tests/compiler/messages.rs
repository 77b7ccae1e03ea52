//! The compiler's messages, without what changes although a reader is told the same: the line numbers in
//! ara's own files, and the lines of the standard library, which not every machine has.

use std::path::Path;

use serde_json::Value;

/// A line of a message.
enum Line<'a> {
    /// Names the file whose lines follow, after an arrow.
    Place { arrow: &'a str, path: &'a str },
    /// Stands right of the column with the line numbers, which are those of the program alone.
    Right { number: &'a str, text: &'a str },
    /// Goes on with a note right of that column.
    More { text: &'a str },
    /// Stands by itself.
    Alone { text: &'a str },
}

/// Whose lines are shown.
#[derive(Clone, Copy, PartialEq)]
enum Whose {
    Program,
    Ara,
    Std,
}

/// Returns all that is said of a program, from the compiler's messages as JSON.
pub fn of(json: &str, program: &str, workspace: &Path) -> String {
    let workspace = format!("{}/", workspace.display());
    let mut messages = Vec::new();
    for line in json.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let text = message["message"].as_str().unwrap_or_default();
        let only_counts = message["level"] == "failure-note" || text.starts_with("aborting due to");
        if let (Some(shown), false) = (message["rendered"].as_str(), only_counts) {
            messages.push(stable(shown.replace(&workspace, "").trim_end(), program));
        }
    }
    messages.join("\n")
}

fn stable(message: &str, program: &str) -> String {
    let lines = lines(message, program);
    let digits = |line: &Line| if let Line::Right { number, .. } = line { number.len() } else { 0 };
    let width = lines.iter().map(digits).max().unwrap_or_default().max(1);
    let mut shown = String::new();
    for line in lines {
        let line = match line {
            Line::Place { arrow, path } => {
                format!("{:width$}{arrow} {}", "", stable_path(path, program))
            }
            Line::Right { number, text } => format!("{number:>width$} {text}"),
            Line::More { text } => format!("{:width$} {text}", ""),
            Line::Alone { text } => text.to_owned(),
        };
        shown += line.trim_end();
        shown.push('\n');
    }
    shown
}

fn lines<'a>(message: &'a str, program: &str) -> Vec<Line<'a>> {
    let (mut whose, mut column, mut is_note) = (Whose::Program, 0, false);
    let mut lines = Vec::new();
    for line in message.lines() {
        let text = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        let number = line[..line.len() - text.len()].trim();
        let is_alone = !line.starts_with(' ') && number.is_empty();
        if let Some((arrow @ ("-->" | ":::"), path)) = text.split_once(' ') {
            whose = Whose::of(path, program);
            column = line.len() - text.len();
            lines.push(Line::Place { arrow, path });
        } else if is_alone && text != "..." {
            whose = Whose::Program;
            lines.push(Line::Alone { text });
        } else if whose == Whose::Std {
            continue;
        } else if text.starts_with('|') || text.starts_with("= ") {
            let number = if whose == Whose::Program { number } else { "" };
            lines.push(Line::Right { number, text });
        } else if is_note {
            lines.push(Line::More { text: line.get(column + 1..).unwrap_or_default() });
        } else {
            lines.push(Line::Alone { text: line });
        }
        is_note =
            text.starts_with("= ") || is_note && matches!(lines.last(), Some(Line::More { .. }));
    }
    lines
}

impl Whose {
    fn of(path: &str, program: &str) -> Self {
        if path.starts_with(program) {
            Self::Program
        } else if std_path(path).is_some() {
            Self::Std
        } else {
            Self::Ara
        }
    }
}

fn stable_path(path: &str, program: &str) -> String {
    let file = path.split(':').next().unwrap_or(path);
    match Whose::of(path, program) {
        Whose::Program => path.to_owned(),
        Whose::Ara => file.to_owned(),
        Whose::Std => format!("$RUST/{}", std_path(file).unwrap_or_default()),
    }
}

/// The path of a file of the standard library, within that.
fn std_path(path: &str) -> Option<&str> {
    let (before, path) = path.split_once("/library/")?;
    (before.starts_with("/rustc/") || before.ends_with("/rustlib/src/rust")).then_some(path)
}
