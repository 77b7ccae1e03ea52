//! A document with versions that replaces a text: each version of the app knows one version of the document more, and so
//! has a revision of its own of what the column shows.

use ara::prelude::*;
use support::{File, Outcome, There, Wall, agree, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Doc {
        pub words: Vec<String>,
    }

    #[derive(Debug, Clone, PartialEq, Versioned)]
    pub enum AnyDoc {
        V1(Doc),
    }

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(index, replaces(body, read = doc, write = body))]
        pub doc: Option<AnyDoc>,
        #[table(retired)]
        body: Option<String>,
    }

    pub fn split(body: &str) -> Vec<String> {
        body.split(' ').map(str::to_owned).collect()
    }

    fn doc(body: String) -> AnyDoc {
        AnyDoc::V1(Doc { words: split(&body) })
    }

    fn body(doc: &AnyDoc) -> String {
        let AnyDoc::V1(doc) = doc;
        doc.words.join(" ")
    }
}

mod v3 {
    use ara::prelude::*;

    use super::v2;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Doc {
        pub words: Vec<String>,
        pub is_bold: bool,
    }

    impl From<v2::Doc> for Doc {
        fn from(old: v2::Doc) -> Self {
            Self { words: old.words, is_bold: false }
        }
    }

    #[derive(Debug, Clone, PartialEq, Versioned)]
    pub enum AnyDoc {
        V1(v2::Doc),
        V2(Doc),
    }

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(index, replaces(body, read_with = doc, write = body, revision = 2))]
        pub doc: Option<AnyDoc>,
        #[table(retired)]
        body: Option<String>,
    }

    /// It stays as bold as it was.
    fn doc(body: String, last: Option<&AnyDoc>) -> AnyDoc {
        let is_bold = last.is_some_and(|last| last.clone().newest().is_bold);
        AnyDoc::V2(Doc { words: v2::split(&body), is_bold })
    }

    fn body(doc: &AnyDoc) -> String {
        doc.clone().newest().words.join(" ")
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn bold(body: &str) -> v3::AnyDoc {
    v3::AnyDoc::V2(v3::Doc { words: v2::split(body), is_bold: true })
}

fn plain(body: &str) -> v3::AnyDoc {
    v3::AnyDoc::V2(v3::Doc { words: v2::split(body), is_bold: false })
}

fn first(body: &str) -> v2::AnyDoc {
    v2::AnyDoc::V1(v2::Doc { words: v2::split(body) })
}

/// What each version of the app sees in a row.
fn are(db: &Database, note: Id<v1::Note>, body: &str, newest: v3::AnyDoc) -> Outcome {
    assert_eq!(db.get(note)?.there()?.body.as_deref(), Some(body));
    let middle = db.get::<v2::Note>(id(note))?.there()?.doc;
    assert_eq!(middle, Some(first(body)));
    let found = db.query::<v2::Note>().filter(v2::Note::doc.eq(first(body))).count()?;
    assert_eq!(found, 1, "{body}");
    assert_eq!(db.get::<v3::Note>(id(note))?.there()?.doc, Some(newest));
    assert_eq!(db.query::<v3::Note>().narrow(v3::Note::doc).count()?, 1);
    Ok(())
}

/// A version that cannot read the newest document shows what was written through for it into the text.
#[test]
fn versions_of_a_document_share_a_file() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let note = db.create(v1::Note::draft().body("a"))?;
    are(&db, note, "a", plain("a"))?;
    db.update(v3::Note::patch(id(note)).doc(bold("b c")))?;
    are(&db, note, "b c", bold("b c"))?;
    // Saving what is shown is no edit, neither in the middle.
    let before = db.version_vector()?;
    let seen = db.query::<v2::Note>().narrow_all().one()?;
    db.upsert(seen)?;
    let seen = db.query::<v3::Note>().narrow_all().one()?;
    db.upsert(seen)?;
    assert_eq!(db.version_vector()?, before);

    db.update(v1::Note::patch(note).body("d"))?;
    are(&db, note, "d", bold("d"))?;
    // What the version between wrote is the newest document of the newest one.
    db.update(v2::Note::patch(id(note)).doc(first("e f")))?;
    are(&db, note, "e f", plain("e f"))?;
    db.update(v3::Note::patch(id(note)).doc(bold("g")))?;
    assert_eq!(db.unreadable::<v3::Note>()?.len(), 0);
    drop(db);
    are(&file.open()?, note, "g", bold("g"))?;
    verified(&file.open()?)
}

#[test]
fn versions_of_a_document_are_on_devices_of_their_own() -> Outcome {
    let wall = Wall::new();
    let open = || wall.options().memory();
    let (old, middle, new) = (open()?, open()?, open()?);
    middle.ensure::<v2::Note>()?;
    new.ensure::<v3::Note>()?;
    let meet = || -> Outcome {
        let all = [&old, &middle, &new];
        for _ in 0..3 {
            for (at, from) in all.iter().enumerate() {
                for to in all.iter().skip(at + 1).chain(all.iter().take(at)) {
                    send(from, to)?;
                }
            }
        }
        agree(&old, &middle)?;
        agree(&middle, &new)
    };
    let are = |body: &str, newest: v3::AnyDoc| -> Outcome {
        let shown = old.query::<v1::Note>().one()?.body;
        let shown_there = middle.query::<v2::Note>().one()?.doc;
        assert_eq!((shown.as_deref(), shown_there), (Some(body), Some(first(body))));
        assert_eq!(new.query::<v3::Note>().one()?.doc, Some(newest));
        [&old, &middle, &new].into_iter().try_for_each(verified)
    };
    let note = old.create(v1::Note::draft().body("a"))?;
    meet()?;
    are("a", plain("a"))?;
    // Both edit at once, and the newest document is the later one.
    middle.update(v2::Note::patch(id(note)).doc(first("b")))?;
    wall.advance(1000);
    new.update(v3::Note::patch(id(note)).doc(bold("c d")))?;
    meet()?;
    are("c d", bold("c d"))?;
    // Now it is the earlier one.
    new.update(v3::Note::patch(id(note)).doc(bold("e")))?;
    wall.advance(1000);
    middle.update(v2::Note::patch(id(note)).doc(first("f")))?;
    meet()?;
    are("f", plain("f"))?;
    new.update(v3::Note::patch(id(note)).doc(bold("g")))?;
    wall.advance(1000);
    old.update(v1::Note::patch(note).body("h"))?;
    meet()?;
    are("h", bold("h"))
}
