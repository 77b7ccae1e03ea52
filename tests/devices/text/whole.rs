//! Texts that are written as a whole, and read as any others.

use ara::prelude::*;

use crate::text::{Note, begin, body, same, send, sync};
use support::Outcome;

#[test]
fn what_two_devices_write_apart_is_united() -> Outcome {
    let (phone, note) = begin("Buy milk")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    assert_eq!(body(&laptop, note)?, "Buy milk");
    phone.update(Note::patch(note).body("Buy fresh milk"))?;
    laptop.update(Note::patch(note).body("Buy milk and bread").title("Both"))?;
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, "Buy fresh milk and bread");
    assert!(phone.verify()?.holds() && laptop.verify()?.holds());
    Ok(())
}

#[test]
fn a_text_is_plain_text_in_queries_and_searches() -> Outcome {
    let (db, note) = begin("one")?;
    db.update(Note::patch(note).body("one two"))?;
    assert_eq!(db.query::<Note>().filter(Note::body.eq("one two")).count()?, 1);
    assert_eq!(db.query::<Note>().filter(Note::body.like("%two")).count()?, 1);
    assert_eq!(db.query::<Note>().filter(Note::body.starts_with("one")).count()?, 1);
    db.update(Note::patch(note).body("one two three"))?;
    assert_eq!(db.query::<Note>().search("three").count()?, 1);
    db.update(Note::patch(note).body("one"))?;
    assert_eq!(db.query::<Note>().search("three").count()?, 0);
    assert_eq!(db.query::<Note>().search("one").count()?, 1);
    Ok(())
}

#[test]
fn a_transaction_sees_what_it_writes() -> Outcome {
    let (db, note) = begin("one")?;
    db.transaction(|tx| {
        tx.update(Note::patch(note).body("one two"))?;
        assert_eq!(tx.query::<Note>().filter(Note::body.eq("one two")).count()?, 1);
        tx.update(Note::patch(note).body("two"))?;
        assert_eq!(tx.get(note)?.and_then(|note| note.body).as_deref(), Some("two"));
        Ok(())
    })?;
    assert_eq!(body(&db, note)?, "two");
    let failed: ara::Result<()> = db.transaction(|tx| {
        tx.update(Note::patch(note).body("lost"))?;
        tx.create(Note::draft().title("Bread").body("Bread")).map(drop)?;
        Err(ara::Error::DiskFull)
    });
    assert!(failed.is_err());
    assert_eq!(body(&db, note)?, "two");
    db.update(Note::patch(note).body("two three"))?;
    assert_eq!(body(&db, note)?, "two three");
    let (other, holds) = (Database::memory()?, db.verify()?.holds());
    assert!(holds);
    sync(&db, &other)
}

#[test]
fn a_text_that_nobody_wrote_is_not_there() -> Outcome {
    let (db, note) = begin("")?;
    let row = db.get(note)?.ok_or("is there")?;
    assert_eq!((row.body.as_deref(), row.remark), (Some(""), None));
    let before = db.version_vector()?;
    db.update(Note::patch(note).remark(None))?;
    db.update(Note::patch(note).body(""))?;
    assert_eq!(db.version_vector()?, before);
    db.update(Note::patch(note).remark(ara::Text::from("")))?;
    assert_eq!(db.get(note)?.and_then(|note| note.remark).as_deref(), Some(""));
    db.update(Note::patch(note).remark("some"))?;
    db.update(Note::patch(note).remark(None))?;
    assert_eq!(db.get(note)?.and_then(|note| note.remark).as_deref(), Some(""));
    let other = Database::memory()?;
    sync(&db, &other)
}

#[test]
fn a_row_that_is_not_there_has_no_text() -> Outcome {
    let (db, note) = begin("one")?;
    db.delete(note)?;
    assert!(!db.update(Note::patch(note).body("two"))?);
    db.restore(note)?;
    assert_eq!(body(&db, note)?, "one");
    db.update(Note::patch(note).body("one two"))?;
    assert_eq!(body(&db, note)?, "one two");
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn what_is_deleted_and_restored_keeps_what_others_typed() -> Outcome {
    let (phone, note) = begin("one")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    phone.delete(note)?;
    laptop.update(Note::patch(note).body("one two"))?;
    sync(&phone, &laptop)?;
    phone.restore(note)?;
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, "one two");
    Ok(())
}

#[test]
fn a_whole_row_that_is_saved_merges_its_text() -> Outcome {
    let (phone, note) = begin("one")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    let mut row = phone.query::<Note>().narrow_all().one()?;
    row.body = "one two".into();
    phone.upsert(row)?;
    laptop.update(Note::patch(note).body("zero one"))?;
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, "zero one two");
    Ok(())
}

/// Both beginnings are there, in the same order on both.
#[test]
fn devices_that_begin_apart_get_both_beginnings() -> Outcome {
    let id = Id::from_key("diary");
    let devices = [Database::memory()?, Database::memory()?];
    for (device, text) in devices.iter().zip(["one", "two"]) {
        let draft = Note::draft().title("Diary").body(text);
        device.upsert(draft.id(id))?;
    }
    let [phone, laptop] = &devices;
    sync(phone, laptop)?;
    assert!(["onetwo", "twoone"].contains(&&*body(phone, id)?));
    Ok(())
}

#[test]
fn many_updates_come_in_any_order() -> Outcome {
    let (first, note) = begin("")?;
    let devices = [first, Database::memory()?, Database::memory()?];
    devices.iter().skip(1).try_for_each(|device| send(&devices[0], device).map(drop))?;
    let mut batches = Vec::new();
    for (device, letter) in devices.iter().zip(["a", "b", "c"]) {
        for _ in 0..5 {
            let before = device.version_vector()?;
            let text = body(device, note)? + letter;
            device.update(Note::patch(note).body(text))?;
            let changes = device.changes_since(&before)?;
            batches.extend(changes.collect::<ara::Result<Vec<_>>>()?);
        }
    }
    let [one, two, three] = &devices;
    sync(one, two)?;
    sync(two, three)?;
    sync(three, one)?;
    let text = body(one, note)?;
    assert_eq!(text.len(), 15);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let fresh = Database::memory()?;
        for device in order {
            for changes in batches.iter().rev().chain(&batches) {
                fresh.merge(changes)?;
            }
            send(&devices[device], &fresh)?;
        }
        assert_eq!(body(&fresh, note)?, text);
        same(one, &fresh)?;
    }
    Ok(())
}

#[test]
fn a_text_that_is_too_long_is_refused() -> Outcome {
    let (db, note) = begin("one")?;
    let long = "a".repeat((16 << 20) + 1);
    let refused = db.update(Note::patch(note).body(long));
    assert!(matches!(refused, Err(ara::Error::Rule { column: "body", .. })), "{refused:?}");
    assert_eq!(body(&db, note)?, "one");
    Ok(())
}
