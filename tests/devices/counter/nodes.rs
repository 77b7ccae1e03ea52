//! Files that go on under a new node id: what they add begins anew there.

use std::fs;

use ara::prelude::*;

use crate::counter::{Article, at, counted, send, sync, view};
use support::{File, Outcome};

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

/// The same file of the same device, as it was before: what it added then and what it adds before it learns of
/// that add up. After that it adds as another device.
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
    view(&db, article, 7)?;
    send(&db, &tablet)?;
    send(&tablet, &phone)?;
    sync(&db, &phone)?;
    sync(&phone, &tablet)?;
    assert_eq!(counted(&db, article)?.0, Some(22));
    view(&db, article, 100)?;
    sync(&db, &tablet)?;
    sync(&phone, &tablet)?;
    assert_eq!(counted(&phone, article)?.0, Some(122));
    Ok(())
}

/// Changes in one place, under one id: all that they add counts.
#[test]
fn twins_add_up() -> Outcome {
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
        send(&other, &third)?;
        send(&one, &third)?;
        view(&third, id, 1000)?;
        sync(&one, &other)?;
        sync(&one, &third)?;
        sync(&other, &third)?;
        one.rebuild()?;
        sync(&one, &other)?;
        // The row was made alike, so that is one change.
        let sum = 10 + amounts[0] + amounts[1] + 2 * 100 + 1000;
        assert_eq!(counted(&one, id)?.0, Some(sum));
    }
    Ok(())
}
