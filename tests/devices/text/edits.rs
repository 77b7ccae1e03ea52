//! Texts that are edited letter by letter.

use ara::prelude::*;
use ara::{Error, TextCursor};

use crate::text::{Note, begin, body, insert, send, sync};
use support::{File, Outcome};

#[test]
fn letters_that_two_devices_type_apart_are_united() -> Outcome {
    let (phone, note) = begin("Buy milk")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    insert(&phone, note, 4, "fresh ")?;
    laptop.transaction(|tx| tx.text(note, Note::body)?.delete(..3))?;
    insert(&laptop, note, 0, "Sell")?;
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, "Sell fresh milk");
    Ok(())
}

#[test]
fn a_transaction_is_one_change_of_a_text() -> Outcome {
    let (db, note) = begin("")?;
    let before = db.history(note)?.len();
    db.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        for (at, letter) in "Buy milk ".chars().cycle().take(300).enumerate() {
            text.insert(at, &letter.to_string())?;
        }
        text.delete(10..290)?;
        assert_eq!(text.to_text()?, "Buy milk By milk Buy");
        Ok(())
    })?;
    assert_eq!(db.history(note)?.len(), before + 1);
    assert_eq!(body(&db, note)?, "Buy milk By milk Buy");
    let other = Database::memory()?;
    sync(&db, &other)
}

#[test]
fn edits_and_other_writes_mix() -> Outcome {
    let (db, note) = begin("one")?;
    db.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        text.insert(3, " two")?;
        tx.update(Note::patch(note).title("Other"))?;
        assert_eq!(tx.query::<Note>().filter(Note::body.eq("one two")).count()?, 1);
        text.insert(0, "zero ")?;
        tx.update(Note::patch(note).body("zero one two three"))?;
        text.delete(..5)?;
        assert!(tx.id().is_some());
        let remark = tx.text(note, Note::remark)?;
        remark.insert(0, "begun")?;
        assert_eq!(tx.text(note, Note::remark)?.to_text()?, "begun");
        Ok(())
    })?;
    let row = db.get(note)?.ok_or("is there")?;
    assert_eq!(row.body.as_deref(), Some("one two three"));
    assert_eq!(row.remark.as_deref(), Some("begun"));
    assert_eq!(db.query::<Note>().search("three").count()?, 1);
    assert!(db.verify()?.holds());
    let other = Database::memory()?;
    sync(&db, &other)
}

#[test]
fn what_is_taken_back_leaves_nothing() -> Outcome {
    let (db, note) = begin("one")?;
    insert(&db, note, 3, " two")?;
    let failed: ara::Result<()> = db.transaction(|tx| {
        tx.text(note, Note::body)?.insert(0, "lost")?;
        Err(Error::DiskFull)
    });
    assert!(failed.is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.transaction(|tx| -> ara::Result<()> {
            tx.text(note, Note::body)?.insert(0, "lost")?;
            panic!("as an app may")
        })
    }));
    assert!(panicked.is_err());
    insert(&db, note, 7, " three")?;
    assert_eq!(body(&db, note)?, "one two three");
    let other = Database::memory()?;
    sync(&db, &other)
}

/// What was not written must be nobody else's loss.
#[test]
fn a_write_that_fails_takes_nothing_of_other_texts_with_it() -> Outcome {
    let (db, note) = begin("one")?;
    let gone = db.create(Note::draft().title("Gone").body("gone"))?;
    db.delete(gone)?;
    db.transaction(|tx| {
        tx.text(note, Note::body)?.insert(3, " two")?;
        assert!(!tx.update(Note::patch(gone).body("not there"))?);
        assert!(tx.text(gone, Note::body).is_err());
        Ok(())
    })?;
    assert_eq!(body(&db, note)?, "one two");
    Ok(())
}

#[test]
fn what_cannot_be_edited_is_an_error() -> Outcome {
    let (db, note) = begin("aé\u{1F600}")?;
    db.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        for error in [text.insert(4, "x"), text.delete(2..4), text.delete(4..), text.apply(b"x")] {
            assert!(matches!(error, Err(Error::Text { column: "body", .. })), "{error:?}");
        }
        assert!(text.cursor(4).is_err() && text.updates_since(b"xyz").is_err());
        text.insert(3, "z")?;
        text.delete(1..2)?;
        assert_eq!(text.to_text()?, "a\u{1F600}z");
        assert!(tx.text(Id::<Note>::from_key("nobody"), Note::body).is_err());
        Ok(())
    })?;
    assert_eq!(body(&db, note)?, "a\u{1F600}z");
    Ok(())
}

#[test]
fn a_cursor_stays_at_its_place() -> Outcome {
    let (phone, note) = begin("one three")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    let index = |db: &Database, cursor: &TextCursor| {
        db.transaction(|tx| tx.text(note, Note::body)?.index_of(cursor))
    };
    let cursor = phone.transaction(|tx| tx.text(note, Note::body)?.cursor(4))?;
    assert_eq!(index(&phone, &cursor)?, Some(4));
    insert(&laptop, note, 0, "zero ")?;
    insert(&laptop, note, 9, "two ")?;
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, "zero one two three");
    assert_eq!(index(&phone, &cursor)?, Some(9));
    let read = TextCursor::from_bytes(&cursor.to_bytes())?;
    assert_eq!((index(&laptop, &read)?, &read), (Some(9), &cursor));
    Ok(())
}

#[test]
fn an_editor_has_the_text_as_its_document() -> Outcome {
    let (phone, note) = begin("one")?;
    let editor = Database::memory()?;
    // Another text stands for the document of an editor.
    let document =
        editor.create(Note::draft().title("Editor").body("").id(Id::from_key("other")))?;
    let all = phone.transaction(|tx| tx.text(note, Note::body)?.updates_since(&[]))?;
    let (typed, later) = editor.transaction(|tx| {
        let text = tx.text(document, Note::body)?;
        text.apply(&all)?;
        let before = text.state_vector()?;
        text.insert(3, " two")?;
        let typed = text.updates_since(&before)?;
        let before = text.state_vector()?;
        text.insert(7, " three")?;
        Ok((typed, text.updates_since(&before)?))
    })?;
    for _ in 0..2 {
        phone.transaction(|tx| tx.text(note, Note::body)?.apply(&typed))?;
        assert_eq!(body(&phone, note)?, "one two");
    }
    let (before, logged) = (phone.version_vector()?, phone.history(note)?.len());
    phone.transaction(|tx| tx.text(note, Note::body)?.apply(&all))?;
    assert_eq!((phone.version_vector()?, phone.history(note)?.len()), (before, logged));
    // What builds on what was not applied.
    let fresh = phone.create(Note::draft().title("Fresh").body("kept"))?;
    phone.transaction(|tx| {
        let text = tx.text(fresh, Note::body)?;
        text.insert(4, " on")?;
        assert!(matches!(text.apply(&later), Err(Error::Text { .. })));
        text.insert(0, "still ")
    })?;
    assert_eq!(body(&phone, fresh)?, "still kept on");
    let other = Database::memory()?;
    sync(&phone, &other)
}

#[test]
fn two_handles_of_one_file_see_what_the_other_types() -> Outcome {
    let file = File::new()?;
    let (one, two) = (file.open()?, file.open()?);
    let note = one.create(Note::draft().title("Milk").body(""))?;
    for at in 0..6 {
        let db = if at % 2 == 0 { &one } else { &two };
        insert(db, note, at, &at.to_string())?;
        if at == 3 {
            assert_eq!(body(&one, note)?, "0123");
        }
    }
    assert_eq!((body(&one, note)?, body(&two, note)?), ("012345".into(), "012345".into()));
    drop((one, two));
    let again = file.open()?;
    insert(&again, note, 6, "6")?;
    assert_eq!(body(&again, note)?, "0123456");
    assert!(again.verify()?.holds());
    Ok(())
}
