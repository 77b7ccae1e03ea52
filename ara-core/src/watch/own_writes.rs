//! Which changes of the log this database wrote itself.

use crate::log::clock::Time;
use crate::watch::log_position::FileState;

/// The changes that this database has written lately, by their times, and what it knows of those that
/// others wrote between them. All of them are of the node that writes the file.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites {
    /// From and to, both included, in the order of the times.
    runs: Vec<(i64, i64)>,
    /// Whether this database has committed since [`take_commits`](Self::take_commits).
    has_committed: bool,
    /// Whether it met commits of others since then.
    has_met_others: bool,
    /// Whether others have written since the last run.
    is_last_over: bool,
    /// The state of the file, as this database changed it last.
    state: Option<FileState>,
}

impl OwnWrites {
    /// Notes that others have written, before what this database writes next.
    pub(crate) fn meet_others(&mut self) {
        self.has_met_others = true;
        self.is_last_over = true;
    }

    /// Notes what is about to be committed: the first and the last change, if it is in the log, and the
    /// state of the file, if that may be another.
    pub(crate) fn announce(
        &mut self,
        logged: Option<(Time, Time)>,
        state: Option<FileState>,
    ) -> Announced {
        self.has_committed = true;
        self.state = state.or_else(|| self.state.take());
        let Some((first, last)) = logged else { return Announced::Nothing };
        match self.runs.last_mut() {
            Some((_, end)) if !self.is_last_over => {
                Announced::Longer { until: std::mem::replace(end, last.bits()) }
            }
            _ => {
                self.is_last_over = false;
                self.runs.push((first.bits(), last.bits()));
                Announced::Run
            }
        }
    }

    /// Notes that this database has committed.
    pub(crate) fn meet_commit(&mut self) {
        self.has_committed = true;
    }

    /// Takes back what could not be committed: the same times may be given to changes of others.
    pub(crate) fn withdraw(&mut self, announced: Announced) {
        self.state = None;
        match (announced, self.runs.last_mut()) {
            (Announced::Longer { until }, Some((_, end))) => *end = until,
            (Announced::Run, Some(_)) => drop(self.runs.pop()),
            _ => {}
        }
    }

    /// The times after `seen` at which others may have written: between what is this database's own.
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

    /// Forgets what was before this time, which was looked at.
    pub(crate) fn forget(&mut self, seen: i64) {
        self.runs.retain(|(_, end)| *end > seen);
    }

    /// Whether the file is in this state by what this database has done, and nobody else.
    pub(crate) fn has_made(&self, state: &FileState) -> bool {
        !self.has_met_others && self.state.as_ref() == Some(state)
    }

    /// Whether this database has committed, and whether it met commits of others, since this was asked
    /// last.
    pub(crate) fn take_commits(&mut self) -> (bool, bool) {
        (std::mem::take(&mut self.has_committed), std::mem::take(&mut self.has_met_others))
    }
}

/// How a commit was noted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Announced {
    /// It is not in the log.
    Nothing,
    /// It made a run of its own.
    Run,
    /// It made a run longer, which ended here.
    Longer { until: i64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(from: i64, to: i64) -> Option<(Time, Time)> {
        Some((Time::from_bits(from), Time::from_bits(to)))
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
