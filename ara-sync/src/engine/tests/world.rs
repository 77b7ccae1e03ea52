//! Devices, a relay, and what the tests do with them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ara::prelude::*;
use ara_core::{Database, Timestamp};
use ara_protocol::keys::SecretKeys;
use ara_relay::store::Store;
use ara_relay::{Relay, RelayOptions, SqliteStore};
use tempfile::TempDir;

use crate::engine::base::{Engine, Invitation, Outcome};
use crate::engine::settings::Settings;
use crate::engine::tests::net::Net;
use crate::fault::Result;
use crate::random::Random;
use crate::state::Alarm;

pub(crate) const URL: &str = "http://relay.example";
pub(crate) const OTHER_URL: &str = "http://other.example";

/// When the clocks of a test start, in milliseconds.
const START: i64 = 1_700_000_000_000;

#[derive(Table, Clone, Debug, PartialEq)]
pub(crate) struct Todo {
    pub(crate) id: Id<Todo>,
    pub(crate) title: String,
    pub(crate) notes: Option<String>,
}

/// A relay, and what makes devices.
pub(crate) struct World {
    pub(crate) net: Arc<Net>,
    folder: TempDir,
    clock: Arc<AtomicI64>,
    next: AtomicU64,
    quota: u64,
    /// Whether databases are in files.
    in_files: bool,
    /// The file of the relay.
    relay: Mutex<String>,
}

/// A device.
pub(crate) struct Device {
    pub(crate) db: Database,
    pub(crate) engine: Engine,
    pub(crate) keys: Arc<SecretKeys>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_quota(1 << 30)
    }

    pub(crate) fn with_quota(quota: u64) -> Self {
        let world = Self {
            net: Arc::default(),
            folder: fast_folder(),
            clock: Arc::new(AtomicI64::new(START)),
            next: AtomicU64::new(1),
            quota,
            in_files: false,
            relay: Mutex::new("relay".to_owned()),
        };
        world.start_relay(URL, "relay");
        world
    }

    /// Makes a world whose devices can die: their databases are in files.
    pub(crate) fn of_files() -> Self {
        Self { in_files: true, ..Self::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.db"))
    }

    /// Starts a relay on a file.
    pub(crate) fn start_relay(&self, url: &str, name: &str) {
        self.start_relay_of(url, name, self.quota);
    }

    pub(crate) fn start_relay_of(&self, url: &str, name: &str, quota: u64) {
        self.start_relay_over(url, SqliteStore::open(self.path(name)).unwrap(), quota);
    }

    pub(crate) fn start_relay_over(&self, url: &str, store: impl Store + 'static, quota: u64) {
        let clock = Arc::clone(&self.clock);
        let options = RelayOptions {
            origins: vec![url.to_owned()],
            clock: Arc::new(move || (clock.load(Ordering::SeqCst) / 1000).unsigned_abs()),
            quota,
            ..RelayOptions::default()
        };
        self.net.put(url, Relay::new(store, options).unwrap());
    }

    /// Returns where the relay's file is.
    pub(crate) fn relay_path(&self) -> PathBuf {
        self.path(&self.relay.lock().unwrap())
    }

    /// Lets the relay drop what has expired.
    pub(crate) fn tidy_relay(&self) {
        self.net.relay(URL).tidy().unwrap();
    }

    /// Copies the relay's file.
    pub(crate) fn back_up_relay(&self, name: &str) {
        let copy = self.path(name);
        let relay = rusqlite::Connection::open(self.relay_path()).unwrap();
        relay.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
    }

    /// Starts the relay again on its file.
    pub(crate) fn restart_relay(&self) {
        let name = self.relay.lock().unwrap().clone();
        self.put_relay_back(&name);
    }

    /// Starts the relay again on another file.
    pub(crate) fn put_relay_back(&self, name: &str) {
        self.net.take(URL);
        self.start_relay(URL, name);
        name.clone_into(&mut self.relay.lock().unwrap());
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn database(&self) -> Database {
        let (seed, options) = self.options();
        match self.in_files {
            true => options.open(self.path(&format!("device {seed}"))).unwrap(),
            false => options.memory().unwrap(),
        }
    }

    /// Opens a file again, as an app does that was started again.
    pub(crate) fn open(&self, path: &Path) -> Database {
        self.options().1.open(path).unwrap()
    }

    fn options(&self) -> (u64, ara_core::Options) {
        let seed = self.next.fetch_add(1, Ordering::SeqCst);
        let clock = Arc::clone(&self.clock);
        let now = move || Timestamp::from_millis(clock.fetch_add(1, Ordering::SeqCst));
        (seed, Database::options().seed(seed).clock(now))
    }

    /// Returns a copy of a database, which writes under the id of the same node until it finds out.
    pub(crate) fn copy(&self, db: &Database) -> Database {
        let (seed, options) = self.options();
        let path = self.path(&format!("copy {seed}"));
        db.backup(&path).unwrap();
        options.open(&path).unwrap()
    }

    pub(crate) fn keys(&self) -> Arc<SecretKeys> {
        let seed = self.next.fetch_add(1, Ordering::SeqCst);
        Arc::new(SecretKeys::generate(&mut Random::seeded(seed)))
    }

    /// Founds a space.
    pub(crate) fn found(&self) -> Device {
        let (db, keys) = (self.database(), self.keys());
        let engine =
            Engine::found(&db, Arc::clone(&keys), URL, self.net.connect(), settings("Laptop"));
        Device { db, engine: engine.unwrap(), keys }
    }

    /// Makes another device that joins the space.
    pub(crate) fn join(&self, member: &mut Device) -> Device {
        self.join_with(member, self.database(), self.keys(), settings("Phone"))
    }

    pub(crate) fn join_with(
        &self,
        member: &mut Device,
        db: Database,
        keys: Arc<SecretKeys>,
        settings: Settings,
    ) -> Device {
        member.engine.add(&keys.public()).unwrap();
        self.join_as(member, db, keys, settings)
    }

    /// Makes a device that has lost its database, and kept its keys.
    pub(crate) fn join_again(&self, member: &Device, keys: &Arc<SecretKeys>) -> Device {
        self.join_as(member, self.database(), Arc::clone(keys), settings("Phone"))
    }

    fn join_as(
        &self,
        member: &Device,
        db: Database,
        keys: Arc<SecretKeys>,
        settings: Settings,
    ) -> Device {
        let invitation = Invitation {
            space: member.engine.space(),
            access: member.engine.members().head(),
            by: member.engine.own_key(),
        };
        let connect = self.net.connect();
        let joined = Engine::join(&db, Arc::clone(&keys), URL, connect, settings, invitation);
        Device { db, engine: joined.unwrap(), keys }
    }

    /// Opens sync of a device again, as if its app was started again.
    pub(crate) fn reopen(&self, device: &mut Device) {
        self.reopen_with(device, settings("Laptop"));
    }

    pub(crate) fn reopen_with(&self, device: &mut Device, settings: Settings) {
        let keys = Arc::clone(&device.keys);
        let opened = Engine::open(&device.db, keys, URL, self.net.connect(), settings);
        device.engine = opened.unwrap().unwrap();
    }
}

/// Returns a folder in memory, if the system has such.
pub(crate) fn fast_folder() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).unwrap()
}

pub(crate) fn settings(name: &str) -> Settings {
    Settings { device_name: name.to_owned(), app_version: "1.0".to_owned(), ..Settings::default() }
}

impl Device {
    pub(crate) fn relay(&self) -> Arc<crate::relay::Relay> {
        Arc::clone(&self.engine.relay)
    }

    pub(crate) fn try_sync(&mut self) -> Result<Outcome> {
        self.engine.round(&|| false, &mut |_| {})
    }

    pub(crate) fn sync(&mut self) -> Outcome {
        let outcome = self.try_sync().unwrap();
        assert!(outcome.is_complete);
        outcome
    }

    pub(crate) fn write(&self, title: &str) -> Id<Todo> {
        self.db.create(Todo::draft().title(title)).unwrap()
    }

    pub(crate) fn titles(&self) -> Vec<String> {
        let mut titles: Vec<_> = self
            .db
            .query::<Todo>()
            .all()
            .unwrap()
            .into_iter()
            .map(|todo| todo.title.unwrap_or_default())
            .collect();
        titles.sort();
        titles
    }

    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        self.engine.alarms().unwrap()
    }
}

/// Syncs devices until all know all, and asserts that they hold the same.
pub(crate) fn converge(devices: &mut [&mut Device]) {
    for _ in 0..3 {
        for device in devices.iter_mut() {
            device.sync();
        }
    }
    assert_equal(devices);
}

/// Asserts that devices hold the same.
pub(crate) fn assert_equal(devices: &[&mut Device]) {
    let of = |device: &Device| (device.db.version_vector().unwrap(), device.titles());
    let first = of(devices.first().unwrap());
    for device in devices {
        assert_eq!(of(device), first);
        assert!(device.db.verify().unwrap().holds());
    }
}
