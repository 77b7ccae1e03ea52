//! A device that wants to join.

use std::fmt;
use std::sync::Arc;

use ara_core::{Error, Result};
use ara_protocol::keys::SecretKeys;
use ara_protocol::pairing;

use crate::pairing::boxes::{Boxes, RESULT};
use crate::pairing::fault::{failed, told};
use crate::pairing::host::Host;
use crate::random::Random;
use crate::relay::Relay;

/// A device that used the code of an [`Invitation`](crate::Invitation), and shows six digits.
///
/// It is let in by [`accept`](Self::accept). A request that is dropped lets nobody in: the device waits until it gives
/// up, unless it is [refused](Self::refuse).
pub struct JoinRequest {
    host: Arc<dyn Host>,
    /// With which this device has answered.
    keys: Arc<SecretKeys>,
    relay: Relay,
    request: pairing::JoinRequest,
    random: Random,
    /// The last box, once the device is a member.
    result: Option<Vec<u8>>,
}

impl JoinRequest {
    pub(super) fn new(
        host: Arc<dyn Host>,
        keys: Arc<SecretKeys>,
        relay: Relay,
        request: pairing::JoinRequest,
        random: Random,
    ) -> Self {
        Self { host, keys, relay, request, random, result: None }
    }

    /// Returns the name of the device. Whoever saw the code may have chosen it: the digits tell who it is.
    #[must_use]
    pub fn name(&self) -> &str {
        self.request.name()
    }

    /// Lets the device in, if these are the digits that it shows. After that, the user confirms there that they were
    /// taken here. If the network fails, it may be called again.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingDigits`] if they are not its digits, which may happen three times: if they were typed
    /// as shown, somebody else has used the code. Returns [`Error::PairingTimedOut`] if the device waits no more, and
    /// [`Error::Relay`] or [`Error::PairingFailed`] if the relay cannot be used or refuses.
    pub fn accept(&mut self, digits: &str) -> Result<()> {
        if self.result.is_none() {
            let accepted = match self.request.confirm(digits) {
                Ok(accepted) => accepted,
                Err(error) => return Err(wrong_digits(error, self.request.tries_left())),
            };
            if self.host.is_over() {
                return Err(failed("sync was stopped"));
            }
            let access = self.host.add(accepted.device())?;
            let result = accepted.result(&self.keys, self.host.space(), access, &mut self.random);
            self.result = Some(result.map_err(told)?);
        }
        let Some(result) = self.result.clone() else { return Ok(()) };
        Ok(Boxes { relay: &self.relay, mailbox: self.request.mailbox() }.put(RESULT, result)?)
    }

    /// Tells the device that it is not let in.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if it cannot be told. It is not let in then either.
    pub fn refuse(self) -> Result<()> {
        let Self { keys, relay, request, mut random, .. } = self;
        let refusal = request.refuse(&keys, &mut random).map_err(told)?;
        Ok(Boxes { relay: &relay, mailbox: request.mailbox() }.put(RESULT, refusal)?)
    }
}

fn wrong_digits(error: ara_protocol::Error, tries_left: u8) -> Error {
    let reason = match error {
        ara_protocol::Error::DigitsForm => "they are six digits",
        ara_protocol::Error::TooManyTries => "they were wrong too often",
        _ => "if they were typed as shown, somebody else uses the code",
    };
    Error::PairingDigits { reason: reason.to_owned(), tries_left }
}

impl fmt::Debug for JoinRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinRequest").finish_non_exhaustive()
    }
}
