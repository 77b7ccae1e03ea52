//! Merging databases, as an app sees it.

mod ahead;
mod apart;
mod came_back;
mod compact;
mod compact_between;
mod damaged_rows;
mod forks;
mod halfway;
mod twins;
mod values;
mod widths;

use ara::VersionVector;
use ara::prelude::*;

use support::{Outcome, agree, at, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
    stars: Option<i64>,
}

/// Both have all that either has.
fn sync(one: &Database, other: &Database) -> Outcome {
    send(one, other)?;
    send(other, one)?;
    same(one, other)
}

/// Both hold the same, and what their logs say.
#[track_caller]
fn same(one: &Database, other: &Database) -> Outcome {
    let rows = |db: &Database| db.query::<Todo>().with_deleted().order_by(Todo::id).all();
    assert_eq!(rows(one)?, rows(other)?);
    agree(one, other)
}

#[test]
fn what_one_has_the_other_gets() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    let milk = laptop.create(Todo::draft().title("Buy milk"))?;
    let tea = laptop.create(Todo::draft().title("Make tea").stars(2))?;
    laptop.delete(tea)?;
    let reports = send(&laptop, &phone)?;
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].changes, reports[0].known, reports[0].written), (3, 0, 6));
    assert_eq!(phone.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy milk"));
    assert_eq!(phone.get(tea)?, None);
    same(&laptop, &phone)?;
    assert!(send(&laptop, &phone)?.is_empty());
    Ok(())
}

#[test]
fn what_was_merged_before_changes_nothing() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    laptop.create_all((0..10_i64).map(|n| Todo::draft().title("Think").stars(n)))?;
    let everything: Vec<_> =
        laptop.changes_since(&VersionVector::default())?.collect::<ara::Result<_>>()?;
    for changes in everything.iter().chain(&everything) {
        phone.merge(changes)?;
    }
    let again = phone.merge(&everything[0])?;
    assert_eq!((again.changes, again.known), (0, 10));
    laptop.create(Todo::draft().title("More"))?;
    send(&laptop, &phone)?;
    assert_eq!(phone.merge(&everything[0])?.known, 10);
    same(&laptop, &phone)
}

#[test]
fn the_last_writer_wins_by_column() -> Outcome {
    let (laptop, phone) = (at(1_700_000_000_000, 1)?, at(1_700_000_001_000, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk"))?;
    sync(&laptop, &phone)?;
    phone.update(Todo::patch(milk).title("Buy oat milk").stars(1))?;
    laptop.update(Todo::patch(milk).done(true).stars(5))?;
    sync(&laptop, &phone)?;
    let todo = laptop.get(milk)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Buy oat milk"));
    assert_eq!((todo.done, todo.stars), (Some(true), Some(1)));
    assert_eq!(todo.created_at.millis(), 1_700_000_000_000);
    assert_eq!(todo.updated_at.millis(), 1_700_000_001_000);
    Ok(())
}

#[test]
fn a_third_device_passes_on_what_it_got() -> Outcome {
    let dbs = [Database::memory()?, Database::memory()?, Database::memory()?];
    let milk = dbs[0].create(Todo::draft().title("Buy milk"))?;
    send(&dbs[0], &dbs[1])?;
    dbs[1].update(Todo::patch(milk).done(true))?;
    send(&dbs[1], &dbs[2])?;
    same(&dbs[1], &dbs[2])?;
    send(&dbs[2], &dbs[0])?;
    same(&dbs[0], &dbs[2])
}
