//! A database that is opened read-only, or that cannot be written for the moment, while older versions of the app
//! write.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ara::prelude::*;
use support::{File, Outcome, There, disk};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: String,
        pub answers_id: Option<Id<Note>>,
    }

    #[derive(Debug, Table)]
    pub struct Tag {
        pub id: Id<Self>,
        pub label: String,
        pub note_id: Option<Id<Note>>,
    }

    #[derive(Debug, Table)]
    pub struct Memo {
        pub id: Id<Self>,
        pub body: String,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(body, read = new, write = old))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
        pub answers_id: Option<Id<Note>>,
    }

    #[derive(Debug, Table)]
    pub struct Tag {
        pub id: Id<Self>,
        #[table(replaces(label, read = new, write = old))]
        pub name: String,
        #[table(retired)]
        label: Option<String>,
        pub note_id: Option<Id<Note>>,
    }

    #[derive(Debug, Table)]
    pub struct Memo {
        pub id: Id<Self>,
        #[table(search, replaces(body, read = new, write = old))]
        pub text: String,
        #[table(retired)]
        body: Option<String>,
    }

    fn new(old: String) -> String {
        format!("new {old}")
    }

    fn old(new: &str) -> Option<String> {
        new.strip_prefix("new ").map(str::to_owned)
    }
}

use v2::{Note, Tag};

ara::alias! { Answered: Note }

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// One after another, tables are written that a query reads.
#[test]
fn several_tables_are_read_as_older_versions_write_them() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<Note>()?;
    db.ensure::<Tag>()?;
    let tea = db.create(v1::Note::draft().body("tea"))?;
    let milk = db.create(v1::Note::draft().body("milk").answers_id(tea))?;
    let tag = db.create(v1::Tag::draft().label("drinks").note_id(tea))?;

    let reader = disk::options().read_only().open(file.path())?;
    assert_eq!(reader.query::<Note>().filter(Note::text.eq("new tea")).count()?, 1);
    let (answer, answered) = reader.query::<Note>().join_as(Answered, Note::answers_id).one()?;
    assert_eq!(answer.text.as_deref(), Some("new milk"));
    assert_eq!(answered.text.as_deref(), Some("new tea"));

    let tagged = || reader.query::<Tag>().join(Tag::note_id).one();
    let (found, of) = tagged()?;
    assert_eq!(found.name.as_deref(), Some("new drinks"));
    assert_eq!(of.text.as_deref(), Some("new tea"));
    db.update(v1::Tag::patch(tag).label("hot"))?;
    db.update(v1::Note::patch(tea).body("coffee"))?;
    let (found, of) = tagged()?;
    assert_eq!(found.name.as_deref(), Some("new hot"));
    assert_eq!(of.text.as_deref(), Some("new coffee"));
    assert_eq!(reader.get::<Note>(id(milk))?.there()?.text.as_deref(), Some("new milk"));
    Ok(())
}

#[test]
fn a_table_is_joined_with_itself() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<Note>()?;
    let tea = db.create(v1::Note::draft().body("tea"))?;
    db.create(v1::Note::draft().body("milk").answers_id(tea))?;
    let reader = disk::options().read_only().open(file.path())?;
    let answered = reader.query::<Note>().join_as(Answered, Note::answers_id);
    assert_eq!(answered.one()?.1.text.as_deref(), Some("new tea"));
    Ok(())
}

/// Readers do not wait for a writer, nor do they fail as they would have to write.
#[test]
fn rows_are_read_while_another_writes_for_long() -> Outcome {
    let file = File::new()?;
    let db = disk::options().busy_timeout(Duration::from_millis(50)).open(file.path())?;
    db.ensure::<Note>()?;
    let tea = db.create(v1::Note::draft().body("tea"))?;
    db.create(v1::Note::draft().body("milk").answers_id(tea))?;
    let writer = file.open()?;
    let ((begin, begun), (end, ended)) = (mpsc::channel(), mpsc::channel());
    let writes = thread::spawn(move || {
        writer.transaction(|tx| {
            tx.update(v1::Note::patch(tea).body("coffee"))?;
            let _ = begin.send(());
            let _ = ended.recv();
            Ok(())
        })
    });
    begun.recv()?;
    for _ in 0..2 {
        assert_eq!(db.get::<Note>(id(tea))?.there()?.text.as_deref(), Some("new tea"));
        assert_eq!(db.query::<Note>().filter(Note::text.eq("new milk")).count()?, 1);
        let answered = db.query::<Note>().join_as(Answered, Note::answers_id);
        assert_eq!(answered.one()?.1.text.as_deref(), Some("new tea"));
    }
    end.send(())?;
    writes.join().map_err(|_| "the writer panicked")??;
    assert_eq!(db.get::<Note>(id(tea))?.there()?.text.as_deref(), Some("new coffee"));
    assert_eq!(db.query::<Note>().filter(Note::text.eq("new coffee")).count()?, 1);
    Ok(())
}

/// What is found is what columns show, also where no writer has indexed it yet.
#[test]
fn a_search_finds_what_older_versions_wrote() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v2::Memo>()?;
    let tea = db.create(v1::Memo::draft().body("green tea"))?;
    let reader = disk::options().read_only().open(file.path())?;
    let found = |db: &Database, words: &str| -> Outcome<Vec<(Option<String>, Option<String>)>> {
        let found = db.query::<v2::Memo>().search(words);
        let snippet = ara::snippet(v2::Memo::text, "[", "]", 5);
        Ok(found.select((v2::Memo::text, snippet)).all()?)
    };
    let is_found = |words: &str| -> Outcome<usize> { Ok(found(&reader, words)?.len()) };
    assert_eq!(is_found("new")?, 1);
    assert_eq!(
        found(&reader, "tea")?,
        [(Some("new green tea".to_owned()), Some("new green [tea]".to_owned()))]
    );
    db.update(v1::Memo::patch(tea).body("coffee"))?;
    db.create(v1::Memo::draft().body("coffee and cocoa, and more coffee"))?;
    for _ in 0..2 {
        assert_eq!((is_found("tea")?, is_found("coffee")?, is_found("cocoa")?), (0, 2, 1));
        assert_eq!(reader.query::<v2::Memo>().filter(v2::Memo::text.eq("new coffee")).count()?, 1);
    }
    let by_reader = found(&reader, "coffee")?;
    assert_eq!(found(&db, "coffee")?, by_reader);
    // The writer has indexed it.
    assert_eq!(found(&reader, "coffee")?, by_reader);
    db.delete(tea)?;
    assert_eq!((is_found("coffee")?, is_found("cocoa")?), (1, 1));
    Ok(())
}
