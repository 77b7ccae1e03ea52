//! The stores that the same tests run over: in memory, in a file, and in PostgreSQL.
//!
//! `ARA_TEST_POSTGRES` is the URL of a database in which the tests may make schemas. Each test makes one for itself, and
//! drops it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::NoTls;

use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Job, LagListener, Listener, Pool, Result, Store, Topic};

/// Where a test keeps what it stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    File,
    Postgres,
}

thread_local! {
    static KIND: Cell<Kind> = const { Cell::new(Kind::Memory) };
}

/// Runs a test whose stores are of a kind.
pub(crate) fn run_over(kind: Kind, test: fn()) {
    KIND.set(kind);
    test();
}

/// Makes a test of each function, for each store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[test]
            fn $test() {
                crate::testing::stores::run_over(crate::testing::stores::Kind::Memory, super::$test);
            })*
        }
        crate::testing::stores::on_disks!($($test),*);
    };
}
pub(crate) use on_every_store;

/// Makes a test of each function, for each store that can be read while it is written.
macro_rules! on_disks {
    ($($test:ident),* $(,)?) => {
        mod file {
            $(#[test]
            fn $test() {
                crate::testing::stores::run_over(crate::testing::stores::Kind::File, super::$test);
            })*
        }
        mod postgres {
            $(#[test]
            #[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
            fn $test() {
                crate::testing::stores::run_over(crate::testing::stores::Kind::Postgres, super::$test);
            })*
        }
    };
}
pub(crate) use on_disks;

/// A store, and what is dropped after it.
pub(crate) struct TestStore {
    store: Box<dyn Store>,
    _folder: Option<TempDir>,
    _schema: Option<Schema>,
}

/// Makes a store that is empty, of the kind that the test is for.
pub(crate) fn test_store() -> TestStore {
    match KIND.get() {
        Kind::Memory => {
            let store = Box::new(SqliteStore::memory().unwrap());
            TestStore { store, _folder: None, _schema: None }
        }
        Kind::File => {
            let folder = tempfile::tempdir().unwrap();
            let store = Box::new(SqliteStore::open(folder.path().join("relay.db")).unwrap());
            TestStore { store, _folder: Some(folder), _schema: None }
        }
        Kind::Postgres => {
            let schema = Schema::new();
            let store = Box::new(schema.store());
            TestStore { store, _folder: None, _schema: Some(schema) }
        }
    }
}

impl Store for TestStore {
    fn read(&self, job: Job<'_>) -> Result<()> {
        self.store.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()> {
        self.store.write(about, job)
    }

    fn tell(&self, topic: Topic) {
        self.store.tell(topic);
    }

    fn on_news(&self, listener: Listener) {
        self.store.on_news(listener);
    }

    fn on_lag(&self, listener: LagListener) {
        self.store.on_lag(listener);
    }

    fn pool(&self) -> Option<Pool> {
        self.store.pool()
    }

    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    fn may_have_changed(&self) -> Result<bool> {
        self.store.may_have_changed()
    }

    fn vacuum(&self) -> Result<()> {
        self.store.vacuum()
    }

    fn shrink(&self) -> Result<()> {
        self.store.shrink()
    }

    fn size(&self) -> Result<u64> {
        self.store.size()
    }
}

/// A schema of a database, which is dropped with this.
pub(crate) struct Schema {
    name: String,
}

static SCHEMAS: AtomicU64 = AtomicU64::new(0);

impl Schema {
    pub(crate) fn new() -> Self {
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let name = format!("ara_test_{number}_{:016x}", u64::from_ne_bytes(random));
        let schema = Self { name };
        schema.run(&format!("CREATE SCHEMA {}", schema.name));
        schema
    }

    /// Connects to it as a process of its own would.
    pub(crate) fn store(&self) -> PostgresStore {
        PostgresStore::connect_with(&self.url(), 8).unwrap()
    }

    /// The URL by which everything happens in the schema.
    pub(crate) fn url(&self) -> String {
        let url = url();
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}options=-csearch_path%3D{}", self.name)
    }

    /// Runs statements.
    pub(crate) fn run(&self, sql: &str) {
        self.ask(sql);
    }

    /// Runs statements, and returns the first column of what they tell.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        let url = self.url();
        // The test may be in a runtime.
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                    tokio::spawn(connection);
                    let told = client.simple_query(sql).await.unwrap();
                    let row = |told: &tokio_postgres::SimpleQueryMessage| match told {
                        tokio_postgres::SimpleQueryMessage::Row(row) => {
                            row.get(0).map(str::to_owned)
                        }
                        _ => None,
                    };
                    told.iter().filter_map(row).collect()
                })
            });
            asking.join().unwrap()
        })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // Its connections may still be about to end.
        self.run(&format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

fn url() -> String {
    std::env::var("ARA_TEST_POSTGRES").expect("ARA_TEST_POSTGRES holds the URL of a database")
}
