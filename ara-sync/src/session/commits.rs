//! Commits, by which it is seen whether what was counted of the log is outdated.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many commits there were.
#[derive(Default)]
pub(super) struct Commits(AtomicU64);

/// When something was counted: after so many commits, or more.
#[derive(Clone, Copy)]
pub(super) struct Mark(u64);

impl Commits {
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Is called before something is counted.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.0.load(Ordering::SeqCst))
    }

    /// Returns how many bytes are told to be unsent, of which so many were counted after a mark. If anything was committed
    /// since, that may not have been counted, so nobody is to take it for sent: then it is one at least, until a thread
    /// has counted again.
    pub(super) fn unsent(&self, counted: u64, since: Mark) -> u64 {
        counted.max(u64::from(self.mark().0 != since.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_after_the_mark_is_not_taken_for_sent() {
        let commits = Commits::default();
        commits.note();
        let mark = commits.mark();
        assert_eq!(commits.unsent(0, mark), 0);
        commits.note();
        assert_eq!(commits.unsent(0, mark), 1);
        assert_eq!(commits.unsent(700, mark), 700);
        assert_eq!(commits.unsent(0, commits.mark()), 0);
    }
}
