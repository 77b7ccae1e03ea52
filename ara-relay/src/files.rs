//! How many files the system lets the relay open, of which each connection is one.

/// How many it needs besides connections at most: for those of the store, and for who asks for metrics.
#[cfg(unix)]
const OTHERS: u64 = 256;

/// Returns how many connections there can be, of those that are wanted, and asks the system for as many files if it allows
/// fewer. So there is always one left for the store, however many connect.
#[cfg(unix)]
pub(crate) fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = OTHERS.saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX));
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let most = limit.maximum.unwrap_or(needed).min(needed);
        // If it refuses, what there is has to do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
    match getrlimit(Resource::Nofile).current {
        Some(files) => wanted.min(usize::try_from(left(files)).unwrap_or(usize::MAX)),
        None => wanted,
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) const fn connections(wanted: usize) -> usize {
    wanted
}

/// Returns how many of so many files connections may be.
#[cfg(unix)]
fn left(files: u64) -> u64 {
    files.saturating_sub(OTHERS).max(files / 2).max(1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_store_has_files_left() {
        assert_eq!([65_536, 1024, 300, 64, 1, 0].map(left), [65_280, 768, 150, 32, 1, 1]);
    }
}
