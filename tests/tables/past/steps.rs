//! Step by step back, and forth again.

use ara::TransactionId;
use ara::prelude::*;
use proptest::prelude::*;

use crate::past::random::{Writes, write, writes};
use crate::past::{Todo, after};
use support::{Outcome, There, Wall, cases, send, verified};

/// Writes the stars of a row: the transaction that does.
fn rate(db: &Database, id: Id<Todo>, stars: i64) -> Outcome<TransactionId> {
    db.update(Todo::patch(id).stars(stars))?;
    db.last_transaction()?.there()
}

fn stars(db: &Database, id: Id<Todo>) -> Outcome<Option<i64>> {
    Ok(db.get(id)?.there()?.stars)
}

/// Undoes a transaction, which is one value: the transaction that does.
fn undo(db: &Database, transaction: TransactionId) -> Outcome<TransactionId> {
    let report = db.undo(transaction)?;
    assert_eq!((report.written, report.left), (1, 0));
    report.transaction.there()
}

#[test]
fn what_is_undone_is_in_nobodys_way() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let (two, three) = (rate(&db, milk, 2)?, rate(&db, milk, 3)?);
    let not_three = undo(&db, three)?;
    let not_two = undo(&db, two)?;
    assert_eq!(stars(&db, milk)?, Some(1));
    undo(&db, not_two)?;
    assert_eq!(stars(&db, milk)?, Some(2));
    let three_again = undo(&db, not_three)?;
    assert_eq!(stars(&db, milk)?, Some(3));
    // What was undone twice is undone no more.
    for old in [not_three, not_two] {
        assert_eq!(db.undo(old)?.written, 0);
    }
    undo(&db, three_again)?;
    let undone: Vec<_> = db
        .transactions()
        .map(|told| told.map(|told| (told.is_undo, told.is_undone)))
        .collect::<ara::Result<_>>()?;
    // The undos that agree with what is undone now are in force, the first one of `three` as well.
    let undos = [false, true, false, true, false].map(|is_undone| (true, is_undone));
    assert_eq!(undone[..5], undos);
    assert_eq!(undone[5..], [(false, true), (false, false), (false, false)]);
    verified(&db)
}

/// What is left, as it has been written since, stays undone where that is undone too.
#[test]
fn what_is_undone_does_not_come_back() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    db.update(Todo::patch(milk).stars(2).title("Buy oat milk"))?;
    let second = db.last_transaction()?.there()?;
    let third = rate(&db, milk, 3)?;
    let report = db.undo(second)?;
    assert_eq!((report.written, report.left, stars(&db, milk)?), (1, 1, Some(3)));
    undo(&db, third)?;
    assert_eq!(stars(&db, milk)?, Some(1));
    Ok(())
}

#[test]
fn what_was_not_undone_at_all_does() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let (two, three) = (rate(&db, milk, 2)?, rate(&db, milk, 3)?);
    assert_eq!(db.undo(two)?.transaction, None);
    undo(&db, three)?;
    assert_eq!(stars(&db, milk)?, Some(2));
    undo(&db, two)?;
    assert_eq!(stars(&db, milk)?, Some(1));
    Ok(())
}

/// A transaction that changes nothing in the end is undone like others.
#[test]
fn what_came_to_nothing_is_in_nobodys_way() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let made = db.last_transaction()?.there()?;
    db.transaction(|tx| {
        tx.delete(milk)?;
        tx.restore(milk)
    })?;
    let nothing = db.undo(db.last_transaction()?.there()?)?;
    assert_eq!((nothing.written, nothing.left), (0, 0));
    assert_eq!(db.undo(made)?.written, 1);
    assert_eq!(db.get(milk)?, None);
    Ok(())
}

#[test]
fn all_that_came_with_a_merge_is_taken_back() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
    send(&laptop, &phone)?;
    for n in 2..5 {
        rate(&phone, milk, n)?;
    }
    let report = &send(&phone, &laptop)?[0];
    for transaction in report.transactions.iter().rev() {
        undo(&laptop, *transaction)?;
    }
    assert_eq!(stars(&laptop, milk)?, Some(1));
    send(&laptop, &phone)?;
    assert_eq!(stars(&phone, milk)?, Some(1));
    verified(&phone)
}

/// What was before an undone value may be gone from a compacted log.
#[test]
fn a_compacted_log_has_no_less() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    wall.advance(1);
    let two = rate(&db, milk, 2)?;
    let vector = db.version_vector()?;
    wall.advance(1);
    let three = rate(&db, milk, 3)?;
    wall.advance(1);
    undo(&db, three)?;
    undo(&db, two)?;
    // The log before is of `two`, that is: of a value that does not count.
    db.compact(&[vector])?;
    wall.advance(1);
    let four = rate(&db, milk, 4)?;
    undo(&db, four)?;
    assert_eq!(stars(&db, milk)?, Some(1));
    verified(&db)
}

/// What the rows hold, but for when.
type Rows = Vec<(Id<Todo>, Option<String>, Option<bool>, Option<i64>)>;

fn rows(db: &Database) -> ara::Result<Rows> {
    let rows = db.query::<Todo>().order_by(Todo::id).all()?.into_iter();
    Ok(rows.map(|row| (row.id, row.title, row.done, row.stars)).collect())
}

/// What is written, and the steps: whose they are, and how many where to.
type Case = (Vec<Writes>, Vec<(bool, u8)>);

/// Two devices take turns to write, and then to go back and forth among all that was written. After each
/// step the rows are what they were there.
fn holds((written, steps): Case) -> Outcome {
    let wall = Wall::new();
    let dbs = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    let meet = || send(&dbs[0], &dbs[1]).and_then(|_| send(&dbs[1], &dbs[0]));
    let mut then = vec![rows(&dbs[0])?];
    // By which each step is undone: from where it was made, or made again.
    let mut done = Vec::new();
    for (turn, writes) in written.iter().enumerate() {
        wall.advance(1);
        let db = &dbs[turn % 2];
        let before = db.last_transaction()?;
        write(db, writes)?;
        if let Some(last) = db.last_transaction()?.filter(|last| Some(*last) != before) {
            done.push(last);
            then.push(rows(db)?);
        }
        meet()?;
    }
    let mut undone = Vec::new();
    for (device, count) in steps {
        wall.advance(1);
        let db = &dbs[usize::from(device)];
        for _ in 0..count / 2 {
            let (from, to) = match count % 2 {
                0 => (&mut done, &mut undone),
                _ => (&mut undone, &mut done),
            };
            let Some(last) = from.pop() else { break };
            to.push(db.undo(last)?.transaction.there()?);
            assert_eq!(rows(db)?, then[done.len()]);
        }
        meet()?;
    }
    assert_eq!(rows(&dbs[0])?, rows(&dbs[1])?);
    verified(&dbs[0])
}

#[test]
fn each_step_leads_to_what_was_there() {
    let written = prop::collection::vec(writes(), 1..10);
    let steps = prop::collection::vec((any::<bool>(), any::<u8>().prop_map(|n| n % 12)), 1..12);
    cases::hold((32, 1_000), &(written, steps), holds);
}
