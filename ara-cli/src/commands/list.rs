//! `cargo ara list`: lists the releases.

use anyhow::Result;
use ara_schema::{Fact, Lock, Release};
use serde_json::{Value, json};

use crate::args::List as Arguments;
use crate::cargo::package::Package;
use crate::lock::file::LockFile;
use crate::output::facts;
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
        let lenses: String =
            releases.iter().map(|(release, added)| added.lenses_in_words(release)).collect();
        let gap = if lenses.is_empty() { "" } else { "\n" };
        format!("{}\n{gap}{lenses}", shown.trim_fmt())
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

fn as_json(release: &Release, added: &Added<'_>) -> Value {
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
        "lenses": facts::as_json(added.lenses.iter().copied()),
    })
}

/// What a release added.
#[derive(Debug, Default, PartialEq, Eq)]
struct Added<'l> {
    tables: u64,
    columns: u64,
    variants: u64,
    /// The columns of older releases that got another range.
    ranges: u64,
    /// What columns replace, in this revision first.
    lenses: Vec<&'l Fact>,
}

impl<'l> Added<'l> {
    fn by(lock: &'l Lock, release: &Release) -> Self {
        let mut added = Self::default();
        for fact in lock.renewals(release) {
            match fact {
                Fact::Lens { .. } => added.lenses.push(fact),
                _ => added.ranges += 1,
            }
        }
        for fact in lock.additions(release) {
            match fact {
                Fact::Lens { .. } => added.lenses.push(fact),
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
            (self.lenses.len() as u64, "replacement"),
        ];
        let words = counts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = words.map(|(count, word)| plural(count, word)).collect();
        words.join(", ")
    }

    /// Returns what columns replace since this release, a line for each.
    fn lenses_in_words(&self, release: &Release) -> String {
        let mut lenses = self.lenses.clone();
        lenses.sort();
        let lines = lenses.into_iter().filter_map(|fact| {
            let Fact::Lens { table, column, replaces, by_key, revision } = fact else {
                return None;
            };
            let words = facts::lens_in_words(replaces, *by_key, *revision);
            Some(format!("since release {}, `{table}.{column}` {words}\n", release.version))
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_in_words() {
        let added = Added { tables: 1, columns: 12, ranges: 1, ..Added::default() };
        assert_eq!(added.in_words(), "1 table, 12 columns, 1 range");
        assert_eq!(Added::default().in_words(), "");
    }
}
