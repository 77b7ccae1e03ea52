//! What this version of the app cannot read, it does not overwrite unasked: writing back what it sees changes
//! nothing.

use std::collections::{HashMap, HashSet};

use ara::{Json, Stored, Value};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use support::{File, Outcome, There, cases, verified};

/// Last year's app.
mod v1 {
    use ara::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum State {
        Open,
        Done,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Address {
        pub street: String,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Task {
        pub id: Id<Task>,
        pub title: String,
        pub state: Option<State>,
        pub score: Option<u8>,
        pub short: Option<NonEmptyString<3>>,
        pub share: Option<f32>,
        pub address: Option<Json<Address>>,
    }
}

/// Today's.
mod v2 {
    use ara::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum State {
        Open,
        Done,
        Later,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Address {
        pub street: String,
        pub city: Option<String>,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Task {
        pub id: Id<Task>,
        pub title: String,
        pub state: Option<State>,
        pub score: Option<i64>,
        pub short: Option<NonEmptyString<30>>,
        pub share: Option<f64>,
        pub address: Option<Json<Address>>,
        pub due: Option<Timestamp>,
    }
}

use ara::prelude::*;

fn address() -> v2::Address {
    v2::Address { street: "Main St".to_owned(), city: Some("Springfield".to_owned()) }
}

/// A row of today's app, of which last year's reads hardly anything.
fn created(db: &Database) -> Outcome<(Id<v1::Task>, v2::TaskRow)> {
    let draft = v2::Task::draft().title("Call").state(v2::State::Later).score(1000);
    let draft = draft.short("far too long").share(0.1).address(address());
    let id = db.create(draft.due(Timestamp::from_millis(7)))?;
    Ok((Id::from_uuid(id.uuid()), db.get(id)?.there()?))
}

fn newest(db: &Database, id: Id<v1::Task>) -> Outcome<v2::TaskRow> {
    db.get(Id::<v2::Task>::from_uuid(id.uuid()))?.there()
}

fn changes(db: &Database, id: Id<v1::Task>) -> Outcome<usize> {
    Ok(db.history(id)?.iter().map(|change| change.columns.len()).sum())
}

#[test]
fn an_older_version_that_saves_a_whole_row_keeps_what_it_cannot_read() -> Outcome {
    let db = Database::memory()?;
    let (id, before) = created(&db)?;
    let mut task = db.query::<v1::Task>().narrow_all().one()?;
    assert_eq!((task.state, task.score, task.short.clone()), (None, None, None));
    task.title = "Call back".to_owned();
    db.upsert(task)?;
    let after = newest(&db, id)?;
    assert_eq!(after.title.as_deref(), Some("Call back"));
    assert_eq!(
        v2::TaskRow { title: before.title.clone(), updated_at: before.updated_at, ..after },
        before
    );
    verified(&db)
}

#[test]
fn a_patch_that_sets_every_field_as_it_was_read_changes_nothing() -> Outcome {
    let db = Database::memory()?;
    let (id, before) = created(&db)?;
    let logged = changes(&db, id)?;
    let row = db.get(id)?.there()?;
    let patch = v1::Task::patch(id).title(row.title.as_deref().there()?).state(row.state);
    let patch = patch.score(row.score).short(row.short).share(row.share).address(row.address);
    assert!(db.update(patch)?);
    assert_eq!(newest(&db, id)?, before);
    assert_eq!(changes(&db, id)?, logged);
    // Each alone, which is another statement.
    let row = db.get(id)?.there()?;
    let of = || v1::Task::patch(id);
    for patch in [
        of().state(None),
        of().score(None),
        of().short(None),
        of().share(row.share),
        of().address(row.address),
        of(),
    ] {
        assert!(db.update(patch)?);
    }
    assert_eq!(newest(&db, id)?, before);
    assert_eq!(changes(&db, id)?, logged);
    verified(&db)
}

#[test]
fn what_the_user_edits_is_written() -> Outcome {
    let db = Database::memory()?;
    let (id, _) = created(&db)?;
    let street = v1::Address { street: "High St".to_owned() };
    let patch = v1::Task::patch(id).state(v1::State::Done).score(7).share(0.5).address(street);
    assert!(db.update(patch)?);
    let after = newest(&db, id)?;
    assert_eq!(
        (after.state, after.score, after.share),
        (Some(v2::State::Done), Some(7), Some(0.5))
    );
    assert_eq!(after.address.there()?.0.city, None);
    // What it can read, it clears.
    assert!(db.update(v1::Task::patch(id).state(None).score(None))?);
    let after = newest(&db, id)?;
    assert_eq!((after.state, after.score), (None, None));
    verified(&db)
}

#[test]
fn unreadable_values_are_cleared_on_purpose() -> Outcome {
    let db = Database::memory()?;
    let (id, _) = created(&db)?;
    assert!(db.clear_unreadable(id, v1::Task::score)?);
    assert_eq!(newest(&db, id)?.score, None);
    // What can be read stays, and so do deleted rows and those of other columns.
    assert!(!db.clear_unreadable(id, v1::Task::score)?);
    assert!(!db.clear_unreadable(id, v1::Task::title)?);
    assert!(!db.clear_unreadable(id, v1::Task::created_at)?);
    assert_eq!(newest(&db, id)?.state, Some(v2::State::Later));
    assert!(!db.clear_unreadable(Id::<v1::Task>::from_key("none"), v1::Task::state)?);
    db.delete(id)?;
    assert!(!db.clear_unreadable(id, v1::Task::state)?);
    db.restore(id)?;
    let both = db.transaction(|tx| {
        Ok((tx.clear_unreadable(id, v1::Task::state)?, tx.clear_unreadable(id, v1::Task::short)?))
    })?;
    assert_eq!(both, (true, true));
    assert!(db.unreadable::<v1::Task>()?.is_empty());
    verified(&db)
}

#[test]
fn an_edit_of_an_older_version_reaches_others_without_what_it_did_not_see() -> Outcome {
    let (one, other) = (Database::memory()?, Database::memory()?);
    let (id, _) = created(&one)?;
    support::send(&one, &other)?;
    let mut task = other.query::<v1::Task>().narrow_all().one()?;
    task.title = "Call back".to_owned();
    other.upsert(task)?;
    // Meanwhile, a newer version edits what the older one could not read.
    let patch = v2::Task::patch(Id::from_uuid(id.uuid())).score(2000);
    one.update(patch)?;
    support::send(&other, &one)?;
    support::send(&one, &other)?;
    for db in [&one, &other] {
        let task = newest(db, id)?;
        assert_eq!((task.title.as_deref(), task.score), (Some("Call back"), Some(2000)));
        assert_eq!(task.state, Some(v2::State::Later));
        verified(db)?;
    }
    Ok(())
}

/// A newtype that normalises what it is made of.
#[derive(Debug, Clone, PartialEq, Value)]
struct Tag(String);

impl TryFrom<String> for Tag {
    type Error = ara::Rule;

    fn try_from(text: String) -> Result<Self, ara::Rule> {
        if text.is_empty() {
            Err(ara::Rule::new("must not be empty"))
        } else {
            Ok(Self(text.to_lowercase()))
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meta {
    size: f32,
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Any {
    id: Id<Any>,
    whole: Option<i64>,
    small: Option<i8>,
    flag: Option<bool>,
    real: Option<f64>,
    narrow: Option<f32>,
    text: Option<String>,
    short: Option<NonEmptyString<2>>,
    tag: Option<Tag>,
    bytes: Option<Vec<u8>>,
    key: Option<ara::Uuid>,
    moment: Option<Timestamp>,
    json: Option<Json<Meta>>,
    map: Option<Json<HashMap<String, i64>>>,
}

/// SQL of values of every class.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("NULL".to_owned()),
        (-200..200_i64).prop_map(|integer| integer.to_string()),
        any::<i64>().prop_map(|integer| integer.to_string()),
        (-4..4_i32).prop_map(|half| format!("{:?}", f64::from(half) / 2.0)),
        any::<f32>()
            .prop_filter("SQL has no NaN", |it| it.is_finite())
            .prop_map(|it| format!("{it:e}")),
        "[aB ]{0,3}".prop_map(|text| format!("'{text}'")),
        Just("x'0123456789abcdef0123456789abcdef'".to_owned()),
        Just("x'00ff'".to_owned()),
        Just("CAST(x'ff' AS TEXT)".to_owned()),
        Just("'{\"size\": 1.5, \"more\": 2}'".to_owned()),
        Just("'{\"b\":1,\"a\":2}'".to_owned()),
    ]
}

const COLUMNS: [&str; 13] = [
    "whole", "small", "flag", "real", "narrow", "text", "short", "tag", "bytes", "key", "moment",
    "json", "map",
];

/// Whatever lies in a row, who writes back what he reads changes no byte, in one write or column by column.
#[test]
fn whatever_lies_in_a_row_stays_when_it_is_written_back() {
    let values = prop::collection::vec(any_value(), COLUMNS.len());
    cases::hold((32, 1_000), &values, |values| stays(&values));
}

fn stays(values: &[String]) -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Any::draft())?;
    let set: Vec<_> =
        COLUMNS.iter().zip(values).map(|(column, value)| format!("{column} = {value}")).collect();
    file.tamper(&format!("UPDATE \"any\" SET {}", set.join(", ")))?;
    let columns = COLUMNS.map(|column| format!("typeof({column}), hex({column})"));
    let stored = format!("SELECT {}, ara_clock FROM \"any\"", columns.join(", "));
    let before = support::rows(&file.sqlite()?, &stored)?;
    let read = db.query::<Any>().narrow_all().one()?;
    db.upsert(read.clone())?;
    let of = || Any::patch(id);
    for patch in [
        of().whole(read.whole),
        of().small(read.small),
        of().flag(read.flag),
        of().real(read.real),
        of().narrow(read.narrow),
        of().text(read.text),
        of().short(read.short),
        of().tag(read.tag),
        of().bytes(read.bytes),
        of().key(read.key),
        of().moment(read.moment),
        of().json(read.json),
        of().map(read.map),
    ] {
        assert!(db.update(patch)?);
    }
    assert_eq!(support::rows(&file.sqlite()?, &stored)?, before);
    Ok(())
}

#[test]
fn one_value_has_one_stored_form() -> Outcome {
    #[derive(Debug, Clone, PartialEq, Table)]
    struct Doc {
        id: Id<Doc>,
        map: Json<HashMap<String, i64>>,
        set: Option<Json<HashSet<String>>>,
    }

    let db = Database::memory()?;
    let keys = || (0..40).map(|key| format!("key {key}"));
    let map = || keys().rev().map(|key| (key, 7)).collect::<HashMap<_, _>>();
    let set = || keys().collect::<HashSet<_>>();
    let id = db.create(Doc::draft().map(map()).set(set()))?;
    let vector = db.version_vector()?;
    for _ in 0..20 {
        assert!(db.update(Doc::patch(id).map(map()).set(set()))?);
        assert_eq!(db.query::<Doc>().filter(Doc::map.eq(map())).count()?, 1);
        assert_eq!(db.query::<Doc>().filter(Doc::set.eq(set())).count()?, 1);
    }
    assert_eq!(db.version_vector()?, vector);
    let ordered = Json(serde_json::json!({"b": [{"d": 1, "c": 2}], "a": 3})).store();
    assert_eq!(ordered, Ok(Stored::Text(r#"{"a":3,"b":[{"c":2,"d":1}]}"#.into())));
    Ok(())
}
