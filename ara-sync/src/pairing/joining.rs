//! The side of the device that joins.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ara_core::Result;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::pairing;

use crate::engine;
use crate::engine::leaving::leave;
use crate::fault::Fault;
use crate::options::{Options, option_methods};
use crate::pairing::boxes::{ANSWER, Boxes, COMMITMENT, RESULT, REVEAL, shortly};
use crate::pairing::cancel::Cancel;
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
/// [text of a QR code](crate::QrCode::payload). That names the relay too, which counts then, so that `url` may be empty. It
/// counts for the next sessions of the file as well, as long as the app gives the same URL as here, or gave none here.
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
    let (options, cutoff) = (Options::default(), Cutoff::default());
    Join { url, code, timeout: TEN_MINUTES, options, cutoff }
}

/// What the device that joins says: made by [`join`].
#[must_use = "nothing happens until `begin` is called"]
pub struct Join {
    url: String,
    code: String,
    timeout: Duration,
    pub(crate) options: Options,
    cutoff: Cutoff,
}

impl Join {
    option_methods!();

    /// Returns what ends [`begin`](Self::begin) from another thread, and [`finish`](Joining::finish) later.
    #[must_use]
    pub fn cancel_handle(&self) -> Cancel {
        Cancel::of(&self.cutoff)
    }

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
    /// [`Error::PairingFailed`](ara_core::Error::PairingFailed) if somebody else has used it, if what the other device
    /// sent is not right, if it has ended the pairing, or if this was [cancelled](Self::cancel_handle); [`Error::PairingTimedOut`](ara_core::Error::PairingTimedOut) if that did not answer in time;
    /// and [`Error::Relay`](ara_core::Error::Relay) or [`Error::ClockWrong`](ara_core::Error::ClockWrong) if the relay
    /// cannot be used.
    pub fn begin(self) -> Result<Joining> {
        let Self { url: given, code, timeout, options, cutoff } = self;
        let ticket = Ticket::read(&code)?;
        let url = ticket.relay.unwrap_or_else(|| given.clone());
        options.check(&url)?;
        let mut random = Random::system()?;
        let keys = Arc::new(SecretKeys::generate(&mut random));
        let transport = options.connect(&cutoff)(&url)?;
        let relay = Relay::new(&url, transport)?;

        let (public, name) = (keys.public(), &options.device_name);
        let begun = pairing::Joining::begin(&ticket.code, public, name, &mut random);
        let (joining, commitment) = begun.map_err(told)?;
        let boxes = Boxes::of(joining.mailbox(), &relay);
        boxes.put(COMMITMENT, commitment).map_err(|fault| first_refused(&boxes, fault))?;
        let until = deadline(timeout);
        let is_over = || cutoff.is_shut();
        let agree = || -> Result<_> {
            let answer = boxes.wait(ANSWER, until, &is_over)?;
            let (revealed, reveal) = joining.reveal(&answer, &mut random).map_err(told)?;
            boxes.put_at_last(REVEAL, &reveal, until, &is_over)?;
            Ok(revealed)
        };
        match agree() {
            Ok(revealed) => {
                Ok(Joining { url, given, keys, relay, cutoff, revealed, timeout, options })
            }
            Err(error) => {
                // The other device is not to wait for this one.
                boxes.end(&cutoff, &[REVEAL, RESULT]);
                Err(error)
            }
        }
    }
}

/// What it means that the first box is refused.
fn first_refused(boxes: &Boxes<'_>, fault: Fault) -> ara_core::Error {
    let is_taken = matches!(fault, Fault::Refused(Refusal::Malformed));
    match fault {
        _ if is_taken && boxes.is_ended(COMMITMENT).unwrap_or(false) => {
            wrong_code("the other device waits for it no more: show a new one there")
        }
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
/// app calls [`finish`](Self::finish), or [`refuse`](Self::refuse). No data is sent before: who saw the code could pretend
/// to be the other device, and would take any digits.
pub struct Joining {
    url: String,
    /// The URL that the app gave.
    given: String,
    keys: Arc<SecretKeys>,
    pub(crate) options: Options,
    relay: Relay,
    cutoff: Cutoff,
    revealed: pairing::Revealed,
    timeout: Duration,
}

/// What a device that has joined starts from.
pub(crate) struct Joined {
    pub(crate) url: String,
    /// The URL that the app gave.
    pub(crate) given: String,
    pub(crate) keys: Arc<SecretKeys>,
    pub(crate) relay: Relay,
    pub(crate) cutoff: Cutoff,
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

    /// Returns what ends [`finish`](Self::finish) from another thread.
    #[must_use]
    pub fn cancel_handle(&self) -> Cancel {
        Cancel::of(&self.cutoff)
    }

    /// Does not join, as the user says that the other device did not take the digits, or wants to join no more. If a device
    /// has let this one in, this one leaves its space, so that it is not listed there as one that never came.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`](ara_core::Error::Relay) or [`Error::ClockWrong`](ara_core::Error::ClockWrong) if the relay
    /// cannot be used. This device does not join then either, and the user of the other one may remove it.
    pub fn refuse(self) -> Result<()> {
        let Self { keys, relay, cutoff, revealed, .. } = self;
        Ok(give_up(revealed.confirmed_by_user(), &relay, &keys, &cutoff)?)
    }

    /// Waits until the other device has let this one in.
    pub(crate) fn result(self) -> Result<Joined> {
        let Self { url, given, keys, relay, cutoff, revealed, timeout, .. } = self;
        let waiting = revealed.confirmed_by_user();
        let boxes = Boxes::of(waiting.mailbox(), &relay);
        let until = deadline(timeout);
        let result = match boxes.wait(RESULT, until, &|| cutoff.is_shut()) {
            Ok(result) => result,
            Err(error) => {
                // It is not to be let in later.
                let _ = give_up(waiting, &relay, &keys, &cutoff);
                return Err(error);
            }
        };
        let outcome = waiting.read_result(&result).map_err(told)?;
        let pairing::Outcome { space, access, member: by } = outcome;
        let invitation = engine::base::Invitation { space, access, by };
        Ok(Joined { url, given, keys, relay, cutoff, invitation, until })
    }
}

/// Tells the other device that this one does not join. If that has let it in already, this one leaves.
fn give_up(
    waiting: pairing::Waiting,
    relay: &Relay,
    keys: &SecretKeys,
    cutoff: &Cutoff,
) -> Result<(), Fault> {
    shortly(cutoff, || {
        let boxes = Boxes::of(waiting.mailbox(), relay);
        let result = match boxes.end_by(RESULT) {
            // It has expired.
            Err(Fault::Refused(Refusal::Unknown)) => None,
            ended => ended?,
        };
        // One that refuses, or that is none, has let nobody in.
        let Some(Ok(outcome)) = result.map(|result| waiting.read_result(&result)) else {
            return Ok(());
        };
        let pairing::Outcome { space, access, .. } = outcome;
        leave(relay, space, access, keys, &mut Random::system()?)
    })
}

impl Joined {
    /// Leaves the space, as the database cannot be in it.
    pub(crate) fn leave(&self) {
        let engine::base::Invitation { space, access, .. } = self.invitation;
        // If that fails, the user of the other device sees that this one has never come.
        let _ = shortly(&self.cutoff, || -> Result<(), Fault> {
            leave(&self.relay, space, access, &self.keys, &mut Random::system()?)
        });
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
