//! Three versions of one app.

use std::collections::BTreeMap;

use ara::prelude::*;
use ara::{Error, Uuid};
use rusqlite::types::Value;

use crate::runs::functions::{Long, Short};

pub mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Chain {
        pub id: Id<Self>,
        pub a: Option<String>,
        pub other: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(index)]
        pub name: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Memo {
        pub id: Id<Self>,
        pub note: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub category: Option<String>,
    }

    ara::schema! { pub App: Chain, Person, Memo, Expense }
}

pub mod v2 {
    use ara::prelude::*;

    use crate::runs::functions::{Short, first, format, join, last, loud, plain, whisper};

    #[derive(Debug, Table)]
    pub struct Chain {
        pub id: Id<Self>,
        #[table(index, replaces(a, read_with = format, write = plain))]
        pub b: Option<String>,
        #[table(retired)]
        a: Option<String>,
        pub other: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(index, replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Memo {
        pub id: Id<Self>,
        #[table(replaces(note, read = loud::<4>, write = whisper::<4>))]
        pub text: Option<Short>,
        #[table(retired)]
        note: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub category: Option<String>,
    }

    ara::schema! { pub App: Chain, Person, Memo, Expense }
}

pub mod v3 {
    use ara::prelude::*;

    use crate::runs::functions::{
        Long, first, format, join_some, last, loud, parts, plain, remark, whisper, whole,
        without_remarks,
    };

    #[derive(Debug, Table)]
    pub struct Chain {
        pub id: Id<Self>,
        #[table(index, replaces(b, read_with = remark, write = without_remarks))]
        pub c: Option<String>,
        pub other: Option<String>,
        #[table(retired, replaces(a, read_with = format, write = plain))]
        b: Option<String>,
        #[table(retired)]
        a: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(retired, replaces(name, read = first, write = join_some(first_name, last_name)))]
        first_name: Option<String>,
        #[table(retired, replaces(name, read = last))]
        last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
        #[table(index, replaces((first_name, last_name), read = whole, write = parts))]
        pub full: Option<String>,
    }

    /// The text may be longer than the version before knows.
    #[derive(Debug, Table)]
    pub struct Memo {
        pub id: Id<Self>,
        #[table(index, replaces(note, read = loud::<1000>, write = whisper::<1000>, revision = 2))]
        pub text: Option<Long>,
        #[table(retired)]
        note: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(index, replaces(category, by_key))]
        pub category_id: Option<Id<Category>>,
        #[table(retired)]
        category: Option<String>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Category {
        pub id: Id<Self>,
        pub name: String,
        pub label: Option<String>,
    }

    ara::schema! { pub App: Chain, Person, Memo, Expense, Category }
}

pub const LATEST: u8 = 3;

/// How many rows each table can have.
pub const KEYS: u8 = 3;

/// A row: its table, and its id.
pub type RowKey = (&'static str, Uuid);

/// The values of some columns of a row.
pub type Cells = BTreeMap<&'static str, Value>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    Create,
    Upsert,
    Update,
    /// The whole struct is read, some of it changed, and saved.
    Save,
    Delete,
    Restore,
    Forget,
}

/// What an app of some version can do with one of its tables.
pub struct TableOf {
    pub version: u8,
    pub name: &'static str,
    /// Those that are not retired.
    pub columns: &'static [&'static str],
    /// Those without which a row is not created, nor saved as a whole.
    pub required: &'static [&'static str],
    /// Does it to a row. Returns whether it did.
    pub write: fn(&Transaction<'_>, What, Uuid, &Cells) -> ara::Result<bool>,
    pub reads: Reads<Database>,
    pub reads_within: for<'a, 'c> fn(&'a Transaction<'c>, Read<'_>) -> ara::Result<Rows>,
    pub reads_past: for<'a> fn(&'a ara::Past, Read<'_>) -> ara::Result<Rows>,
    pub get: fn(&Database, Uuid) -> ara::Result<Option<Cells>>,
    pub watch: fn(&Database) -> ara::Result<Watching>,
}

/// Gives all rows, the deleted ones, too, whenever they have changed.
pub type Watching = Box<dyn FnMut() -> ara::Result<Option<Rows>>>;

pub type Reads<S> = for<'a> fn(&'a S, Read<'_>) -> ara::Result<Rows>;

/// Rows as they were read, in their order.
pub type Rows = Vec<(Uuid, Cells)>;

/// Ways of reading.
#[derive(Debug, Clone, Copy)]
pub enum Read<'a> {
    /// All rows, the deleted ones, too.
    All,
    /// Those with a value in a column.
    With(&'a str, &'a Value),
    /// Those with a value in a column, by a condition that no index helps with.
    Scanned(&'a str, &'a Value),
    /// All of which a column has a value, in its order.
    Ordered(&'a str),
}

macro_rules! table {
    ($version:literal, $table:ty, $name:literal, [$($column:ident),*], [$($required:ident),*] $(, key $key:ident)?) => {
        TableOf {
            version: $version,
            name: $name,
            columns: &[$(stringify!($column),)* $(stringify!($required),)* $(stringify!($key))?],
            required: &[$(stringify!($required),)* $(stringify!($key))?],
            write: |tx, what, id, cells| {
                let id = Id::<$table>::from_uuid(id);
                let draft = || {
                    let draft = begun!($table, id, cells $(, $key)?);
                    $(let draft = match cells.get(stringify!($column)) {
                        Some(value) => draft.$column(taken(value)),
                        None => draft,
                    };)*
                    $(let draft = draft.$required(must::<String>(cells.get(stringify!($required))));)*
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
                        $(let patch = match cells.get(stringify!($required)) {
                            Some(value) => patch.$required(must::<String>(Some(value))),
                            None => patch,
                        };)*
                        tx.update(patch)
                    }
                    What::Save => match tx.query::<$table>().narrow_all().find(id)? {
                        None => Ok(false),
                        Some(mut whole) => {
                            $(if let Some(value) = cells.get(stringify!($column)) {
                                whole.$column = taken(value);
                            })*
                            $(if let Some(value) = cells.get(stringify!($required)) {
                                whole.$required = must::<String>(Some(value));
                            })*
                            tx.upsert(whole).map(|_| true)
                        }
                    },
                    What::Delete => tx.delete(id),
                    What::Restore => tx.restore(id),
                    What::Forget => tx.forget(id),
                };
                match written {
                    Err(Error::Forgotten { .. }) => Ok(false),
                    written => written,
                }
            },
            reads: |db, read| reads!(db, read, $table, [$($column,)* $($required,)* $($key,)?]),
            reads_within: |tx, read| reads!(tx, read, $table, [$($column,)* $($required,)* $($key,)?]),
            reads_past: |past, read| reads!(past, read, $table, [$($column,)* $($required,)* $($key,)?]),
            get: |db, id| {
                let row = db.get(Id::<$table>::from_uuid(id))?;
                Ok(row.map(|row| BTreeMap::from([
                    $((stringify!($column), row.$column.map_or(Value::Null, Held::given)),)*
                    $((stringify!($required), row.$required.map_or(Value::Null, Held::given)),)*
                    $((stringify!($key), row.$key.map_or(Value::Null, Held::given)),)?
                ])))
            },
            watch: |db| {
                let mut watch = db.query::<$table>().with_deleted().watch()?;
                Ok(Box::new(move || {
                    let rows = watch.try_recv()?;
                    Ok(rows.map(|rows| rows_of!(rows, $table, [$($column,)* $($required,)* $($key,)?])))
                }))
            },
        }
    };
}

/// A draft of a row with an id, or with the key that the id is made from.
macro_rules! begun {
    ($table:ty, $id:ident, $cells:ident) => {
        <$table>::draft().id($id)
    };
    ($table:ty, $id:ident, $cells:ident, $key:ident) => {
        <$table>::draft().$key(must::<String>($cells.get(stringify!($key))))
    };
}

macro_rules! reads {
    ($source:ident, $read:ident, $table:ty, [$($column:ident,)*]) => {{
        let all = || $source.query::<$table>().with_deleted();
        let rows = match $read {
            Read::All => all().all()?,
            $(Read::With(column, value) if column == stringify!($column) => {
                all().filter(<$table>::$column.eq(must_be(value, <$table>::$column))).all()?
            })*
            $(Read::Scanned(column, value) if column == stringify!($column) => {
                let value = || must_be(value, <$table>::$column);
                let differs = <$table>::$column.ne(value());
                all().filter(!differs).all()?
            })*
            $(Read::Ordered(column) if column == stringify!($column) => {
                let ordered = all().filter(<$table>::$column.is_not_null());
                ordered.order_by(<$table>::$column).order_by(<$table>::id).all()?
            })*
            _ => Vec::new(),
        };
        Ok(rows_of!(rows, $table, [$($column,)*]))
    }};
}

macro_rules! rows_of {
    ($rows:ident, $table:ty, [$($column:ident,)*]) => {{
        let cells = |row: <$table as Table>::Row| (row.id.uuid(), BTreeMap::from([
            $((stringify!($column), row.$column.map_or(Value::Null, Held::given)),)*
        ]));
        $rows.into_iter().map(cells).collect()
    }};
}

static FIRST: [TableOf; 4] = [
    table!(1, v1::Chain, "chain", [a, other], []),
    table!(1, v1::Person, "person", [name], []),
    table!(1, v1::Memo, "memo", [note], []),
    table!(1, v1::Expense, "expense", [category], []),
];

static SECOND: [TableOf; 4] = [
    table!(2, v2::Chain, "chain", [b, other], []),
    table!(2, v2::Person, "person", [last_name], [first_name]),
    table!(2, v2::Memo, "memo", [text], []),
    table!(2, v2::Expense, "expense", [category], []),
];

static THIRD: [TableOf; 5] = [
    table!(3, v3::Chain, "chain", [c, other], []),
    table!(3, v3::Person, "person", [full], []),
    table!(3, v3::Memo, "memo", [text], []),
    table!(3, v3::Expense, "expense", [category_id], []),
    table!(3, v3::Category, "category", [label], [], key name),
];

/// The tables of a version.
pub fn tables(version: u8) -> &'static [TableOf] {
    match version {
        1 => &FIRST,
        2 => &SECOND,
        _ => &THIRD,
    }
}

pub fn ensure(db: &Database, version: u8) -> ara::Result<()> {
    match version {
        1 => db.ensure::<v1::App>(),
        2 => db.ensure::<v2::App>(),
        _ => db.ensure::<v3::App>(),
    }
}

/// The row of a table with a number. What names a category is its key.
pub fn id_of(table: &str, key: u8) -> Uuid {
    match table {
        "chain" => Id::<v1::Chain>::from_key(key.to_string()).uuid(),
        "person" => Id::<v1::Person>::from_key(key.to_string()).uuid(),
        "memo" => Id::<v1::Memo>::from_key(key.to_string()).uuid(),
        "expense" => Id::<v1::Expense>::from_key(key.to_string()).uuid(),
        _ => category(&category_name(key)),
    }
}

pub fn category_name(key: u8) -> String {
    format!("c{key}")
}

pub fn category(name: &str) -> Uuid {
    Id::<v3::Category>::from_key(name).uuid()
}

/// A column's type, to and from what SQLite holds.
trait Held: Sized {
    fn taken(value: &Value) -> Option<Self>;
    fn given(self) -> Value;
}

fn taken<T: Held>(value: &Value) -> Option<T> {
    T::taken(value)
}

/// The value of a required column.
fn must<T: Held>(value: Option<&Value>) -> T {
    value.and_then(T::taken).expect("what is required is given")
}

/// The value of a column that is asked for.
fn must_be<C: ara::Column>(value: &Value, _: C) -> Option<C::Value>
where
    C::Value: Held,
{
    C::Value::taken(value)
}

impl Held for String {
    fn taken(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn given(self) -> Value {
        Value::Text(self)
    }
}

macro_rules! held_text {
    ($($type:ty),*) => {$(
        impl Held for $type {
            fn taken(value: &Value) -> Option<Self> {
                String::taken(value)?.try_into().ok()
            }

            fn given(self) -> Value {
                Value::Text(self.to_string())
            }
        }
    )*};
}

held_text!(Short, Long);

impl Held for Id<v3::Category> {
    fn taken(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(Self::from_uuid(Uuid::from_slice(bytes).ok()?)),
            _ => None,
        }
    }

    fn given(self) -> Value {
        Value::Blob(self.uuid().into_bytes().to_vec())
    }
}
