//! The boxes of a mailbox at the relay.

use std::thread;
use std::time::{Duration, Instant};

use ara_core::{Error, Result};
use ara_protocol::MailboxId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::pairing::Mailbox;

use crate::fault::Fault;
use crate::pairing::fault::{ended, failed};
use crate::relay::Relay;
use crate::transport::http::cutoff::Cutoff;

/// The boxes, in their order.
pub(super) const COMMITMENT: u8 = 0;
pub(super) const ANSWER: u8 = 1;
pub(super) const REVEAL: u8 = 2;
pub(super) const RESULT: u8 = 3;

/// What is in a box instead, if the side that would fill it has ended the pairing.
const ENDED: &[u8] = &[0];

/// How long it may take to tell the other side so.
const TO_END: Duration = Duration::from_secs(5);

/// How long one request waits at most.
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

/// Sends last requests, also after a cutoff was shut, for as long as it takes to end a pairing.
pub(crate) fn shortly<R>(cutoff: &Cutoff, send: impl FnOnce() -> R) -> R {
    cutoff.reopen();
    cutoff.set_deadline(Some(Instant::now() + TO_END));
    let sent = send();
    cutoff.set_deadline(None);
    sent
}

/// The boxes of a mailbox.
pub(super) struct Boxes<'a> {
    relay: &'a Relay,
    mailbox: MailboxId,
    signer: SecretKeys,
}

impl<'a> Boxes<'a> {
    pub(super) fn of(mailbox: &Mailbox, relay: &'a Relay) -> Self {
        let signer = SecretKeys::from_bytes(&mailbox.signer().to_bytes());
        Self { relay, mailbox: mailbox.id(), signer }
    }

    /// Puts a box into the mailbox. The same may be put again.
    pub(super) fn put(&self, index: u8, sealed: Vec<u8>) -> Result<(), Fault> {
        let request = MailboxRequest::Put { mailbox: self.mailbox, index, sealed };
        self.relay.mailbox(&request, &self.signer).map(drop)
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
                return Err(failed("it was cancelled here"));
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
                Ok(sealed) if sealed == ENDED => return Err(ended()),
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

    /// Returns whether the other side has ended the pairing instead of filling a box.
    pub(super) fn is_ended(&self, index: u8) -> Result<bool, Fault> {
        Ok(self.get(index, Duration::ZERO)? == ENDED)
    }

    /// Ends the pairing: boxes that are empty are filled so that nobody waits for them. The cutoff is that of the relay.
    /// If this fails, the other side waits until it gives up.
    pub(super) fn end(&self, cutoff: &Cutoff, boxes: &[u8]) {
        let _: Result<(), Fault> = shortly(cutoff, || {
            boxes.iter().try_for_each(|index| match self.put(*index, ENDED.to_vec()) {
                Err(Fault::Refused(Refusal::Malformed)) => Ok(()),
                put => put,
            })
        });
    }

    /// Ends the pairing by the last box. Returns what is in it if it was filled before.
    pub(super) fn end_by(&self, index: u8) -> Result<Option<Vec<u8>>, Fault> {
        match self.put(index, ENDED.to_vec()) {
            Err(Fault::Refused(Refusal::Malformed)) => Ok(Some(self.get(index, Duration::ZERO)?)),
            put => put.map(|()| None),
        }
    }

    fn get(&self, index: u8, wait: Duration) -> Result<Vec<u8>, Fault> {
        let wait = u8::try_from(wait.as_secs_f32().ceil() as u64).unwrap_or(u8::MAX);
        let request = MailboxRequest::Get { mailbox: self.mailbox, index, wait };
        self.relay.mailbox(&request, &self.signer)
    }
}
