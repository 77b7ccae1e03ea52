//! Killed at any moment of a rebuild, a file is as it was before, or as it must be.

use ara::prelude::*;
use support::cases::scaled;
use support::child;

use support::random::Random;
use support::{File, Outcome, disk, verified};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    number: Option<i64>,
}

const ROWS: i64 = 300;

/// The child: rebuilds until it is killed.
#[test]
fn rebuilder() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    child::tell("start");
    loop {
        db.rebuild()?;
        child::tell("done");
    }
}

/// The sum of the numbers.
fn sum(db: &Database) -> Outcome<i64> {
    let numbers = db.query::<Note>().narrow(Note::number).select(Note::number).all()?;
    Ok(numbers.into_iter().sum())
}

#[test]
fn all_or_nothing_is_rebuilt() -> Outcome {
    let mut random = Random::new();
    let file = File::new()?;
    let db = file.open()?;
    db.create_all((0..ROWS).map(|n| Note::draft().text(format!("note {n}")).number(n)))?;
    let whole = sum(&db)?;
    let (mut before, mut after) = (0, 0);
    for round in 0..scaled(80) {
        println!("round {round}");
        file.tamper("UPDATE note SET number = 7; DELETE FROM note WHERE text LIKE '%3'")?;
        let tampered = sum(&db)?;
        let mut child = child::command("kill_rebuild::rebuilder", &file.path())?.spawn()?;
        let mut told = child::told(&mut child);
        assert_eq!(told.next().as_deref(), Some("start"));
        let scale = 8 + random.below(14);
        let spins = random.below(1 << scale);
        (0..spins).for_each(|_| std::hint::spin_loop());
        child.kill()?;
        let is_done = told.any(|line| line == "done");
        child.wait()?;
        let found = sum(&db)?;
        if found == tampered && !is_done {
            before += 1;
            assert!(!db.verify()?.holds());
            db.rebuild()?;
        } else {
            after += 1;
        }
        assert_eq!(sum(&db)?, whole);
        verified(&db)?;
        assert_eq!(db.query::<Note>().search("3").count()?, 1);
        assert_eq!(db.query::<Note>().search("note").count()?, ROWS.unsigned_abs());
    }
    println!("before: {before}, after: {after}");
    assert!(before > 0 && after > 0);
    Ok(())
}
