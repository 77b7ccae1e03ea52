//! Forgetting rows: their values are gone, here and on every other device, whatever was written meanwhile.

mod bytes;
mod late;
mod meanwhile;
mod order;

use ara::prelude::*;
use ara::{Error, Json, Stored, TransactionId};

use support::{File, Outcome, There, Wall, agree, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    title: String,
    #[table(index)]
    text: Option<String>,
    tags: Option<Json<Vec<String>>>,
    views: Counter,
    about: Option<Id<Note>>,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
struct Draft {
    id: Id<Draft>,
    text: String,
}

const SECRET: &str = "sesamopeniti";

/// A row with a secret in each of its columns, that was edited and deleted.
fn deleted(db: &Database) -> Outcome<Id<Note>> {
    let id = db.create(Note::draft().title(SECRET).text(SECRET).views(7))?;
    let tags = vec![SECRET.to_owned()];
    db.update(Note::patch(id).title(format!("{SECRET} again")).tags(tags))?;
    db.update(Note::patch(id).views(Counter::add(5)))?;
    assert!(db.delete(id)?);
    Ok(id)
}

/// What a forgotten row is.
fn is_gone(db: &Database, id: Id<Note>) -> Outcome {
    let note = db.query::<Note>().with_deleted().filter(Note::id.eq(id)).one()?;
    let values = (note.title, note.text, note.tags, note.views, note.about);
    assert_eq!(values, (None, None, None, None, None));
    assert_eq!(note.created_at, note.updated_at);
    assert_eq!(db.get(id)?, None);
    assert!(!db.update(Note::patch(id).text("more"))?);
    assert!(!db.delete(id)?);
    let refused = |error: Option<Error>| match error {
        Some(Error::Forgotten { table }) if table == "note" => Ok(()),
        other => Err(format!("{other:?}")),
    };
    refused(db.restore(id).err())?;
    let draft = || Note::draft().id(id).title("again").views(0);
    refused(db.create(draft()).err())?;
    refused(db.upsert(draft()).err())?;
    for change in db.history(id)? {
        for column in change.columns {
            assert_eq!(
                (column.column.as_str(), column.to),
                ("is_deleted", Some(Stored::Integer(1)))
            );
        }
    }
    verified(db)
}

#[test]
fn a_deleted_row_is_forgotten_once() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Note::draft().title(SECRET).views(1))?;
    assert!(!db.forget(id)?);
    assert!(db.get(id)?.is_some());
    assert!(!db.forget(Id::<Note>::from_key("nothing"))?);
    db.delete(id)?;
    assert!(db.forget(id)?);
    is_gone(&db, id)?;
    let vector = db.version_vector()?;
    assert!(!db.forget(id)?);
    assert_eq!(db.version_vector()?, vector);
    // Others live.
    let other = db.create(Note::draft().title("other").about(id).views(0))?;
    assert_eq!(db.get(other)?.there()?.about, Some(id));
    db.rebuild()?;
    is_gone(&db, id)
}

#[test]
fn it_is_part_of_a_transaction() -> Outcome {
    let db = Database::memory()?;
    let kept = deleted(&db)?;
    let failed = db.transaction(|tx| {
        assert!(tx.forget(kept)?);
        Err::<(), _>(Error::Busy)
    });
    assert!(failed.is_err());
    assert!(db.restore(kept)?);
    assert_eq!(db.get(kept)?.there()?.text.as_deref(), Some(SECRET));
    // One that is created, deleted and forgotten in one.
    let (id, one) = db.transaction(|tx| {
        let id = tx.create(Note::draft().title(SECRET).views(2))?;
        tx.update(Note::patch(id).text(SECRET))?;
        tx.delete(id)?;
        assert!(tx.forget(id)?);
        assert!(!tx.forget(id)?);
        tx.update(Note::patch(kept).text("after"))?;
        Ok((id, tx.id()))
    })?;
    is_gone(&db, id)?;
    let listed: Vec<TransactionId> =
        db.transactions().map(|one| one.map(|one| one.id)).collect::<Result<_, _>>()?;
    assert_eq!(listed.first().copied(), one);
    assert_eq!(db.get(kept)?.there()?.text.as_deref(), Some("after"));
    Ok(())
}

#[test]
fn all_that_were_deleted_before_a_time_are_forgotten() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().seed(1).memory()?;
    let note = |title: String| Note::draft().title(title).views(0);
    let ids = db.create_all((0..8500).map(|at| note(format!("note {at}"))))?;
    let draft = db.create(Draft::draft().text(SECRET))?;
    db.delete(draft)?;
    db.transaction(|tx| ids.iter().skip(10).try_for_each(|id| tx.delete(*id).map(drop)))?;
    wall.advance(1000);
    let before = Timestamp::from_millis(wall.millis());
    for id in &ids[..5] {
        db.delete(*id)?;
    }
    assert_eq!(db.forget_deleted(before)?, 8491);
    assert_eq!(db.forget_deleted(before)?, 0);
    assert!(db.restore(ids[0])?);
    assert!(matches!(db.restore(ids[10]), Err(Error::Forgotten { .. })));
    assert_eq!(db.query::<Note>().count()?, 6);
    // A local table has no log, and its row is gone.
    assert_eq!(db.query::<Draft>().with_deleted().count()?, 0);
    db.create(Draft::draft().id(draft).text("again"))?;
    verified(&db)
}

#[test]
fn it_cannot_be_undone() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Note::draft().title(SECRET).views(1))?;
    let created = db.last_transaction()?.there()?;
    db.update(Note::patch(id).text(SECRET))?;
    let edited = db.last_transaction()?.there()?;
    db.delete(id)?;
    let deleted = db.last_transaction()?.there()?;
    let undone = db.undo(edited)?.transaction;
    db.forget(id)?;
    let forgot = db.last_transaction()?.there()?;
    for transaction in [Some(forgot), Some(deleted), undone, Some(edited), Some(created)] {
        let Some(transaction) = transaction else { continue };
        let report = db.undo(transaction)?;
        assert_eq!(report.written, 0, "{report:?}");
        is_gone(&db, id)?;
    }
    is_gone(&db, id)
}

#[test]
fn the_past_does_not_have_it() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().seed(1).memory()?;
    let id = deleted(&db)?;
    let other = db.create(Note::draft().title("other").views(0))?;
    let before = Timestamp::from_millis(wall.millis());
    wall.advance(1000);
    db.forget(id)?;
    let past = db.at(before);
    assert_eq!(past.query::<Note>().select(Note::id).all()?, [other]);
    assert_eq!(past.query::<Note>().with_deleted().filter(Note::title.eq(SECRET)).count()?, 0);
    Ok(())
}

#[test]
fn json_lines_bring_nothing_back() -> Outcome {
    let db = Database::memory()?;
    let id = deleted(&db)?;
    let mut before = Vec::new();
    db.export_json::<Note>(&mut before)?;
    db.forget(id)?;
    let imported = db.import_json::<Note>(&before[..]);
    assert!(matches!(imported, Err(Error::Line { line: 1, .. })), "{imported:?}");
    is_gone(&db, id)?;
    let report = db.import_json_with::<Note>(&before[..], |_| ara::OnProblem::Skip)?;
    assert_eq!((report.rows, report.skipped), (0, 1));
    // What is exported now is a deleted row without values.
    let mut after = Vec::new();
    db.export_json::<Note>(&mut after)?;
    assert!(!String::from_utf8(after)?.contains(SECRET));
    is_gone(&db, id)
}

#[test]
fn a_watch_hears_of_it() -> Outcome {
    let db = Database::memory()?;
    let id = deleted(&db)?;
    let mut watch = db.query::<Note>().with_deleted().select(Note::text).watch()?;
    assert_eq!(watch.recv()?, [Some(SECRET.to_owned())]);
    db.forget(id)?;
    assert_eq!(watch.recv()?, [None]);
    Ok(())
}

/// Once all devices know of it, only the change that forgot the row stays.
#[test]
fn compaction_gives_the_room_of_forgotten_rows_back() -> Outcome {
    let (one, other) = (Database::memory()?, Database::memory()?);
    let ids = (0..20).map(|_| deleted(&one)).collect::<Outcome<Vec<_>>>()?;
    send(&one, &other)?;
    let stale = other.version_vector()?;
    one.transaction(|tx| ids.iter().try_for_each(|id| tx.forget(*id).map(drop)))?;
    // The other one may not have heard of it.
    let vector = one.version_vector()?;
    let done = one.compact(&[vector, stale])?;
    assert_eq!((done.changes, done.dropped_changes), (80, 0));
    send(&one, &other)?;
    let vectors = [one.version_vector()?, other.version_vector()?];
    let done = one.compact(&vectors)?;
    assert_eq!((done.dropped_changes, one.verify()?.changes), (80, 20));
    let fresh = Database::memory()?;
    send(&one, &fresh)?;
    // Whoever has more is the same.
    send(&other, &fresh)?;
    for db in [&one, &other, &fresh] {
        for id in &ids {
            is_gone(db, *id)?;
        }
        agree(db, &one)?;
        db.rebuild()?;
        is_gone(db, ids[0])?;
    }
    Ok(())
}

#[test]
fn compaction_leaves_nothing_else_of_it() -> Outcome {
    for before in [false, true] {
        let (one, other) = (Database::memory()?, Database::memory()?);
        let id = deleted(&one)?;
        send(&one, &other)?;
        if before {
            one.compact(&[one.version_vector()?])?;
        }
        one.forget(id)?;
        if !before {
            one.compact(&[one.version_vector()?])?;
        }
        is_gone(&one, id)?;
        send(&one, &other)?;
        is_gone(&other, id)?;
        agree(&one, &other)?;
        let fresh = Database::memory()?;
        send(&other, &fresh)?;
        is_gone(&fresh, id)?;
        agree(&one, &fresh)?;
        fresh.rebuild()?;
        is_gone(&fresh, id)?;
    }
    Ok(())
}

/// Whoever cleans up by hand takes the tombstone away, but not that the row was forgotten.
#[test]
fn a_tombstone_that_another_program_deleted_brings_nothing_back() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = deleted(&db)?;
    db.forget(id)?;
    file.tamper("DELETE FROM note WHERE is_deleted")?;
    let draft = || Note::draft().id(id).title("again").views(0);
    for written in [db.create(draft()), db.upsert(draft())] {
        assert!(matches!(written, Err(Error::Forgotten { .. })), "{written:?}");
    }
    assert!(!db.restore(id)?);
    db.rebuild()?;
    is_gone(&db, id)
}

/// Another program, or device, tells it by a float. All agree on whether the row is deleted.
#[test]
fn a_row_that_is_deleted_by_a_float_is_deleted() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Note::draft().title(SECRET).views(1))?;
    file.tamper("UPDATE note SET is_deleted = 1.0")?;
    assert_eq!((db.get(id)?, db.count_deleted(Timestamp::MAX)?), (None, 1));
    assert!(!db.update(Note::patch(id).text(SECRET))?);
    assert!(!db.delete(id)?);
    assert!(db.restore(id)?);
    assert!(db.get(id)?.is_some());
    file.tamper("UPDATE note SET is_deleted = 1.0")?;
    assert_eq!(db.forget_deleted(Timestamp::MAX)?, 1);
    is_gone(&db, id)
}

/// Neither keeps others from being forgotten.
#[test]
fn a_row_without_an_id_and_a_spoilt_table_are_passed_over() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = [deleted(&db)?, deleted(&db)?];
    let draft = db.create(Draft::draft().text(SECRET))?;
    db.delete(draft)?;
    file.tamper(
        "INSERT INTO note (id, ara_clock, updated_at, is_deleted) VALUES ('none', x'', 5, 1)",
    )?;
    assert_eq!(db.count_deleted(Timestamp::MAX)?, 3);
    file.sqlite()?.execute_batch("ALTER TABLE note RENAME COLUMN updated_at TO at")?;
    assert_eq!(db.count_deleted(Timestamp::MAX)?, 1);
    assert_eq!(db.forget_deleted(Timestamp::MAX)?, 1);
    file.sqlite()?.execute_batch("ALTER TABLE note RENAME COLUMN at TO updated_at")?;
    assert_eq!(db.forget_deleted(Timestamp::MAX)?, 2);
    assert_eq!(db.count_deleted(Timestamp::MAX)?, 0);
    db.rebuild()?;
    ids.into_iter().try_for_each(|id| is_gone(&db, id))
}
