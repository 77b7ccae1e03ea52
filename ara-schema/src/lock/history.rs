//! Which release came after which, and whether their checksums fit.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{LockError, RESTORE};
use super::{Lock, Release};
use crate::fact::checksum_of_sorted;

/// The releases by id, each with those that it came directly after.
///
/// Two releases of one id, recorded by two branches, are one here, that came after what either came
/// after. That changes no checksum: each of them has the checksum of the very same facts, so whatever
/// one came after is part of the other, too.
pub(super) struct History<'l> {
    before: BTreeMap<&'l str, BTreeSet<&'l str>>,
}

impl<'l> History<'l> {
    pub fn of(releases: &'l [Release]) -> Self {
        let mut before: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for release in releases {
            let after = release.after.iter().map(String::as_str);
            before.entry(release.id()).or_default().extend(after);
        }
        Self { before }
    }

    pub fn names(&self, id: &str) -> bool {
        self.before.contains_key(id)
    }

    /// The releases that no other came after, sorted.
    pub fn heads(&self) -> impl Iterator<Item = &'l str> {
        let passed: BTreeSet<&str> = self.before.values().flatten().copied().collect();
        self.before.keys().copied().filter(move |id| !passed.contains(id))
    }

    /// These releases and all that they came after.
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

    /// A release that came after itself.
    pub fn cycle(&self) -> Option<&'l str> {
        // Releases are taken away whose predecessors are all gone. What stays is a cycle, or came after
        // one: of that, going back far enough ends in the cycle.
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

    /// Whether a release came directly after several, or two branches recorded it.
    fn is_merge(&self, release: &Release) -> bool {
        self.before.get(release.id()).is_some_and(|before| before.len() > 1)
    }
}

/// Checks the checksums that show whether any line was removed.
///
/// Those of the heads show it if no fact comes twice. One that two branches released does: without the
/// one line the other still gives the fact to the head, but not to the release that the first branch
/// ended with. So the ends of branches, which are those that a merge came after, are checked as well.
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
    // Of those that do not fit, the earliest is the one that lost a line.
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

fn fits(lock: &Lock, history: &History<'_>, release: &Release) -> bool {
    let mut ids = history.up_to(release.after.iter().map(String::as_str));
    ids.insert(release.id());
    checksum_of_sorted(lock.facts_since(&ids)) == release.checksum
}
