//! Two copies of a file whose clock ran ahead both tell what of it does not count.

use std::fs;

use ara::Timestamp;
use ara::prelude::*;

use crate::merge::{Todo, at, same, send};
use support::{File, Outcome};

/// In January 2027.
const NOW: i64 = 1_800_000_000_000;
const YEAR: i64 = 365 * 24 * 3_600_000;

/// Writes ahead of the time, one change a title, and comes back.
fn ahead(file: &File, id: Id<Todo>, titles: &[&str], back: i64) -> Outcome<Database> {
    let open = |millis| {
        Database::options().clock(move || Timestamp::from_millis(millis)).open(file.path())
    };
    for (title, millis) in titles.iter().zip(NOW + YEAR..) {
        open(millis)?.update(Todo::patch(id).title(*title))?;
    }
    let db = open(back)?;
    db.create(Todo::draft().title("I am back"))?;
    Ok(db)
}

#[test]
fn the_widest_counts_after_compaction_too() -> Outcome {
    let file = File::new()?;
    let db = Database::options().clock(|| Timestamp::from_millis(NOW)).open(file.path())?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    drop(db);
    let before = fs::read(file.path())?;
    let other = at(NOW + 6000, 5)?;
    send(&ahead(&file, milk, &["Buy oat milk", "Buy soy milk", "Ahead"], NOW + 1000)?, &other)?;
    fs::write(file.path(), before)?;
    send(&ahead(&file, milk, &["Buy tea"], NOW + 5000)?, &other)?;
    assert!(other.verify()?.holds());
    let uncompacted = at(NOW + 2 * YEAR, 7)?;
    send(&other, &uncompacted)?;
    same(&other, &uncompacted)?;

    let vector = other.version_vector()?;
    other.compact(&[vector])?;
    let fresh = at(NOW + 2 * YEAR, 6)?;
    send(&other, &fresh)?;
    same(&other, &fresh)
}
