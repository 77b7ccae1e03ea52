//! The thread that listens to the relay.

use std::time::{Duration, Instant};

use crate::fault;
use crate::session::backoff::pause;
use crate::session::shared::Shared;

/// After this time, a stream was a good one, however it ended.
const LASTING: Duration = Duration::from_secs(10);

/// As how many failures streams count at most that told something, and ended soon.
const MOST_OF_SHORT_ONES: u32 = 4;

/// After how many events in a row that told of nothing new no other one is heard for a moment. A relay tells of what this
/// device sends, too, but not that fast.
const MOST_OF_NOTHING: u32 = 64;

/// How long that moment is.
const MOMENT: Duration = Duration::from_millis(50);

/// Listens to the relay whenever it is there, and asks for a round when it has news, until the session ends.
pub(super) fn run(shared: &Shared) {
    let mut failures = Failures::default();
    while shared.signal.wait_online() {
        let (begun, mut heard) = (Instant::now(), 0);
        // A round finds out why nothing more is heard.
        let _ = listen(shared, &mut heard);
        if let Some(failures) = failures.after(heard, begun.elapsed()) {
            // A relay that tells of no news is asked now and then.
            shared.signal.pause(Instant::now() + pause(failures, shared.chance()));
        }
        shared.signal.lost();
    }
}

/// Listens until the stream of events ends, and counts them.
fn listen(shared: &Shared, heard: &mut usize) -> fault::Result<()> {
    let (_relay, mut events) = shared.events()?;
    let mut of_nothing = 0;
    while let Some(event) = events.next()? {
        *heard += 1;
        of_nothing += 1;
        if !shared.has_heard(&event) {
            of_nothing = 0;
            shared.signal.news();
        } else if of_nothing == MOST_OF_NOTHING {
            of_nothing = 0;
            shared.signal.pause(Instant::now() + MOMENT);
        }
    }
    Ok(())
}

/// How many streams in a row were not good.
#[derive(Debug, Default)]
struct Failures(u32);

impl Failures {
    /// Counts a stream that told so much in this time. Returns after how many failures the next one comes, or `None` if
    /// it was good.
    ///
    /// A good one may end by a cut, as when a relay is restarted or a network is lost: if such ends added up, a device
    /// would hear of news late after a few days. But something between may cut every stream after its first event.
    fn after(&mut self, heard: usize, lasted: Duration) -> Option<u32> {
        if heard > 0 && lasted >= LASTING {
            self.0 = 0;
            return None;
        }
        self.0 = self.0.saturating_add(1);
        if heard > 0 {
            self.0 = self.0.min(MOST_OF_SHORT_ONES);
        }
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_lasted_makes_up_for_those_before_it() {
        let mut failures = Failures::default();
        for count in 1..=20 {
            assert_eq!(failures.after(0, LASTING), Some(count));
        }
        assert_eq!(failures.after(1, LASTING), None);
        assert_eq!(failures.after(0, LASTING), Some(1));
    }

    #[test]
    fn one_that_told_something_is_soon_followed_by_another() {
        let mut failures = Failures::default();
        let counts: Vec<_> = (0..6).map(|_| failures.after(1, Duration::ZERO)).collect();
        assert_eq!(counts, [Some(1), Some(2), Some(3), Some(4), Some(4), Some(4)]);
        for _ in 0..20 {
            failures.after(0, Duration::ZERO);
        }
        assert_eq!(failures.after(1, Duration::ZERO), Some(MOST_OF_SHORT_ONES));
    }
}
