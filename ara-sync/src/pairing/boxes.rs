//! The boxes of a mailbox at the relay.

use std::thread;
use std::time::{Duration, Instant};

use ara_core::{Error, Result};
use ara_protocol::message::Refusal;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::pairing::Mailbox;

use crate::fault::Fault;
use crate::pairing::fault::failed;
use crate::relay::Relay;

/// The boxes, in their order.
pub(super) const COMMITMENT: u8 = 0;
pub(super) const ANSWER: u8 = 1;
pub(super) const REVEAL: u8 = 2;
pub(super) const RESULT: u8 = 3;

/// How long one request waits at most, so that a stop is noticed.
const WAIT: Duration = Duration::from_secs(5);

/// How long to wait after a request that failed.
const PAUSE: Duration = Duration::from_millis(300);

/// Tries something until it succeeds, or fails for another reason than the network, as long as there is time.
pub(crate) fn overcome<T>(
    until: Instant,
    is_over: &dyn Fn() -> bool,
    mut attempt: impl FnMut() -> Result<T, Fault>,
) -> Result<T, Fault> {
    loop {
        let done = attempt();
        let left = until.saturating_duration_since(Instant::now());
        let is_lost = matches!(done, Err(Fault::Transport(_) | Fault::NoRelay { .. }));
        if !is_lost || left.is_zero() || is_over() {
            return done;
        }
        thread::sleep(PAUSE.min(left));
    }
}

/// The boxes of a mailbox.
pub(super) struct Boxes<'a> {
    pub(super) relay: &'a Relay,
    pub(super) mailbox: &'a Mailbox,
}

impl Boxes<'_> {
    /// Puts a box into the mailbox. The same may be put again.
    pub(super) fn put(&self, index: u8, sealed: Vec<u8>) -> Result<(), Fault> {
        let request = MailboxRequest::Put { mailbox: self.mailbox.id(), index, sealed };
        self.relay.mailbox(&request, self.mailbox.signer()).map(drop)
    }

    /// Puts a box into the mailbox, and overcomes failures of the network as long as there is time.
    pub(super) fn put_at_last(
        &self,
        index: u8,
        sealed: &[u8],
        until: Instant,
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), Fault> {
        overcome(until, is_over, || self.put(index, sealed.to_vec()))
    }

    /// Waits for a box. Failures of the network are overcome as long as there is time.
    pub(super) fn wait(
        &self,
        index: u8,
        until: Instant,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>> {
        let mut last_failure = None;
        loop {
            if is_over() {
                return Err(failed("sync was stopped"));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(last_failure.unwrap_or(Error::PairingTimedOut));
            }
            let asked = Instant::now();
            match self.get(index, left.min(WAIT)) {
                Ok(sealed) if sealed.is_empty() => {
                    last_failure = None;
                    // A relay that does not wait is not asked all the time.
                    thread::sleep(PAUSE.min(left).saturating_sub(asked.elapsed()));
                }
                Ok(sealed) => return Ok(sealed),
                // It was there before, so it has expired.
                Err(Fault::Refused(Refusal::Unknown)) => return Err(Error::PairingTimedOut),
                Err(fault @ (Fault::Transport(_) | Fault::NoRelay { .. })) => {
                    last_failure = Some(fault.into());
                    thread::sleep(PAUSE.min(left));
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    fn get(&self, index: u8, wait: Duration) -> Result<Vec<u8>, Fault> {
        let wait = u8::try_from(wait.as_secs_f32().ceil() as u64).unwrap_or(u8::MAX);
        let request = MailboxRequest::Get { mailbox: self.mailbox.id(), index, wait };
        self.relay.mailbox(&request, self.mailbox.signer())
    }
}
