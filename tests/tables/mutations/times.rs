//! `created_at` and `updated_at`.

use ara::prelude::*;

use crate::mutations::Todo;
use support::{File, Outcome, There, Wall};

fn times(db: &Database, id: Id<Todo>) -> Outcome<(i64, i64)> {
    let row = db.query::<Todo>().with_deleted().find(id)?.there()?;
    Ok((row.created_at.millis() - Wall::START, row.updated_at.millis() - Wall::START))
}

#[test]
fn created_at_never_moves_and_updated_at_moves_with_each_change() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk"))?;
    assert_eq!(times(&db, id)?, (0, 0));

    wall.advance(10);
    db.update(Todo::patch(id).stars(1))?;
    assert_eq!(times(&db, id)?, (0, 10));
    wall.advance(10);
    db.update(Todo::patch(id).stars(1).title("Milk"))?;
    assert_eq!(times(&db, id)?, (0, 10));
    db.delete(id)?;
    assert_eq!(times(&db, id)?, (0, 20));
    wall.advance(10);
    db.delete(id)?;
    db.update(Todo::patch(id).stars(2))?;
    assert_eq!(times(&db, id)?, (0, 20));
    db.restore(id)?;
    assert_eq!(times(&db, id)?, (0, 30));
    wall.advance(10);
    db.restore(id)?;
    db.upsert(Todo::draft().id(id).title("Milk"))?;
    assert_eq!(times(&db, id)?, (0, 30));
    db.upsert(Todo::draft().id(id).title("Oat milk"))?;
    assert_eq!(times(&db, id)?, (0, 40));

    drop(db);
    wall.advance(10);
    let db = file.open_at(&wall)?;
    assert_eq!(times(&db, id)?, (0, 40));
    db.update(Todo::patch(id).done(true))?;
    assert_eq!(times(&db, id)?, (0, 50));
    Ok(())
}

/// They are what the wall clock showed. But a row is never updated before it was created.
#[test]
fn they_are_those_of_the_wall_clock() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let first = db.create(Todo::draft().title("Milk"))?;
    wall.set(0);
    db.update(Todo::patch(first).stars(1))?;
    let second = db.create(Todo::draft().title("Bread"))?;
    let start = -Wall::START;
    assert_eq!((times(&db, first)?, times(&db, second)?), ((0, 0), (start, start)));
    drop(db);
    let db = file.open_at(&wall)?;
    let third = db.create(Todo::draft().title("Eggs"))?;
    assert_eq!(times(&db, third)?, (start, start));
    assert!(second < third && third < first);
    wall.advance(5);
    db.update(Todo::patch(second).stars(1))?;
    assert_eq!(times(&db, second)?, (start, start + 5));
    Ok(())
}

#[test]
fn they_can_be_queried() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(db.create(Todo::draft().title("Milk"))?);
        wall.advance(10);
    }
    db.update(Todo::patch(ids[0]).stars(1))?;
    let by_update = db.query::<Todo>().order_by(Todo::updated_at.desc()).all()?;
    let by_update: Vec<_> = by_update.into_iter().map(|row| row.id).collect();
    assert_eq!(by_update, [ids[0], ids[2], ids[1]]);
    let since = Timestamp::from_millis(Wall::START + 10);
    assert_eq!(db.query::<Todo>().filter(Todo::created_at.ge(since)).count()?, 2);
    Ok(())
}
