//! Rows of other programs and of people, imported from SQLite files, CSV and JSON.

mod again;
mod csv;
mod json;
mod source_file;
mod sqlite;

use ara::prelude::*;
use ara::{ImportRow, Imported};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Value)]
pub enum Kind {
    Private,
    Work,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Value)]
pub struct Cents(i64);

impl From<i64> for Cents {
    fn from(cents: i64) -> Self {
        Self(cents)
    }
}

#[derive(Debug, PartialEq, Table)]
pub struct Person {
    pub id: Id<Person>,
    pub name: NonEmptyString<20>,
    pub born: Option<jiff::civil::Date>,
    pub seen: Option<Timestamp>,
    pub is_member: Option<bool>,
    pub kind: Option<Kind>,
    pub spent: Option<Cents>,
    pub boss_id: Option<Id<Person>>,
    pub photo: Option<Vec<u8>>,
    pub tags: Option<Json<Vec<String>>>,
}

/// The draft of a person from columns of the same names.
fn person(row: &ImportRow<'_>) -> ara::Result<impl Create<Table = Person> + use<>> {
    Ok(Person::draft()
        .id(row.id("id")?)
        .name(row.get("name")?)
        .born(row.get("born")?)
        .seen(row.get("seen")?)
        .is_member(row.get("is_member")?)
        .kind(row.get("kind")?)
        .spent(row.get("spent")?)
        .boss_id(row.get("boss")?)
        .photo(row.get("photo")?)
        .tags(row.get("tags")?))
}

fn ada() -> Person {
    Person {
        id: Id::from_key("1"),
        name: NonEmptyString::new("Ada").expect("is one"),
        born: Some(jiff::civil::date(1815, 12, 10)),
        seen: Some(Timestamp::from_millis(1_795_249_800_000)),
        is_member: Some(true),
        kind: Some(Kind::Work),
        spent: Some(Cents(1299)),
        boss_id: Some(Id::from_key("2")),
        photo: Some(vec![0xca, 0xfe]),
        tags: Some(Json(vec!["math".to_owned()])),
    }
}

fn reasons(imported: &Imported) -> Vec<String> {
    imported.refusals.iter().map(ToString::to_string).collect()
}

fn people(db: &Database) -> ara::Result<Vec<Person>> {
    db.query::<Person>().narrow_all().order_by(Person::name).all()
}
