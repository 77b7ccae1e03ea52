//! A device of a story: a file, a clock of its own, a version of the app, and sync.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ara_core::{Database, Timestamp};
use ara_protocol::SpaceId;
use ara_protocol::keys::{MemberKey, SecretKeys};

use crate::engine::base::{Engine, Invitation, Outcome};
use crate::engine::settings::Settings;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::network::Network;
use crate::fault::Fault;
use crate::random::Random;
use crate::state::Alarm;

const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

/// How many changes of each node are known.
pub(super) type Known = BTreeMap<[u8; 16], u64>;

/// What devices are made of, each from other seeds.
pub(super) struct Maker {
    pub(super) network: Arc<Network>,
    pub(super) folder: PathBuf,
    pub(super) next: AtomicU64,
    pub(super) names: AtomicU64,
}

impl Maker {
    pub(super) fn seed(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn keys(&self) -> Arc<SecretKeys> {
        Arc::new(SecretKeys::generate(&mut Random::seeded(self.seed())))
    }

    /// Returns the path of a file that is not there yet.
    pub(super) fn path(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{what} {}", self.seed()))
    }
}

/// A clock, which may be wrong.
#[derive(Debug, Clone)]
struct Clock {
    millis: Arc<AtomicI64>,
    /// What it moves on by with each step of the story, where others move by 10,000.
    pace: i64,
}

/// A device.
pub(super) struct Device {
    pub(super) name: u64,
    db: Option<Database>,
    /// Where its file is, if it is not in memory.
    path: Option<PathBuf>,
    clock: Clock,
    pub(super) version: u32,
    pub(super) refuse_newer: bool,
    pub(super) keys: Arc<SecretKeys>,
    engine: Option<Engine>,
    url: String,
    backup: Option<Backup>,
    /// What it has known, and so must know in the end.
    pub(super) known: Known,
}

struct Backup {
    bytes: Vec<u8>,
    space: SpaceId,
    keys: MemberKey,
    known: Known,
    version: u32,
}

impl Device {
    /// Makes a device with an empty file, which is in no space.
    pub(super) fn new(maker: &Maker, (in_file, version): (bool, u32), dice: &mut Dice) -> Self {
        let wrong = match dice.below(6) {
            0 => -YEAR * dice.below(60) as i64,
            1 => YEAR * dice.below(50) as i64,
            _ => dice.below(100_000) as i64,
        };
        let millis = Arc::new(AtomicI64::new(1_700_000_000_000 + wrong));
        let pace = [10_000, 10_000, 10_000, 0, -500_000][dice.below(5)];
        let mut device = Self {
            name: maker.names.fetch_add(1, Ordering::SeqCst),
            db: None,
            path: in_file.then(|| maker.path("device")),
            clock: Clock { millis, pace },
            version,
            refuse_newer: dice.per_cent(20),
            keys: maker.keys(),
            engine: None,
            url: String::new(),
            backup: None,
            known: Known::new(),
        };
        device.open(maker);
        apps::ensure(device.db(), version);
        device
    }

    fn open(&mut self, maker: &Maker) {
        let millis = Arc::clone(&self.clock.millis);
        let now = move || Timestamp::from_millis(millis.load(Ordering::SeqCst));
        let options = Database::options().seed(maker.seed()).clock(now).readers(2);
        self.db = Some(match &self.path {
            Some(path) => options.open(path).unwrap(),
            None => options.memory().unwrap(),
        });
    }

    pub(super) fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    pub(super) fn is_in_file(&self) -> bool {
        self.path.is_some()
    }

    pub(super) fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        self.engine.as_mut().unwrap()
    }

    pub(super) fn key(&self) -> MemberKey {
        self.keys.public().member()
    }

    pub(super) fn node(&self) -> [u8; 16] {
        *self.db().node().unwrap().as_bytes()
    }

    pub(super) fn alarms(&self) -> Vec<Alarm> {
        self.engine().alarms().unwrap()
    }

    fn settings(&self) -> Settings {
        Settings {
            device_name: format!("Device {}", self.name),
            app_version: format!("{}", self.version),
            schema_version: self.version,
            refuse_newer: self.refuse_newer,
            ..Settings::default()
        }
    }

    /// Lets time pass.
    pub(super) fn tick(&self) {
        self.clock.millis.fetch_add(self.clock.pace, Ordering::SeqCst);
    }

    pub(super) fn found(&mut self, maker: &Maker, url: &str) {
        let (keys, connect) = (Arc::clone(&self.keys), maker.network.connect());
        let engine = Engine::found(self.db(), keys, url, connect, self.settings());
        url.clone_into(&mut self.url);
        self.engine = Some(engine.unwrap());
    }

    /// Joins the space of a member, with new keys, which that one has made known.
    pub(super) fn join(
        &mut self,
        maker: &Maker,
        url: &str,
        invitation: Invitation,
    ) -> Result<(), Fault> {
        let (keys, connect) = (Arc::clone(&self.keys), maker.network.connect());
        self.engine = None;
        self.backup = None;
        let joined = Engine::join(self.db(), keys, url, connect, self.settings(), invitation)?;
        self.engine = Some(joined);
        url.clone_into(&mut self.url);
        Ok(())
    }

    /// Goes on with sync that another step has begun.
    pub(super) fn set_engine(&mut self, engine: Engine, url: &str) {
        self.engine = Some(engine);
        self.backup = None;
        url.clone_into(&mut self.url);
    }

    pub(super) fn take_engine(&mut self) -> Option<Engine> {
        self.engine.take()
    }

    pub(super) fn settings_of_app(&self) -> Settings {
        self.settings()
    }

    pub(super) fn has_engine(&self) -> bool {
        self.engine.is_some()
    }

    /// Starts the app again.
    pub(super) fn restart(&mut self, maker: &Maker) {
        let had_engine = self.engine.take().is_some();
        if self.path.is_some() {
            self.db = None;
            self.open(maker);
        }
        apps::ensure(self.db(), self.version);
        if had_engine {
            let (keys, connect) = (Arc::clone(&self.keys), maker.network.connect());
            let opened = Engine::open(self.db(), keys, &self.url, connect, self.settings());
            self.engine = Some(opened.unwrap().expect("the file is in a space"));
        }
    }

    /// Updates the app.
    pub(super) fn update(&mut self, maker: &Maker, version: u32) {
        self.version = version;
        self.restart(maker);
    }

    /// A round, which may be stopped after some requests.
    pub(super) fn round(&mut self, most: Option<usize>) -> Result<Outcome, Fault> {
        let asked = std::cell::Cell::new(0);
        let is_stopped = || most.is_some_and(|most| asked.replace(asked.get() + 1) > most);
        let done = self.engine_mut().round(&is_stopped, &mut |_| {});
        self.note_known();
        done
    }

    /// Notes what is known now, and asserts that nothing of what was known is gone.
    pub(super) fn note_known(&mut self) {
        let known = known(self.db());
        for (node, number) in &self.known {
            assert!(known.get(node) >= Some(number), "device {} has lost changes", self.name);
        }
        self.known = known;
    }

    /// Lets each transaction fail that writes a fact whose key begins so.
    pub(super) fn fail_writes(&self, prefix: Option<&str>) {
        let trigger = match prefix {
            Some(prefix) => format!(
                "CREATE TEMP TRIGGER simulated_failure BEFORE INSERT ON main.ara_sync \
                 WHEN new.key LIKE '{prefix}%' BEGIN SELECT RAISE(ABORT, 'simulated'); END"
            ),
            None => "DROP TRIGGER IF EXISTS temp.simulated_failure".to_owned(),
        };
        self.db().sync_write(|sync| Ok(sync.execute_batch(&trigger)?)).unwrap();
    }

    /// Copies the file, as something that knows nothing of ara does.
    pub(super) fn back_up(&mut self, maker: &Maker) {
        let Some(path) = self.path.clone() else { return };
        let space = self.engine().space();
        self.engine = None;
        self.db = None;
        let bytes = fs::read(&path).unwrap();
        let (keys, version) = (self.key(), self.version);
        self.backup = Some(Backup { bytes, space, keys, known: self.known.clone(), version });
        self.open(maker);
        self.open_engine(maker);
    }

    /// Puts the copy back, if there is one of this space: by the guide, so that it writes as a new node, or not, so that
    /// it goes on where it was. Returns whether it did.
    pub(super) fn restore(&mut self, maker: &Maker, by_the_guide: bool) -> bool {
        let Some(path) = self.path.clone() else { return false };
        let (space, keys) = (self.engine().space(), self.key());
        let fits = |backup: &&Backup| backup.space == space && backup.keys == keys;
        let Some(backup) = self.backup.as_ref().filter(fits) else { return false };
        self.engine = None;
        self.db = None;
        if by_the_guide {
            let copy = maker.path("backup");
            fs::write(&copy, &backup.bytes).unwrap();
            Database::restore_backup(&copy, &path).unwrap();
        } else {
            put_in_place(&path, &backup.bytes);
        }
        self.known = backup.known.clone();
        self.version = self.version.max(backup.version);
        self.open(maker);
        apps::ensure(self.db(), self.version);
        self.open_engine(maker);
        true
    }

    /// Goes on with sync of the space in which the file is.
    pub(super) fn open_engine(&mut self, maker: &Maker) {
        let (keys, connect) = (Arc::clone(&self.keys), maker.network.connect());
        let opened = Engine::open(self.db(), keys, &self.url, connect, self.settings());
        self.engine = Some(opened.unwrap().expect("the file is in a space"));
    }

    /// Takes what another device has, past the relay.
    pub(super) fn take_from(&mut self, other: &Self) {
        let vector = self.db().version_vector().unwrap();
        for changes in other.db().changes_since(&vector).unwrap() {
            let report = self.db().merge(&changes.unwrap()).unwrap();
            let unconnected = ara_core::Reason::Unconnected;
            assert!(report.refused.iter().all(|refused| refused.reason == unconnected));
        }
        self.note_known();
    }
}

/// The same file goes on with other bytes.
fn put_in_place(path: &Path, bytes: &[u8]) {
    for ending in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        let _ = fs::remove_file(beside);
    }
    fs::write(path, bytes).unwrap();
}

/// Returns how many changes of each node a database knows.
pub(super) fn known(db: &Database) -> Known {
    db.sync_nodes().unwrap().into_iter().map(|node| (node.node, node.end.number)).collect()
}
