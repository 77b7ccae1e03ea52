//! One table in two versions of an app, and what the sequences do with it.

use ara::prelude::*;
use ara::{Error, Uuid};

use crate::model::rows::{Model, Row, TITLE};
use crate::model::writes::{Set, Version, What, Write};
use support::Outcome;

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Item {
        pub id: Id<Item>,
        pub title: NonEmptyString<20>,
        pub stars: Option<i64>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    #[table(name = "item", index(score, done))]
    pub struct Thing {
        pub id: Id<Thing>,
        pub score: Option<f64>,
        #[table(column = "title")]
        pub name: NonEmptyString<20>,
        #[table(index)]
        pub done: Option<bool>,
        pub stars: Option<i64>,
    }
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    Id(Uuid),
    There(bool),
    Exists,
    Rule,
}

impl Did {
    pub fn succeeded(&self) -> bool {
        matches!(self, Self::Id(_) | Self::There(_))
    }

    fn of<T>(result: ara::Result<T>, did: impl FnOnce(T) -> Self) -> ara::Result<Self> {
        match result {
            Ok(done) => Ok(did(done)),
            Err(Error::Exists { table: "item" }) => Ok(Self::Exists),
            Err(Error::Rule { table: "item", column: "title", .. }) => Ok(Self::Rule),
            Err(error) => Err(error),
        }
    }
}

/// The id of one of the few keys.
pub fn id(key: u8) -> Uuid {
    Id::<v1::Item>::from_key(key.to_string()).uuid()
}

/// Sets on a draft or a patch what is to be set.
macro_rules! set {
    ($on:expr, $set:expr, $($column:ident),*) => {{
        let mut on = $on;
        $(if let Some(value) = $set.$column { on = on.$column(value); })*
        on
    }};
}

/// `Database` and `Transaction` have the same methods.
macro_rules! writer {
    ($name:ident, $on:ty) => {
        pub fn $name(on: &$on, Write { version, what }: &Write) -> ara::Result<Did> {
            let made1 = |made: Id<v1::Item>| Did::Id(made.uuid());
            let made2 = |made: Id<v2::Thing>| Did::Id(made.uuid());
            let id1 = |key: &u8| Id::<v1::Item>::from_uuid(id(*key));
            let id2 = |key: &u8| Id::<v2::Thing>::from_uuid(id(*key));
            let draft1 =
                |set: &Set| set!(v1::Item::draft().title(set.title.unwrap_or(TITLE)), set, stars);
            let draft2 = |set: &Set| {
                let draft = v2::Thing::draft().name(set.title.unwrap_or(TITLE));
                set!(draft, set, score, stars, done)
            };
            match (version, what) {
                (Version::First, What::Create(None, set)) => Did::of(on.create(draft1(set)), made1),
                (Version::First, What::Create(Some(key), set)) => {
                    Did::of(on.create(draft1(set).id(id1(key))), made1)
                }
                (Version::First, What::Upsert(key, set)) => {
                    Did::of(on.upsert(draft1(set).id(id1(key))), made1)
                }
                (Version::First, What::Update(key, set)) => {
                    let patch = set!(v1::Item::patch(id1(key)), set, stars, title);
                    Did::of(on.update(patch), Did::There)
                }
                (Version::First, What::Delete(key)) => Did::of(on.delete(id1(key)), Did::There),
                (Version::First, What::Restore(key)) => Did::of(on.restore(id1(key)), Did::There),
                (Version::Second, What::Create(None, set)) => {
                    Did::of(on.create(draft2(set)), made2)
                }
                (Version::Second, What::Create(Some(key), set)) => {
                    Did::of(on.create(draft2(set).id(id2(key))), made2)
                }
                (Version::Second, What::Upsert(key, set)) => {
                    Did::of(on.upsert(draft2(set).id(id2(key))), made2)
                }
                (Version::Second, What::Update(key, set)) => {
                    let mut patch = set!(v2::Thing::patch(id2(key)), set, done, stars, score);
                    if let Some(title) = set.title {
                        patch = patch.name(title);
                    }
                    Did::of(on.update(patch), Did::There)
                }
                (Version::Second, What::Delete(key)) => Did::of(on.delete(id2(key)), Did::There),
                (Version::Second, What::Restore(key)) => Did::of(on.restore(id2(key)), Did::There),
            }
        }
    };
}

writer!(on_database, Database);
writer!(on_transaction, Transaction<'_>);

/// What reads rows by id, beside queries.
pub trait Gets: Queries + Sized {
    fn row<T: Table>(&self, id: Id<T>) -> ara::Result<Option<T::Row>>;
}

impl Gets for Database {
    fn row<T: Table>(&self, id: Id<T>) -> ara::Result<Option<T::Row>> {
        self.get(id)
    }
}

impl Gets for Transaction<'_> {
    fn row<T: Table>(&self, id: Id<T>) -> ara::Result<Option<T::Row>> {
        self.get(id)
    }
}

/// Fails unless all that can be read is what the model has.
pub fn compare(on: &impl Gets, model: &Model) -> Outcome {
    let alive = |row: &&Row| !row.deleted;
    let of = |keep: &dyn Fn(&&Row) -> bool| -> Vec<_> {
        model.rows.iter().filter(|(_, row)| keep(row)).map(|(id, row)| (*id, row.clone())).collect()
    };
    let query = || on.query::<v2::Thing>().order_by(v2::Thing::id.asc());
    same("rows", of(&alive), read2(query().all()?, false)?)?;
    same("deleted", of(&|row| row.deleted), read2(query().only_deleted().all()?, true)?)?;
    let all: Vec<_> = query().with_deleted().all()?.into_iter().map(|row| row.id.uuid()).collect();
    same("all", model.rows.keys().copied().collect::<Vec<_>>(), all)?;
    let starred = v2::Thing::stars.ge(0) & v2::Thing::done.ne(true);
    let expected = of(&|row| !row.deleted && row.stars >= Some(0) && row.done != Some(true));
    same("filtered", expected.len() as u64, query().filter(starred).count()?)?;

    let first = on.query::<v1::Item>();
    same("count", of(&alive).len() as u64, first.clone().narrow(v1::Item::title).count()?)?;
    for (id, row) in &model.rows {
        let found = on.row(Id::<v1::Item>::from_uuid(*id))?;
        let found = found
            .map(|found| (found.title.map(String::from), found.stars, found.created_at.millis()));
        let expected = (Some(row.title.to_owned()), row.stars, row.created_at);
        same("get", (!row.deleted).then_some(expected), found)?;
    }
    Ok(())
}

fn read2(rows: Vec<v2::ThingRow>, deleted: bool) -> Outcome<Vec<(Uuid, Row)>> {
    let titles = ["Milk", "Bread", "0012", TITLE];
    rows.into_iter()
        .map(|row| {
            let title = titles.into_iter().find(|title| row.name.as_deref() == Some(title));
            let read = Row {
                deleted,
                title: title.ok_or("no title that was written")?,
                stars: row.stars,
                done: row.done,
                score: row.score.map(f64::to_bits),
                created_at: row.created_at.millis(),
                updated_at: row.updated_at.millis(),
            };
            Ok((row.id.uuid(), read))
        })
        .collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Outcome {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}").into())
}
