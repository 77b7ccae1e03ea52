//! `#[derive(Versioned)]`: documents that are stored with their version.

use ara::prelude::*;
use ara::{Stored, Type};
use support::{File, Outcome, There, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Doc {
        pub title: String,
    }

    #[derive(Debug, Clone, PartialEq, Versioned)]
    pub enum AnyDoc {
        V1(Doc),
    }

    #[derive(Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub doc: AnyDoc,
        pub rank: Option<i64>,
    }
}

mod v2 {
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Doc {
        pub words: Vec<String>,
    }

    impl From<super::v1::Doc> for Doc {
        fn from(old: super::v1::Doc) -> Self {
            Self { words: old.title.split_whitespace().map(str::to_owned).collect() }
        }
    }
}

mod v3 {
    use ara::prelude::*;

    use super::{v1, v2};

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Doc {
        pub words: Vec<String>,
        pub is_bold: bool,
    }

    impl From<v2::Doc> for Doc {
        fn from(old: v2::Doc) -> Self {
            Self { is_bold: false, words: old.words }
        }
    }

    // Nothing makes the older ones but what is stored.
    #[derive(Debug, Clone, PartialEq, Versioned)]
    pub enum AnyDoc {
        V1(v1::Doc),
        #[value(name = "second")]
        V2(v2::Doc),
        V3(Doc),
    }

    #[derive(Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub doc: AnyDoc,
        pub rank: Option<i64>,
    }

    ara::schema! { pub Notes: Note }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn milk() -> v1::Doc {
    v1::Doc { title: "Buy milk".to_owned() }
}

fn words(words: &[&str], is_bold: bool) -> v3::Doc {
    v3::Doc { words: words.iter().map(|word| (*word).to_owned()).collect(), is_bold }
}

#[test]
fn each_version_is_stored_with_its_name_in_one_form() {
    assert_eq!(v3::AnyDoc::TYPE, Type::Versioned(&["1 V1", "2 second", "3 V3"]));
    let stored = |doc: v3::AnyDoc| doc.store().expect("is JSON");
    let bold = words(&["a"], true);
    let text = r#"{"document":{"is_bold":true,"words":["a"]},"version":"V3"}"#;
    assert_eq!(stored(v3::AnyDoc::V3(bold.clone())), Stored::Text(text.into()));
    assert_eq!(v3::AnyDoc::read(Stored::Text(text.into())), Some(v3::AnyDoc::V3(bold)));
    // Older ones are stored as the newest.
    let newest = words(&["Buy", "milk"], false);
    assert_eq!(stored(v3::AnyDoc::V1(milk())), stored(v3::AnyDoc::V3(newest)));
}

#[test]
fn every_older_version_is_read_as_the_newest() {
    let read = |text: &'static str| v3::AnyDoc::read(Stored::Text(text.into()));
    let expected = |doc| Some(v3::AnyDoc::V3(doc));
    let first = r#"{"document":{"title":"a b"},"version":"V1"}"#;
    assert_eq!(read(first), expected(words(&["a", "b"], false)));
    let second = r#"{"version":"second","document":{"words":["c"]}}"#;
    assert_eq!(read(second), expected(words(&["c"], false)));
    for none in [
        r#"{"document":{"words":["c"]},"version":"V2"}"#,
        r#"{"document":{"words":["c"]},"version":"V4"}"#,
        r#"{"document":{"words":["c"]},"version":"V1"}"#,
        r#"{"document":{"title":"a"}}"#,
        r#"{"version":"V1"}"#,
        r#"{"title":"a"}"#,
        "[]",
        "",
    ] {
        assert_eq!(read(none), None, "{none}");
    }
    assert_eq!(v3::AnyDoc::read(Stored::Integer(1)), None);
}

#[test]
fn apps_of_several_versions_share_a_column() -> Outcome {
    let db = Database::memory()?;
    let note = db.create(v1::Note::draft().doc(milk()))?;
    let seen = db.query::<v3::Note>().narrow(v3::Note::doc).one()?;
    assert_eq!(seen.doc.clone().newest(), words(&["Buy", "milk"], false));

    // To write back what is seen is no change, and leaves the older document.
    let before = db.version_vector()?;
    db.update(v3::Note::patch(seen.id).doc(seen.doc))?;
    assert_eq!(db.version_vector()?, before);
    assert_eq!(db.get(note)?.there()?.doc, Some(v1::AnyDoc::V1(milk())));

    db.update(v3::Note::patch(seen.id).doc(words(&["Tea"], true)))?;
    // The older app does not know the version, and keeps it.
    let older = db.get(note)?.there()?;
    assert_eq!(older.doc, None);
    db.update(older.patch().rank(1))?;
    assert_eq!(db.unreadable::<v1::Note>()?.len(), 1);
    assert_eq!(db.query::<v1::Note>().narrow(v1::Note::doc).count()?, 0);
    let newest = db.get::<v3::Note>(id(note))?.there()?;
    assert_eq!(newest.doc, Some(v3::AnyDoc::V3(words(&["Tea"], true))));
    let tea = v3::AnyDoc::V3(words(&["Tea"], true));
    assert_eq!(db.query::<v3::Note>().filter(v3::Note::doc.eq(tea)).count()?, 1);
    verified(&db)
}

#[test]
fn it_is_a_document_in_json_and_a_type_in_the_history() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::Notes>()?;
    let note = db.create(v3::Note::draft().doc(words(&["a"], false)))?;
    let line =
        format!(r#"{{"id":"{note}","doc":{{"version":"V1","document":{{"title":"b c"}}}}}}"#);
    let other = Database::memory()?;
    assert_eq!(other.import_json::<v3::Note>(line.as_bytes())?.unreadable, 0);
    let doc = other.get(note)?.there()?.doc.there()?;
    assert_eq!(doc.newest(), words(&["b", "c"], false));

    assert!(db.unfit_cells()?.is_empty());
    file.tamper(r#"UPDATE note SET doc = '{"document":{},"version":"V9"}'"#)?;
    let unfit = db.unfit_cells()?;
    assert_eq!((unfit.len(), unfit[0].cells, unfit[0].column.as_str()), (1, 1, "doc"));
    assert_eq!(unfit[0].types[0].ty.variants().map(<[String]>::len), Some(3));
    Ok(())
}

#[test]
fn what_json_cannot_hold_is_refused() -> Outcome {
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Number(f64);

    #[derive(Debug, Clone, PartialEq, Versioned)]
    enum AnyNumber {
        V1(Number),
    }

    #[derive(Table)]
    struct Item {
        id: Id<Item>,
        number: Option<AnyNumber>,
    }

    let db = Database::memory()?;
    let refused = db.create(Item::draft().number(Number(f64::NAN))).expect_err("NaN");
    let expected = "column `item.number` must be a value that can be read again from its JSON";
    assert!(refused.to_string().starts_with(expected), "{refused}");
    let item = db.create(Item::draft().number(Number(0.5)))?;
    assert_eq!(db.get(item)?.there()?.number, Some(AnyNumber::V1(Number(0.5))));
    db.update(Item::patch(item).number(None))?;
    assert_eq!(db.get(item)?.there()?.number, None);
    Ok(())
}
