//! Updates that are none, and versions that do not unite texts.

use ara::Obstacle;
use ara::prelude::*;

use crate::text::{Note, begin, body, insert, send, sync};
use support::wire::{Batch, Cell, Change, Run};
use support::{File, Outcome};

/// A version of the app that knows nothing of the texts.
mod older {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    #[table(name = "note")]
    pub struct Note {
        pub id: Id<Note>,
        pub title: String,
    }
}

#[test]
fn a_version_that_knows_no_text_passes_it_on() -> Outcome {
    let (phone, note) = begin("Buy milk")?;
    let (old, laptop) = (Database::memory()?, Database::memory()?);
    old.ensure_old()?;
    send(&phone, &old)?;
    send(&old, &laptop)?;
    insert(&laptop, note, 4, "fresh ")?;
    send(&laptop, &old)?;
    old.update(older::Note::patch(Id::from_uuid(note.uuid())).title("Both"))?;
    insert(&phone, note, 8, " and bread")?;
    send(&old, &phone)?;
    assert_eq!(body(&phone, note)?, "Buy fresh milk and bread");
    assert_eq!(phone.get(note)?.and_then(|note| note.title).as_deref(), Some("Both"));
    sync(&phone, &laptop)
}

trait Older {
    fn ensure_old(&self) -> ara::Result<()>;
}

impl Older for Database {
    fn ensure_old(&self) -> ara::Result<()> {
        self.query::<older::Note>().count().map(drop)
    }
}

/// The stamp of the first change that is received.
const START: i64 = 1_700_000_000_000 << 16;

/// Changes of another node that update the body of a note.
fn received(note: Id<Note>, updates: &[&[u8]]) -> Batch {
    let (tables, columns) = (vec!["note".to_owned()], vec!["body".to_owned()]);
    let changes = (START..).zip(updates).map(|(stamp, update)| Change {
        stamp,
        row: note.uuid().into_bytes().to_vec(),
        cells: vec![Cell::update(0, update)],
        ends: true,
        mark: Some(0),
        ..Change::default()
    });
    let run = Run { node: vec![7; 16], changes: changes.collect(), ..Run::default() };
    Batch { tables, columns, runs: vec![run] }.numbered().seal()
}

#[test]
fn what_is_no_update_is_set_aside_and_the_rest_goes_through() -> Outcome {
    let (db, note) = begin("one")?;
    let all = db.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        text.updates_since(&[])
    })?;
    let other = Database::memory()?;
    send(&db, &other)?;
    insert(&other, note, 3, " two")?;
    let good = other.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        text.updates_since(&[])
    })?;
    let batch = received(note, &[b"no update", &all, &[255; 30], &good, &good[1..]]);
    let report = db.merge(&batch.changes()?)?;
    assert_eq!(report.refused, []);
    assert_eq!(body(&db, note)?, "one two");
    let aside = db.set_aside()?;
    let [aside] = &*aside else { return Err(format!("{aside:?}").into()) };
    assert_eq!((aside.obstacle, aside.changes), (Obstacle::Text, 3));
    insert(&db, note, 7, " three")?;
    db.rebuild()?;
    assert_eq!(body(&db, note)?, "one two three");
    let fresh = Database::memory()?;
    sync(&db, &fresh)
}

#[test]
fn what_another_program_does_to_texts_is_put_right() -> Outcome {
    for damage in [
        "DELETE FROM ara_text",
        "DROP TABLE ara_text",
        "DROP TABLE ara_text_update",
        "DROP TABLE note",
        "ALTER TABLE note DROP COLUMN remark",
        "UPDATE ara_text SET state = x'00'",
        "UPDATE ara_text SET at = at + 1",
    ] {
        let file = File::new()?;
        let db = file.open()?;
        let note = db.create(Note::draft().title("Milk").body("one"))?;
        insert(&db, note, 3, " two")?;
        assert_eq!(body(&db, note)?, "one two");
        db.update(Note::patch(note).remark("some"))?;
        insert(&db, note, 7, " three")?;
        drop(db);
        file.sqlite()?.execute_batch(damage)?;
        let db = file.open()?;
        db.rebuild()?;
        assert_eq!(body(&db, note)?, "one two three", "{damage}");
        let row = db.get(note)?.ok_or("is there")?;
        assert_eq!(row.remark.as_deref(), Some("some"), "{damage}");
        assert!(db.verify()?.holds(), "{damage}");
    }
    Ok(())
}
