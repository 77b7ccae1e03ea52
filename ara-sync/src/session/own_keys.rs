//! The keys of this device, as they go with what the file says.

use std::sync::Arc;

use ara_core::{Database, Error, Result};
use ara_protocol::SpaceId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::message::access::AccessRequest;

use crate::engine::base::{Engine, Invitation};
use crate::engine::settings::{Connect, Settings};
use crate::fault::{self, Fault};
use crate::keys::KeyStore;
use crate::keys::device_keys::DeviceKeys;
use crate::random::Random;
use crate::relay::Relay;
use crate::session::space::Space;
use crate::state::records::AccessLog;

/// An engine, and the new keys that this device is to have, if its old ones were copied.
pub(super) struct Opened {
    pub(super) engine: Engine,
    pub(super) successor: Option<SecretKeys>,
}

/// What an engine is opened with.
pub(super) struct Opening<'a> {
    pub(super) database: &'a Database,
    pub(super) store: &'a dyn KeyStore,
    pub(super) url: &'a str,
    pub(super) connect: Connect,
    pub(super) settings: Settings,
}

/// Keeps the keys for a space.
pub(super) fn keep(store: &dyn KeyStore, space: SpaceId, keys: &SecretKeys) -> Result<()> {
    DeviceKeys::new(space, copy(keys)).save(store)
}

/// Keeps new keys beside those that are there, until the file is in the space that they are for. `None` is a space that
/// is yet to be founded. What cannot be read stays, so that the new ones are there only once they are [kept](keep).
pub(super) fn prepare(
    store: &dyn KeyStore,
    space: Option<SpaceId>,
    keys: &SecretKeys,
) -> Result<()> {
    let space = space.unwrap_or(DeviceKeys::ANY_SPACE);
    match DeviceKeys::find(store) {
        Ok(Some((mut kept, is_copy))) => {
            // If the file stays in its space after all, it still is to have keys of its own there.
            kept.is_copy = is_copy || kept.successor.is_some_and(|(of, _)| of == kept.space);
            kept.successor = Some((space, copy(keys)));
            kept.save(store)
        }
        Ok(None) => DeviceKeys::new(space, copy(keys)).save(store),
        // What a newer app wrote, or what can be read again later, counts for as long as the file stays where it is.
        Err(Error::KeysUnreadable { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn copy(keys: &SecretKeys) -> SecretKeys {
    SecretKeys::from_bytes(&keys.to_bytes())
}

impl Opening<'_> {
    /// Opens sync of the file. One that is in no space founds one.
    pub(super) fn open_or_found(&self) -> Result<Opened> {
        let engine = match Space::of(self.database)? {
            Some(space) => return self.open(space.id),
            None => match self.adopt()? {
                Some(engine) => engine,
                None => match self.found() {
                    // Another process has founded one meanwhile.
                    Err(Error::InASpace) => {
                        let space = Space::of(self.database)?.ok_or(Error::InASpace)?.id;
                        return self.open(space);
                    }
                    founded => founded?,
                },
            },
        };
        Ok(Opened { engine, successor: None })
    }

    /// Opens sync of a file that is in a space.
    fn open(&self, space: SpaceId) -> Result<Opened> {
        let (mut kept, is_copy) = DeviceKeys::load(self.store, space)?;
        if is_copy && kept.successor.is_none() {
            let new = SecretKeys::generate(&mut Random::of(self.database)?);
            (kept.successor, kept.is_copy) = (Some((space, new)), false);
            // From here on, the file with the keys knows itself again.
            kept.save(self.store)?;
        }
        let DeviceKeys { keys, successor, .. } = kept;
        let mut engine = self.engine(keys)?;
        let Some((_, successor)) = successor else {
            return Ok(Opened { engine, successor: None });
        };
        if engine.members().get(successor.public().member()).is_none() {
            engine.keep_silent();
            return Ok(Opened { engine, successor: Some(successor) });
        }
        // The others know the new keys, and a crash came before they were kept as the only ones.
        keep(self.store, space, &successor)?;
        Ok(Opened { engine: self.engine(successor)?, successor: None })
    }

    fn engine(&self, keys: SecretKeys) -> Result<Engine> {
        let (connect, settings) = (Arc::clone(&self.connect), self.settings.clone());
        let opened = Engine::open(self.database, Arc::new(keys), self.url, connect, settings)?;
        opened.ok_or(Error::NotInASpace)
    }

    /// Founds a space. The keys are kept before the file says that it is in one, beside those that are there: another
    /// process may just have done the same.
    fn found(&self) -> Result<Engine> {
        let keys = SecretKeys::generate(&mut Random::of(self.database)?);
        prepare(self.store, None, &keys)?;
        let (connect, settings) = (Arc::clone(&self.connect), self.settings.clone());
        let keys = Arc::new(keys);
        let founded = Engine::found(self.database, Arc::clone(&keys), self.url, connect, settings)?;
        keep(self.store, founded.space(), &keys)?;
        Ok(founded)
    }

    /// Goes back to the space that the keys are for, if the file is new, or a backup from before it was in a space, and
    /// the relay has that space.
    fn adopt(&self) -> Result<Option<Engine>> {
        let Some((kept, is_copy)) = DeviceKeys::find(self.store)? else { return Ok(None) };
        if is_copy || kept.space == DeviceKeys::ANY_SPACE {
            return Ok(None);
        }
        let Some(invitation) = self.find_space(&kept)? else { return Ok(None) };
        let (connect, settings) = (Arc::clone(&self.connect), self.settings.clone());
        let keys = Arc::new(kept.keys);
        let joined = Engine::join(self.database, keys, self.url, connect, settings, invitation);
        Ok(Some(joined?))
    }

    /// Asks the relay for the space of the keys, of which this device is a member by itself.
    fn find_space(&self, kept: &DeviceKeys) -> fault::Result<Option<Invitation>> {
        let relay = Relay::new(self.url, (self.connect)(self.url)?)?;
        let request = AccessRequest {
            space: kept.space,
            after: None,
            cursor: ara_protocol::Cursor::start(kept.space),
            admission: String::new(),
            records: vec![],
        };
        match relay.access(&request, &kept.keys) {
            Ok(answer) => {
                let (space, by) = (kept.space, kept.keys.public().member());
                let log = AccessLog::read(&answer.records)?;
                let log = log.filter(|log| log.members.space() == space);
                let log = log.ok_or(Fault::Lied { what: "it shows another access log" })?;
                let is_member = log.members.get(by).is_some();
                let access = log.members.head();
                Ok(is_member.then_some(Invitation { space, access, by }))
            }
            Err(Fault::Refused(Refusal::Unknown | Refusal::Deleted { .. })) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::keys::KeptKeys;
    use crate::keys::memory::MemoryKeyStore;
    use crate::options::Options;
    use crate::transport::http::cutoff::Cutoff;

    const ONE: SpaceId = SpaceId::from_bytes([7; 16]);
    const OTHER: SpaceId = SpaceId::from_bytes([8; 16]);

    fn keys(byte: u8) -> SecretKeys {
        SecretKeys::from_bytes(&[byte; 64])
    }

    /// Tells that what it keeps was copied, until that is written again.
    #[derive(Debug, Default)]
    struct Copied(MemoryKeyStore, AtomicBool);

    impl KeyStore for Copied {
        fn load(&self) -> Result<Option<KeptKeys>> {
            let is_copy = self.1.load(Ordering::SeqCst);
            let kept = self.0.load()?;
            Ok(kept.map(|kept| if is_copy { kept.copied() } else { kept }))
        }

        fn save(&self, secret: &[u8]) -> Result<()> {
            self.1.store(false, Ordering::SeqCst);
            self.0.save(secret)
        }

        fn remove(&self) -> Result<()> {
            self.0.remove()
        }
    }

    #[test]
    fn copied_keys_are_still_to_be_replaced_after_a_file_did_not_get_into_another_space()
    -> Result<()> {
        for is_replaced_already in [false, true] {
            let store = Copied::default();
            let mut kept = DeviceKeys::new(ONE, keys(1));
            kept.successor = is_replaced_already.then(|| (ONE, keys(2)));
            kept.save(&store)?;
            store.1.store(!is_replaced_already, Ordering::SeqCst);
            // Twice, as the user tries once more.
            prepare(&store, Some(OTHER), &keys(3))?;
            prepare(&store, Some(OTHER), &keys(4))?;
            let (kept, is_copy) = DeviceKeys::load(&store, ONE)?;
            assert!(is_copy && kept.successor.is_none(), "{is_replaced_already}");
            let (kept, is_copy) = DeviceKeys::load(&store, OTHER)?;
            assert_eq!(kept.keys.public(), keys(4).public());
            assert!(!is_copy);
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_stays_until_the_file_is_in_another_space() -> Result<()> {
        let store = MemoryKeyStore::default();
        store.save(b"of a newer version")?;
        prepare(&store, Some(OTHER), &keys(3))?;
        assert!(store.load()?.is_some_and(|kept| *kept.secret == b"of a newer version"));
        keep(&store, OTHER, &keys(3))?;
        assert_eq!(DeviceKeys::load(&store, OTHER)?.0.keys.public(), keys(3).public());
        Ok(())
    }

    /// Lets another process do something right after it was looked at.
    #[derive(Default)]
    struct Looked(Arc<MemoryKeyStore>, Mutex<Option<Box<dyn FnOnce() + Send>>>);

    impl std::fmt::Debug for Looked {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Looked")
        }
    }

    impl KeyStore for Looked {
        fn load(&self) -> Result<Option<KeptKeys>> {
            let kept = self.0.load();
            let meanwhile = self.1.lock().ok().and_then(|mut meanwhile| meanwhile.take());
            if let Some(meanwhile) = meanwhile {
                meanwhile();
            }
            kept
        }

        fn save(&self, secret: &[u8]) -> Result<()> {
            self.0.save(secret)
        }

        fn remove(&self) -> Result<()> {
            self.0.remove()
        }
    }

    fn open_or_found(database: &Database, store: &dyn KeyStore) -> Result<Opened> {
        let connect = Options::default().connect(&Cutoff::default());
        let (url, settings) = ("http://relay.example", Settings::default());
        Opening { database, store, url, connect, settings }.open_or_found()
    }

    #[test]
    fn two_processes_that_found_a_space_at_once_found_one()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("todo.db");
        let (database, other) = (Database::open(&file)?, Database::open(&file)?);
        let kept = Arc::<MemoryKeyStore>::default();
        let of_other = Arc::clone(&kept);
        let meanwhile = move || {
            assert!(open_or_found(&other, &*of_other).is_ok());
        };
        let store = Looked(Arc::clone(&kept), Mutex::new(Some(Box::new(meanwhile))));
        let opened = open_or_found(&database, &store)?;
        let is_member = |engine: &Engine| engine.members().get(engine.own_key()).is_some();
        assert!(is_member(&opened.engine));
        // And so it is the next time.
        assert!(is_member(&open_or_found(&database, &*kept)?.engine));
        Ok(())
    }
}
