//! The check that a lock has everything that an older one has.

use std::collections::BTreeSet;

use super::contents::{Lock, Release, Released};
use super::error::{LockError, RESTORE};

/// Checks that `lock` has everything that `older` has, unchanged.
pub(super) fn check(lock: &Lock, older: &Lock) -> Result<(), LockError> {
    for before in &older.releases {
        if !lock.releases.contains(before) {
            return Err(release_lost(lock, before));
        }
    }
    let released: BTreeSet<&Released> = lock.released.iter().collect();
    match older.released.iter().find(|before| !released.contains(before)) {
        Some(before) => Err(fact_lost(lock, before)),
        None => Ok(()),
    }
}

fn release_lost(lock: &Lock, before: &Release) -> LockError {
    let same_id = lock.releases.iter().enumerate().find(|(_, now)| now.id() == before.id());
    let (line, what) = match same_id {
        Some((at, _)) => (lock.places.get(at).copied(), "is another one now"),
        None => (None, "is missing"),
    };
    let Release { version, date, message, .. } = before;
    let reason = format!("version {version} (\"{message}\", {date}) was released and {what}");
    LockError::at(line, format!("{reason}: {RESTORE}"))
}

fn fact_lost(lock: &Lock, Released { fact, since }: &Released) -> LockError {
    let now = lock.released.iter().find(|now| now.fact.key() == fact.key());
    let what = match now {
        None => "is missing".to_owned(),
        Some(now) if now.fact == *fact => format!("is there since `{}` now", now.since),
        Some(now) => format!("is `{}` now", now.fact),
    };
    LockError::at(None, format!("`{fact}` was released with `{since}` and {what}: {RESTORE}"))
}
