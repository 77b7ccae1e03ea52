//! The store in a database of PostgreSQL, which any number of relays share.
//!
//! A job that writes locks the row of its space first, so that jobs about one space run one after the other, whichever
//! process they are in; jobs about different spaces do not meet. Jobs of one process about one space share commits.
//! Nothing but ordinary row locks is used: a database that speaks as PostgreSQL does and repeats transactions, such as
//! CockroachDB, YugabyteDB or Citus, can stand in its place.

mod address;
mod bridge;
mod expected;
mod fault;
mod group;
mod log;
mod mailboxes;
mod mending;
mod news;
mod parts;
mod schema;
mod session;
mod slots;
mod spaces;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use tokio::runtime::Handle;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::store::batch::locked;
use crate::store::error::{Result, StoreError};
use crate::store::postgres::address::Address;
use crate::store::postgres::bridge::{Bridge, wait_for};
use crate::store::postgres::expected::Expected;
use crate::store::postgres::fault::{Fault, Kind};
use crate::store::postgres::group::Group;
use crate::store::postgres::news::News;
use crate::store::postgres::session::Session;
use crate::store::{Job, LagListener, Listener, Space, Store, Topic, kept};

/// How many connections a store has at most, besides the one by which news are told.
pub const DEFAULT_CONNECTIONS: usize = 16;

/// How often a job is repeated whose transaction the database does not take, or whose connection is lost.
const MOST_TRIES: usize = 10;

/// How often a job is repeated since another one was faster. It does what it does then for another reason.
const MOST_RACES: usize = 2;

/// Begins a transaction that sees one state.
const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A store in PostgreSQL.
///
/// ```no_run
/// use ara_relay::store::postgres::PostgresStore;
/// use ara_relay::{Relay, RelayOptions};
///
/// let store = PostgresStore::connect("postgres://ara:secret@db.example/ara?sslmode=verify-full")?;
/// let relay = Relay::new(store, RelayOptions::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PostgresStore {
    connections: Connections,
    groups: Mutex<HashMap<Topic, Arc<Group>>>,
    news: Arc<News>,
    /// Ends last.
    _bridge: Bridge,
}

/// What transactions begin on.
struct Connections {
    runtime: Handle,
    pool: Pool,
    /// Where the database is, without what is secret.
    name: String,
    commits: AtomicU64,
    /// How often a job waited for the database.
    waits: Arc<AtomicU64>,
}

impl PostgresStore {
    /// Connects to a database, and makes the tables, or what they lack.
    ///
    /// With `sslmode=verify-full` in the URL the connection is encrypted, and it is checked who the database is: by the
    /// certificates in the file `sslrootcert`, or by the authorities that browsers trust. `verify-ca` checks no name, and
    /// `require` nothing unless there is `sslrootcert`. Without `sslmode` nothing is encrypted.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::WrongAddress`] if the URL is none, [`StoreError::Newer`] if the tables are those of a newer
    /// version, and [`StoreError::Failed`] if the database cannot be reached or does not do it.
    pub fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, DEFAULT_CONNECTIONS)
    }

    /// Connects to a database with at most so many connections at a time.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_with(url: &str, connections: usize) -> Result<Self> {
        Self::over(url, connections, schema::prepare)
    }

    /// Connects to a database that has the tables already, and changes nothing of them.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and returns [`StoreError::NoTables`] if they are not there, and [`StoreError::Older`]
    /// if they lack something.
    pub fn existing(url: &str, connections: usize) -> Result<Self> {
        Self::over(url, connections, schema::check)
    }

    fn over(url: &str, connections: usize, begin: fn(&Connections) -> Result<()>) -> Result<Self> {
        let address = Address::read(url)?;
        let bridge = Bridge::new()?;
        let runtime = bridge.handle()?;
        let connections = Connections {
            runtime: runtime.clone(),
            pool: address.pool(connections.max(1))?,
            name: address.to_string(),
            commits: AtomicU64::new(0),
            waits: Arc::default(),
        };
        begin(&connections)?;
        let news = News::start(&runtime, address);
        Ok(Self { connections, groups: Mutex::default(), news, _bridge: bridge })
    }

    /// Returns how many transactions were committed so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.connections.commits.load(Ordering::Relaxed)
    }

    /// Returns how often jobs waited for an answer of the database so far.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.connections.waits.load(Ordering::Relaxed)
    }

    /// Returns those who write about a topic, and keeps them as long as anybody does.
    fn group(&self, about: Option<Topic>) -> Joined<'_> {
        let group = match about {
            Some(topic) => locked(&self.groups).entry(topic).or_default().clone(),
            None => Arc::default(),
        };
        Joined { store: self, about, group }
    }
}

impl Connections {
    fn begin(&self, begin: &'static str) -> std::result::Result<Session, Fault> {
        let session = Session::begin(&self.runtime, &self.pool, &self.waits, begin);
        session.map_err(|fault| fault.at(&self.name))
    }

    /// Returns a connection for what goes in no transaction.
    fn client(&self) -> Result<Client> {
        let client = wait_for(&self.runtime, self.pool.get());
        client.map_err(|error| Fault::from(error).at(&self.name).error)
    }

    fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits before another try, each time longer, and not all for the same time.
    fn back_off(&self, tries: usize) {
        let most = 4_u64 << tries.min(7);
        let mut random = [0; 2];
        let random =
            getrandom::fill(&mut random).map_or(0, |()| u64::from(u16::from_ne_bytes(random)));
        thread::sleep(Duration::from_millis(most / 2 + random % most));
    }

    /// Repeats a job as long as there is hope.
    fn repeat(&self, mut run: impl FnMut() -> std::result::Result<(), Fault>) -> Result<()> {
        let (mut tries, mut races) = (0, 0);
        loop {
            let Err(fault) = run() else { return Ok(()) };
            match fault.kind {
                Kind::Race if races < MOST_RACES => races += 1,
                Kind::Passing | Kind::Aborted if tries < MOST_TRIES => {
                    tracing::debug!(error = %fault.error, "a transaction is repeated");
                    self.back_off(tries);
                    tries += 1;
                }
                _ => return Err(fault.error),
            }
        }
    }

    fn read(&self, job: Job<'_>) -> std::result::Result<(), Fault> {
        let mut session = self.begin(BEGIN_READING)?;
        let mut transaction = Postgres::reading(&mut session);
        let run = catch_unwind(AssertUnwindSafe(|| job(&mut transaction)));
        let fault = session.fault().cloned();
        session.end();
        match (run, fault) {
            (Err(panic), _) => resume_unwind(panic),
            (_, Some(fault)) => Err(fault),
            (Ok(Err(error)), None) => Err(Fault::lasting(error)),
            (Ok(Ok(_)), None) => Ok(()),
        }
    }
}

impl Store for PostgresStore {
    fn read(&self, job: Job<'_>) -> Result<()> {
        self.connections.repeat(|| self.connections.read(job))
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()> {
        let joined = self.group(about);
        self.connections.repeat(|| joined.group.run(&self.connections, job))
    }

    fn tell(&self, topic: Topic) {
        self.news.tell(topic);
    }

    fn on_news(&self, listener: Listener) {
        self.news.on_news(listener);
    }

    fn on_lag(&self, listener: LagListener) {
        self.news.on_lag(listener);
    }

    fn pool(&self) -> Option<kept::Pool> {
        let status = self.connections.pool.status();
        Some(kept::Pool {
            most: status.max_size,
            open: status.size,
            used: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn vacuum(&self) -> Result<()> {
        let (client, runtime) = (self.connections.client()?, &self.connections.runtime);
        for table in schema::TABLES {
            wait_for(runtime, client.batch_execute(&format!("VACUUM (ANALYZE) {table}")))?;
        }
        Ok(())
    }

    /// The database does that by itself.
    fn shrink(&self) -> Result<()> {
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        let (client, runtime) = (self.connections.client()?, &self.connections.runtime);
        let sql = "SELECT pg_database_size(current_database())";
        let size: i64 = wait_for(runtime, client.query_one_scalar(sql, &[]))?;
        Ok(size.unsigned_abs())
    }
}

/// Where the data is, without what is secret.
impl fmt::Display for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.connections.name)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("name", &self.connections.name)
            .finish_non_exhaustive()
    }
}

/// One of those who write about a topic.
struct Joined<'a> {
    store: &'a PostgresStore,
    about: Option<Topic>,
    group: Arc<Group>,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let Some(topic) = self.about else { return };
        let mut groups = locked(&self.store.groups);
        // This one and the table's.
        if Arc::strong_count(&self.group) <= 2 {
            groups.remove(&topic);
        }
    }
}

/// A transaction.
struct Postgres<'a> {
    session: &'a mut Session,
    /// The space that a job has locked, or `None` if the job only reads.
    held: Option<&'a mut Held>,
    /// The space that a job has read that only reads.
    seen: Option<Space>,
    /// What was asked for before the job asks it.
    expected: Expected,
    /// Where the job has moved segments, by their numbers before.
    moved: HashMap<i64, i64>,
}

/// A space that is locked, so that it is as it was read and written here.
#[derive(Debug, Clone, Default)]
struct Held {
    space: Option<Space>,
    /// Whether it was changed, and is written with the commit.
    is_changed: bool,
}

impl<'a> Postgres<'a> {
    fn reading(session: &'a mut Session) -> Self {
        let (expected, moved) = Default::default();
        Self { session, held: None, seen: None, expected, moved }
    }

    fn writing(session: &'a mut Session, held: &'a mut Held) -> Self {
        Self { held: Some(held), ..Self::reading(session) }
    }
}

/// Reads a column.
fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T> {
    Ok(row.try_get(at)?)
}

/// Reads a number, which is stored with a sign and has none.
fn number(row: &Row, at: usize) -> Result<u64> {
    Ok(get::<i64>(row, at)?.unsigned_abs())
}

/// Reads an id or a hash.
fn array<const N: usize>(row: &Row, at: usize, what: &'static str) -> Result<[u8; N]> {
    array_of(get(row, at)?, what)
}

fn array_of<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::Damaged { what })
}

/// Numbers are stored as integers that have a sign. None comes near its limit.
fn stored(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
