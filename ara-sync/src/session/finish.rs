//! Joining a space, with a database.

use std::sync::Arc;

use ara_core::{Database, Error, Result, Schema};

use crate::engine::base::Engine;
use crate::engine::joining::{check_free, is_with_others, read_joined};
use crate::fault::{self, Fault};
use crate::keys::KeyStore;
use crate::keys::device_keys::DeviceKeys;
use crate::pairing::boxes::overcome;
use crate::pairing::{Join, Joined, Joining};
use crate::session::builder::Beginning;
use crate::session::claim::usual_keys;
use crate::session::closing::Closing;
use crate::session::handle::Session;
use crate::session::own_keys::{Opened, keep, prepare};
use crate::session::space::Space;
use crate::state::facts;
use crate::state::records::AccessLog;

impl Join {
    /// Does what [`begin`](Self::begin) does, and looks before whether the database can join another space at all, so that
    /// nobody types digits in vain.
    ///
    /// A database that takes part in a space with other devices cannot. One that was removed from it, or has lost its keys,
    /// can join again. To join the space that [succeeds](Session::start_over) its own, call [`begin`](Self::begin).
    ///
    /// # Errors
    ///
    /// Returns [`Error::InASpace`] if it cannot, the errors of [`begin`](Self::begin), and
    /// [common errors](Database#common-errors).
    pub fn begin_for(self, database: &Database) -> Result<Joining> {
        let stopped = database.sync_read(|sync| facts::get(sync, facts::STOPPED))?.flatten();
        if let Some(space) = Space::of(database)?
            && stopped.is_none()
            && is_with_others(database)?
        {
            let store = self.options.keys.clone().unwrap_or_else(|| usual_keys(database));
            if DeviceKeys::load(&*store, space.id).is_ok() {
                return Err(Error::InASpace);
            }
        }
        self.begin()
    }
}

impl Joining {
    /// Joins, once the user has confirmed that the other device took the digits. The database may have rows, which are
    /// brought along. Then the first sync runs in the background, and the [status](Session::status) tells its progress.
    ///
    /// A database that is in a space already takes part only if it is alone there, or if the space that it joins
    /// [succeeds](Session::start_over) its own, or is the same. It leaves its own space then.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingFailed`] if the other device refused, or if this was
    /// [cancelled](Self::cancel_handle); [`Error::PairingTimedOut`] if it did not answer in time; [`Error::InASpace`] if
    /// the database is in a space with others; [`Error::Relay`] if the relay cannot be reached; and the errors of
    /// [`open`](crate::SyncBuilder::open).
    pub fn finish<S: Schema>(mut self, database: &Database) -> Result<Session> {
        let options = std::mem::take(&mut self.options);
        let begun = is_with_others(database).and_then(|is_with_others| {
            Ok((is_with_others, Beginning::of::<S>(database, options)?))
        });
        let (is_with_others, mut beginning) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                let _ = self.refuse();
                return Err(error);
            }
        };
        let joined = self.result()?;
        let space = joined.invitation.space;
        let closing = Closing::of(database, &*beginning.store, space)?;
        let store = &*beginning.store;
        let entered = enter(database, store, is_with_others, &joined);
        let log = entered.inspect_err(|fault| {
            // With the keys that are kept, it can still come once the network is there.
            let is_lost = matches!(fault, Fault::Transport(_) | Fault::NoRelay { .. });
            if !is_lost || joined.cutoff.is_shut() {
                joined.leave();
            }
        })?;
        let opening = beginning.opening(&joined.url);
        let (keys, connect) = (Arc::clone(&joined.keys), Arc::clone(&opening.connect));
        let urls = (&*joined.url, &*joined.given);
        let engine = Engine::enter(database, keys, urls, connect, opening.settings, &log)?;
        keep(store, space, &joined.keys)?;
        beginning.closing = closing;
        let session = beginning.session(Opened { engine, successor: None });
        session.resume()?;
        Ok(session)
    }
}

/// Reads the access log of the space that a device joins, checks that the database can be in it, and keeps the keys.
fn enter(
    database: &Database,
    store: &dyn KeyStore,
    is_with_others: bool,
    joined: &Joined,
) -> fault::Result<AccessLog> {
    let Joined { keys, relay, cutoff, invitation, .. } = joined;
    let keep_keys = || prepare(store, Some(invitation.space), keys);
    // Those of a space in which the database stays are left alone.
    if !is_with_others {
        keep_keys()?;
    }
    // The others know this device by now, so it is not given up for a request that got lost.
    let is_over = || cutoff.is_shut();
    let log = overcome(joined.until, &is_over, || read_joined(relay, keys, *invitation))?;
    check_free(database, &log.members)?;
    if is_with_others {
        keep_keys()?;
    }
    Ok(log)
}
