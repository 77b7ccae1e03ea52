//! Devices of one space, with files, and their relay.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::{Session, join};
use ara::{Database, Result};
use tempfile::TempDir;

use crate::relay::Relay;
use crate::store::Store;
use crate::tables::App;

/// How long to wait for what is a matter of seconds.
pub const LONG: Duration = Duration::from_secs(600);

/// Two devices that are in a space, in which nothing is yet, and whose sessions are over.
pub struct Pair {
    folder: TempDir,
    store: Store,
    pub relay: Relay,
}

/// A device that is in use.
pub struct Device {
    pub session: Session,
    pub db: Database,
}

impl Pair {
    /// Makes two devices. The relay can be called by other URLs, too.
    pub fn new(store: &Store, origins: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir().expect("a folder for files");
        let relay = Relay::start(folder.path(), store, origins);
        let pair = Self { folder, store: store.clone(), relay };
        let first = Device::start(&pair.first(), &pair.relay.url)?;
        let second = first.let_in(&pair.second(), &pair.relay.url)?;
        first.settle();
        second.settle();
        Ok(pair)
    }

    /// Returns how many bytes the relay has on the disk.
    pub fn stored(&self) -> u64 {
        self.store.size(self.folder.path())
    }

    pub fn first(&self) -> PathBuf {
        self.folder.path().join("first.db")
    }

    pub fn second(&self) -> PathBuf {
        self.folder.path().join("second.db")
    }

    pub fn another(&self) -> PathBuf {
        self.folder.path().join("another.db")
    }
}

impl Device {
    /// Opens a device that syncs when it is told to.
    pub fn open(file: &Path, url: &str) -> Result<Self> {
        let db = Database::open(file)?;
        let session = db.sync::<App>(url).device_name(name(file)).open()?;
        Ok(Self { session, db })
    }

    /// Opens a device that syncs in the background.
    pub fn start(file: &Path, url: &str) -> Result<Self> {
        let device = Self::open(file, url)?;
        device.session.resume()?;
        Ok(device)
    }

    /// Lets another device in, which syncs in the background.
    pub fn let_in(&self, file: &Path, url: &str) -> Result<Self> {
        let invitation = self.session.invite()?;
        let (code, url, name) = (invitation.code().to_owned(), url.to_owned(), name(file));
        let joining = thread::spawn(move || join(url, code).device_name(name).begin());
        let mut request = invitation.wait(LONG)?;
        let joining = joining.join().expect("does not panic")?;
        request.accept(&joining.digits())?;
        let db = Database::open(file)?;
        let session = joining.finish::<App>(&db)?;
        Ok(Self { session, db })
    }

    /// Sends and receives until nothing is left.
    pub fn sync(&self) -> Result<()> {
        self.session.run_once(Instant::now() + LONG)
    }

    /// Waits until a device that syncs in the background has sent and received all.
    pub fn settle(&self) {
        let found = self.session.watch_status().wait_until(LONG, |status| {
            status.last_success.is_some()
                && status.is_up_to_date()
                && status.devices.iter().all(|device| !device.name.is_empty())
        });
        assert!(found.is_some(), "{:?}", self.session.status());
    }
}

fn name(file: &Path) -> String {
    file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
