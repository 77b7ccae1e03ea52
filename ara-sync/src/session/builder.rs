//! Beginning to sync.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use ara_core::{Database, Error, Result, Schema, schema_facts};

use crate::engine::settings::Settings;
use crate::keys::KeyStore;
use crate::options::{Options, option_methods};
use crate::session::claim::{Claim, usual_keys};
use crate::session::closing::Closing;
use crate::session::handle::Session;
use crate::session::own_keys::{Opened, Opening};
use crate::session::shared::{Parts, Shared};
use crate::session::space::Space;
use crate::state::facts;
use crate::transport::http::cutoff::Cutoff;

/// Where sync begins: `db.sync::<App>(url)`.
pub trait Syncing {
    /// Prepares to sync this database, with the schema of the app, through the relay at a URL. The first session of a
    /// file founds a space, in which the file then is until it leaves; the next ones go on from there. If the space has
    /// moved to another relay, that counts and not this URL. So does the relay of a QR code by which the device joined,
    /// until the app gives another URL than it did then. [`space`](Self::space) tells which it is.
    ///
    /// The schema is [ensured](Database::ensure) first, so that the other devices are told which version this app has. It is
    /// the one that `ara::schema!` declares. A single table in its place is a schema of that table alone, without a version:
    /// all tables of the file are synced, and the others have to be ensured by themselves.
    ///
    /// ```no_run
    /// use ara::prelude::*;
    ///
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: Option<String> }
    /// # ara::schema! { App: Todo }
    /// let db = Database::open("todo.db")?;
    /// let session = db.sync::<App>("http://127.0.0.1:4040").device_name("Laptop").start()?;
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn sync<S: Schema>(&self, url: impl Into<String>) -> SyncBuilder<'_, S>;

    /// Returns the space that this file is in, or `None` if it is in none. It starts nothing, needs no network, and may be
    /// asked at any time, also while the file is synced.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: Option<String> }
    /// # ara::schema! { App: Todo }
    /// let db = Database::memory()?;
    /// assert!(db.space()?.is_none());
    ///
    /// let session = db.sync::<App>("https://relay.example").open()?;
    /// let space = db.space()?.ok_or(ara::Error::NotInASpace)?;
    /// assert_eq!(space.relay, "https://relay.example");
    /// println!("{} is synced through {}", space.id, space.relay);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Database#common-errors).
    fn space(&self) -> Result<Option<Space>>;
}

impl Syncing for Database {
    fn sync<S: Schema>(&self, url: impl Into<String>) -> SyncBuilder<'_, S> {
        let (url, options) = (url.into().trim().to_owned(), Options::default());
        SyncBuilder { database: self, url, options, schema: PhantomData }
    }

    fn space(&self) -> Result<Option<Space>> {
        Space::of(self)
    }
}

/// What an app says before it syncs: made by [`sync`](Syncing::sync).
#[must_use = "nothing is synced until `start` is called"]
pub struct SyncBuilder<'d, S> {
    database: &'d Database,
    url: String,
    options: Options,
    schema: PhantomData<fn() -> S>,
}

impl<S: Schema> SyncBuilder<'_, S> {
    option_methods!();

    /// Begins to sync, in the background. Without a network it begins too, and goes on once there is one.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`open`](Self::open), and [`Error::Io`](ara_core::Error::Io) if the system gives no thread.
    pub fn start(self) -> Result<Session> {
        let session = self.open()?;
        session.resume()?;
        Ok(session)
    }

    /// Opens a session without threads, which syncs when [`run_once`](Session::run_once) is called, or from
    /// [`resume`](Session::resume) on.
    ///
    /// # Errors
    ///
    /// Returns [`Error::SyncedAlready`](ara_core::Error::SyncedAlready) if the file has a session;
    /// [`Error::KeysMissing`](ara_core::Error::KeysMissing) or
    /// [`Error::KeysUnreadable`](ara_core::Error::KeysUnreadable) if the file is in a space, and the keys of this device
    /// are not there; [`Error::Relay`](ara_core::Error::Relay) if this is no URL, or the root certificate or the proxy
    /// that was given is none; [`Error::NothingReleased`](ara_core::Error::NothingReleased) if what is newer is to be
    /// [refused](Self::refuse_newer), and the schema has no version; the errors of [`ensure`](Database::ensure); and
    /// [common errors](Database#common-errors).
    pub fn open(self) -> Result<Session> {
        let Self { database, url, options, .. } = self;
        options.check(&url)?;
        let begun = Beginning::of::<S>(database, options)?;
        let opened = begun.opening(&url).open_or_found()?;
        Ok(begun.session(opened))
    }

    /// Takes the file out of its space without a word to the relay, which may be gone for good, and without the keys of
    /// this device, which may be lost. What the file holds stays in it. What it had not sent is nowhere else.
    ///
    /// The other devices still count this one as theirs, until one of them
    /// [removes](Session::remove_device) it. Where the relay can be reached, [`leave`](Session::leave) tells them.
    /// Neither the URL nor the schema matters here. A file in no space stays as it is.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::Error;
    ///
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: Option<String> }
    /// # ara::schema! { App: Todo }
    /// # let (db, url) = (Database::memory()?, "http://127.0.0.1:9");
    /// let session = db.sync::<App>(url).open()?;
    /// if let Err(Error::Relay { .. }) = session.leave() {
    ///     // The user says that this relay will not come back.
    ///     db.sync::<App>(url).leave_without_relay()?;
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::SyncedAlready`](ara_core::Error::SyncedAlready) if the file has a session,
    /// [`Error::Io`](ara_core::Error::Io) if the keys cannot be removed, and
    /// [common errors](Database#common-errors).
    pub fn leave_without_relay(self) -> Result<()> {
        let Self { database, options, .. } = self;
        let _claim = Claim::of(database)?;
        // Keys that stayed behind would lead the file back into the space.
        options.keys.unwrap_or_else(|| usual_keys(database)).remove()?;
        match database.sync_read(|_| Ok(()))? {
            Some(()) => database.sync_write(facts::clear),
            None => Ok(()),
        }
    }
}

impl<S> fmt::Debug for SyncBuilder<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncBuilder").finish_non_exhaustive()
    }
}

/// A database that is claimed, and ready to be synced.
pub(super) struct Beginning {
    pub(super) database: Database,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) settings: Settings,
    pub(super) closing: Option<Closing>,
    options: Options,
    cutoff: Cutoff,
    claim: Claim,
}

impl Beginning {
    /// Claims a database, and ensures the schema of the app.
    pub(super) fn of<S: Schema>(database: &Database, options: Options) -> Result<Self> {
        let facts = schema_facts::<S>();
        if options.refuse_newer && facts.version == 0 {
            return Err(Error::NothingReleased);
        }
        let claim = Claim::of(database)?;
        database.ensure::<S>()?;
        let store = options.keys.clone().unwrap_or_else(|| usual_keys(database));
        let settings = options.settings(&facts);
        let (database, cutoff) = (database.clone(), Cutoff::default());
        Ok(Self { database, store, settings, closing: None, options, cutoff, claim })
    }

    pub(super) fn opening<'a>(&'a self, url: &'a str) -> Opening<'a> {
        Opening {
            database: &self.database,
            store: &*self.store,
            url,
            connect: self.options.connect(&self.cutoff),
            settings: self.settings.clone(),
        }
    }

    /// Returns the session, without threads.
    pub(super) fn session(self, opened: Opened) -> Session {
        let [streams, pairings] = [Cutoff::default(), Cutoff::default()].map(|cutoff| {
            let connect = self.options.connect(&cutoff);
            (cutoff, connect)
        });
        let Self { database, store, options, cutoff, closing, claim, .. } = self;
        let http = options.http;
        let parts = Parts { database, store, cutoff, streams, pairings, http, closing, claim };
        Session::paused(Shared::new(opened, parts))
    }
}
