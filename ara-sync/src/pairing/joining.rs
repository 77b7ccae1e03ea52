//! The side of the device that joins.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ara_core::Result;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::pairing;

use crate::engine;
use crate::fault::Fault;
use crate::options::{Options, option_methods};
use crate::pairing::boxes::{ANSWER, Boxes, COMMITMENT, RESULT, REVEAL};
use crate::pairing::fault::{failed, told, wrong_code};
use crate::pairing::ticket::Ticket;
use crate::random::Random;
use crate::relay::Relay;
use crate::transport::http::cutoff::Cutoff;

/// How long the other device may take, unless the app says otherwise. The relay keeps a mailbox as long.
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Begins to join the space of another device, by the code that an [`Invitation`](crate::Invitation) shows there.
///
/// The code may be typed in any way: in lower case, with or without dashes. It may also be the
/// [text of a QR code](crate::QrCode::payload). That names the relay too, so that `url` may be empty.
///
/// ```no_run
/// use ara::prelude::*;
///
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, title: Option<String> }
/// # ara::schema! { App: Todo }
/// let db = Database::open("todo.db")?;
/// let joining = ara::sync::join("https://relay.example", "K7QP-3MTX-9WDR-2HVC")
///     .device_name("Pixel 9")
///     .begin()?;
/// println!("Type {} on the other device, and confirm here that it took them.", joining.digits());
/// # let _confirmed = ();
/// let session = joining.finish::<App>(&db)?;
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use = "nothing happens until `begin` is called"]
pub fn join(url: impl Into<String>, code: impl Into<String>) -> Join {
    let (url, code) = (url.into().trim().to_owned(), code.into());
    Join { url, code, timeout: TEN_MINUTES, options: Options::default() }
}

/// What the device that joins says: made by [`join`].
#[must_use = "nothing happens until `begin` is called"]
pub struct Join {
    url: String,
    code: String,
    timeout: Duration,
    options: Options,
}

impl Join {
    option_methods!();

    /// Sets how long the other device, and its user, may take for each step. Without it, it is ten minutes, as long as
    /// the relay keeps an invitation.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Finds the other device, and agrees with it on six digits.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingCode`](ara_core::Error::PairingCode) if the code is none, or if no device waits for it;
    /// [`Error::PairingFailed`](ara_core::Error::PairingFailed) if somebody else has used it, or what the other device
    /// sent is not right; [`Error::PairingTimedOut`](ara_core::Error::PairingTimedOut) if that did not answer in time;
    /// and [`Error::Relay`](ara_core::Error::Relay) or [`Error::ClockWrong`](ara_core::Error::ClockWrong) if the relay
    /// cannot be used.
    pub fn begin(self) -> Result<Joining> {
        let Self { url, code, timeout, options } = self;
        let ticket = Ticket::read(&code)?;
        let url = ticket.relay.unwrap_or(url);
        options.check(&url)?;
        let mut random = Random::system()?;
        let keys = Arc::new(SecretKeys::generate(&mut random));
        let transport = options.connect(&Cutoff::default())(&url)?;
        let relay = Relay::new(&url, transport)?;

        let (public, name) = (keys.public(), &options.device_name);
        let begun = pairing::Joining::begin(&ticket.code, public, name, &mut random);
        let (joining, commitment) = begun.map_err(told)?;
        let boxes = Boxes { relay: &relay, mailbox: joining.mailbox() };
        boxes.put(COMMITMENT, commitment).map_err(first_refused)?;
        let until = deadline(timeout);
        let answer = boxes.wait(ANSWER, until, &|| false)?;

        let (revealed, reveal) = joining.reveal(&answer, &mut random).map_err(told)?;
        let boxes = Boxes { relay: &relay, mailbox: revealed.mailbox() };
        boxes.put_at_last(REVEAL, &reveal, until, &|| false)?;
        Ok(Joining { url, keys, relay, revealed, timeout, options })
    }
}

/// What it means that the first box is refused.
fn first_refused(fault: Fault) -> ara_core::Error {
    match fault {
        Fault::Refused(Refusal::Unknown) => wrong_code(
            "no device waits for it at this relay: compare it with the other screen, or show a new one there, as each is for ten minutes",
        ),
        Fault::Refused(Refusal::Malformed | Refusal::WrongSignature) => {
            failed("somebody else has used the code")
        }
        fault => fault.into(),
    }
}

fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + TEN_MINUTES)
}

/// A device that is about to join: it shows six digits.
///
/// The user types them on the device that shows the code. Once that has taken them, the user confirms so here, and the
/// app calls `finish`. No data is sent before: who saw the code could pretend to be the other device, and would take
/// any digits.
pub struct Joining {
    pub(crate) url: String,
    pub(crate) keys: Arc<SecretKeys>,
    pub(crate) options: Options,
    relay: Relay,
    revealed: pairing::Revealed,
    timeout: Duration,
}

/// What a device that has joined starts from.
pub(crate) struct Joined {
    pub(crate) url: String,
    pub(crate) keys: Arc<SecretKeys>,
    pub(crate) invitation: engine::base::Invitation,
    /// Until when to overcome failures of the network.
    pub(crate) until: Instant,
}

impl Joining {
    /// Returns the six digits, such as `482 113`.
    #[must_use]
    pub fn digits(&self) -> String {
        self.revealed.digits()
    }

    /// Waits until the other device has let this one in.
    pub(crate) fn result(self) -> Result<Joined> {
        let Self { url, keys, relay, revealed, timeout, .. } = self;
        let waiting = revealed.confirmed_by_user();
        let boxes = Boxes { relay: &relay, mailbox: waiting.mailbox() };
        let until = deadline(timeout);
        let result = boxes.wait(RESULT, until, &|| false)?;
        let outcome = waiting.read_result(&result).map_err(told)?;
        let pairing::Outcome { space, access, member: by } = outcome;
        let invitation = engine::base::Invitation { space, access, by };
        Ok(Joined { url, keys, invitation, until })
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").finish_non_exhaustive()
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").finish_non_exhaustive()
    }
}
