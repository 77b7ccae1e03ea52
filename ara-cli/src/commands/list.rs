//! `cargo ara list`: lists the releases.

use anyhow::Result;
use ara_schema::{Fact, Lock, Release};
use serde_json::{Value, json};

use crate::args::List as Arguments;
use crate::cargo::package::Package;
use crate::lock::file::LockFile;
use crate::output::plural::plural;
use crate::output::report::Report;
use crate::output::table::table;

/// Lists the releases.
pub fn run(arguments: &Arguments) -> Result<Report> {
    let file = LockFile::of(&Package::find(&arguments.selection)?)?;
    let lock = file.lock()?;
    let releases: Vec<_> =
        lock.releases().iter().map(|release| (release, Added::by(&lock, release))).collect();
    let text = if releases.is_empty() {
        "nothing is released yet: `cargo ara lock -m \"first release\"` records what there is\n"
            .to_owned()
    } else {
        let mut shown = table(&["version", "id", "date", "added", "message"]);
        for (release, added) in &releases {
            let version = release.version.to_string();
            let added = match added.in_words() {
                nothing if nothing.is_empty() => joined_in_words(&lock, release),
                added => added,
            };
            shown.add_row([&*version, release.id(), &release.date, &added, &release.message]);
        }
        format!("{}\n", shown.trim_fmt())
    };
    let releases: Vec<Value> =
        releases.iter().map(|(release, added)| as_json(release, added)).collect();
    Ok(Report::new(text, json!({"file": file.path, "releases": releases}), true))
}

/// Returns what a release is that adds nothing: it joins the releases of branches that were merged.
fn joined_in_words(lock: &Lock, release: &Release) -> String {
    let versions: Vec<_> = lock.before(release).map(|before| before.version.to_string()).collect();
    format!("joins {}", versions.join(", "))
}

fn as_json(release: &Release, added: &Added) -> Value {
    json!({
        "version": release.version,
        "id": release.id(),
        "date": release.date,
        "message": release.message,
        "checksum": release.checksum,
        "tables": added.tables,
        "columns": added.columns,
        "variants": added.variants,
        "ranges": added.ranges,
    })
}

/// The number of things that a release added.
#[derive(Debug, Default, PartialEq, Eq)]
struct Added {
    tables: u64,
    columns: u64,
    variants: u64,
    /// The columns of older releases that got another range.
    ranges: u64,
}

impl Added {
    fn by(lock: &Lock, release: &Release) -> Self {
        let mut added = Self { ranges: lock.ranges(release).len() as u64, ..Self::default() };
        for fact in lock.additions(release) {
            match fact {
                Fact::Table { .. } => added.tables += 1,
                Fact::Column { .. } => added.columns += 1,
                Fact::Variant { .. } => added.variants += 1,
            }
        }
        added
    }

    fn in_words(&self) -> String {
        let counts = [
            (self.tables, "table"),
            (self.columns, "column"),
            (self.variants, "variant"),
            (self.ranges, "range"),
        ];
        let words = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = words.map(|(count, word)| plural(count, word)).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_in_words() {
        let added = Added { tables: 1, columns: 12, variants: 0, ranges: 1 };
        assert_eq!(added.in_words(), "1 table, 12 columns, 1 range");
        assert_eq!(Added::default().in_words(), "");
    }
}
