//! What a lock holds: the releases, and the facts that came with each of them.

use std::collections::BTreeSet;

use crate::fact::Fact;
use crate::snapshot::Snapshot;

/// What was released: the content of an `ara.lock`, read and checked.
///
/// A lock only grows. Each line of its schema names the release that it came with, and each release has
/// the [`checksum`](crate::checksum) of everything that was released up to it: of its own lines and of
/// those of all releases before it. Two branches may each record a release. The lines of both are a valid
/// lock again, and the next release comes after both. Each line has a seal, by which a line that was
/// edited by hand is found.
///
/// This type knows no files, no clock and no version control: it reads and writes text.
///
/// # The file
///
/// The file is JSON, with one entry per line:
///
/// ```json
/// {
///   "format": 2,
///   "about": "..",
///   "releases": [
///     { "version": 1, "checksum": "456e8b93..", "after": [], "date": "2026-11-22", "message": "first", "seal": "ca9a" },
///     { "version": 2, "checksum": "3a001462..", "after": ["456e8b93"], "date": "2026-12-01", "message": "titles", "seal": "ed2a" },
///     "end"
///   ],
///
///   "schema": [
///     { "table": "todo", "since": "456e8b93", "seal": "8ea9" },
///     { "table": "todo", "column": "category_id", "type": {"id": "category"}, "since": "3a001462", "seal": "e468" },
///     { "table": "todo", "column": "state", "type": "enum", "since": "456e8b93", "seal": "cc9b" },
///     { "table": "todo", "column": "state", "variant": "Open", "since": "456e8b93", "seal": "1abc" },
///     { "table": "todo", "column": "title", "type": "text", "range": "1..=100", "since": "3a001462", "seal": "0a5b" },
///     "end"
///   ]
/// }
/// ```
///
/// `since` and `after` name releases by their [id](Release::id). A seal is the first 4 hexadecimal digits
/// of a SHA-256. For a line of the schema, it is the SHA-256 of the text `FACT since ID`, where `FACT` is a
/// [`Fact`] as text. For a release, it is that of `release VERSION CHECKSUM after ID,ID DATE MESSAGE`.
///
/// A column that gets wider has a line for each [`Range`](crate::Range) that it had. A column that replaces others
/// has a line for each revision of its lens, and the line of a table names its key, if it has one:
///
/// ```json
///     { "table": "kind", "local": true, "key": "name", "since": "609e8beb", "seal": "d4d0" },
///     { "table": "todo", "column": "body", "replaces": ["note"], "revision": 1, "since": "609e8beb", "seal": "c3cf" },
///     { "table": "todo", "column": "body", "replaces": ["memo", "note"], "revision": 2, "since": "40d976fe", "seal": "646e" },
///     { "table": "todo", "column": "kind_id", "replaces": ["kind"], "revision": 1, "by_key": true, "since": "609e8beb", "seal": "b510" },
/// ```
///
/// Format 1 had no ranges. What it says is read, and nothing is refused because of a range that was not recorded.
/// Format 2 had neither lenses nor keys. It is still written of what has none of them.
///
/// The entries may come in any order and layout, and more than once, so that git can merge the file by
/// keeping the lines of both sides. `ara.lock merge=union` in `.gitattributes` makes git do that. For that
/// reason each line before `"end"` ends with a comma, and the two arrays are far enough apart for git to
/// merge them one by one.
///
/// # Example
///
/// ```
/// use ara_schema::{Lock, Snapshot};
///
/// let json = r#"[{"name":"todo","columns":[{"name":"title","type":"text"}]}]"#;
/// let code: Snapshot = serde_json::from_str(json)?;
/// let mut lock = Lock::default();
/// lock.record(&code.facts(), "first release", "2026-11-22");
/// assert_eq!(lock.version(), 1);
///
/// let read = Lock::parse(&lock.to_string())?;
/// assert_eq!(read.schema(), code);
/// assert!(read.unrecorded(&code.facts()).is_empty());
///
/// let edited = lock.to_string().replace("title", "name");
/// assert_eq!(Lock::parse(&edited).err().and_then(|error| error.line), Some(11));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Lock {
    /// The releases, sorted by version, and within a version in the order of the file.
    pub(super) releases: Vec<Release>,
    /// The line of each release. A release that was recorded since the file was read has none.
    pub(super) places: Vec<usize>,
    /// The lines of the schema, sorted and without repetition. A fact that two branches have released
    /// comes twice, with another release each time.
    pub(super) released: Vec<Released>,
}

/// A release: a line of a [`Lock`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The number of the release, from 1. Two branches may each have a release of the same number.
    pub version: u32,
    /// The [`checksum`](crate::checksum) of everything that was released up to it, in 64 hexadecimal
    /// digits.
    pub checksum: String,
    /// The ids of the releases that it came directly after, sorted.
    pub after: Vec<String>,
    /// The day of the release, such as `2026-11-22`.
    pub date: String,
    /// What is new in the release, in the words of the person who recorded it.
    pub message: String,
}

/// The number of digits of a release's id.
const ID_LENGTH: usize = 8;

impl Release {
    /// Returns the name by which other lines refer to the release: the first 8 digits of its checksum. Two
    /// releases share it if exactly the same was released up to both of them.
    #[must_use]
    pub fn id(&self) -> &str {
        self.checksum.get(..ID_LENGTH).unwrap_or(&self.checksum)
    }
}

/// A line of the schema: a fact, and the id of the release that it came with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Released {
    pub fact: Fact,
    pub since: String,
}

impl Lock {
    /// Returns the releases, sorted by version, and within a version in the order of the file.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// Returns the latest version, or 0 if there is no release.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.releases.last().map_or(0, |release| release.version)
    }

    /// Returns everything that was released.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<Fact> {
        self.released.iter().map(|released| released.fact.clone()).collect()
    }

    /// Returns the schema that was released.
    #[must_use]
    pub fn schema(&self) -> Snapshot {
        Snapshot::of_facts(self.released.iter().map(|released| &released.fact))
    }

    /// Returns the facts that came with any of these releases, sorted and without repetition.
    pub(super) fn facts_since<'l>(
        &'l self,
        ids: &BTreeSet<&str>,
    ) -> impl Iterator<Item = &'l Fact> {
        let released = self.released.iter().filter(|line| ids.contains(&*line.since));
        let mut last = None;
        released.map(|line| &line.fact).filter(move |fact| last.replace(*fact) != Some(*fact))
    }
}
