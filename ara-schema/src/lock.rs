//! `ara.lock`: what was released, in a file that is committed beside a package's `Cargo.toml`.
//!
//! `read` reads the JSON, `check` checks each line, and `history` checks that no line is missing. `write`
//! writes the text.

mod check;
mod contents;
mod error;
mod history;
mod read;
mod seal;
mod superset;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

pub use contents::{Lock, Release};
pub use error::LockError;

use crate::fact::{Fact, FactKey, checksum};
use contents::Released;
use history::History;

/// The name of the file, beside the package's `Cargo.toml`.
pub const LOCK_FILE: &str = "ara.lock";

impl Lock {
    /// Reads the text of a lock, and checks that nobody has edited it. Every change of what was released
    /// is found. As each build calls this, it checks only as many checksums as that takes;
    /// [`verify_all`](Self::verify_all) checks all of them.
    ///
    /// # Errors
    ///
    /// Returns a [`LockError`] for the first line that is not as `cargo ara lock` has written it, and for
    /// two lines that release the same thing in different ways.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let lock = check::lock(read::Entries::read(text)?)?;
        history::verify(&lock)?;
        Ok(lock)
    }

    /// Checks the checksum of every release.
    ///
    /// # Errors
    ///
    /// Returns a [`LockError`] for the first release whose checksum is wrong.
    pub fn verify_all(&self) -> Result<(), LockError> {
        history::verify_all(self)
    }

    /// Returns what a release added to the releases before it, sorted.
    #[must_use]
    pub fn additions(&self, release: &Release) -> Vec<&Fact> {
        self.added(release).0
    }

    /// Returns what a release recorded of columns of older releases, sorted: another range, or another revision of
    /// the lens.
    #[must_use]
    pub fn renewals(&self, release: &Release) -> Vec<&Fact> {
        self.added(release).1
    }

    /// Returns the facts that a release added: those about something new, and those about something known.
    fn added(&self, release: &Release) -> (Vec<&Fact>, Vec<&Fact>) {
        let before = History::of(&self.releases).up_to(release.after.iter().map(String::as_str));
        let known: BTreeSet<&Fact> = self.facts_since(&before).collect();
        let keys: BTreeSet<FactKey<'_>> = known.iter().map(|fact| fact.key()).collect();
        let own = BTreeSet::from([release.id()]);
        let added = self.facts_since(&own).filter(|fact| !known.contains(fact));
        added.partition(|fact| !keys.contains(&fact.key()))
    }

    /// Returns what the code has and no release has, sorted: what is new, columns that are wider than they were
    /// released, and lenses of a later revision. What the code breaks is not among them.
    #[must_use]
    pub fn unrecorded(&self, code: &BTreeSet<Fact>) -> Vec<Fact> {
        let released = self.schema().facts();
        let known: BTreeMap<FactKey<'_>, &Fact> =
            released.iter().map(|fact| (fact.key(), fact)).collect();
        let is_new =
            |fact: &&Fact| known.get(&fact.key()).is_none_or(|known| fact.goes_on_from(known));
        code.iter().filter(is_new).cloned().collect()
    }

    /// Records what is new in the code as a release that comes after all others. `date` is its day, such
    /// as `2026-11-22`. What was released and is missing in the code stays released: the caller has
    /// checked that the code breaks nothing.
    ///
    /// If nothing is new, but two branches that each recorded a release were merged, the release joins
    /// them: it adds no line to the schema, and stands for what both of them have released.
    ///
    /// Returns `None` if there is nothing to record. That is also the case if one of the two branches had
    /// everything that the other had.
    pub fn record(&mut self, code: &BTreeSet<Fact>, message: &str, date: &str) -> Option<&Release> {
        let new = self.unrecorded(code);
        let after: Vec<String> = History::of(&self.releases).heads().map(str::to_owned).collect();
        if new.is_empty() && after.len() < 2 {
            return None;
        }
        let mut facts = self.facts();
        facts.extend(new.iter().cloned());
        let checksum = checksum(&facts);
        // A release with this checksum has the same id, so the new one would come after itself.
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

    /// Returns the releases that a release came directly after. There are several if it came after a
    /// merge of branches. Of releases that share an id, the latest is returned.
    pub fn before<'l>(&'l self, release: &'l Release) -> impl Iterator<Item = &'l Release> {
        let releases = self.releases.iter().rev();
        release.after.iter().filter_map(move |id| releases.clone().find(|old| old.id() == id))
    }

    /// Checks that this lock has every release and every line of the schema that an older lock has,
    /// unchanged.
    ///
    /// # Errors
    ///
    /// Returns a [`LockError`] for the first of them that is missing or has changed.
    pub fn check_superset_of(&self, older: &Self) -> Result<(), LockError> {
        superset::check(self, older)
    }
}
