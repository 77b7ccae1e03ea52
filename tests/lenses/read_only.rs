//! A database that is opened read-only, or that cannot be written for the moment, while older versions of the app
//! write.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ara::prelude::*;
use support::{File, Outcome, There};

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

    let reader = Database::options().read_only().open(file.path())?;
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
    let reader = Database::options().read_only().open(file.path())?;
    let answered = reader.query::<Note>().join_as(Answered, Note::answers_id);
    assert_eq!(answered.one()?.1.text.as_deref(), Some("new tea"));
    Ok(())
}

/// Readers do not wait for a writer, nor do they fail as they would have to write.
#[test]
fn rows_are_read_while_another_writes_for_long() -> Outcome {
    let file = File::new()?;
    let db = Database::options().busy_timeout(Duration::from_millis(50)).open(file.path())?;
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
