//! What counts once undos are undone in turn.

use ara::prelude::*;
use ara::{TransactionId, UndoReport};

use crate::past::{Todo, after};
use support::{Outcome, There, send, verified};

fn last(db: &Database) -> Outcome<TransactionId> {
    db.last_transaction()?.there()
}

fn made(report: &UndoReport) -> Outcome<TransactionId> {
    report.transaction.there()
}

fn rate(db: &Database, id: Id<Todo>, stars: i64) -> Outcome<TransactionId> {
    db.update(Todo::patch(id).stars(stars))?;
    last(db)
}

fn stars(db: &Database, id: Id<Todo>) -> Outcome<Option<i64>> {
    Ok(db.get(id)?.there()?.stars)
}

fn is_undone(db: &Database, transaction: TransactionId) -> Outcome<bool> {
    let listed = db.transactions().collect::<ara::Result<Vec<_>>>()?;
    Ok(listed.iter().find(|listed| listed.id == transaction).there()?.is_undone)
}

/// The undo of an undo brings back what counts, also where the undo itself had written nothing.
#[test]
fn what_is_done_again_is_written_again() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let created = last(&db)?;
    let three = rate(&db, milk, 3)?;
    let not_created = made(&db.undo(created)?)?;
    let both = made(&db.undo_all([not_created, three])?)?;
    assert_eq!(stars(&db, milk)?, None);
    db.undo(both)?;
    assert_eq!(db.get(milk)?, None);
    db.restore(milk)?;
    assert_eq!(stars(&db, milk)?, Some(3));
    verified(&db)
}

/// What an undo left, as it was overwritten, is there again if that is undone.
#[test]
fn what_was_left_is_done_again_too() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    db.update(Todo::patch(milk).title("Buy oat milk").stars(2))?;
    let two = last(&db)?;
    let three = rate(&db, milk, 3)?;
    let not_two = db.undo(two)?;
    assert_eq!((not_two.written, not_two.left), (1, 1));
    db.undo(three)?;
    assert_eq!(stars(&db, milk)?, Some(1));
    db.undo(made(&not_two)?)?;
    assert_eq!(stars(&db, milk)?, Some(2));
    verified(&db)
}

/// A row whose creation is undone keeps what it was created with, in whichever order it was undone.
#[test]
fn a_row_keeps_what_it_was_created_with() -> Outcome {
    for order in [[0, 1], [1, 0]] {
        for at_once in [false, true] {
            let db = Database::memory()?;
            let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
            let created = last(&db)?;
            let all = [created, rate(&db, milk, 2)?];
            let all = order.map(|at| all[at]);
            if at_once {
                db.undo_all(all)?;
            } else {
                db.undo(all[0])?;
                db.undo(all[1])?;
            }
            assert_eq!(db.get(milk)?, None);
            db.restore(milk)?;
            assert_eq!(stars(&db, milk)?, Some(1), "{order:?}, {at_once}");
            verified(&db)?;
        }
    }
    Ok(())
}

/// A merge brings that something was undone and done again, or done again and undone: in any order, that is
/// taken back to what was shown before.
#[test]
fn undos_that_a_merge_brought_are_taken_back() -> Outcome {
    for is_undone_before in [false, true] {
        for is_last_first in [false, true] {
            let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
            let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
            let mut next = rate(&laptop, milk, 2)?;
            if is_undone_before {
                next = made(&laptop.undo(next)?)?;
            }
            let before = stars(&laptop, milk)?;
            send(&laptop, &phone)?;
            let one = made(&phone.undo(next)?)?;
            let two = made(&phone.undo(one)?)?;
            send(&phone, &laptop)?;
            let brought = if is_last_first { [two, one] } else { [one, two] };
            let report = laptop.undo_all(brought)?;
            assert_eq!((report.written, report.transaction), (0, None));
            assert_eq!(stars(&laptop, milk)?, before);
            verified(&laptop)?;
        }
    }
    Ok(())
}

/// An undo is in force as long as all is as it made it, whoever made it so.
#[test]
fn an_undo_is_in_force_while_it_holds() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let two = rate(&db, milk, 2)?;
    let undo = made(&db.undo(two)?)?;
    let redo = made(&db.undo(undo)?)?;
    assert!(is_undone(&db, undo)? && !is_undone(&db, redo)?);
    let again = made(&db.undo(redo)?)?;
    for (id, expected) in [(two, true), (undo, false), (redo, true), (again, false)] {
        assert_eq!(is_undone(&db, id)?, expected);
    }
    assert_eq!(db.undo(redo)?.written, 0);
    assert_eq!((db.undo(undo)?.written, stars(&db, milk)?), (1, Some(2)));
    for (id, expected) in [(two, false), (undo, true), (redo, false), (again, true)] {
        assert_eq!(is_undone(&db, id)?, expected);
    }
    verified(&db)
}
