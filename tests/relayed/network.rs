//! A relay behind a network, and the devices' folders.

use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};
use support::proxy::Proxy;
use tempfile::TempDir;

use crate::device::Device;
use crate::relay_process::RelayProcess;

/// How many bytes a space may have, unless a test is about that.
pub const ROOM: u64 = 1 << 30;

/// A relay behind a network.
pub struct Network {
    pub proxy: Proxy,
    relay: Option<RelayProcess>,
    /// How far the relay's clock is ahead, in seconds.
    ahead: u64,
    folder: TempDir,
}

impl Network {
    /// Starts a relay.
    pub fn start() -> Self {
        Self::with_room(ROOM)
    }

    pub fn with_room(quota: u64) -> Self {
        let (proxy, folder) = (Proxy::start(), tempfile::tempdir().unwrap());
        let mut network = Self { proxy, relay: None, ahead: 0, folder };
        network.start_relay(quota);
        network
    }

    pub fn url(&self) -> String {
        self.proxy.url()
    }

    /// Kills the relay.
    pub fn kill_relay(&mut self) {
        self.relay = None;
        self.proxy.lead_to(&[]);
        self.proxy.cut();
    }

    /// Starts the relay.
    pub fn start_relay(&mut self, quota: u64) {
        let mut relay = RelayProcess::start(&self.relay_file(), quota, &[self.url()]);
        relay.set_ahead(self.ahead);
        self.proxy.lead_to(&[relay.address]);
        self.relay = Some(relay);
    }

    pub fn restart_relay(&mut self) {
        self.kill_relay();
        self.start_relay(ROOM);
    }

    /// Lets so much time pass at the relay that it has forgotten all invitations, of which it keeps only a few.
    pub fn pass_time(&mut self) {
        self.ahead += 11 * 60;
        self.relay.iter_mut().for_each(|relay| relay.set_ahead(self.ahead));
    }

    /// The file of the relay.
    pub fn relay_file(&self) -> PathBuf {
        self.folder.path().join("relay.db")
    }

    /// The file of a device.
    pub fn file_of(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("notes.db")
    }

    /// A device that does not sync yet.
    pub fn device(&self, name: &str, version: u8) -> Device {
        Device::start(name, version, &self.file_of(name), &self.url())
    }

    /// The first device of a space.
    pub fn first(&self, name: &str, version: u8) -> Device {
        let mut device = self.device(name, version);
        device.ask("start");
        device
    }

    /// Another device of the space.
    pub fn joined(&self, by: &mut Device, name: &str, version: u8) -> Device {
        let mut device = self.device(name, version);
        by.let_in(&mut device);
        device
    }

    /// Waits until a device has so many notes, of which another one has the last.
    #[track_caller]
    pub fn wait_for(&self, notes: usize, (at, from): (&mut Device, &mut Device)) {
        if let Err(error) = at.try_to(&format!("count {notes}")) {
            let other = from.try_to("status");
            let traffic = self.proxy.traffic().asked;
            panic!(
                "{}: {error}\n{}: {other:?}\n{:?} {traffic:?}",
                at.name,
                from.name,
                self.check_numbers()
            );
        }
    }

    /// Copies what the relay has.
    pub fn back_up(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        let relay = Connection::open(self.relay_file()).unwrap();
        relay.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
        copy
    }

    /// Puts a copy back while the relay is down.
    pub fn put_back(&self, copy: &std::path::Path) {
        self.wipe();
        std::fs::copy(copy, self.relay_file()).unwrap();
    }

    /// Deletes what the relay has, while it is down.
    pub fn wipe(&self) {
        assert!(self.relay.is_none(), "it would not notice");
        for end in ["db", "db-wal", "db-shm"] {
            let _ = std::fs::remove_file(self.relay_file().with_extension(end));
        }
    }

    /// Returns of how many parts the relay has a segment.
    pub fn most_parts(&self) -> i64 {
        self.open_relay_file()
            .query_row("SELECT max(parts) FROM segment", [], |row| row.get(0))
            .unwrap()
    }

    fn open_relay_file(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags(self.relay_file(), flags).unwrap()
    }

    /// Fails unless the numbers of each log at the relay are 1, 2, 3 and so on. Returns how many segments there are, and
    /// how many of them were replaced.
    #[track_caller]
    pub fn check_numbers(&self) -> (usize, usize) {
        let relay = self.open_relay_file();
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            relay.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
        };
        let gaps: i64 = relay
            .query_row(
                "SELECT count(*) FROM (
                    SELECT space, number, row_number() OVER (PARTITION BY space ORDER BY number) AS place FROM (
                        SELECT space, number FROM segment UNION ALL SELECT space, number FROM stub))
                 WHERE number <> place",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(gaps, 0, "numbers are missing, or there twice");
        (count("segment"), count("stub"))
    }
}
