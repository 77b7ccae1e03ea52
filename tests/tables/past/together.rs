//! Taking several transactions back at once.

use ara::prelude::*;
use ara::{Error, TransactionId, UndoReport};
use proptest::prelude::*;

use crate::past::random::{Writes, write, writes};
use crate::past::{Todo, after};
use support::{Outcome, There, Wall, cases, send, verified};

fn last(db: &Database) -> Outcome<TransactionId> {
    db.last_transaction()?.there()
}

/// Changes the stars of a row: the transaction that does.
fn rate(db: &Database, id: Id<Todo>, stars: i64) -> Outcome<TransactionId> {
    db.update(Todo::patch(id).stars(stars))?;
    last(db)
}

fn stars(db: &Database, id: Id<Todo>) -> Outcome<Option<i64>> {
    Ok(db.get(id)?.there()?.stars)
}

#[test]
fn none_is_none() -> Outcome {
    let db = Database::memory()?;
    assert_eq!(db.undo_all([])?, UndoReport::default());
    assert_eq!(db.last_transaction()?, None);
    Ok(())
}

#[test]
fn many_are_one_transaction() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let [two, three] = [rate(&db, milk, 2)?, rate(&db, milk, 3)?];
    db.create(Todo::draft().title("Make tea"))?;
    let tea = last(&db)?;
    let before = db.transactions().count();
    let undone = db.undo_all([tea, three, two])?;
    assert_eq!((undone.written, undone.left), (2, 0));
    assert_eq!((db.query::<Todo>().count()?, stars(&db, milk)?), (1, Some(1)));
    assert_eq!(db.transactions().count(), before + 1);
    for old in [two, three, tea] {
        assert_eq!(db.undo(old)?.transaction, None);
    }
    // All of them are in force again.
    assert_eq!(db.undo(undone.transaction.there()?)?.written, 2);
    assert_eq!((stars(&db, milk)?, db.query::<Todo>().count()?), (Some(3), 2));
    assert_eq!(db.undo(three)?.written, 1);
    assert_eq!(stars(&db, milk)?, Some(2));
    verified(&db)
}

/// The order does not matter, as all of them are undone in the end.
#[test]
fn the_first_may_be_named_first() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let [two, three, four] = [rate(&db, milk, 2)?, rate(&db, milk, 3)?, rate(&db, milk, 4)?];
    assert_eq!(db.undo_all([two, four])?.written, 1);
    assert_eq!(stars(&db, milk)?, Some(3));
    // Nothing of `two` was in the row, but it is undone.
    assert_eq!(db.undo(three)?.written, 1);
    assert_eq!(stars(&db, milk)?, Some(1));
    Ok(())
}

#[test]
fn an_undo_may_be_among_them() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let two = rate(&db, milk, 2)?;
    let not_two = db.undo(two)?.transaction.there()?;
    // In any order, it is done again, and then undone: that comes to nothing.
    for all in [[not_two, two], [two, not_two]] {
        let undone = db.undo_all(all)?;
        assert_eq!((undone.written, undone.left, undone.transaction), (0, 2, None));
        assert_eq!((stars(&db, milk)?, db.undo(two)?.transaction), (Some(1), None));
    }
    // Of two undos in a row the last one is taken back first.
    let again = db.undo(not_two)?.transaction.there()?;
    assert_eq!(stars(&db, milk)?, Some(2));
    for all in [[again, not_two], [not_two, again]] {
        let undone = db.undo_all(all)?;
        assert_eq!((undone.written, undone.left, stars(&db, milk)?), (0, 2, Some(2)));
    }
    verified(&db)
}

#[test]
fn one_that_cannot_be_undone_stops_all() -> Outcome {
    let (db, other) = (after(0, 1)?, after(0, 2)?);
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    other.create(Todo::draft().title("Make tea"))?;
    let (known, unknown) = (rate(&db, milk, 2)?, last(&other)?);
    assert!(matches!(db.undo_all([known, unknown]), Err(Error::UnknownTransaction)));
    assert_eq!((stars(&db, milk)?, last(&db)?), (Some(2), known));
    Ok(())
}

/// What the rows hold, but for when.
type Rows = Vec<(Id<Todo>, Option<String>, Option<bool>, Option<i64>)>;

fn rows(db: &Database) -> ara::Result<Rows> {
    let rows = db.query::<Todo>().order_by(Todo::id).all()?.into_iter();
    Ok(rows.map(|row| (row.id, row.title, row.done, row.stars)).collect())
}

/// Two devices take turns to write, and some of the last transactions are undone at once. This leads to where
/// undoing them one by one leads, the last one first, and back.
fn holds((written, count, rest): (Vec<Writes>, usize, Writes)) -> Outcome {
    let wall = Wall::new();
    let [one, two] = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    let mut done = Vec::new();
    for (turn, writes) in written.iter().enumerate() {
        wall.advance(1);
        let db = [&one, &two][turn % 2];
        let before = db.last_transaction()?;
        write(db, writes)?;
        done.extend(db.last_transaction()?.filter(|last| Some(*last) != before));
        send(&one, &two)?;
        send(&two, &one)?;
    }
    let step = wall.options().seed(3).memory()?;
    send(&one, &step)?;
    let before = rows(&one)?;
    let last: Vec<_> = done.into_iter().rev().take(count).collect();
    wall.advance(1);
    for transaction in &last {
        step.undo(*transaction)?;
    }
    let undone = one.undo_all(last.clone())?;
    assert_eq!((rows(&one)?, undone.left), (rows(&step)?, 0));
    for transaction in &last {
        assert_eq!(one.undo(*transaction)?.transaction, None);
    }
    verified(&one)?;
    let Some(undoing) = undone.transaction else { return Ok(()) };
    send(&one, &two)?;
    two.undo(undoing)?;
    assert_eq!(rows(&two)?, before);
    // What is written now is undone as if nothing had happened.
    write(&two, &rest)?;
    if let Some(rest) = two.last_transaction()? {
        two.undo(rest)?;
        verified(&two)?;
    }
    Ok(())
}

#[test]
fn at_once_is_one_by_one() {
    let written = prop::collection::vec(writes(), 1..10);
    cases::hold((32, 1_000), &(written, 1..10_usize, writes()), holds);
}
