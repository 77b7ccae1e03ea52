//! To undo what was added takes it away, and to do it again does nothing.

use ara::prelude::*;
use ara::{TransactionId, UndoReport};
use proptest::prelude::*;

use crate::counter::{Article, counted, same, send, sync, view};
use support::{Outcome, Wall, cases, verified};

/// A database with an article of ten views, to which five were added: and the transaction that did.
fn added() -> Outcome<(Database, Id<Article>, TransactionId)> {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    let last = db.last_transaction()?.ok_or("was written")?;
    Ok((db, article, last))
}

fn views(db: &Database, article: Id<Article>) -> Outcome<i64> {
    Ok(counted(db, article)?.0.ok_or("is there")?)
}

fn undoing(report: &UndoReport) -> Outcome<TransactionId> {
    Ok(report.transaction.ok_or("was written")?)
}

#[test]
fn once_is_enough() -> Outcome {
    let (db, article, five) = added()?;
    let undone = db.undo(five)?;
    assert_eq!((undone.written, undone.left, views(&db, article)?), (1, 0, 10));
    view(&db, article, 100)?;
    for _ in 0..2 {
        let again = db.undo(five)?;
        assert_eq!((again.written, again.left, again.transaction), (0, 1, None));
        assert_eq!(views(&db, article)?, 110);
    }
    // So is it to take the undoing back.
    let redone = db.undo(undoing(&undone)?)?;
    assert_eq!((redone.written, redone.left, views(&db, article)?), (1, 0, 115));
    let again = db.undo(undoing(&undone)?)?;
    assert_eq!((again.written, again.left, views(&db, article)?), (0, 1, 115));
    verified(&db)?;
    db.rebuild()?;
    assert_eq!(views(&db, article)?, 115);
    Ok(())
}

#[test]
fn there_and_back_as_often_as_one_likes() -> Outcome {
    let (db, article, five) = added()?;
    let mut last = five;
    let mut old = Vec::new();
    for n in 0..6_usize {
        let report = db.undo(last)?;
        assert_eq!((report.written, views(&db, article)?), (1, 10 + 5 * (n as i64 % 2)));
        old.push(std::mem::replace(&mut last, undoing(&report)?));
        // Of all that were before, every other one is undone by now: those that say otherwise.
        for old in old.iter().skip(n % 2).step_by(2) {
            assert_eq!(db.undo(*old)?.written, 0, "{n}");
        }
    }
    // What is not undone can be, the first transaction too.
    assert_eq!(db.undo(five)?.written, 1);
    assert_eq!(views(&db, article)?, 10);
    verified(&db)
}

#[test]
fn devices_know_of_each_other_what_is_undone() -> Outcome {
    let (phone, article, five) = added()?;
    let laptop = Database::memory()?;
    sync(&phone, &laptop)?;
    let undone = laptop.undo(five)?;
    sync(&phone, &laptop)?;
    assert_eq!(phone.undo(five)?.written, 0);
    assert_eq!(views(&phone, article)?, 10);
    phone.undo(undoing(&undone)?)?;
    sync(&phone, &laptop)?;
    assert_eq!(laptop.undo(undoing(&undone)?)?.written, 0);
    assert_eq!(views(&laptop, article)?, 15);
    laptop.undo(five)?;
    sync(&phone, &laptop)?;
    assert_eq!(views(&phone, article)?, 10);
    // A third that gets all at once, or the tables made anew, say the same.
    let third = Database::memory()?;
    send(&laptop, &third)?;
    third.rebuild()?;
    assert_eq!(third.undo(five)?.written, 0);
    same(&third, &laptop)
}

/// What both take away while they are apart is taken away twice: that is told where `undo` is.
#[test]
fn apart_each_takes_it_away() -> Outcome {
    let (phone, article, five) = added()?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    for db in [&phone, &laptop] {
        assert_eq!(db.undo(five)?.written, 1);
    }
    sync(&phone, &laptop)?;
    for db in [&phone, &laptop] {
        assert_eq!((db.undo(five)?.written, views(db, article)?), (0, 5));
    }
    Ok(())
}

/// To do it again by any of the undos adds all of that back at once, and to undo it anew takes it away once.
#[test]
fn what_was_taken_away_twice_comes_back_whole() -> Outcome {
    for (which, with_other) in [(0, false), (1, false), (0, true)] {
        let (phone, article, five) = added()?;
        let laptop = Database::memory()?;
        send(&phone, &laptop)?;
        let undos = [undoing(&phone.undo(five)?)?, undoing(&laptop.undo(five)?)?];
        sync(&phone, &laptop)?;
        let redone = match with_other {
            true => phone.undo_all(undos)?,
            false => phone.undo(undos[which])?,
        };
        sync(&phone, &laptop)?;
        assert_eq!((redone.written, views(&laptop, article)?), (1, 15));
        assert_eq!((laptop.undo(undos[1 - which])?.written, views(&laptop, article)?), (0, 15));
        assert_eq!((laptop.undo(five)?.written, views(&laptop, article)?), (1, 10));
        verified(&laptop)?;
    }
    Ok(())
}

/// Both do it again apart, after both had undone it apart: the next undo of it makes up for that.
#[test]
fn what_came_back_twice_is_taken_away_whole() -> Outcome {
    let (phone, article, five) = added()?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    let undos = [undoing(&phone.undo(five)?)?, undoing(&laptop.undo(five)?)?];
    sync(&phone, &laptop)?;
    for (db, undo) in [&phone, &laptop].into_iter().zip(undos) {
        db.undo(undo)?;
        assert_eq!(views(db, article)?, 15);
    }
    sync(&phone, &laptop)?;
    assert_eq!(views(&phone, article)?, 25);
    let undone = phone.undo(five)?;
    assert_eq!((undone.written, views(&phone, article)?), (1, 10));
    phone.undo(undoing(&undone)?)?;
    sync(&phone, &laptop)?;
    assert_eq!(views(&laptop, article)?, 15);
    Ok(())
}

#[test]
fn a_row_that_was_created_gives_back_what_it_was_given() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(5).likes(2))?;
    let made = db.last_transaction()?.ok_or("was written")?;
    view(&db, article, 100)?;
    let undone = db.undo(made)?;
    assert_eq!((undone.written, undone.left), (3, 0));
    assert_eq!(db.get(article)?, None);
    db.restore(article)?;
    assert_eq!(counted(&db, article)?, (Some(100), Some(0)));
    assert_eq!(db.undo(undoing(&undone)?)?.written, 2);
    assert_eq!(counted(&db, article)?, (Some(105), Some(2)));
    verified(&db)
}

#[test]
fn a_row_of_a_key_begins_anew() -> Outcome {
    let db = Database::memory()?;
    let id = Id::from_key("flour");
    let add = |amount| {
        db.transaction(|tx| {
            tx.upsert(Article::draft().id(id).title("Flour").views(0))?;
            tx.update(Article::patch(id).views(Counter::add(amount)))
        })
    };
    add(5)?;
    let undone = db.undo(db.last_transaction()?.ok_or("was written")?)?;
    assert_eq!((undone.written, undone.left), (2, 0));
    add(1)?;
    assert_eq!(views(&db, id)?, 1);
    verified(&db)
}

/// To delete a row does nothing to what was added to it.
#[test]
fn a_deleted_row_keeps_its_sum() -> Outcome {
    let (db, article, _) = added()?;
    db.delete(article)?;
    db.restore(article)?;
    assert_eq!(views(&db, article)?, 15);
    db.delete(article)?;
    db.undo(db.last_transaction()?.ok_or("was written")?)?;
    assert_eq!(views(&db, article)?, 15);
    Ok(())
}

/// A device whose clock ran ahead writes again what it wrote meanwhile: what it undid stays undone.
#[test]
fn a_clock_that_came_back_keeps_it_undone() -> Outcome {
    let wall = Wall::new();
    wall.set(1_800_000_000_000);
    let db = wall.options().seed(1).memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    let five = db.last_transaction()?.ok_or("was written")?;
    wall.advance(86_400_000);
    assert_eq!(db.undo(five)?.written, 1);
    wall.advance(-86_400_000);
    view(&db, article, 100)?;
    assert_eq!((db.undo(five)?.written, views(&db, article)?), (0, 110));
    verified(&db)
}

/// A transaction: what it adds to the article.
type Amounts = Vec<i8>;

/// Undoes transactions at random, undoings among them: an addition counts or it does not.
fn holds((amounts, chosen): (Amounts, Vec<prop::sample::Index>)) -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(0))?;
    // Each transaction, which of the amounts it is about, and whether that counts by it.
    let mut all: Vec<(TransactionId, usize, bool)> = Vec::new();
    for (at, amount) in amounts.iter().enumerate() {
        view(&db, article, i64::from(*amount))?;
        all.push((db.last_transaction()?.ok_or("was written")?, at, true));
    }
    let mut counts = vec![true; amounts.len()];
    for index in chosen {
        let (id, at, is_there) = *index.get(&all);
        let is_due = counts[at] == is_there;
        let report = db.undo(id)?;
        assert_eq!(report.written, u64::from(is_due));
        if is_due {
            counts[at] = !is_there;
            all.push((undoing(&report)?, at, !is_there));
        }
        let sum: i64 =
            amounts.iter().zip(&counts).filter(|(_, is)| **is).map(|(n, _)| i64::from(*n)).sum();
        assert_eq!(views(&db, article)?, sum);
    }
    verified(&db)
}

#[test]
fn an_addition_counts_or_it_does_not() {
    let amounts = prop::collection::vec(prop_oneof![-100..=-1_i8, 1..=100_i8], 1..5);
    let chosen = prop::collection::vec(any::<prop::sample::Index>(), 1..20);
    cases::hold((32, 500), &(amounts, chosen), holds);
}
