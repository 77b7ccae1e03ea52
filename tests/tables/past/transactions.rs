//! The list of transactions, and the ids of those that were just made.

use ara::prelude::*;
use ara::{TransactionId, TransactionSummary};

use crate::past::{Setting, Todo, after};
use support::{File, Outcome, There, Wall, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Category {
    id: Id<Category>,
    name: String,
}

ara::schema! { App: Todo, Category }

fn all(db: &Database) -> ara::Result<Vec<TransactionSummary>> {
    db.transactions().collect()
}

fn ids(db: &Database) -> ara::Result<Vec<TransactionId>> {
    db.transactions().map(|transaction| Ok(transaction?.id)).collect()
}

#[test]
fn the_newest_is_told_first() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    assert_eq!(all(&db)?, []);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    wall.advance(10);
    db.transaction(|tx| {
        tx.create(Category::draft().name("Home"))?;
        tx.update(Todo::patch(milk).stars(1))?;
        tx.update(Todo::patch(milk).stars(2))
    })?;
    let all = all(&db)?;
    let told: Vec<_> = all
        .iter()
        .map(|told| (told.time.millis() - Wall::START, told.changes, told.tables.clone()))
        .collect();
    assert_eq!(
        told,
        [(10, 3, vec!["category".to_owned(), "todo".to_owned()]), (0, 1, vec!["todo".to_owned()])]
    );
    let node = db.node()?;
    assert!(all.iter().all(|told| told.node == node && !told.is_compacted));
    let history = db.history(milk)?;
    assert_eq!([history[2].transaction, history[0].transaction], [all[0].id, all[1].id]);
    db.undo(all[1].id)?;
    assert_eq!(db.get(milk)?, None);
    Ok(())
}

/// What ara writes for itself is no transaction of the app's, and what is not synced is in no log.
#[test]
fn what_is_not_the_apps_is_left_out() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<App>()?;
    db.create(Setting::draft().name("Dark"))?;
    assert_eq!(all(&db)?, []);
    db.transaction(|tx| {
        tx.create(Setting::draft().name("Light"))?;
        tx.create(Todo::draft().title("Buy milk"))
    })?;
    let told = db.transactions().next().there()??;
    assert_eq!((told.changes, &*told.tables), (1, &["todo".to_owned()][..]));
    Ok(())
}

/// What a merge tells of is what is listed then, and nothing of ara's own.
#[test]
fn what_a_merge_brought_is_listed() -> Outcome {
    let year = 365 * 24 * 3_600_000;
    let wall = Wall::new();
    let [phone, laptop] = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    phone.ensure::<App>()?;
    let milk = phone.create(Todo::draft().title("Buy milk"))?;
    phone.transaction(|tx| {
        tx.delete(milk)?;
        tx.restore(milk)
    })?;
    // It came to nothing: all that is written is that it is undone.
    phone.undo(phone.last_transaction()?.there()?)?;
    wall.advance(year);
    phone.update(Todo::patch(milk).stars(1))?;
    wall.advance(-year);
    phone.create(Todo::draft().title("Make tea"))?;
    wall.advance(2 * year);
    let report = send(&phone, &laptop)?.remove(0);
    let mut listed = ids(&laptop)?;
    assert_eq!(listed, ids(&phone)?);
    listed.reverse();
    assert_eq!(report.transactions, listed);
    assert_eq!(report.growth.tables, ["todo"]);
    assert_eq!(report.growth.columns, [""; 0]);
    Ok(())
}

/// Pages follow one another, whatever the devices and whatever comes meanwhile.
#[test]
fn pages_follow_one_another() -> Outcome {
    let wall = Wall::new();
    let dbs = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    for n in 0..100_i64 {
        // Some are of the same time.
        wall.advance(n % 3);
        dbs[usize::from(n % 7 > 2)].create(Todo::draft().title("Think").stars(n))?;
    }
    send(&dbs[0], &dbs[1])?;
    send(&dbs[1], &dbs[0])?;
    let times: Vec<_> = all(&dbs[0])?.iter().map(|told| told.time).collect();
    assert!(times.is_sorted_by(|one, next| one >= next));
    let all = ids(&dbs[0])?;
    assert_eq!(all.len(), 100);
    assert_eq!(ids(&dbs[1])?, all);
    let mut paged: Vec<TransactionId> = Vec::new();
    loop {
        let page = match paged.last() {
            None => dbs[0].transactions(),
            Some(last) => dbs[0].transactions().before(*last),
        };
        let page: Vec<_> = page.take(7).collect::<ara::Result<_>>()?;
        if page.is_empty() {
            break;
        }
        paged.extend(page.iter().map(|told| told.id));
        dbs[0].create(Todo::draft().title("Later"))?;
    }
    assert_eq!(paged, all);
    Ok(())
}

/// The first piece of the log is damaged: the transaction in it is left out.
#[test]
fn a_damaged_past_is_left_out() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let first = db.create(Todo::draft().title("Buy milk"))?;
    for n in 0..100 {
        db.update(Todo::patch(first).stars(n))?;
    }
    drop(db);
    file.tamper("UPDATE ara_log SET data = x'' WHERE pos = (SELECT min(pos) FROM ara_log)")?;
    let db = file.open()?;
    let listed: Vec<_> = db.transactions().collect::<ara::Result<_>>()?;
    assert_eq!(listed.len(), 100);
    Ok(())
}

#[test]
fn what_was_compacted_is_told_as_such() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    db.update(Todo::patch(milk).stars(1))?;
    db.compact(&[db.version_vector()?])?;
    db.update(Todo::patch(milk).stars(2))?;
    let compacted: Vec<_> = all(&db)?.iter().map(|told| told.is_compacted).collect();
    assert_eq!(compacted, [false, true, true]);
    Ok(())
}

#[test]
fn a_transaction_knows_its_own_id() -> Outcome {
    let db = Database::memory()?;
    assert_eq!(db.last_transaction()?, None);
    let (milk, made) = db.transaction(|tx| {
        assert_eq!(tx.id(), None);
        let milk = tx.create(Todo::draft().title("Buy milk"))?;
        tx.update(Todo::patch(milk).stars(3))?;
        Ok((milk, tx.id()))
    })?;
    let made = made.there()?;
    assert_eq!(db.history(milk)?[0].transaction, made);
    assert_eq!((db.last_transaction()?, ids(&db)?), (Some(made), vec![made]));
    // To write what is there already is no transaction.
    let nothing = db.transaction(|tx| {
        tx.update(Todo::patch(milk).stars(3))?;
        Ok(tx.id())
    })?;
    assert_eq!((nothing, db.last_transaction()?), (None, Some(made)));
    assert_eq!(db.undo(made)?.written, 1);
    assert_ne!(db.last_transaction()?, Some(made));
    Ok(())
}

#[test]
fn the_last_transaction_is_of_this_device() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
    laptop.create(Todo::draft().title("Buy milk"))?;
    let own = laptop.last_transaction()?;
    phone.create(Todo::draft().title("Make tea"))?;
    send(&phone, &laptop)?;
    assert_eq!(laptop.last_transaction()?, own);
    assert_ne!(ids(&laptop)?.first(), own.as_ref());
    Ok(())
}

#[test]
fn what_a_merge_brought_can_be_taken_back() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(1000, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk"))?;
    send(&laptop, &phone)?;
    let before = laptop.get(milk)?;
    let tea = phone.create(Todo::draft().title("Make tea"))?;
    phone.transaction(|tx| {
        tx.update(Todo::patch(tea).stars(1))?;
        tx.update(Todo::patch(milk).stars(1))
    })?;
    let mut theirs = ids(&phone)?;
    theirs.truncate(2);
    theirs.reverse();
    let changes = phone.changes_since(&laptop.version_vector()?)?.next().there()??;
    let report = laptop.merge(&changes)?;
    assert_eq!(report.transactions, theirs);
    assert_eq!(laptop.merge(&changes)?.transactions, []);
    for transaction in report.transactions.iter().rev() {
        laptop.undo(*transaction)?;
    }
    assert_eq!(laptop.get(tea)?, None);
    let after = laptop.get(milk)?.there()?;
    assert_eq!((after.title, after.stars), (before.there()?.title, None));
    Ok(())
}
