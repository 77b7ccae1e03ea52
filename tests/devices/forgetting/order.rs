//! Whatever is written and forgotten in whatever order, all devices come to the same.

use proptest::prelude::*;

use support::cases;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Create,
    Edit,
    Add,
    Delete,
    Restore,
    Forget,
    Compact,
    Send(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Create),
        3 => Just(Step::Edit),
        2 => Just(Step::Add),
        3 => Just(Step::Delete),
        1 => Just(Step::Restore),
        2 => Just(Step::Forget),
        1 => Just(Step::Compact),
        4 => (0..3_usize).prop_map(Step::Send),
    ]
}

/// Runs a step on a device. Returns whether it forgot the row.
fn run(all: &[Database], device: usize, id: Id<Note>, step: &Step) -> Outcome<bool> {
    let db = &all[device];
    let allow = |done: ara::Result<bool>| match done {
        Ok(_) | Err(Error::Forgotten { .. }) => Ok(()),
        Err(error) => Err(error),
    };
    match step {
        Step::Create => allow(match db.create(Note::draft().id(id).title(SECRET).views(1)) {
            Err(Error::Exists { .. }) => Ok(false),
            done => done.map(|_| true),
        })?,
        Step::Edit => allow(db.update(Note::patch(id).text(SECRET)))?,
        Step::Add => allow(db.update(Note::patch(id).views(Counter::add(1))))?,
        Step::Delete => allow(db.delete(id))?,
        Step::Restore => allow(db.restore(id))?,
        Step::Forget => return Ok(db.forget(id)?),
        Step::Compact => {
            let vectors: Vec<_> =
                all.iter().map(Database::version_vector).collect::<Result<_, _>>()?;
            let _ = db.compact(&vectors)?;
        }
        Step::Send(to) => {
            send(db, &all[*to])?;
        }
    }
    Ok(false)
}

fn holds(steps: &[(usize, u8, Step)]) -> Outcome {
    let wall = Wall::new();
    let open = |seed| wall.options().seed(seed).memory();
    let all = [open(1)?, open(2)?, open(3)?];
    let ids = [0, 1].map(|row| Id::<Note>::from_key(format!("row {row}")));
    let mut forgotten = [false; 2];
    for (device, row, step) in steps {
        wall.advance(i64::from(*row));
        let row = usize::from(row % 2);
        forgotten[row] |= run(&all, *device, ids[row], step)?;
    }
    for _ in 0..2 {
        for from in &all {
            for to in &all {
                send(from, to)?;
            }
        }
    }
    let rows = |db: &Database| db.query::<Note>().with_deleted().order_by(Note::id.asc()).all();
    for db in &all {
        agree(&all[0], db)?;
        assert_eq!(rows(db)?, rows(&all[0])?);
        let before = rows(db)?;
        db.rebuild()?;
        assert_eq!(rows(db)?, before);
        for (id, _) in ids.iter().zip(forgotten).filter(|(_, is_forgotten)| *is_forgotten) {
            is_gone(db, *id)?;
        }
    }
    Ok(())
}

#[test]
fn all_devices_come_to_the_same() {
    let steps = prop::collection::vec((0..3_usize, any::<u8>(), step()), 1..40);
    cases::hold((48, 2_000), &steps, |steps| holds(&steps));
}
