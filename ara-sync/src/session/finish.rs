//! Joining a space, with a database.

use std::sync::Arc;

use ara_core::{Database, Result, Schema};

use crate::engine::base::Engine;
use crate::pairing::Joining;
use crate::pairing::boxes::overcome;
use crate::session::builder::Beginning;
use crate::session::closing::Closing;
use crate::session::handle::Session;
use crate::session::own_keys::{Opened, keep, prepare};

impl Joining {
    /// Joins, once the user has confirmed that the other device took the digits. The database may have rows, which are
    /// brought along. Then the first sync runs in the background, and the [status](Session::status) tells its progress.
    ///
    /// A database that is in a space already takes part only if it is alone there, or if the space that it joins
    /// [succeeds](Session::start_over) its own, or is the same. It leaves its own space then.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingFailed`](ara_core::Error::PairingFailed) if the other device refused;
    /// [`Error::PairingTimedOut`](ara_core::Error::PairingTimedOut) if it did not answer in time;
    /// [`Error::InASpace`](ara_core::Error::InASpace) if the database is in a space with others;
    /// [`Error::Relay`](ara_core::Error::Relay) if the relay cannot be reached; and the errors of
    /// [`open`](crate::SyncBuilder::open).
    pub fn finish<S: Schema>(mut self, database: &Database) -> Result<Session> {
        let options = std::mem::take(&mut self.options);
        let mut beginning = Beginning::of::<S>(database, options)?;
        let joined = self.result()?;
        let space = joined.invitation.space;
        let closing = Closing::of(database, &*beginning.store, space)?;
        let store = &*beginning.store;
        prepare(store, Some(space), &joined.keys)?;
        let opening = beginning.opening(&joined.url);
        // The others know this device by now, so it is not given up for a request that got lost.
        let engine = overcome(joined.until, &|| false, || {
            let (keys, connect) = (Arc::clone(&joined.keys), Arc::clone(&opening.connect));
            let settings = opening.settings.clone();
            Engine::join(database, keys, &joined.url, connect, settings, joined.invitation)
        })?;
        keep(store, space, &joined.keys)?;
        beginning.closing = closing;
        let session = beginning.session(Opened { engine, successor: None });
        session.resume()?;
        Ok(session)
    }
}
