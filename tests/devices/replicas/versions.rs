//! Three versions of one app, and what its users do.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use ara::prelude::*;
use ara::{Error, RowChange, Rule, Stored, Type, Uuid, Value as ColumnType};
use rusqlite::types::Value;

use crate::replicas::values::Kind;
use support::Outcome;

/// A number that may be none: what NaN is to a column type of an app's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading(f64);

impl ColumnType for Reading {
    const TYPE: Type = Type::Real;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Real(self.0))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Real(real) => Some(Self(real)),
            _ => None,
        }
    }
}

pub mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub title: Option<String>,
        pub body: Option<String>,
    }

    ara::schema! { pub App: Note }
}

pub mod v2 {
    use ara::prelude::*;

    use super::Reading;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub title: Option<String>,
        pub body: Option<String>,
        pub score: Option<Reading>,
        pub stars: Option<Counter>,
    }

    #[derive(Debug, Table)]
    pub struct Label {
        pub id: Id<Label>,
        #[table(index)]
        pub title: Option<String>,
    }

    ara::schema! { pub App: Note, Label }
}

pub mod v3 {
    use ara::prelude::*;

    use super::Reading;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub data: Option<Vec<u8>>,
        pub stars: Option<Counter>,
        pub count: Option<i64>,
        pub title: Option<String>,
        pub body: Option<String>,
        #[table(index)]
        pub score: Option<Reading>,
    }

    #[derive(Debug, Table)]
    pub struct Label {
        pub id: Id<Label>,
        pub title: Option<String>,
        pub score: Option<Reading>,
    }

    #[derive(Debug, Table)]
    pub struct Photo {
        pub id: Id<Photo>,
        pub data: Option<Vec<u8>>,
        pub count: Option<i64>,
        pub stars: Option<Counter>,
    }

    ara::schema! { pub App: Note, Label, Photo }
}

/// The columns, by the names that all tables call them: a table has some of them.
pub const COLUMNS: [(&str, Kind); 6] = [
    ("title", Kind::Text),
    ("body", Kind::Text),
    ("score", Kind::Real),
    ("data", Kind::Blob),
    ("count", Kind::Integer),
    (COUNTER, Kind::Counter),
];

pub const COUNTER: &str = "stars";
pub const IS_DELETED: &str = "is_deleted";

/// How many rows each table can have.
pub const KEYS: u8 = 4;

/// A row: its table, and the key that its id is made of.
pub type RowKey = (&'static str, u8);

/// The values of some columns of a row. Of a counter, what is added.
pub type Cells = BTreeMap<&'static str, Value>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    Create,
    Upsert,
    Update,
    Delete,
    Restore,
    Forget,
}

/// A row as a query reads it: its columns, `created_at` and `updated_at`.
pub type ReadRow = (BTreeMap<&'static str, Value>, i64, i64);

/// The rows of a table, by key.
pub type ReadRows = BTreeMap<RowKey, ReadRow>;

/// What an app of some version can do with one of its tables.
pub struct TableOf {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// Does it to the row of a key. Whether it did, where the row was there or was not, as must be.
    pub write: fn(&Transaction<'_>, What, u8, &Cells) -> ara::Result<bool>,
    pub read: fn(&Database) -> ara::Result<ReadRows>,
    pub history: fn(&Database, u8) -> ara::Result<Vec<RowChange>>,
    id: fn(u8) -> Uuid,
}

impl TableOf {
    pub fn row(&self, key: u8) -> RowKey {
        (self.name, key)
    }
}

/// The rows that there can be, by table and id.
pub fn ids() -> &'static HashMap<(&'static str, Uuid), RowKey> {
    static IDS: LazyLock<HashMap<(&'static str, Uuid), RowKey>> = LazyLock::new(|| {
        let rows = THIRD.iter().flat_map(|table| (0..KEYS).map(move |key| (table, key)));
        rows.map(|(table, key)| ((table.name, (table.id)(key)), table.row(key))).collect()
    });
    &IDS
}

macro_rules! table {
    ($table:ty, $name:literal, $($column:ident),* $(; $counter:ident)?) => {
        TableOf {
            name: $name,
            columns: &[$(stringify!($column),)* $(stringify!($counter))?],
            write: |tx, what, key, cells| {
                let id = Id::<$table>::from_key(key.to_string());
                let draft = || {
                    let draft = <$table>::draft().id(id);
                    $(let draft = match cells.get(stringify!($column)) {
                        Some(value) => draft.$column(taken(value)),
                        None => draft,
                    };)*
                    $(let draft = match cells.get(stringify!($counter)).and_then(taken::<i64>) {
                        Some(first) => draft.$counter(Counter::from(first)),
                        None => draft,
                    };)?
                    draft
                };
                let written = match what {
                    What::Create => match tx.create(draft()) {
                        Err(Error::Exists { .. }) => Ok(false),
                        created => created.map(|_| true),
                    },
                    What::Upsert => tx.upsert(draft()).map(|_| true),
                    What::Update => {
                        let patch = <$table>::patch(id);
                        $(let patch = match cells.get(stringify!($column)) {
                            Some(value) => patch.$column(taken(value)),
                            None => patch,
                        };)*
                        $(let patch = match cells.get(stringify!($counter)).and_then(taken::<i64>) {
                            Some(more) => patch.$counter(Counter::add(more)),
                            None => patch,
                        };)?
                        tx.update(patch)
                    }
                    What::Delete => tx.delete(id),
                    What::Restore => tx.restore(id),
                    What::Forget => tx.forget(id),
                };
                match written {
                    Err(Error::Forgotten { .. }) => Ok(false),
                    written => written,
                }
            },
            read: |db| {
                let rows = db.query::<$table>().with_deleted().all()?;
                let rows = rows.into_iter().filter_map(|row| {
                    let cells = BTreeMap::from([
                        $((stringify!($column), row.$column.map_or(Value::Null, Held::given)),)*
                        $((stringify!($counter), row.$counter.map_or(Value::Null, Held::given)))?
                    ]);
                    let times = (row.created_at.millis(), row.updated_at.millis());
                    let key = ids().get(&($name, row.id.uuid()))?;
                    Some((*key, (cells, times.0, times.1)))
                });
                Ok(rows.collect())
            },
            history: |db, key| db.history(Id::<$table>::from_key(key.to_string())),
            id: |key| Id::<$table>::from_key(key.to_string()).uuid(),
        }
    };
}

static FIRST: [TableOf; 1] = [table!(v1::Note, "note", title, body)];

static SECOND: [TableOf; 2] =
    [table!(v2::Note, "note", title, body, score; stars), table!(v2::Label, "label", title)];

static THIRD: [TableOf; 3] = [
    table!(v3::Note, "note", title, body, score, data, count; stars),
    table!(v3::Label, "label", title, score),
    table!(v3::Photo, "photo", data, count; stars),
];

pub const LATEST: u8 = 3;

/// The version of a device without an app, which only passes on what it has.
pub const COURIER: u8 = 0;

/// The tables of a version.
pub fn tables(version: u8) -> &'static [TableOf] {
    match version {
        COURIER => &[],
        1 => &FIRST,
        2 => &SECOND,
        _ => &THIRD,
    }
}

pub fn ensure(db: &Database, version: u8) -> Outcome {
    match version {
        COURIER => {}
        1 => db.ensure::<v1::App>()?,
        2 => db.ensure::<v2::App>()?,
        _ => db.ensure::<v3::App>()?,
    }
    Ok(())
}

/// A column's type, to and from what SQLite holds.
trait Held: Sized {
    fn taken(value: &Value) -> Option<Self>;
    fn given(self) -> Value;
}

fn taken<T: Held>(value: &Value) -> Option<T> {
    T::taken(value)
}

macro_rules! held {
    ($type:ty, $kind:ident, $to:expr, $from:expr) => {
        impl Held for $type {
            fn taken(value: &Value) -> Option<Self> {
                match value {
                    Value::$kind(value) => Some($to(value.clone())),
                    _ => None,
                }
            }

            fn given(self) -> Value {
                Value::$kind($from(self))
            }
        }
    };
}

held!(String, Text, String::from, String::from);
held!(Reading, Real, Reading, |Reading(real)| real);
held!(Vec<u8>, Blob, Vec::from, Vec::from);
held!(i64, Integer, i64::from, i64::from);
held!(Counter, Integer, Counter::from, i64::from);
