//! Devices, as the tests use them.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::{Alarm, Connection, Session, Status, join};
use tempfile::TempDir;

use crate::test_relay::TestRelay;

/// How long a test waits for what is a matter of milliseconds.
pub const LONG: Duration = Duration::from_secs(60);

#[derive(Table, Debug)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: Option<String>,
}

ara::schema! { pub App: Todo }

/// A device with a session.
pub struct Device {
    pub db: Database,
    pub session: Session,
}

/// A folder with a database file.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self) -> PathBuf {
        self.0.path().join("todo.db")
    }

    pub fn keys(&self) -> PathBuf {
        self.0.path().join("todo.db.keys")
    }

    pub fn open(&self) -> Database {
        Database::open(self.file()).unwrap()
    }
}

pub fn add(db: &Database, title: &str) -> Id<Todo> {
    db.create(Todo::draft().title(title)).unwrap()
}

pub fn titles(db: &Database) -> Vec<String> {
    let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title.asc());
    todos.all().unwrap().into_iter().map(|todo| todo.title).collect()
}

/// Returns text that no compression makes much shorter.
pub fn incompressible(length: usize, seed: u64) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'0' + u8::try_from(state >> 58).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

/// Waits until a database has these rows.
pub fn wait_for(db: &Database, expected: &[&str]) {
    let query = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title.asc());
    let mut watch = query.select(Todo::title).watch().unwrap();
    let end = Instant::now() + LONG;
    let mut rows = vec![];
    while Instant::now() < end {
        if let Some(found) = watch.recv_timeout(end - Instant::now()).unwrap() {
            rows = found;
            if rows == expected {
                return;
            }
        }
    }
    panic!("{rows:?} instead of {expected:?}");
}

/// Waits until the status is as it should be.
pub fn wait_until(session: &Session, is_right: impl FnMut(&Status) -> bool) -> Status {
    let found = session.watch_status().wait_until(LONG, is_right);
    found.unwrap_or_else(|| panic!("{:#?}", session.status()))
}

/// Waits until all that was committed is at the relay.
pub fn wait_sent(session: &Session) -> Status {
    wait_until(session, |status| status.last_success.is_some() && status.is_up_to_date())
}

pub fn is_failing(status: &Status) -> bool {
    matches!(status.connection, Connection::Failing { .. })
}

pub fn is_stopped(status: &Status) -> bool {
    matches!(status.connection, Connection::Stopped { .. })
}

pub fn has_alarm(status: &Status, is_it: impl Fn(&Alarm) -> bool) -> bool {
    status.alarms.iter().any(is_it)
}

impl Device {
    /// Founds a space, or goes on in it.
    pub fn start(db: Database, relay: &TestRelay, name: &str) -> Self {
        let session = db.sync::<App>(relay.url()).device_name(name).start().unwrap();
        Self { db, session }
    }

    /// The first device, with a database in memory.
    pub fn first(relay: &TestRelay) -> Self {
        Self::start(Database::memory().unwrap(), relay, "Laptop")
    }

    /// Lets another database in.
    pub fn let_in(&self, db: Database, relay: &TestRelay, name: &str) -> Self {
        let invitation = self.session.invite().unwrap();
        let (code, url, name) = (invitation.code().to_owned(), relay.url(), name.to_owned());
        let joining = thread::spawn(move || join(url, code).device_name(name).begin().unwrap());
        let mut request = invitation.wait(LONG).unwrap();
        let joining = joining.join().unwrap();
        request.accept(&joining.digits()).unwrap();
        let session = joining.finish::<App>(&db).unwrap();
        Self { db, session }
    }

    /// Lets a new database in.
    pub fn let_in_new(&self, relay: &TestRelay, name: &str) -> Self {
        self.let_in(Database::memory().unwrap(), relay, name)
    }

    /// Returns the names of the devices, in order.
    pub fn devices(&self) -> Vec<String> {
        names(&self.session.status())
    }
}

/// The names of the devices of a status, in order.
pub fn names(status: &Status) -> Vec<String> {
    let mut names: Vec<_> = status.devices.iter().map(|device| device.name.clone()).collect();
    names.sort();
    names
}
