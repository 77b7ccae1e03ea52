//! `#[derive(Value)]` of enums some of whose variants have data.

use std::collections::BTreeMap;

use ara::prelude::*;
use ara::{Stored, Type};
use support::{File, Outcome, There, verified};

/// How the costs are split. What serde is told about the enum and its variants is not what is stored.
#[derive(Debug, Clone, PartialEq, Value, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    Equally,
    Shares(BTreeMap<String, u32>),
    #[value(name = "exact")]
    Exactly {
        cents: i64,
        #[serde(rename = "who", default)]
        payer: Option<String>,
    },
    Both(u8, String),
    #[deprecated]
    Unit(),
}

#[derive(Debug, Clone, PartialEq, Table)]
pub struct Expense {
    pub id: Id<Expense>,
    #[table(index)]
    pub split: Split,
    pub old: Option<Split>,
}

/// The app before a variant got data.
mod older {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Value)]
    pub enum Split {
        Equally,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Expense {
        pub id: Id<Expense>,
        pub split: Split,
        pub old: Option<Split>,
    }
}

fn shares() -> Split {
    Split::Shares(BTreeMap::from([("Ada".to_owned(), 2), ("Bob".to_owned(), 1)]))
}

fn exactly(payer: Option<&str>) -> Split {
    Split::Exactly { cents: 1250, payer: payer.map(str::to_owned) }
}

#[allow(deprecated)]
fn all() -> [(Split, &'static str); 6] {
    [
        (Split::Equally, "Equally"),
        (shares(), r#"{"Shares":{"Ada":2,"Bob":1}}"#),
        (exactly(Some("Ada")), r#"{"exact":{"cents":1250,"who":"Ada"}}"#),
        (exactly(None), r#"{"exact":{"cents":1250,"who":null}}"#),
        (Split::Both(1, "a".to_owned()), r#"{"Both":[1,"a"]}"#),
        (Split::Unit(), r#"{"Unit":[]}"#),
    ]
}

#[test]
fn each_variant_is_stored_and_comes_back() -> Outcome {
    const LISTED: &[&str] = &["Equally", "Shares(..)", "exact(..)", "Both(..)", "Unit(..)"];
    assert_eq!(Split::TYPE, Type::Enum(LISTED));
    let file = File::new()?;
    let db = file.open()?;
    for (split, text) in all() {
        let id = db.create(Expense::draft().split(split.clone()).old(Some(split.clone())))?;
        let expense = db.get(id)?.there()?;
        assert_eq!((expense.split.as_ref(), expense.old.as_ref()), (Some(&split), Some(&split)));
        assert_eq!(db.query::<Expense>().filter(Expense::split.eq(split.clone())).count()?, 1);
        assert_eq!(split.store(), Ok(Stored::Text(text.into())));
        let (stored,) =
            db.sql::<(String,)>("SELECT split FROM expense WHERE id = ?1").bind(id).one()?;
        assert_eq!(stored, text);
    }
    verified(&db)
}

#[test]
fn what_is_no_variant_is_absent() {
    let read = |text: &'static str| Split::read(Stored::Text(text.into()));
    assert_eq!(read(r#"{"exact":{"cents":1250}}"#), Some(exactly(None)));
    for none in [
        "",
        "equally",
        "Shares",
        "Exactly",
        "{}",
        "\"Equally\"",
        r#"{"Equally":null}"#,
        r#"{"Later":1}"#,
        r#"{"Exactly":{"cents":1}}"#,
        r#"{"exact":{"who":"Ada"}}"#,
        r#"{"exact":{"cents":1},"Both":[1,"a"]}"#,
        r#"{"Both":[1]}"#,
    ] {
        assert_eq!(read(none), None, "{none}");
    }
    assert_eq!(Split::read(Stored::Integer(0)), None);
}

#[test]
fn data_that_json_cannot_hold_breaks_a_rule() -> Outcome {
    #[derive(Debug, Clone, PartialEq, Value)]
    enum Shape {
        Circle(f64),
    }
    #[derive(Table)]
    struct Drawing {
        id: Id<Drawing>,
        shape: Shape,
    }
    let db = Database::memory()?;
    let id = db.create(Drawing::draft().shape(Shape::Circle(0.1)))?;
    assert_eq!(db.get(id)?.and_then(|drawing| drawing.shape), Some(Shape::Circle(0.1)));
    let told =
        db.create(Drawing::draft().shape(Shape::Circle(f64::NAN))).expect_err("is no number");
    assert!(
        told.to_string().starts_with("column `drawing.shape` must be a value that can be read"),
        "{told}"
    );
    Ok(())
}

/// An enum gets variants with data, and the app that was released before neither shows nor overwrites them.
#[test]
fn an_older_app_keeps_the_variants_that_it_does_not_know() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let old = |id: Id<Expense>| Id::<older::Expense>::from_uuid(id.uuid());
    for (split, _) in all() {
        let id = db.create(Expense::draft().split(split.clone()).old(split.clone()))?;
        let seen = db.get(old(id))?.there()?;
        let known = (split == Split::Equally).then_some(older::Split::Equally);
        assert_eq!((&seen.split, &seen.old), (&known, &known));
        db.update(seen.patch().old(seen.old))?;
        assert_eq!(db.get(id)?.there()?.old, Some(split), "is kept by who saves what he saw");
    }
    assert_eq!(db.query::<older::Expense>().narrow(older::Expense::split).count()?, 1);
    assert_eq!(
        db.unreadable::<older::Expense>()?.iter().map(|told| told.rows).collect::<Vec<_>>(),
        [5, 5]
    );
    let id = db.create(older::Expense::draft().split(older::Split::Equally))?;
    let id = Id::<Expense>::from_uuid(id.uuid());
    assert_eq!(db.get(id)?.there()?.split, Some(Split::Equally), "what was stored stays readable");
    // To write what is there is no change.
    let before = db.version_vector()?;
    db.update(Expense::patch(id).split(Split::Equally))?;
    assert_eq!(db.version_vector()?, before);
    verified(&db)
}
