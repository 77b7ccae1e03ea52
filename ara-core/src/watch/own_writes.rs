//! Which changes in the log this database wrote itself.

use crate::log::place::ChangeNumber;
use crate::watch::log_position::FileState;

/// The numbers of the changes that this database has written, between which others may have written. All of
/// them are by the node that writes the file.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites {
    /// Runs of changes between which nobody else wrote: the first and the last number of each, in order.
    runs: Vec<(i64, i64)>,
    /// Whether this database has committed since the last [`take_commits`](Self::take_commits).
    has_committed: bool,
    /// Whether others have committed since then.
    has_met_others: bool,
    /// Whether others have written since the last run, so that it cannot be extended.
    is_last_over: bool,
    /// The state of the file after this database last changed it.
    state: Option<FileState>,
}

impl OwnWrites {
    /// Records that others have written before this database's next changes.
    pub(crate) fn meet_others(&mut self) {
        self.has_met_others = true;
        self.is_last_over = true;
    }

    /// Records what is about to be committed: the numbers of the first and the last change, if there are
    /// any, and the state of the file, if the commit may change it.
    pub(crate) fn announce(
        &mut self,
        logged: Option<(ChangeNumber, ChangeNumber)>,
        state: Option<FileState>,
    ) -> Announced {
        self.has_committed = true;
        self.state = state.or_else(|| self.state.take());
        let Some((first, last)) = logged else { return Announced::Nothing };
        match self.runs.last_mut() {
            Some((_, end)) if !self.is_last_over => {
                Announced::Longer { until: std::mem::replace(end, last.get()) }
            }
            _ => {
                self.is_last_over = false;
                self.runs.push((first.get(), last.get()));
                Announced::Run
            }
        }
    }

    /// Records that this database has committed.
    pub(crate) fn meet_commit(&mut self) {
        self.has_committed = true;
    }

    /// Takes back the record of a commit that failed, as others may use the same numbers.
    pub(crate) fn withdraw(&mut self, announced: Announced) {
        self.state = None;
        match (announced, self.runs.last_mut()) {
            (Announced::Longer { until }, Some((_, end))) => *end = until,
            (Announced::Run, Some(_)) => drop(self.runs.pop()),
            _ => {}
        }
    }

    /// Returns the ranges of numbers after `seen` that are between this database's own changes.
    pub(crate) fn gaps(&self, seen: i64) -> Vec<(i64, i64)> {
        let mut gaps = Vec::new();
        let mut from = seen.saturating_add(1);
        for &(start, end) in &self.runs {
            if from < start {
                gaps.push((from, start - 1));
            }
            from = from.max(end.saturating_add(1));
        }
        gaps.push((from, i64::MAX));
        gaps
    }

    /// Forgets runs that end at or before a number, up to which the log was read.
    pub(crate) fn forget(&mut self, seen: i64) {
        self.runs.retain(|(_, end)| *end > seen);
    }

    /// Returns whether it was this database alone that brought the file into this state.
    pub(crate) fn has_made(&self, state: &FileState) -> bool {
        !self.has_met_others && self.state.as_ref() == Some(state)
    }

    /// Returns whether this database has committed, and whether others have, since the last call.
    pub(crate) fn take_commits(&mut self) -> (bool, bool) {
        (std::mem::take(&mut self.has_committed), std::mem::take(&mut self.has_met_others))
    }
}

/// How a commit was recorded, so that it can be taken back.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Announced {
    /// Not at all: it wrote nothing into the log.
    Nothing,
    /// As a new run.
    Run,
    /// As the continuation of a run, which ended at `until` before.
    Longer { until: i64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(from: i64, to: i64) -> Option<(ChangeNumber, ChangeNumber)> {
        Some((ChangeNumber::new(from), ChangeNumber::new(to)))
    }

    #[test]
    fn what_follows_itself_is_one_run() {
        let mut own = OwnWrites::default();
        own.meet_others();
        own.announce(times(10, 12), None);
        own.announce(None, None);
        own.announce(times(14, 20), None);
        assert_eq!(own.gaps(5), [(6, 9), (21, i64::MAX)]);
        own.meet_others();
        own.announce(times(30, 31), None);
        assert_eq!(own.gaps(9), [(21, 29), (32, i64::MAX)]);
        assert_eq!(own.gaps(25), [(26, 29), (32, i64::MAX)]);
        own.forget(25);
        assert_eq!(own.gaps(25), [(26, 29), (32, i64::MAX)]);
        assert_eq!(own.runs.len(), 1);
        assert_eq!(own.take_commits(), (true, true));
        assert_eq!(own.take_commits(), (false, false));
    }

    #[test]
    fn what_was_not_committed_is_nobodys() {
        let mut own = OwnWrites::default();
        let first = own.announce(times(10, 12), None);
        let second = own.announce(times(14, 20), None);
        own.withdraw(second);
        assert_eq!(own.gaps(9), [(13, i64::MAX)]);
        own.withdraw(first);
        assert_eq!(own.gaps(9), [(10, i64::MAX)]);
    }
}
