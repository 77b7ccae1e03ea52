//! The line of `.gitattributes` that makes git merge two locks by keeping the lines of both.

use anyhow::{Context, Result};
use ara_schema::LOCK_FILE;

use super::repository;
use crate::cargo::package::Package;
use crate::files::{read_if_there, replace};

const MERGE: &str = "merge=";

/// Adds the line to the `.gitattributes` in the package's folder, unless the repository says already how
/// locks are merged. Returns whether it did.
pub fn ensure(package: &Package) -> Result<bool> {
    if repository::knows_how_to_merge(package) {
        return Ok(false);
    }
    let path = package.folder().join(".gitattributes");
    let text = read_if_there(&path)?.unwrap_or_default();
    let Some(text) = with_line(&text) else { return Ok(false) };
    replace(&path, text.as_bytes()).with_context(|| format!("{path} cannot be written"))?;
    Ok(true)
}

/// Returns the line that makes git keep the lines of both branches.
pub fn line() -> String {
    format!("{LOCK_FILE} {MERGE}union")
}

/// Returns the text with the line, or `None` if it says already how locks are merged.
fn with_line(text: &str) -> Option<String> {
    let says_how = |line: &str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|file| file.trim_start_matches('/') == LOCK_FILE)
            && words.any(|word| word.starts_with(MERGE))
    };
    if text.lines().any(says_how) {
        return None;
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Some(format!("{text}{end}{}\n", line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_added_once() {
        let line = "ara.lock merge=union\n";
        assert_eq!(with_line("").as_deref(), Some(line));
        assert_eq!(with_line("*.png binary"), Some(format!("*.png binary\n{line}")));
        assert_eq!(with_line("# ara.lock merge=union\n"), Some(format!("# {line}{line}")));
        for said in [line, "a b\r\n/ara.lock text merge=union\r\n", "ara.lock merge=ours"] {
            assert_eq!(with_line(said), None);
        }
    }
}
