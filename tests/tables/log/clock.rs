//! The stamps of changes.

use ara::prelude::*;

use crate::log::Todo;
use support::log::Logged;
use support::{File, Outcome, There, Wall, log, verified};

fn changes(file: &File) -> Outcome<Vec<Logged>> {
    log::read(&file.sqlite()?)
}

#[test]
fn stamps_count_within_a_millisecond_that_does_not_pass() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk"))?;
    for stars in 0..5 {
        db.update(Todo::patch(id).stars(stars))?;
    }
    wall.advance(1);
    db.delete(id)?;
    let stamps: Vec<_> =
        changes(&file)?.iter().map(|change| (change.millis(), change.counter())).collect();
    let start = Wall::START;
    let expected: Vec<_> = (0..6).map(|counter| (start, counter)).chain([(start + 1, 0)]).collect();
    assert_eq!(stamps, expected);
    Ok(())
}

#[test]
fn stamps_of_a_row_only_grow_and_are_never_before_the_wall_clock() -> Outcome {
    const YEAR: i64 = 365 * 86_400_000;
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk"))?;
    let mut walls = vec![wall.millis()];
    let jumps = [5, -10 * YEAR, 0, 3, 9 * YEAR, -20 * YEAR, 40 * YEAR, 0, -40 * YEAR];
    for (jump, stars) in jumps.into_iter().zip(0..) {
        wall.advance(jump);
        walls.push(wall.millis());
        db.update(Todo::patch(id).stars(stars))?;
        // Another connection, as another process has it, goes on where the log stands.
        walls.push(wall.millis());
        file.open_at(&wall)?.update(Todo::patch(id).score(f64::from(stars as i32)))?;
    }
    let log = changes(&file)?;
    assert_eq!(log.len(), walls.len());
    assert!(log.iter().map(|change| change.number).eq(1..=walls.len() as i64));
    assert!(log.is_sorted_by(|one, next| one.stamp < next.stamp));
    for (change, wall) in log.iter().zip(walls) {
        assert!(change.millis() >= wall);
    }
    verified(&db)
}

#[test]
fn the_clock_goes_on_after_the_file_was_closed() -> Outcome {
    const MINUTE: i64 = 60_000;
    let (file, wall) = (File::new()?, Wall::new());
    for jump in [0, -4 * MINUTE, 0, 33 * MINUTE, -1] {
        wall.advance(jump);
        let db = file.open_at(&wall)?;
        db.create(Todo::draft().title("Milk"))?;
        db.create(Todo::draft().title("Bread"))?;
    }
    let log = changes(&file)?;
    assert!(log.iter().map(|change| change.number).eq(1..=10));
    assert!(log.is_sorted_by(|one, next| one.stamp < next.stamp));
    // What is more than five minutes ahead was a clock that was wrong: it is left.
    wall.advance(-6 * MINUTE);
    file.open_at(&wall)?.create(Todo::draft().title("Rye"))?;
    let last = changes(&file)?.pop().there()?;
    assert_eq!((last.number, last.millis(), last.counter()), (11, wall.millis(), 0));
    verified(&file.open()?)
}

#[test]
fn no_wall_clock_is_too_bad() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    for millis in [i64::MIN, -1, 0, 1, 1 << 47, i64::MAX, 5] {
        wall.set(millis);
        let id = db.create(Todo::draft().title("Milk"))?;
        assert!(db.update(Todo::patch(id).stars(millis))?);
        assert_eq!(db.get(id)?.there()?.stars, Some(millis));
    }
    let log = changes(&file)?;
    assert!(log.iter().map(|change| change.number).eq(1..=14));
    for both in log.chunks(2) {
        assert!(both[0].row == both[1].row && both[0].stamp < both[1].stamp);
    }
    assert!(log.iter().all(|change| (0..1 << 47).contains(&change.millis())));
    verified(&db)
}

/// The counter has 65,536 values; a clock that is stuck at its end must not use them up.
#[test]
fn a_wall_clock_at_the_end_of_time_stops_no_write() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    wall.set(i64::MAX);
    db.transaction(|tx| {
        let id = tx.create(Todo::draft().title("Milk"))?;
        for stars in 0..70_000 {
            tx.update(Todo::patch(id).stars(stars))?;
        }
        Ok(())
    })?;
    let log = changes(&file)?;
    assert_eq!(log.len(), 70_001);
    assert!(log.iter().all(|change| change.millis() < 1 << 47));
    Ok(())
}
