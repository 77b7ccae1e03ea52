//! The thread that listens to the relay.

use std::time::Instant;

use crate::fault;
use crate::session::backoff::pause;
use crate::session::shared::Shared;

/// Listens to the relay whenever it is there, and asks for a round when it has news, until the session ends.
pub(super) fn run(shared: &Shared) {
    let mut failures = 0_u32;
    while shared.signal.wait_online() {
        let heard = listen(shared);
        if heard.is_ok_and(|heard| heard > 0) {
            failures = 0;
        } else {
            failures = failures.saturating_add(1);
            // A relay that tells of no news is asked now and then.
            shared.signal.pause(Instant::now() + pause(failures, shared.chance()));
        }
        // A round finds out why nothing more is heard.
        shared.signal.lost();
    }
}

/// Listens until the stream of events ends, and returns how many came.
fn listen(shared: &Shared) -> fault::Result<usize> {
    let (_relay, mut events) = shared.events()?;
    let mut heard = 0;
    while let Some(event) = events.next()? {
        heard += 1;
        if !shared.has_heard(&event) {
            shared.signal.ask();
        }
    }
    Ok(heard)
}
