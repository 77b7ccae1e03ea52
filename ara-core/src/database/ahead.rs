//! Changes that are dated ahead, where nobody writes: a read applies them once their time has come.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When a database has to see to it.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// When the first is due that is known to wait, by the wall clock in milliseconds.
    due: AtomicI64,
    /// When to ask the file again, in milliseconds since the start: others may have merged some.
    ask: AtomicU64,
    start: Instant,
    reads: AtomicU32,
}

/// What is never due.
const NEVER: i64 = i64::MAX;

/// How many reads look at the time once: it costs as much as a part of a read.
const READS: u32 = 16;

/// How long what others merged may go unnoticed, and what failed is not tried again.
const PAUSE: Duration = Duration::from_secs(60);

impl Ahead {
    pub(crate) fn new(may_wait: bool) -> Self {
        let ahead = Self {
            due: AtomicI64::new(NEVER),
            ask: AtomicU64::new(0),
            start: Instant::now(),
            reads: AtomicU32::new(0),
        };
        if !may_wait {
            ahead.pause();
        }
        ahead
    }

    /// Takes it from who knows when the first is due.
    pub(crate) fn wait_for(&self, due: Option<i64>) {
        self.due.store(due.unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// Whether something is due, or the file is to be asked whether it is.
    pub(crate) fn calls(&self, clock: &dyn Fn() -> i64) -> bool {
        self.has_to_ask() || self.is_due(clock)
    }

    /// The same, for a read.
    pub(crate) fn calls_read(&self, clock: &dyn Fn() -> i64) -> bool {
        // That threads may count one read for two costs less than to keep them apart.
        let reads = self.reads.load(Ordering::Relaxed);
        self.reads.store(reads.wrapping_add(1), Ordering::Relaxed);
        reads.is_multiple_of(READS) && self.has_to_ask() || self.is_due(clock)
    }

    pub(crate) fn has_to_ask(&self) -> bool {
        self.millis() >= self.ask.load(Ordering::Relaxed)
    }

    pub(crate) fn is_due(&self, clock: &dyn Fn() -> i64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        due != NEVER && due <= clock()
    }

    pub(crate) fn pause(&self) {
        let until = self.millis().saturating_add(millis(PAUSE));
        self.ask.store(until, Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_called_when_something_is_due_or_may_be() {
        assert!(!Ahead::new(false).calls_read(&|| 4));
        let ahead = Ahead::new(true);
        let (early, late): (&dyn Fn() -> i64, &dyn Fn() -> i64) = (&|| 4, &|| 5);
        assert!(ahead.calls_read(early), "nobody has asked the file yet");
        ahead.pause();
        assert!(!ahead.calls(late) && !ahead.calls_read(late));
        ahead.wait_for(Some(5));
        assert!(!ahead.calls_read(early) && ahead.calls_read(late));
        ahead.wait_for(None);
        // A minute later, by one of some reads.
        ahead.ask.store(0, Ordering::Relaxed);
        assert!(ahead.calls(early));
        assert_eq!((0..READS).filter(|_| ahead.calls_read(early)).count(), 1);
    }
}
