//! A table with a column of each kind, as `#[derive(Table)]` would make it, and a database to query.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

use ara_core::schema::{ColumnDef, TableDef, Type};
use ara_core::{
    Cells, Column, Fields, Id, IntoValue, Json, NonEmptyString, Readable, Reading, Record, Result,
    Rule, Source, Stored, Table, TableRef, Timestamp, Update, Value,
};
use ara_query::Narrow;
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
                r#"CREATE TABLE "item" ("id" BLOB PRIMARY KEY NOT NULL, "ara_clock" BLOB NOT NULL, "created_at", "updated_at",
                       "is_deleted", "title", "name", "done", "stars", "rank", "score", "ratio", "data", "owner_id", "kind", "tags") WITHOUT ROWID;
                   CREATE TABLE "ara_local_note" ("id" BLOB PRIMARY KEY NOT NULL, "ara_clock" BLOB NOT NULL, "created_at",
                       "updated_at", "is_deleted", "text") WITHOUT ROWID;"#,
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

/// An enum as `#[derive(Value)]` makes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Task,
    Event,
}

impl Value for Kind {
    const TYPE: Type = Type::Enum(&["Task", "Event"]);

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Text(if self == Self::Task { "Task" } else { "Event" }.into()))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Text(text) if text == "Task" => Some(Self::Task),
            Stored::Text(text) if text == "Event" => Some(Self::Event),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Names(&["Task", "Event"])
    }
}

impl IntoValue<Kind> for Kind {
    fn into_value(self) -> Result<Kind, Rule> {
        Ok(self)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
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

/// Its row.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow<
    __title = Option<NonEmptyString<6>>,
    __name = Option<String>,
    __done = Option<bool>,
    __stars = Option<u8>,
    __rank = Option<i64>,
    __score = Option<f64>,
    __ratio = Option<f32>,
    __data = Option<Vec<u8>>,
    __owner_id = Option<Id<Note>>,
    __kind = Option<Kind>,
    __tags = Option<Json<Vec<i64>>>,
> {
    pub id: Id<Item>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub title: __title,
    pub name: __name,
    pub done: __done,
    pub stars: __stars,
    pub rank: __rank,
    pub score: __score,
    pub ratio: __ratio,
    pub data: __data,
    pub owner_id: __owner_id,
    pub kind: __kind,
    pub tags: __tags,
}

pub mod item {
    #[derive(Debug, Clone, Copy)]
    pub struct id;
    #[derive(Debug, Clone, Copy)]
    pub struct created_at;
    #[derive(Debug, Clone, Copy)]
    pub struct updated_at;
    #[derive(Debug, Clone, Copy)]
    pub struct title;
    #[derive(Debug, Clone, Copy)]
    pub struct name;
    #[derive(Debug, Clone, Copy)]
    pub struct done;
    #[derive(Debug, Clone, Copy)]
    pub struct stars;
    #[derive(Debug, Clone, Copy)]
    pub struct rank;
    #[derive(Debug, Clone, Copy)]
    pub struct score;
    #[derive(Debug, Clone, Copy)]
    pub struct ratio;
    #[derive(Debug, Clone, Copy)]
    pub struct data;
    #[derive(Debug, Clone, Copy)]
    pub struct owner_id;
    #[derive(Debug, Clone, Copy)]
    pub struct kind;
    #[derive(Debug, Clone, Copy)]
    pub struct tags;
}

impl Item {
    pub const id: item::id = item::id;
    pub const created_at: item::created_at = item::created_at;
    pub const updated_at: item::updated_at = item::updated_at;
    pub const title: item::title = item::title;
    pub const name: item::name = item::name;
    pub const done: item::done = item::done;
    pub const stars: item::stars = item::stars;
    pub const rank: item::rank = item::rank;
    pub const score: item::score = item::score;
    pub const ratio: item::ratio = item::ratio;
    pub const data: item::data = item::data;
    pub const owner_id: item::owner_id = item::owner_id;
    pub const kind: item::kind = item::kind;
    pub const tags: item::tags = item::tags;
}

impl Column for item::id {
    type Table = Item;
    type Value = Id<Item>;
    const NAME: &'static str = "id";
}

impl Column for item::created_at {
    type Table = Item;
    type Value = Timestamp;
    const NAME: &'static str = "created_at";
}

impl Column for item::updated_at {
    type Table = Item;
    type Value = Timestamp;
    const NAME: &'static str = "updated_at";
}

impl Column for item::title {
    type Table = Item;
    type Value = NonEmptyString<6>;
    const NAME: &'static str = "title";
}

impl Column for item::name {
    type Table = Item;
    type Value = String;
    const NAME: &'static str = "name";
}

impl Column for item::done {
    type Table = Item;
    type Value = bool;
    const NAME: &'static str = "done";
}

impl Column for item::stars {
    type Table = Item;
    type Value = u8;
    const NAME: &'static str = "stars";
}

impl Column for item::rank {
    type Table = Item;
    type Value = i64;
    const NAME: &'static str = "rank";
}

impl Column for item::score {
    type Table = Item;
    type Value = f64;
    const NAME: &'static str = "score";
}

impl Column for item::ratio {
    type Table = Item;
    type Value = f32;
    const NAME: &'static str = "ratio";
}

impl Column for item::data {
    type Table = Item;
    type Value = Vec<u8>;
    const NAME: &'static str = "data";
}

impl Column for item::owner_id {
    type Table = Item;
    type Value = Id<Note>;
    const NAME: &'static str = "owner_id";
}

impl Column for item::kind {
    type Table = Item;
    type Value = Kind;
    const NAME: &'static str = "kind";
}

impl Column for item::tags {
    type Table = Item;
    type Value = Json<Vec<i64>>;
    const NAME: &'static str = "tags";
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::title>
    for ItemRow<
        Option<__title>,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::name>
    for ItemRow<
        __title,
        Option<__name>,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::done>
    for ItemRow<
        __title,
        __name,
        Option<__done>,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::stars>
    for ItemRow<
        __title,
        __name,
        __done,
        Option<__stars>,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::rank>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        Option<__rank>,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::score>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        Option<__score>,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::ratio>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        Option<__ratio>,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::data>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        Option<__data>,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::owner_id>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        Option<__owner_id>,
        __kind,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::kind>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        Option<__kind>,
        __tags,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<__title, __name, __done, __stars, __rank, __score, __ratio, __data, __owner_id, __kind, __tags>
    Narrow<item::tags>
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        Option<__tags>,
    >
{
    type Narrowed = ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >;
}

impl<
    __title: ara_core::Field,
    __name: ara_core::Field,
    __done: ara_core::Field,
    __stars: ara_core::Field,
    __rank: ara_core::Field,
    __score: ara_core::Field,
    __ratio: ara_core::Field,
    __data: ara_core::Field,
    __owner_id: ara_core::Field,
    __kind: ara_core::Field,
    __tags: ara_core::Field,
> Record
    for ItemRow<
        __title,
        __name,
        __done,
        __stars,
        __rank,
        __score,
        __ratio,
        __data,
        __owner_id,
        __kind,
        __tags,
    >
{
    type Table = Item;

    fn from_fields(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.id()?,
            created_at: fields.created_at()?,
            updated_at: fields.updated_at()?,
            title: fields.column(0)?,
            name: fields.column(1)?,
            done: fields.column(2)?,
            stars: fields.column(3)?,
            rank: fields.column(4)?,
            score: fields.column(5)?,
            ratio: fields.column(6)?,
            data: fields.column(7)?,
            owner_id: fields.column(8)?,
            kind: fields.column(9)?,
            tags: fields.column(10)?,
        })
    }
}

impl Record for Item {
    type Table = Item;

    fn from_fields(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.id()?,
            title: fields.column(0)?,
            name: fields.column(1)?,
            done: fields.column(2)?,
            stars: fields.column(3)?,
            rank: fields.column(4)?,
            score: fields.column(5)?,
            ratio: fields.column(6)?,
            data: fields.column(7)?,
            owner_id: fields.column(8)?,
            kind: fields.column(9)?,
            tags: fields.column(10)?,
        })
    }
}

impl Table for Item {
    const NAME: &'static str = "item";
    const TABLE: &'static TableDef = &TableDef {
        name: "item",
        local: false,
        columns: &[
            ColumnDef { name: "title", ty: <NonEmptyString<6> as Value>::TYPE, required: true },
            ColumnDef { name: "name", ty: <String as Value>::TYPE, required: false },
            ColumnDef { name: "done", ty: <bool as Value>::TYPE, required: false },
            ColumnDef { name: "stars", ty: <u8 as Value>::TYPE, required: true },
            ColumnDef { name: "rank", ty: <i64 as Value>::TYPE, required: false },
            ColumnDef { name: "score", ty: <f64 as Value>::TYPE, required: false },
            ColumnDef { name: "ratio", ty: <f32 as Value>::TYPE, required: false },
            ColumnDef { name: "data", ty: <Vec<u8> as Value>::TYPE, required: false },
            ColumnDef { name: "owner_id", ty: <Id<Note> as Value>::TYPE, required: false },
            ColumnDef { name: "kind", ty: <Kind as Value>::TYPE, required: false },
            ColumnDef { name: "tags", ty: <Json<Vec<i64>> as Value>::TYPE, required: false },
        ],
        indexes: &[],
    };
    const READABLE: &'static [fn() -> Readable] = &[
        <NonEmptyString<6> as Value>::readable,
        <String as Value>::readable,
        <bool as Value>::readable,
        <u8 as Value>::readable,
        <i64 as Value>::readable,
        <f64 as Value>::readable,
        <f32 as Value>::readable,
        <Vec<u8> as Value>::readable,
        <Id<Note> as Value>::readable,
        <Kind as Value>::readable,
        <Json<Vec<i64>> as Value>::readable,
    ];
    type Row = ItemRow;
    type Draft = ();
    type Patch = NoPatch<Item>;

    fn draft() {}

    fn patch(_: Id<Self>) -> NoPatch<Item> {
        NoPatch(std::marker::PhantomData)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

/// Its row.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteRow<__text = Option<String>> {
    pub id: Id<Note>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub text: __text,
}

pub mod note {
    #[derive(Debug, Clone, Copy)]
    pub struct id;
    #[derive(Debug, Clone, Copy)]
    pub struct created_at;
    #[derive(Debug, Clone, Copy)]
    pub struct updated_at;
    #[derive(Debug, Clone, Copy)]
    pub struct text;
}

impl Note {
    pub const id: note::id = note::id;
    pub const created_at: note::created_at = note::created_at;
    pub const updated_at: note::updated_at = note::updated_at;
    pub const text: note::text = note::text;
}

impl Column for note::id {
    type Table = Note;
    type Value = Id<Note>;
    const NAME: &'static str = "id";
}

impl Column for note::created_at {
    type Table = Note;
    type Value = Timestamp;
    const NAME: &'static str = "created_at";
}

impl Column for note::updated_at {
    type Table = Note;
    type Value = Timestamp;
    const NAME: &'static str = "updated_at";
}

impl Column for note::text {
    type Table = Note;
    type Value = String;
    const NAME: &'static str = "text";
}

impl<__text> Narrow<note::text> for NoteRow<Option<__text>> {
    type Narrowed = NoteRow<__text>;
}

impl<__text: ara_core::Field> Record for NoteRow<__text> {
    type Table = Note;

    fn from_fields(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.id()?,
            created_at: fields.created_at()?,
            updated_at: fields.updated_at()?,
            text: fields.column(0)?,
        })
    }
}

impl Record for Note {
    type Table = Note;

    fn from_fields(fields: &Fields<'_>) -> Option<Self> {
        Some(Self { id: fields.id()?, text: fields.column(0)? })
    }
}

impl Table for Note {
    const NAME: &'static str = "note";
    const TABLE: &'static TableDef = &TableDef {
        name: "note",
        local: true,
        columns: &[ColumnDef { name: "text", ty: <String as Value>::TYPE, required: true }],
        indexes: &[],
    };
    const READABLE: &'static [fn() -> Readable] = &[<String as Value>::readable];
    type Row = NoteRow;
    type Draft = ();
    type Patch = NoPatch<Note>;

    fn draft() {}

    fn patch(_: Id<Self>) -> NoPatch<Note> {
        NoPatch(std::marker::PhantomData)
    }
}

/// None.
pub struct NoPatch<T>(std::marker::PhantomData<T>);

impl<T: Table> Update for NoPatch<T> {
    type Table = T;

    fn into_cells(self) -> Cells {
        Cells::new()
    }
}
