//! Parts of JSON.

use ara::prelude::*;
use ara::{Error, Param};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};

use support::Outcome;

#[derive(Debug, Table)]
pub struct Thing {
    pub id: Id<Thing>,
    pub name: String,
    pub data: Option<Json<Any>>,
    pub label: Option<Json<Label>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub words: Vec<String>,
}

fn things() -> Outcome<Database> {
    let db = Database::memory()?;
    let data = json!({
        "n": 5, "x": 2.5, "whole": 3.0, "yes": true, "no": false, "null": null, "text": "milk",
        "list": ["a", "b", 7, true, null, ["nested"], "[\"nested\"]"],
        "deep": { "er": [{ "n": 1 }, { "n": 2 }] }, "the name": "b",
    });
    db.create(Thing::draft().name("full").data(data).label(Label { words: vec!["oat".into()] }))?;
    db.create(Thing::draft().name("array").data(json!(["a", 1])))?;
    db.create(Thing::draft().name("none"))?;
    Ok(db)
}

#[test]
fn values_are_read_as_their_type_or_absent() -> Outcome {
    let db = things()?;
    let full = || db.query::<Thing>().filter(Thing::name.eq("full"));
    let at = |path: &str| Thing::data.path(path);
    let numbers = (
        at("$.n").value::<i64>(),
        at("$.n").value::<u8>(),
        at("$.n").value::<f64>(),
        at("$.x").value::<f64>(),
        at("$.x").value::<i64>(),
        at("$.whole").value::<f64>(),
    );
    assert_eq!(
        full().select(numbers).one()?,
        (Some(5), Some(5), Some(5.0), Some(2.5), None, Some(3.0))
    );
    let texts = (
        at("$.text").value::<String>(),
        at("$.text").value::<i64>(),
        at("$.n").value::<String>(),
        at("$.\"the name\"").value::<NonEmptyString<1>>(),
        at("$.text").value::<NonEmptyString<1>>(),
    );
    let expected = (Some("milk".to_owned()), None, None, Some("b".parse()?), None);
    assert_eq!(full().select(texts).one()?, expected);
    let flags = (
        at("$.yes").value::<bool>(),
        at("$.no").value::<bool>(),
        at("$.null").value::<bool>(),
        at("$.nowhere").value::<bool>(),
    );
    assert_eq!(full().select(flags).one()?, (Some(true), Some(false), None, None));
    let parts = (
        at("$.deep.er").value::<Json<Vec<Any>>>(),
        at("$.text").value::<Json<String>>(),
        at("$.list").value::<String>(),
        at("$.deep.er[#-1].n").value::<i64>(),
    );
    let expected = (
        Some(Json(vec![json!({ "n": 1 }), json!({ "n": 2 })])),
        Some(Json("milk".to_owned())),
        None,
        Some(2),
    );
    assert_eq!(full().select(parts).one()?, expected);
    let others = (at("$[1]").value::<i64>(), at("$.n").value::<i64>());
    let others =
        db.query::<Thing>().filter(Thing::name.ne("full")).order_by(Thing::name).select(others);
    assert_eq!(others.all()?, [(Some(1), None), (None, None)]);
    Ok(())
}

#[test]
fn parts_choose_order_and_group_rows() -> Outcome {
    let db = things()?;
    let n = || Thing::data.path("$.n").value::<i64>();
    let count = |filter| db.query::<Thing>().filter(filter).count();
    assert_eq!(count(n().eq(5))?, 1);
    assert_eq!(count(n().ne(5))?, 2);
    assert_eq!(count(n().eq(None))?, 2);
    assert_eq!(
        count(n().gt(4) & Thing::data.path("$.text").value::<String>().starts_with("mi"))?,
        1
    );
    let names = db.query::<Thing>().narrow(Thing::name).order_by((n().desc(), Thing::name));
    assert_eq!(names.select(Thing::name).all()?, ["full", "array", "none"]);
    let groups = db.query::<Thing>().group_by(n()).order_by(n().of_group());
    assert_eq!(groups.select((n().of_group(), ara::count())).all()?, [(None, 2), (Some(5), 1)]);
    let least = db.prepare(|(least,): (Param<i64>,)| db.query::<Thing>().filter(n().ge(least)));
    assert_eq!((least.count((5,))?, least.count((6,))?), (1, 0));
    Ok(())
}

#[test]
fn arrays_are_asked_what_they_contain() -> Outcome {
    let db = things()?;
    let count = |filter| db.query::<Thing>().filter(filter).count();
    let list = || Thing::data.path("$.list");
    for (filter, rows) in [
        (list().contains("a"), 1),
        (list().contains("c"), 0),
        (list().contains(7), 1),
        (list().contains(true), 1),
        // Only as a text of its own, and not as an array.
        (list().contains("[\"nested\"]"), 1),
        (list().contains("nested"), 0),
        (!list().contains("a"), 2),
        (list().contains(None::<i64>), 0),
        (Thing::data.path("$").contains("a"), 1),
        (Thing::data.path("$.text").contains("milk"), 1),
        (Thing::data.path("$.nowhere").contains("a"), 0),
        (Thing::label.path("$.words").contains("oat"), 1),
        (Thing::data.path("$.null").is_there(), 1),
        (Thing::data.path("$.nowhere").is_there(), 0),
        (!Thing::data.path("$.n").is_there(), 2),
    ] {
        assert_eq!(count(filter.clone())?, rows, "{filter:?}");
    }
    let lengths = db
        .query::<Thing>()
        .order_by(Thing::name)
        .select((Thing::data.path("$").length(), list().length()));
    assert_eq!(lengths.all()?, [(Some(2), None), (Some(0), Some(7)), (None, None)]);
    Ok(())
}

/// What this version of the app cannot read as its type is absent, with all of its parts.
#[test]
fn what_cannot_be_read_has_no_parts() -> Outcome {
    let db = things()?;
    db.ensure::<Thing>()?;
    mod newer {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Thing {
            pub id: Id<Thing>,
            pub label: Option<Json<serde_json::Value>>,
        }
    }
    db.create(newer::Thing::draft().label(json!({ "words": [1, "oat"] })))?;
    let oat = || Thing::label.path("$.words");
    assert_eq!(db.query::<Thing>().filter(oat().contains("oat")).count()?, 1);
    assert_eq!(
        db.query::<newer::Thing>()
            .filter(newer::Thing::label.path("$.words").contains("oat"))
            .count()?,
        2
    );
    assert_eq!(db.query::<Thing>().filter(oat().length().gt(0)).count()?, 1);
    Ok(())
}

#[test]
fn a_path_that_is_none_is_refused() -> Outcome {
    let db = things()?;
    for path in ["tags", "", "a$", "$[secret"] {
        let refused = db.query::<Thing>().filter(Thing::data.path(path).contains(1)).count();
        assert!(matches!(refused, Err(Error::Rule { column: "data", .. })), "{refused:?}");
    }
    Ok(())
}

#[test]
fn a_watch_of_a_part_reads_its_column_alone() -> Outcome {
    let db = things()?;
    let mut watch = db
        .query::<Thing>()
        .filter(Thing::data.path("$.list").contains("a"))
        .select(Thing::data)
        .watch()?;
    assert_eq!(watch.recv()?.len(), 1);
    let runs = watch.runs();
    let id = db.query::<Thing>().first()?.map(|thing| thing.id).ok_or("is there")?;
    db.update(Thing::patch(id).name("another"))?;
    assert!(watch.try_recv()?.is_none());
    assert_eq!(watch.runs(), runs);
    Ok(())
}
