//! Undoing what was typed, which leaves what others typed.

use ara::TransactionId;
use ara::prelude::*;

use crate::text::{Note, begin, body, insert, send, sync};
use support::Outcome;

/// The last transaction that changed a note.
fn last(db: &Database, note: Id<Note>) -> Outcome<TransactionId> {
    Ok(db.history(note)?.pop().ok_or("was changed")?.transaction)
}

#[test]
fn what_a_transaction_typed_is_taken_back_and_the_rest_stays() -> Outcome {
    let (phone, note) = begin("one two three")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    phone.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        text.replace(4..7, "2")?;
        text.insert(0, "zero ")
    })?;
    let typed = last(&phone, note)?;
    insert(&phone, note, 16, "!")?;
    insert(&laptop, note, 13, " four")?;
    sync(&phone, &laptop)?;
    assert!(body(&phone, note)?.starts_with("zero one 2 three"));
    let rest = body(&phone, note)?.replace("zero one 2 three", "");

    let undone = laptop.undo(typed)?;
    assert_eq!((undone.written, undone.left), (1, 0));
    sync(&phone, &laptop)?;
    assert_eq!(body(&phone, note)?, format!("one two three{rest}"));
    assert_eq!(phone.undo(typed)?.written, 0);

    insert(&laptop, note, 4, "and ")?;
    let again = undone.transaction.ok_or("was undone")?;
    for _ in 0..2 {
        let redone = laptop.undo(again)?.transaction.ok_or("was done again")?;
        assert!(body(&laptop, note)?.starts_with("zero one "), "{}", body(&laptop, note)?);
        assert!(!body(&laptop, note)?.contains("two"), "{}", body(&laptop, note)?);
        sync(&laptop, &phone)?;
        phone.undo(redone)?;
        sync(&laptop, &phone)?;
        assert_eq!(body(&phone, note)?, format!("one and two three{rest}"));
    }
    assert!(phone.verify()?.holds());
    Ok(())
}

#[test]
fn steps_are_undone_one_by_one() -> Outcome {
    let (db, note) = begin("")?;
    let mut said = vec![String::new()];
    let mut steps = Vec::new();
    for (at, text) in ["milk", "fresh milk", "fresh bread", "bread"].into_iter().enumerate() {
        db.update(Note::patch(note).body(text).title(format!("{at}")))?;
        steps.push(last(&db, note)?);
        said.push(text.to_owned());
    }
    let mut undone = Vec::new();
    for step in steps.iter().rev() {
        said.pop();
        undone.extend(db.undo(*step)?.transaction);
        assert_eq!(said.last(), Some(&body(&db, note)?));
    }
    for (step, text) in undone.iter().rev().zip(["milk", "fresh milk", "fresh bread", "bread"]) {
        db.undo(*step)?;
        assert_eq!(body(&db, note)?, text);
    }
    db.undo_all(steps)?;
    assert_eq!(body(&db, note)?, "");
    let other = Database::memory()?;
    sync(&db, &other)
}

#[test]
fn a_row_that_is_undone_keeps_its_text() -> Outcome {
    let (db, note) = begin("one")?;
    let made = last(&db, note)?;
    db.undo(made)?;
    assert!(db.get(note)?.is_none());
    db.restore(note)?;
    assert_eq!(body(&db, note)?, "one");
    let (other, second) = begin("two")?;
    let made = last(&other, second)?;
    insert(&other, second, 3, " more")?;
    other.undo(made)?;
    assert!(other.get(second)?.is_none());
    other.restore(second)?;
    assert_eq!(body(&other, second)?, "two more");
    assert!(other.verify()?.holds());
    Ok(())
}
