//! Taking transactions back.

use ara::prelude::*;
use ara::{Error, TransactionId};

use crate::past::{Todo, after};
use support::{File, Outcome, There, Wall, send, verified};

/// The transaction that wrote a row last.
fn last(db: &Database, id: Id<Todo>) -> Outcome<TransactionId> {
    Ok(db.history(id)?.pop().there()?.transaction)
}

fn rows(db: &Database) -> Outcome<Vec<Todo>> {
    Ok(db.query::<Todo>().narrow_all().order_by(Todo::id).all()?)
}

#[test]
fn values_are_what_they_were() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let before = rows(&db)?;
    db.update(Todo::patch(milk).title("Buy oat milk").stars(None).done(true))?;
    let after = rows(&db)?;
    let undone = db.undo(last(&db, milk)?)?;
    assert_eq!((undone.written, undone.left), (3, 0));
    assert_eq!(rows(&db)?, before);
    // What was undone can be done again.
    let redone = db.undo(undone.transaction.there()?)?;
    assert_eq!((redone.written, rows(&db)?), (3, after));
    verified(&db)
}

#[test]
fn rows_come_and_go() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let before = rows(&db)?;
    let tea = db.transaction(|tx| {
        let tea = tx.create(Todo::draft().title("Make tea").stars(1))?;
        tx.update(Todo::patch(tea).stars(2))?;
        tx.delete(milk)?;
        Ok(tea)
    })?;
    let undone = db.undo(last(&db, tea)?)?;
    assert_eq!((undone.written, undone.left, rows(&db)?), (2, 0, before));
    // The row that was taken back can be brought back whole.
    assert!(db.restore(tea)?);
    let tea = db.get(tea)?.there()?;
    assert_eq!((tea.title.as_deref(), tea.stars), (Some("Make tea"), Some(2)));
    verified(&db)
}

#[test]
fn what_was_written_since_is_left() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    db.update(Todo::patch(milk).title("Buy oat milk").stars(2))?;
    let second = last(&db, milk)?;
    db.update(Todo::patch(milk).stars(3))?;
    let undone = db.undo(second)?;
    assert_eq!((undone.written, undone.left), (1, 1));
    let row = db.get(milk)?.there()?;
    assert_eq!((row.title.as_deref(), row.stars), (Some("Buy milk"), Some(3)));
    // Nothing of it is left to be undone.
    let again = db.undo(second)?;
    assert_eq!((again.written, again.left, again.transaction), (0, 2, None));
    Ok(())
}

#[test]
fn a_row_that_was_created_and_is_deleted_keeps_its_values() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let created = last(&db, milk)?;
    db.delete(milk)?;
    assert_eq!(db.undo(created)?.written, 0);
    db.restore(milk)?;
    assert_eq!(rows(&db)?[0].title, "Buy milk");
    Ok(())
}

#[test]
fn what_another_device_did_is_taken_back_for_all() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
    send(&laptop, &phone)?;
    phone.update(Todo::patch(milk).title("Buy oat milk").stars(2))?;
    let theirs = last(&phone, milk)?;
    assert!(matches!(laptop.undo(theirs), Err(Error::UnknownTransaction)));
    send(&phone, &laptop)?;
    assert_eq!(laptop.undo(theirs)?.written, 2);
    send(&laptop, &phone)?;
    for db in [&laptop, &phone] {
        let row = db.get(milk)?.there()?;
        assert_eq!((row.title.as_deref(), row.stars), (Some("Buy milk"), Some(1)));
        verified(db)?;
    }
    Ok(())
}

#[test]
fn a_value_of_before_may_be_another_devices() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk"))?;
    send(&laptop, &phone)?;
    phone.update(Todo::patch(milk).stars(2))?;
    send(&phone, &laptop)?;
    laptop.update(Todo::patch(milk).stars(3))?;
    laptop.undo(last(&laptop, milk)?)?;
    assert_eq!(laptop.get(milk)?.there()?.stars, Some(2));
    Ok(())
}

#[test]
fn who_watches_is_told() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    db.update(Todo::patch(milk).stars(2))?;
    let mut stars = db.query::<Todo>().select(Todo::stars).watch()?;
    assert_eq!(stars.recv()?, [Some(2)]);
    db.undo(last(&db, milk)?)?;
    assert_eq!(stars.recv()?, [Some(1)]);
    Ok(())
}

#[test]
fn what_is_no_transaction_is_refused() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let (milk, tea) = db.transaction(|tx| {
        let milk = tx.create(Todo::draft().title("Buy milk"))?;
        Ok((milk, tx.create(Todo::draft().title("Make tea"))?))
    })?;
    let whole = last(&db, milk)?.to_string();
    assert_eq!(whole, last(&db, tea)?.to_string());
    let (node, place) = whole.split_once('@').there()?;
    let (number, hash) = place.split_once('.').there()?;
    assert_eq!(number, "2");
    let inside = format!("{node}@1.{hash}");
    let later = format!("{node}@3.{hash}");
    let another = format!("{node}@2.{:016x}", u64::from_str_radix(hash, 16)? ^ 1);
    let nobody = format!("0194c1c2-9f3e-7d4e-8f00-0123456789ab@{place}");
    for id in [inside, later, another, nobody] {
        assert!(matches!(db.undo(id.parse()?), Err(Error::UnknownTransaction)), "{id}");
    }
    assert_eq!(db.undo(whole.parse()?)?.written, 2);
    Ok(())
}

#[test]
fn an_id_that_was_taken_too_early_is_told() -> Outcome {
    let db = Database::memory()?;
    let early = db.transaction(|tx| {
        let milk = tx.create(Todo::draft().title("Buy milk"))?;
        let early = tx.id();
        tx.update(Todo::patch(milk).stars(1))?;
        Ok(early)
    })?;
    let refused = db.undo(early.there()?).err().there()?;
    assert!(matches!(refused, Error::UnknownTransaction));
    assert!(refused.to_string().contains("`tx.id()` after the last write"), "{refused}");
    assert_eq!(db.undo(db.last_transaction()?.there()?)?.written, 1);
    Ok(())
}

/// To undo what was large takes one look through the log, not one for each row.
#[test]
fn thousands_of_rows_are_taken_back() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all((0..5000_i64).map(|n| Todo::draft().title("Think").stars(n)))?;
    let before = rows(&db)?;
    db.transaction(|tx| {
        for id in &ids {
            tx.update(Todo::patch(*id).stars(-1))?;
        }
        Ok(())
    })?;
    assert_eq!(db.undo(last(&db, ids[7])?)?.written, 5000);
    assert_eq!(rows(&db)?, before);
    verified(&db)
}
