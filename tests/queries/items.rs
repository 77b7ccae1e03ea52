//! Tables, and a connection to query: what the tests write is not what ara would.

use ara::prelude::*;
use ara_core::{Reading, Result, TableRef};
use rusqlite::Connection;

/// A connection as a database lends it.
pub struct Db {
    pub connection: Connection,
    pub is_private: bool,
}

impl Db {
    /// An empty table `item` (and `note`, a local one).
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().expect("a database in memory");
        ara_core::register_functions(&connection).expect("functions");
        connection
            .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML, false)
            .expect("strings are in single quotes");
        connection
            .execute_batch(
                r#"CREATE TABLE "item" ("ara_row" INTEGER PRIMARY KEY, "id" BLOB NOT NULL UNIQUE, "ara_clock" BLOB NOT NULL, "created_at", "updated_at",
                       "is_deleted", "title", "name", "done", "stars", "rank", "score", "ratio", "data", "owner_id", "kind", "tags");
                   CREATE TABLE "ara_local_note" ("ara_row" INTEGER PRIMARY KEY, "id" BLOB NOT NULL UNIQUE, "ara_clock" BLOB NOT NULL, "created_at",
                       "updated_at", "is_deleted", "text");"#,
            )
            .expect("tables");
        Self { connection, is_private: true }
    }
}

impl Source for Db {
    fn read(&self, _: &[TableRef], read: &mut dyn FnMut(Reading<'_>) -> Result<()>) -> Result<()> {
        read(Reading { connection: &self.connection, is_private: self.is_private })
    }
}

/// A value of which an app may not know every name.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub enum Kind {
    Task,
    Event,
}

/// A table with a column of each kind.
#[derive(Debug, Clone, PartialEq, Table)]
pub struct Item {
    pub id: Id<Item>,
    pub title: NonEmptyString<6>,
    pub name: Option<String>,
    pub done: Option<bool>,
    pub stars: u8,
    pub rank: Option<i64>,
    pub score: Option<f64>,
    pub ratio: Option<f32>,
    pub data: Option<Vec<u8>>,
    pub owner_id: Option<Id<Note>>,
    pub kind: Option<Kind>,
    pub tags: Option<Json<Vec<i64>>>,
}

/// A local table.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}
