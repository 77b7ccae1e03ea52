//! What lies beside the rows of columns that replace others.

use ara::prelude::*;
use support::{File, Outcome, There, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: String,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(search, index, replaces(body, read = quoted, write = plain))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
        pub paid: Option<bool>,
    }

    fn quoted(body: String) -> String {
        format!("quote {body}")
    }

    fn plain(text: &str) -> Option<String> {
        text.strip_prefix("quote ").map(str::to_owned)
    }
}

/// The same with functions that were corrected.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(body, read = cited, revision = 2))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
        pub paid: Option<bool>,
    }

    fn cited(body: String) -> String {
        format!("cite {body}")
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

#[test]
fn what_is_shown_is_found_by_a_search() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    let found = |words: &str| db.query::<v2::Note>().search(words).count();
    assert_eq!((found("quote")?, found("milk")?, found("tea")?), (1, 1, 0));
    db.update(v1::Note::patch(milk).body("tea"))?;
    assert_eq!((found("milk")?, found("tea")?), (0, 1));
    db.update(v2::Note::patch(id(milk)).text("coffee"))?;
    assert_eq!((found("tea")?, found("quote")?, found("coffee")?), (0, 0, 1));
    let plan = db.query::<v2::Note>().order_by(v2::Note::text).limit(1).explain()?;
    assert!(plan.iter().any(|step| step.contains("ara_now_text")), "{plan:?}");
    Ok(())
}

#[test]
fn what_cannot_be_written_through_is_cleared() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    db.update(v2::Note::patch(id(milk)).text("coffee"))?;
    assert_eq!(db.get(milk)?.there()?.body, None);
    db.update(v2::Note::patch(id(milk)).text("quote coffee"))?;
    assert_eq!(db.get(milk)?.there()?.body.as_deref(), Some("coffee"));
    verified(&db)
}

#[test]
fn watches_hear_of_what_older_versions_write() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    let texts = db.query::<v2::Note>().narrow(v2::Note::text).select((v2::Note::text,));
    let mut watch = texts.watch()?;
    assert_eq!(watch.recv()?.pop().there()?.0, "quote milk");
    db.update(v1::Note::patch(milk).body("tea"))?;
    assert_eq!(watch.recv()?.pop().there()?.0, "quote tea");
    db.update(v2::Note::patch(id(milk)).text("coffee"))?;
    assert_eq!(watch.recv()?.pop().there()?.0, "coffee");
    let other = Database::memory()?;
    send(&db, &other)?;
    other.update(v1::Note::patch(milk).body("cocoa"))?;
    send(&other, &db)?;
    assert_eq!(watch.recv()?.pop().there()?.0, "quote cocoa");
    Ok(())
}

/// A corrected function has a revision of its own, so that two versions on one file do not fight.
#[test]
fn revisions_lie_beside_each_other() -> Outcome {
    let file = File::new()?;
    let (second, third) = (file.open()?, file.open()?);
    let milk = second.create(v1::Note::draft().body("milk"))?;
    for body in ["milk", "tea", "coffee"] {
        second.update(v1::Note::patch(milk).body(body))?;
        let old = second.get::<v2::Note>(id(milk))?.there()?.text;
        let new = third.get::<v3::Note>(id(milk))?.there()?.text;
        assert_eq!(old, Some(format!("quote {body}")));
        assert_eq!(new, Some(format!("cite {body}")));
    }
    verified(&second)
}

#[test]
fn forgetting_leaves_nothing_of_what_was_shown() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let milk = db.create(v1::Note::draft().body("milksecret"))?;
    db.update(v2::Note::patch(id(milk)).text("quote teasecret"))?;
    assert_eq!(db.query::<v2::Note>().search("teasecret").count()?, 1);
    db.delete(milk)?;
    assert!(db.forget(milk)?);
    drop(db);
    let (file, log) = file.bytes()?;
    for bytes in [file, log] {
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
    }
    Ok(())
}

#[test]
fn what_another_program_drops_is_made_again() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    let text = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get::<v2::Note>(id(milk))?.and_then(|row| row.text))
    };
    assert_eq!(text(&db)?.as_deref(), Some("quote milk"));
    for harm in [
        "DROP TRIGGER \"ara_now note(ara_now_text) update\"",
        "DROP TRIGGER \"ara_now note(ara_now_text) insert\"",
        "DROP TABLE \"ara_now note(ara_now_text) stale\"",
        "UPDATE note SET ara_now_text = 'wrong'",
    ] {
        file.sqlite()?.execute_batch(harm)?;
        // Writes go on, also those of a version that knows nothing of it.
        db.update(v1::Note::patch(milk).body("tea"))?;
        db.update(v1::Note::patch(milk).body("milk"))?;
        db.ensure::<v2::Note>()?;
        db.rebuild()?;
        assert_eq!(text(&db)?.as_deref(), Some("quote milk"), "{harm}");
        assert_eq!(text(&file.open()?)?.as_deref(), Some("quote milk"), "{harm}");
        verified(&db)?;
    }
    Ok(())
}

/// What an older version wrote stays as it wrote it, also if other columns are edited later.
#[test]
fn groups_of_columns_do_not_mix() -> Outcome {
    mod old {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Doc {
            pub id: Id<Self>,
            pub title: String,
            pub note: String,
        }
    }
    mod new {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Doc {
            pub id: Id<Self>,
            // It does not keep the law that what is read is written back as it was.
            #[table(replaces(title, read = shout, write = whisper))]
            pub heading: String,
            #[table(retired)]
            title: Option<String>,
            #[table(replaces(note, read = shout, write = whisper))]
            pub text: String,
            #[table(retired)]
            note: Option<String>,
        }

        fn shout(text: String) -> String {
            text.to_uppercase()
        }

        fn whisper(text: &str) -> String {
            text.to_lowercase()
        }
    }
    let (a, b) = (Database::memory()?, Database::memory()?);
    let doc = a.create(old::Doc::draft().title("Milk").note("Now"))?;
    send(&a, &b)?;
    b.ensure::<new::Doc>()?;
    b.update(new::Doc::patch(id(doc)).text("LATER"))?;
    send(&b, &a)?;
    a.update(old::Doc::patch(doc).note("Soon"))?;
    send(&a, &b)?;
    assert_eq!(b.get::<new::Doc>(id(doc))?.there()?.heading.as_deref(), Some("MILK"));
    assert_eq!(b.get(doc)?.there()?.title.as_deref(), Some("Milk"));
    assert_eq!(b.get(doc)?.there()?.note.as_deref(), Some("Soon"));
    verified(&b)
}

/// What tells for which edits the older columns were looked at is a number, unless another program wrote it.
#[test]
fn what_another_program_fills_is_filled_again() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    let text = || -> ara::Result<Option<String>> {
        Ok(db.get::<v2::Note>(id(milk))?.and_then(|row| row.text))
    };
    assert_eq!(text()?.as_deref(), Some("quote milk"));
    for harm in [
        "UPDATE note SET \"ara_now_text looked\" = 'wrong'",
        "INSERT INTO \"ara_now note(ara_now_text) stale\" VALUES \
         (-9223372036854775808), (-5000), (0), (77777), (9223372036854775807)",
    ] {
        file.sqlite()?.execute_batch(harm)?;
        for body in ["tea", "milk"] {
            db.update(v1::Note::patch(milk).body(body))?;
            assert_eq!(text()?, Some(format!("quote {body}")), "{harm}");
        }
    }
    verified(&db)
}
