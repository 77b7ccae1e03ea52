//! Bringing everything back by the recovery words.

use std::fmt;
use std::sync::Arc;

use ara_core::{Database, Error, Result, Schema};
use ara_protocol::keys::{RecoveryWords, SecretKeys};

use crate::engine;
use crate::options::{Options, option_methods};
use crate::random::Random;
use crate::session::builder::Beginning;
use crate::session::closing::Closing;
use crate::session::handle::Session;
use crate::session::own_keys::{Opened, keep, prepare};
use crate::status::{Device, DeviceId};
use crate::transport::http::cutoff::Cutoff;

/// Begins to bring everything back that a space has at the relay, by its
/// [recovery words](Session::new_recovery_words), on a device that knows nothing else.
///
/// The words may be typed in any case, with any white space between them.
///
/// ```no_run
/// use ara::prelude::*;
///
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, title: Option<String> }
/// # ara::schema! { App: Todo }
/// # let words = "";
/// let db = Database::open("todo.db")?;
/// let mut recovery = ara::sync::recover("https://relay.example", words).device_name("New").begin()?;
/// for device in recovery.devices()? {
///     println!("Do you still have {}?", device.name);
///     recovery.keep(device.id);
/// }
/// let session = recovery.finish::<App>(&db)?;
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use = "nothing happens until `begin` is called"]
pub fn recover(url: impl Into<String>, words: &str) -> Recover {
    let words = RecoveryWords::parse(words).map_err(wrong_words);
    Recover { url: url.into().trim().to_owned(), words, options: Options::default() }
}

/// What a device says that brings everything back: made by [`recover`].
#[must_use = "nothing happens until `begin` is called"]
pub struct Recover {
    url: String,
    words: Result<RecoveryWords>,
    options: Options,
}

impl Recover {
    option_methods!();

    /// Finds the space of the words.
    ///
    /// # Errors
    ///
    /// Returns [`Error::RecoveryWords`] if these are no such words, or if no space at this relay has them; and
    /// [`Error::Relay`] or [`Error::ClockWrong`] if the relay cannot be used.
    pub fn begin(self) -> Result<Recovery> {
        let Self { url, words, options } = self;
        let keys = Arc::new(SecretKeys::from_words(&words?));
        options.check(&url)?;
        let connect = options.connect(&Cutoff::default());
        let found = engine::recovery::Recovery::find(&keys, &url, &connect)?;
        let found = found.into_iter().next().ok_or_else(|| {
            let reason = "no space at this relay has them: check the relay's URL, and whether newer words were made; a relay that was wiped knows them again once a device of the space has synced";
            Error::RecoveryWords { reason: reason.to_owned(), word: None }
        })?;
        Ok(Recovery { found, options, kept: vec![] })
    }
}

/// A space that its recovery words have found.
pub struct Recovery {
    found: engine::recovery::Recovery,
    options: Options,
    kept: Vec<DeviceId>,
}

impl Recovery {
    /// Returns the devices of the space, of which the user confirms those that are still there. A relay that cheats could
    /// show a past in which one is a member that was removed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Relay`] if the relay cannot be reached.
    pub fn devices(&self) -> Result<Vec<Device>> {
        let devices = self.found.devices()?;
        Ok(devices.iter().filter(|device| !device.is_recovery).map(Device::of).collect())
    }

    /// Keeps a device in the space. Those that are not kept are removed by [`finish`](Self::finish).
    pub fn keep(&mut self, device: DeviceId) {
        self.kept.push(device);
    }

    /// Makes this device a member, and brings everything back, in the background. Once all is there, the devices that
    /// are not [kept](Self::keep) are removed. The database may have rows, which are brought along.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InASpace`] if the database is in a space with others, [`Error::Relay`] if the relay cannot be
    /// reached, and the errors of [`open`](crate::SyncBuilder::open).
    pub fn finish<S: Schema>(self, database: &Database) -> Result<Session> {
        let Self { found, options, kept, .. } = self;
        let mut beginning = Beginning::of::<S>(database, options)?;
        let keys = Arc::new(SecretKeys::generate(&mut Random::of(database)?));
        let space = found.space();
        let closing = Closing::of(database, &*beginning.store, space)?;
        let store = &*beginning.store;
        // For no space yet: if this breaks off, the keys alone must not lead into the space, as nobody would be removed.
        prepare(store, None, &keys)?;
        let settings = beginning.settings.clone();
        let engine = found.finish(database, Arc::clone(&keys), settings, &kept)?;
        keep(store, space, &keys)?;
        beginning.closing = closing;
        let session = beginning.session(Opened { engine, successor: None });
        session.resume()?;
        Ok(session)
    }
}

fn wrong_words(error: ara_protocol::Error) -> Error {
    let (reason, word) = match error {
        ara_protocol::Error::UnknownWord { position } => {
            ("is not in the list of words: check its spelling".to_owned(), Some(position))
        }
        error => (error.to_string(), None),
    };
    Error::RecoveryWords { reason, word }
}

impl fmt::Debug for Recover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recover").finish_non_exhaustive()
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery").finish_non_exhaustive()
    }
}
