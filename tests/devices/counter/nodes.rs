//! Files that go on under a new node id: what they add begins anew there.

use std::fs;

use ara::prelude::*;

use crate::counter::{Article, at, counted, send, sync, view};
use support::{File, Outcome, Wall};

#[test]
fn a_copy_adds_as_another_device() -> Outcome {
    let (file, copy) = (File::new()?, File::new()?);
    let db = file.open()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    db.backup(copy.path())?;
    let copy = copy.open()?;
    view(&db, article, 1)?;
    view(&copy, article, 100)?;
    sync(&db, &copy)?;
    assert_eq!(counted(&db, article)?.0, Some(116));
    assert_eq!(db.version_vector()?.len(), 2);
    Ok(())
}

/// The same file of the same device, as it was before: what it adds before it learns of that is in the
/// log, and all agree on the sum. After that it adds as another device.
#[test]
fn a_restored_backup_agrees_with_the_others() -> Outcome {
    let file = File::new()?;
    let (phone, tablet) = (Database::memory()?, Database::memory()?);
    let db = file.open()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    drop(db);
    let before = fs::read(file.path())?;
    let db = file.open()?;
    view(&db, article, 5)?;
    send(&db, &phone)?;
    drop(db);
    fs::write(file.path(), before)?;
    let db = file.open()?;
    std::thread::sleep(std::time::Duration::from_millis(2));
    view(&db, article, 7)?;
    send(&db, &tablet)?;
    send(&tablet, &phone)?;
    sync(&db, &phone)?;
    sync(&phone, &tablet)?;
    assert_eq!(counted(&db, article)?.0, Some(17));
    view(&db, article, 100)?;
    sync(&db, &tablet)?;
    sync(&phone, &tablet)?;
    assert_eq!(counted(&phone, article)?.0, Some(117));
    Ok(())
}

/// Two changes of one time, under one id: one of them counts, everywhere the same.
#[test]
fn twins_agree() -> Outcome {
    const NOW: i64 = 1_800_000_000_000;
    for amounts in [[1, 2], [2, 1], [1, -1]] {
        // The same seed is the same node, at the same times.
        let (one, other) = (at(NOW, 1)?, at(NOW, 1)?);
        let id = Id::from_key("counting");
        for (db, amount) in [&one, &other].into_iter().zip(amounts) {
            db.create(Article::draft().id(id).title("Counting").views(10))?;
            view(db, id, amount)?;
            view(db, id, 100)?;
        }
        let third = at(NOW, 2)?;
        view(&third, id, 1)?;
        send(&other, &third)?;
        send(&one, &third)?;
        view(&third, id, 1000)?;
        sync(&one, &other)?;
        sync(&one, &third)?;
        sync(&other, &third)?;
        one.rebuild()?;
        sync(&one, &other)?;
    }
    Ok(())
}

/// What it had added before its clock ran ahead counts still: it writes again what it added meanwhile.
#[test]
fn a_clock_that_came_back_counts_once() -> Outcome {
    /// In January 2027.
    const NOW: i64 = 1_800_000_000_000;
    const YEAR: i64 = 365 * 24 * 3_600_000;
    let wall = Wall::new();
    wall.set(NOW);
    let db = wall.options().memory()?;
    let early = at(NOW + 1000, 7)?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    wall.set(NOW + YEAR);
    view(&db, article, 100)?;
    view(&db, article, 100)?;
    db.update(Article::patch(article).likes(Counter::add(3)))?;
    let new = db.create(Article::draft().title("Ahead").views(7))?;
    send(&db, &early)?;
    assert_eq!(counted(&early, article)?, (Some(15), None));
    view(&early, article, 1000)?;

    wall.set(NOW + 1000);
    view(&db, article, 1)?;
    assert_eq!(counted(&db, article)?, (Some(216), Some(3)));
    assert_eq!(counted(&db, new)?, (Some(7), None));
    sync(&db, &early)?;
    assert_eq!(counted(&early, article)?, (Some(1216), Some(3)));
    early.rebuild()?;
    db.rebuild()?;
    sync(&db, &early)
}

/// What was written ahead covers nothing that counts again when it is taken back.
#[test]
fn what_is_ahead_does_not_cover_what_came_before() -> Outcome {
    const NOW: i64 = 1_800_000_000_000;
    const YEAR: i64 = 365 * 24 * 3_600_000;
    let wall = Wall::new();
    wall.set(NOW);
    let db = wall.options().memory()?;
    let early = at(NOW + 1000, 7)?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    early.create(Article::draft().title("Another").views(0))?;
    sync(&db, &early)?;
    wall.set(NOW + YEAR);
    view(&db, article, 100)?;
    assert_eq!(db.compact(&[db.version_vector()?])?.dropped_values, 1);
    assert!(db.verify()?.holds());
    wall.set(NOW + 1000);
    view(&db, article, 1)?;
    assert_eq!(counted(&db, article)?.0, Some(116));
    sync(&db, &early)?;
    assert_eq!(counted(&early, article)?.0, Some(116));
    Ok(())
}

/// What was dated ahead is added once its time comes.
#[test]
fn what_is_ahead_is_added_when_its_time_comes() -> Outcome {
    const NOW: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;
    let wall = Wall::new();
    wall.set(NOW);
    let (db, ahead) = (wall.options().memory()?, at(NOW + HOUR, 7)?);
    let article = db.create(Article::draft().title("Counting").views(10))?;
    send(&db, &ahead)?;
    view(&ahead, article, 5)?;
    send(&ahead, &db)?;
    assert_eq!(counted(&db, article)?.0, Some(10));
    assert!(db.verify()?.holds());
    wall.set(NOW + HOUR);
    view(&db, article, 1)?;
    assert_eq!(counted(&db, article)?.0, Some(16));
    sync(&db, &ahead)
}
