//! Leaving a space, and where it is.

use std::sync::Arc;

use ara_core::{Error, Result};
use ara_protocol::keys::SecretKeys;

use crate::engine::base::Engine;
use crate::fault::Fault;
use crate::random::Random;
use crate::session::closing::Closing;
use crate::session::handle::Session;
use crate::session::own_keys::{keep, prepare};

impl Session {
    /// Sends what is new, leaves the space, and ends the session. What the file holds stays in it, and in the other
    /// devices. A space of which no relay has heard yet is only forgotten.
    ///
    /// The next session of the file founds a space of its own, and sends all that the file holds to the relay. An app
    /// whose user does not want that remembers it, and starts no session then:
    /// [`space`](crate::Syncing::space) tells whether the file is in one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if the relay cannot be reached, and [`Error::RelayFull`] or [`Error::RelayDiskFull`] if it
    /// has no room for what is to be sent: the file is still in the space then. If the relay is gone for good,
    /// [`leave_without_relay`](crate::SyncBuilder::leave_without_relay) takes the file out of it. Returns
    /// [common errors](ara_core::Database#common-errors).
    pub fn leave(self) -> Result<()> {
        self.stop();
        self.shared.with_slot(|slot| {
            let left = slot.take().ok_or(Error::NotInASpace)?.leave();
            left.map_err(|fault| not_left(fault.into()))?;
            // Nobody takes anything by these keys any more.
            self.shared.store.remove()
        })
    }

    /// Moves the space to the relay at another URL. The other devices learn of it from the old one, and follow, so it
    /// should stay for as long as a device may be away.
    ///
    /// The old relay is needed to move: it alone knows whether another device has changed the members meanwhile. If it is
    /// gone for good, [`leave_without_relay`](crate::SyncBuilder::leave_without_relay) is the way: each device leaves by
    /// that, one of them founds a space at the new relay, and the others join it with the files that they have.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if one of the two relays cannot be reached, or if this is no URL;
    /// [`Error::AdmissionNeeded`] if the new one wants a [token](Self::change_relay_with_token);
    /// [`Error::SpaceDeleted`] if the space was deleted at the new one, to which it does not come back; other errors that
    /// the [status](Session::status) tells of if one cannot be used; and
    /// [common errors](ara_core::Database#common-errors). The space has not moved then.
    pub fn change_relay(&self, url: &str) -> Result<()> {
        self.change_relay_with_token(url, "")
    }

    /// Moves the space to the relay at another URL, as [`change_relay`](Self::change_relay) does, with a token by which that
    /// takes it. The one that the session [began with](crate::SyncBuilder::admission) is for the old relay, and the new one
    /// is not told it. The next session begins with the new one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::AdmissionNeeded`] if this is no token of the new relay, and the errors of
    /// [`change_relay`](Self::change_relay).
    pub fn change_relay_with_token(&self, url: &str, token: &str) -> Result<()> {
        let url = url.trim();
        ara_protocol::request::origin(url).map_err(Fault::from)?;
        self.shared.with_engine(|engine| engine.move_to(url, token))?;
        // The stream of events is that of the old one.
        self.shared.listen_anew();
        Ok(())
    }

    /// Deletes the space at the relay, for ever, and for all devices: the relay keeps no more than the proof that a member
    /// did it. Each device keeps what its file holds, and goes on alone.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if the relay cannot be reached, and [common errors](ara_core::Database#common-errors).
    pub fn delete_at_relay(&self) -> Result<()> {
        self.shared.with_engine(Engine::delete_at_relay)?;
        // A round finds that it is deleted, and stops.
        self.shared.signal.ask();
        Ok(())
    }

    /// Founds a space anew, from what this file holds, that succeeds the one it is in. It is the way on when sync has
    /// [stopped](crate::Connection::Stopped), for example as the relay shows an access log that cannot be right. The
    /// other devices join the new space by a code, and bring along what they have.
    ///
    /// Where the old space still works, this device leaves it once all is at the relay in the new one, so that the others
    /// hear that it is gone. They go on in the old space until they join the new one.
    ///
    /// The new space has no recovery words: those of the old one lead to what that had. Make
    /// [new ones](Self::new_recovery_words), and show them.
    ///
    /// # Errors
    ///
    /// Returns [`Error::KeysUnreadable`] if the new keys cannot be kept, and
    /// [common errors](ara_core::Database#common-errors).
    pub fn start_over(&self) -> Result<()> {
        let keys = Arc::new(SecretKeys::generate(&mut Random::of(&self.shared.database)?));
        let store = &*self.shared.store;
        self.shared.with_slot(|slot| {
            let engine = slot.as_ref().ok_or(Error::NotInASpace)?;
            let closing = Closing::of_engine(engine)?;
            prepare(store, None, &keys)?;
            let mut engine = engine.start_over(Arc::clone(&keys))?;
            if let Some(closing) = closing {
                self.shared.close_later(closing);
            }
            self.shared.publish(&mut engine, true);
            let space = engine.space();
            *slot = Some(engine);
            keep(store, space, &keys)
        })?;
        self.shared.listen_anew();
        Ok(())
    }
}

/// Returns what the app is told of a device that could not leave.
fn not_left(error: Error) -> Error {
    match error {
        Error::Relay { reason } => Error::Relay {
            reason: format!(
                "{reason}; the file is still in its space, and `leave_without_relay` takes it out if this relay is gone for good"
            ),
        },
        error => error,
    }
}
