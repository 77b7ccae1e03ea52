//! `ara.lock`: what was released, in a file that is committed beside a package's `Cargo.toml`.

mod check;
mod error;
mod history;
mod read;
mod seal;
mod superset;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;

pub use error::LockError;

use crate::{Fact, Snapshot, checksum};
use history::History;

/// The name of the file, beside the package's `Cargo.toml`.
pub const LOCK_FILE: &str = "ara.lock";

/// What was released: the text of an `ara.lock`, read and checked.
///
/// A lock only grows. Each line of its schema says which release it came with, and each release has
/// the [`checksum`] of all that was released up to it: of its own lines and of those of all
/// releases that it came after. Branches may both record a release; the lines of both are a lock again,
/// and the next release comes after both. Each line has a seal, so that one edited by hand is named.
///
/// This type knows no file, no clock and no version control: it reads text and writes text.
///
/// # The file
///
/// It is JSON, with an entry a line:
///
/// ```json
/// {
///   "format": 1,
///   "about": "..",
///   "releases": [
///     { "version": 1, "checksum": "456e8b93..", "after": [], "date": "2026-11-22", "message": "first", "seal": "ca9a" },
///     { "version": 2, "checksum": "889ef387..", "after": ["456e8b93"], "date": "2026-12-01", "message": "", "seal": "53cb" },
///     "end"
///   ],
///
///   "schema": [
///     { "table": "todo", "since": "456e8b93", "seal": "8ea9" },
///     { "table": "todo", "column": "category_id", "type": {"id": "category"}, "since": "889ef387", "seal": "6b81" },
///     { "table": "todo", "column": "state", "type": "enum", "since": "456e8b93", "seal": "cc9b" },
///     { "table": "todo", "column": "state", "variant": "Open", "since": "456e8b93", "seal": "1abc" },
///     "end"
///   ]
/// }
/// ```
///
/// `since` and `after` name releases by their [id](Release::id). A seal is the first 4 hexadecimal
/// digits of a SHA-256: for a line of the schema of the text `FACT since ID`, where [`Fact`] says what a
/// fact is as text, and for a release of `release VERSION CHECKSUM after ID,ID DATE MESSAGE`.
///
/// The entries may come in any order and layout, and twice. So git may merge the file by keeping the
/// lines of both sides, as `ara.lock merge=union` in `.gitattributes` makes it do: each line but the
/// last ends with a comma, and the arrays are far enough apart to be merged one by one.
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
    /// Sorted by version, then as in the file.
    releases: Vec<Release>,
    /// The line of each release. One that was recorded since the file was read has none.
    places: Vec<usize>,
    /// Sorted, each once. Two branches may have released the same fact: it comes once for each of them.
    released: Vec<Released>,
}

/// A release: a line of the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its number, from 1. Two branches may each have a release of the same number.
    pub version: u32,
    /// The [`checksum`] of all that was released up to it, in 64 hexadecimal digits.
    pub checksum: String,
    /// The ids of the releases that it came after, sorted.
    pub after: Vec<String>,
    /// The day of it, as `2026-11-22`.
    pub date: String,
    /// What it brings, in the words of who recorded it.
    pub message: String,
}

impl Release {
    /// What the other lines call it: the first 8 digits of its checksum. Releases up to which the very
    /// same was released share it.
    #[must_use]
    pub fn id(&self) -> &str {
        self.checksum.get(..ID_LENGTH).unwrap_or(&self.checksum)
    }
}

/// The digits of a release's id.
const ID_LENGTH: usize = 8;

/// A line of the schema: a fact, and the id of the release that it came with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Released {
    fact: Fact,
    since: String,
}

impl Lock {
    /// Reads the text of a lock, and checks that nobody edited it. Whatever changes what was released is
    /// found. This runs in each build; [`verify_all`](Self::verify_all) checks the rest of the history.
    ///
    /// # Errors
    ///
    /// The first line that is not as `cargo ara lock` wrote it, and two lines that release the same
    /// thing in different ways.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let lock = check::lock(read::Entries::read(text)?)?;
        history::verify(&lock)?;
        Ok(lock)
    }

    /// Checks the checksum of every release.
    ///
    /// # Errors
    ///
    /// The first release whose checksum does not fit.
    pub fn verify_all(&self) -> Result<(), LockError> {
        history::verify_all(self)
    }

    /// The releases, sorted by version, then as in the file.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// The latest version; 0 if there is no release.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.releases.last().map_or(0, |release| release.version)
    }

    /// All that was released.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<Fact> {
        self.released.iter().map(|released| released.fact.clone()).collect()
    }

    /// The schema that was released.
    #[must_use]
    pub fn schema(&self) -> Snapshot {
        Snapshot::of_facts(self.released.iter().map(|released| &released.fact))
    }

    /// What a release added to those that it came after, sorted.
    #[must_use]
    pub fn additions(&self, release: &Release) -> Vec<&Fact> {
        let before = History::of(&self.releases).up_to(release.after.iter().map(String::as_str));
        let known: BTreeSet<&Fact> = self.facts_since(&before).collect();
        let own = BTreeSet::from([release.id()]);
        self.facts_since(&own).filter(|fact| !known.contains(fact)).collect()
    }

    /// The facts that came with any of these releases, sorted.
    fn facts_since<'l>(&'l self, ids: &BTreeSet<&str>) -> impl Iterator<Item = &'l Fact> {
        let released = self.released.iter().filter(|line| ids.contains(&*line.since));
        let mut last = None;
        released.map(|line| &line.fact).filter(move |fact| last.replace(*fact) != Some(*fact))
    }

    /// What is in the code and was not released, sorted.
    #[must_use]
    pub fn unrecorded(&self, code: &BTreeSet<Fact>) -> Vec<Fact> {
        let released = self.facts();
        code.difference(&released).cloned().collect()
    }

    /// Records what is new in the code as a release, on a day such as `2026-11-22`. The release comes
    /// after all others. What was released and is not in the code stays released: whether the code breaks
    /// any of it the caller has checked.
    ///
    /// Where nothing is new, but two branches that each recorded a release were merged, the release joins
    /// them: it adds no line to the schema, and stands for what both of them released. Otherwise, and
    /// where one of the two had all that the other had, there is nothing to record: `None`.
    pub fn record(&mut self, code: &BTreeSet<Fact>, message: &str, date: &str) -> Option<&Release> {
        let new = self.unrecorded(code);
        let after: Vec<String> = History::of(&self.releases).heads().map(str::to_owned).collect();
        if new.is_empty() && after.len() < 2 {
            return None;
        }
        let mut facts = self.facts();
        facts.extend(new.iter().cloned());
        let checksum = checksum(&facts);
        // A release of the very same is there: this one would come after itself.
        if self.releases.iter().any(|release| release.checksum == checksum) {
            return None;
        }
        let release = Release {
            version: self.version().saturating_add(1),
            checksum,
            after,
            date: date.to_owned(),
            message: message.to_owned(),
        };
        let since = release.id();
        self.released
            .extend(new.into_iter().map(|fact| Released { fact, since: since.to_owned() }));
        self.released.sort();
        self.releases.push(release);
        self.releases.last()
    }

    /// The releases that a release came directly after, several if it came after a merge of branches. Of
    /// those that share an id it is the latest.
    pub fn before<'l>(&'l self, release: &'l Release) -> impl Iterator<Item = &'l Release> {
        let releases = self.releases.iter().rev();
        release.after.iter().filter_map(move |id| releases.clone().find(|old| old.id() == id))
    }

    /// Checks that all of an older lock is in this one: each of its releases and each line of its schema,
    /// as it was.
    ///
    /// # Errors
    ///
    /// What is missing or has changed.
    pub fn check_superset_of(&self, older: &Self) -> Result<(), LockError> {
        superset::check(self, older)
    }
}
