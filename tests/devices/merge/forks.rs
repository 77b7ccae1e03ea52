//! Two files that wrote under one id: a copy that was used, a backup that was restored.

use std::fs;

use ara::prelude::*;

use crate::merge::{Todo, at, same, send, sync};
use support::{File, Outcome, Wall};

/// What was there before a write is there again, and the same file of the same device: as after a power
/// failure, or a backup of the whole disk.
fn restored(file: &File, before: &[u8]) -> Outcome<Database> {
    fs::write(file.path(), before)?;
    Ok(file.open()?)
}

#[test]
fn a_lost_tail_comes_back() -> Outcome {
    let file = File::new()?;
    let phone = Database::memory()?;
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    drop(db);
    let before = fs::read(file.path())?;
    let db = file.open()?;
    db.create(Todo::draft().title("Make tea"))?;
    send(&db, &phone)?;
    drop(db);

    let db = restored(&file, &before)?;
    assert_eq!(db.query::<Todo>().count()?, 1);
    assert!(send(&phone, &db)?[0].forked.is_empty());
    assert_eq!(db.query::<Todo>().count()?, 2);
    // What it writes next is of another node.
    db.create(Todo::draft().title("Call home"))?;
    assert_eq!(db.version_vector()?.len(), 2);
    sync(&db, &phone)
}

#[test]
fn what_both_wrote_is_united() -> Outcome {
    let file = File::new()?;
    let (phone, tablet) = (Database::memory()?, Database::memory()?);
    let db = file.open()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    drop(db);
    let before = fs::read(file.path())?;
    let db = file.open()?;
    db.update(Todo::patch(milk).stars(1))?;
    db.create(Todo::draft().title("Make tea"))?;
    send(&db, &phone)?;
    drop(db);

    let db = restored(&file, &before)?;
    db.update(Todo::patch(milk).done(true))?;
    db.create(Todo::draft().title("Call home"))?;
    send(&db, &tablet)?;
    // They find out from each other.
    let forked: usize = send(&db, &phone)?.iter().map(|report| report.forked.len()).sum::<usize>()
        + send(&phone, &db)?.iter().map(|report| report.forked.len()).sum::<usize>();
    assert!(forked > 0);
    sync(&db, &phone)?;
    sync(&db, &tablet)?;
    sync(&tablet, &phone)?;
    assert_eq!(db.query::<Todo>().count()?, 3);
    let todo = db.get(milk)?.ok_or("is there")?;
    assert_eq!((todo.stars, todo.done), (Some(1), Some(true)));
    db.create(Todo::draft().title("Go on"))?;
    assert_eq!(db.version_vector()?.len(), 2);
    sync(&db, &phone)?;
    assert!(send(&db, &phone)?.is_empty() && send(&phone, &db)?.is_empty());
    same(&db, &phone)
}

/// Two changes in one place of a node. Which of them lies first is a matter of chance: it is tried several
/// times.
#[test]
fn both_twins_count() -> Outcome {
    for number in 0..8 {
        let (file, wall) = (File::new()?, Wall::new());
        let (phone, tablet) = (at(Wall::START, 1)?, at(Wall::START - 1, 2)?);
        let milk = Id::from_key("milk");
        let db = file.open_at(&wall)?;
        db.ensure::<Todo>()?;
        drop(db);
        let before = fs::read(file.path())?;
        let db = file.open_at(&wall)?;
        db.create(Todo::draft().id(milk).title("Buy milk"))?;
        send(&db, &phone)?;
        drop(db);

        restored(&file, &before)?;
        let db = file.open_at(&wall)?;
        db.create(Todo::draft().title(format!("Todo {number}")))?;
        tablet.create(Todo::draft().id(milk).title("Buy oat milk"))?;
        send(&tablet, &db)?;
        // Both arrive at once.
        send(&db, &phone)?;
        sync(&phone, &db)?;
        let titles = phone.query::<Todo>().order_by(Todo::title).select(Todo::title).all()?;
        assert_eq!(titles, [Some("Buy milk".to_owned()), Some(format!("Todo {number}"))]);
    }
    Ok(())
}

/// The clocks ran back after the one was merged and before the other came.
#[test]
fn clocks_that_run_back_hide_nothing() -> Outcome {
    const HOUR: i64 = 3_600_000;
    let (file, wall, later) = (File::new()?, Wall::new(), Wall::new());
    let phone = later.options().memory()?;
    file.open_at(&wall)?.ensure::<Todo>()?;
    let before = fs::read(file.path())?;
    wall.advance(1);
    let db = file.open_at(&wall)?;
    db.create(Todo::draft().title("Buy milk"))?;
    later.advance(1);
    send(&db, &phone)?;
    drop(db);

    restored(&file, &before)?;
    wall.advance(-1);
    let db = file.open_at(&wall)?;
    db.create_all(["Make tea", "Call home"].map(|title| Todo::draft().title(title)))?;
    later.advance(-HOUR);
    send(&phone, &db)?;
    send(&db, &phone)?;
    assert_eq!(phone.query::<Todo>().count()?, 3);
    sync(&phone, &db)
}

/// Two transactions in one place: one change of the one, two of the other.
#[test]
fn transactions_that_cross_are_not_cut_apart() -> Outcome {
    for number in 0..8 {
        let (file, wall) = (File::new()?, Wall::new());
        let phone = at(Wall::START, 1)?;
        file.open_at(&wall)?.ensure::<Todo>()?;
        let before = fs::read(file.path())?;
        let db = file.open_at(&wall)?;
        db.create(Todo::draft().title(format!("Todo {number}")))?;
        send(&db, &phone)?;
        drop(db);

        restored(&file, &before)?;
        let db = file.open_at(&wall)?;
        let both = ["Make tea", "Drink tea"].map(|title| Todo::draft().title(title));
        let both = db.create_all(both)?;
        sync(&db, &phone)?;
        let (fresh, mut seen) = (Database::memory()?, Vec::new());
        for changes in phone.changes_since(&fresh.version_vector()?)?.in_batches_of(1) {
            fresh.merge(&changes?)?;
            seen.push(fresh.history(both[0])?.len() + fresh.history(both[1])?.len());
            assert!(fresh.verify()?.holds());
        }
        // Both of its changes, or none.
        assert!(
            seen.iter().all(|seen| [0, 2].contains(seen)) && seen.last() == Some(&2),
            "{seen:?}"
        );
        assert_eq!(phone.query::<Todo>().count()?, 3);
        same(&phone, &fresh)?;
    }
    Ok(())
}
