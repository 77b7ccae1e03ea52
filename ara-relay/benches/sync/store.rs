//! Where the relay keeps its data.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use tokio_postgres::NoTls;

/// A kind of store.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file, a new one for each relay.
    Sqlite,
    /// The database with this URL.
    Postgres(String),
}

/// The URL of a PostgreSQL in which the relay keeps its data, too.
const URL: &str = "ARA_BENCH_POSTGRES";

/// The name of the file in the folder of a relay.
const FILE: &str = "relay.db";

impl Store {
    /// Returns those that are there.
    pub fn all() -> Vec<Self> {
        let url = std::env::var(URL).ok().filter(|url| !url.is_empty());
        [Some(Self::Sqlite), url.map(Self::Postgres)].into_iter().flatten().collect()
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Gives a function the name of the store of a relay that has this folder.
    pub fn with_name<R>(&self, folder: &Path, work: impl FnOnce(&OsStr) -> R) -> R {
        match self {
            Self::Sqlite => work(folder.join(FILE).as_os_str()),
            Self::Postgres(url) => work(OsStr::new(url)),
        }
    }

    /// Returns how many bytes it takes on the disk, with all that was committed.
    pub fn size(&self, folder: &Path) -> u64 {
        match self {
            Self::Sqlite => size_of_file(&folder.join(FILE)),
            Self::Postgres(url) => size_of_tables(url).expect("PostgreSQL answers"),
        }
    }
}

fn size_of_file(path: &Path) -> u64 {
    let file = rusqlite::Connection::open(path).expect("the file of a relay opens");
    let moved = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    assert_eq!(moved, Ok(0), "nobody writes into it");
    fs::metadata(path).expect("the file of a relay is there").len()
}

/// With their indexes, and what they keep beside them of long values.
const SIZE: &str = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class \
                    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";

#[tokio::main(flavor = "current_thread")]
async fn size_of_tables(url: &str) -> Result<u64, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let size: i64 = client.query_one(SIZE, &[]).await?.get(0);
    drop(client);
    let _ = connection.await;
    Ok(size as u64)
}
