//! The side that lets a device in, until it has heard of one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ara_core::Result;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::pairing::{self, PairingCode};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::pairing::boxes::{ANSWER, Boxes, COMMITMENT, RESULT, REVEAL};
use crate::pairing::cancel::Cancel;
use crate::pairing::fault::told;
use crate::pairing::host::Host;
use crate::pairing::join_request::JoinRequest;
use crate::pairing::qr_code::QrCode;
use crate::pairing::ticket::Ticket;
use crate::random::Random;
use crate::relay::Relay;
use crate::transport::http::cutoff::Cutoff;

/// An invitation for another device: see [`Session::invite`](crate::Session::invite).
///
/// The relay keeps it for ten minutes. It is for one device: who else uses the code later is refused.
pub struct Invitation {
    host: Arc<dyn Host>,
    relay: Relay,
    cutoff: Cutoff,
    invitation: pairing::Invitation,
    code: Zeroizing<String>,
    qr: QrCode,
    random: Random,
}

impl Invitation {
    /// Opens a mailbox at the relay that is at a URL.
    pub(crate) fn open(
        host: Arc<dyn Host>,
        (relay, cutoff): (Relay, Cutoff),
        url: &str,
        mut random: Random,
    ) -> Result<Self, Fault> {
        let code = PairingCode::generate(&mut random);
        let (text, qr) = (code.text(), QrCode::of(Ticket::text(&code, url)));
        let invitation = pairing::Invitation::new(code);
        let mailbox = invitation.mailbox();
        let signer = mailbox.signer().public().member();
        let open = MailboxRequest::Open { space: host.space(), mailbox: mailbox.id(), signer };
        relay.mailbox(&open, &host.keys())?;
        Ok(Self { host, relay, cutoff, invitation, code: text, qr, random })
    }

    /// Returns the code that the user types on the other device, such as `K7QP-3MTX-9WDR-2HVC`. Who sees it can try
    /// to join in its place, and fails as long as the digits are compared.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the same as a QR code, in which the relay's URL is too.
    #[must_use]
    pub fn qr(&self) -> &QrCode {
        &self.qr
    }

    /// Returns what ends [`wait`](Self::wait) from another thread.
    #[must_use]
    pub fn cancel_handle(&self) -> Cancel {
        Cancel::of(&self.cutoff)
    }

    /// Waits until a device uses the code. If this fails, the code is used up, and a device that uses it is told so.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingTimedOut`](ara_core::Error::PairingTimedOut) if none did in this time, or in ten
    /// minutes; [`Error::PairingFailed`](ara_core::Error::PairingFailed) if what it sent is not right, if it has given up,
    /// or if this was [cancelled](Self::cancel_handle) or the session has ended; and [`Error::Relay`](ara_core::Error::Relay) if the relay could not be reached all the time.
    pub fn wait(self, timeout: Duration) -> Result<JoinRequest> {
        let now = Instant::now();
        let until = now.checked_add(timeout).unwrap_or(now + Duration::from_secs(3600));
        let Self { host, relay, cutoff, invitation, mut random, .. } = self;
        let boxes = Boxes::of(invitation.mailbox(), &relay);
        let is_over = || cutoff.is_shut();
        let keys = host.keys();
        let wait = || -> Result<_> {
            let commitment = boxes.wait(COMMITMENT, until, &is_over)?;
            let member = keys.public().member();
            let answered = invitation.answer(&commitment, member, &mut random);
            let (answered, answer) = answered.map_err(told)?;

            boxes.put_at_last(ANSWER, &answer, until, &is_over)?;
            let reveal = boxes.wait(REVEAL, until, &is_over)?;
            answered.read_reveal(&reveal).map_err(told)
        };
        match wait() {
            Ok(request) => Ok(JoinRequest::new(host, keys, relay, request, random)),
            Err(error) => {
                // Who uses the code later, or has begun to, is not to wait for this device.
                boxes.end(&cutoff, &[COMMITMENT, ANSWER, RESULT]);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").finish_non_exhaustive()
    }
}
