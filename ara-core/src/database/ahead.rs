//! Changes that are dated ahead, where nobody writes: a read applies them once their time has come.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When a database has to apply such changes.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// The time of the first change that is known to wait, by the clock in milliseconds.
    due: AtomicI64,
    /// When to read the file again, in milliseconds since `start`, as others may have merged more.
    ask: AtomicU64,
    start: Instant,
    reads: AtomicU32,
}

/// The time of `due` if no change waits.
const NEVER: i64 = i64::MAX;

/// One in so many reads looks at the clock, which is not free compared to a read.
const READS: u32 = 16;

/// How long to wait before the file is read again, or an attempt that failed is repeated.
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

    /// Sets the time of the first change that waits.
    pub(crate) fn wait_for(&self, due: Option<i64>) {
        self.due.store(due.unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// Returns whether a change is due, or the file has to be read to know.
    pub(crate) fn calls(&self, clock: &dyn Fn() -> i64) -> bool {
        self.has_to_ask() || self.is_due(clock)
    }

    /// Returns the same for a read, which looks at the clock only sometimes.
    pub(crate) fn calls_read(&self, clock: &dyn Fn() -> i64) -> bool {
        // Two threads may count as one read: that is cheaper than an atomic increment, and does no harm.
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
