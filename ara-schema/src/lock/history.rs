//! The order of the releases, and the check of their checksums.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Lock, Release};
use super::error::{LockError, RESTORE};
use crate::fact::checksum_of_sorted;

/// The order of releases: for the id of each release, the ids of those that it came directly after.
///
/// Two branches may have recorded releases of the same id. They are one release here, which came after all
/// that either of them came after. That changes no checksum: both have the checksum of the same facts, so
/// what one of them came after is part of the other as well.
pub(super) struct History<'l> {
    before: BTreeMap<&'l str, BTreeSet<&'l str>>,
}

impl<'l> History<'l> {
    /// Returns the order of these releases.
    pub fn of(releases: &'l [Release]) -> Self {
        let mut before: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for release in releases {
            let after = release.after.iter().map(String::as_str);
            before.entry(release.id()).or_default().extend(after);
        }
        Self { before }
    }

    /// Returns whether a release has this id.
    pub fn names(&self, id: &str) -> bool {
        self.before.contains_key(id)
    }

    /// Returns the releases that no other came after, sorted.
    pub fn heads(&self) -> impl Iterator<Item = &'l str> {
        let passed: BTreeSet<&str> = self.before.values().flatten().copied().collect();
        self.before.keys().copied().filter(move |id| !passed.contains(id))
    }

    /// Returns these releases and all that they came after, directly or not.
    pub fn up_to<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> BTreeSet<&'i str>
    where
        'l: 'i,
    {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = ids.into_iter().collect();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.before.get(id).into_iter().flatten());
            }
        }
        found
    }

    /// Returns a release that came after itself, if there is one.
    pub fn cycle(&self) -> Option<&'l str> {
        // Releases are removed once all releases that they came directly after are removed. A release that
        // stays is part of a cycle or came after one, so going back from it leads into a cycle.
        let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, before) in &self.before {
            missing.insert(id, before.len());
            for earlier in before {
                next.entry(earlier).or_default().push(id);
            }
        }
        let mut free: Vec<&str> =
            missing.iter().filter(|(_, missing)| **missing == 0).map(|(id, _)| *id).collect();
        while let Some(id) = free.pop() {
            missing.remove(id);
            for later in next.get(id).into_iter().flatten() {
                if let Some(count) = missing.get_mut(later) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(later);
                    }
                }
            }
        }
        let mut at = self.before.get_key_value(*missing.keys().next()?)?.0;
        for _ in 0..missing.len() {
            at = self.before.get(at)?.iter().find(|id| missing.contains_key(*id))?;
        }
        Some(at)
    }

    /// Returns whether a release came directly after several, or was recorded by two branches.
    fn is_merge(&self, release: &Release) -> bool {
        self.before.get(release.id()).is_some_and(|before| before.len() > 1)
    }
}

/// Checks as many checksums as it takes to find out whether any line was removed.
///
/// If each fact is in one line, the checksums of the heads tell. If two branches have released a fact, it
/// is in two lines. Without one of them, the head still has the fact from the other, but the last release
/// of one branch has lost it. So the last releases of branches, which are those that a merge came after,
/// are checked as well.
pub(super) fn verify(lock: &Lock) -> Result<(), LockError> {
    let history = History::of(&lock.releases);
    let mut ends: BTreeSet<&str> = history.heads().collect();
    let merges = lock.releases.iter().filter(|release| history.is_merge(release));
    for release in merges {
        ends.insert(release.id());
        ends.extend(release.after.iter().map(String::as_str));
    }
    let mut checked = lock.releases.iter().filter(|release| ends.contains(release.id()));
    if checked.all(|release| fits(lock, &history, release)) {
        return Ok(());
    }
    // The earliest release whose checksum is wrong is the one that lost a line.
    verify_all(lock)
}

/// Checks the checksum of every release.
pub(super) fn verify_all(lock: &Lock) -> Result<(), LockError> {
    let history = History::of(&lock.releases);
    let unfit =
        lock.releases.iter().enumerate().find(|(_, release)| !fits(lock, &history, release));
    match unfit {
        None => Ok(()),
        Some((at, release)) => Err(LockError::at(
            lock.places.get(at).copied(),
            format!(
                "the checksum of version {} does not fit what was released up to it: a line that came \
                 with it or before it was removed; {RESTORE}",
                release.version
            ),
        )),
    }
}

/// Returns whether the checksum of a release is right.
fn fits(lock: &Lock, history: &History<'_>, release: &Release) -> bool {
    let mut ids = history.up_to(release.after.iter().map(String::as_str));
    ids.insert(release.id());
    checksum_of_sorted(lock.facts_since(&ids)) == release.checksum
}
