//! A device that wants to join.

use std::fmt;
use std::sync::Arc;

use ara_core::{Error, Result};
use ara_protocol::keys::{MemberKey, SecretKeys};
use ara_protocol::message::Refusal;
use ara_protocol::pairing;

use crate::fault::Fault;
use crate::pairing::boxes::{Boxes, RESULT};
use crate::pairing::fault::{ended, failed, told};
use crate::pairing::host::Host;
use crate::random::Random;
use crate::relay::Relay;

/// A device that used the code of an [`Invitation`](crate::Invitation), and shows six digits.
///
/// It is let in by [`accept`](Self::accept), and told by [`refuse`](Self::refuse) that it is not. A request that is dropped
/// lets nobody in, and the device waits until it gives up.
pub struct JoinRequest {
    host: Arc<dyn Host>,
    /// With which this device has answered.
    keys: Arc<SecretKeys>,
    relay: Relay,
    request: pairing::JoinRequest,
    random: Random,
    /// The device and the last box, once it is a member.
    let_in: Option<(MemberKey, Vec<u8>)>,
    /// The last box, once it is refused.
    refusal: Option<Vec<u8>>,
}

impl JoinRequest {
    pub(super) fn new(
        host: Arc<dyn Host>,
        keys: Arc<SecretKeys>,
        relay: Relay,
        request: pairing::JoinRequest,
        random: Random,
    ) -> Self {
        Self { host, keys, relay, request, random, let_in: None, refusal: None }
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
    /// Returns [`Error::PairingDigits`] if they are not its digits: if they were typed as shown, somebody else has used the
    /// code. After the third wrong ones, when it says that no try is left, the device is refused. Returns
    /// [`Error::PairingTimedOut`] if the device waits no more, [`Error::PairingFailed`] if its user has refused, or if the
    /// session has ended, and [`Error::Relay`] if the relay cannot be used.
    pub fn accept(&mut self, digits: &str) -> Result<()> {
        let boxes = Boxes::of(self.request.mailbox(), &self.relay);
        if self.let_in.is_none() {
            let name = self.request.name().to_owned();
            let accepted = match self.request.confirm(digits) {
                Ok(accepted) => accepted,
                Err(error) => {
                    let tries_left = self.request.tries_left();
                    if tries_left == 0 {
                        // If it cannot be told, it waits until it gives up.
                        let _ = self.put_refusal();
                    }
                    return Err(wrong_digits(error, tries_left));
                }
            };
            if self.host.is_over() {
                return Err(failed("sync was stopped"));
            }
            match boxes.is_ended(RESULT) {
                Ok(false) => {}
                Ok(true) => return Err(ended()),
                Err(Fault::Refused(Refusal::Unknown)) => return Err(Error::PairingTimedOut),
                Err(fault) => return Err(fault.into()),
            }
            let access = self.host.add(accepted.device(), &name)?;
            let result = accepted.result(&self.keys, self.host.space(), access, &mut self.random);
            self.let_in = Some((accepted.device().member(), result.map_err(told)?));
        }
        let Some((device, result)) = self.let_in.clone() else { return Ok(()) };
        match boxes.put(RESULT, result) {
            // It has given up in between.
            Err(Fault::Refused(Refusal::Malformed)) => {
                self.host.remove(device)?;
                Err(ended())
            }
            put => Ok(put?),
        }
    }

    /// Tells the device that it is not let in. If it was [accepted](Self::accept), that is taken back.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if it cannot be told. It is not let in then either, unless it was accepted before.
    pub fn refuse(mut self) -> Result<()> {
        if let Some((device, _)) = self.let_in {
            self.host.remove(device)?;
        }
        match self.put_refusal() {
            // It has the other answer, or has given up.
            Err(Fault::Refused(Refusal::Malformed)) => Ok(()),
            put => Ok(put?),
        }
    }

    fn put_refusal(&mut self) -> Result<(), Fault> {
        let refusal = match self.refusal.take() {
            Some(refusal) => refusal,
            None => self.request.refuse(&self.keys, &mut self.random)?,
        };
        self.refusal = Some(refusal.clone());
        Boxes::of(self.request.mailbox(), &self.relay).put(RESULT, refusal)
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
