//! Random sequences of operations, against a plain model of what they do.
//!
//! A failed sequence is told in its shortest form, with the seed it came from, as `support::cases` says.

mod rows;
mod tables;
mod writes;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ara::Database;
use proptest::prelude::*;

use crate::model::rows::Model;
use crate::model::writes::{Write, write};
use support::cases;
use support::{File, Outcome, Wall};

/// A step of a sequence.
#[derive(Debug, Clone)]
enum Step {
    Write(Write),
    Transaction(Vec<Write>, End),
    Reopen,
    /// The wall clock jumps by this many milliseconds.
    Jump(i64),
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Fail,
    Panic,
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![3 => Just(End::Commit), 1 => Just(End::Fail), 1 => Just(End::Panic)];
    let writes = prop::collection::vec(write(), 0..6);
    // So that the wall clock never stands within a second before the clock of the database, which it would
    // take for the date then.
    let seconds = prop_oneof![-50..50_i64, -1_i64 << 29..1 << 29].prop_map(|jump| jump * 2_000);
    let jump = prop_oneof![1 => 0..5_i64, 2 => seconds];
    prop_oneof![
        8 => write().prop_map(Step::Write),
        3 => (writes, end).prop_map(|(writes, end)| Step::Transaction(writes, end)),
        1 => Just(Step::Reopen),
        2 => jump.prop_map(Step::Jump),
    ]
}

/// In 1973. The years before are too near to 1970, where all clocks begin.
const EARLIEST: i64 = 100_000_000_000;

fn run(steps: &[Step]) -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let mut db = file.open_at(&wall)?;
    let mut model = Model::default();
    for step in steps {
        model.wall = wall.millis();
        match step {
            Step::Write(write) => {
                let mut after = model.clone();
                let did = tables::on_database(&db, write)?;
                after.check(write, &did)?;
                if did.succeeded() {
                    model = after;
                }
            }
            Step::Transaction(writes, end) => transaction(&db, &mut model, writes, *end)?,
            Step::Reopen => {
                drop(db);
                db = file.open_at(&wall)?;
            }
            // One that led further back would end at any distance from what was written.
            Step::Jump(by) => wall.set(match wall.millis() + by {
                to if to < EARLIEST => wall.millis(),
                to => to,
            }),
        }
        tables::compare(&db, &model).map_err(|error| format!("after {step:?}: {error}"))?;
    }
    let found = db.verify()?;
    if !found.holds() || found.changes != model.changes || found.rows != model.rows.len() as u64 {
        return Err(format!("{} changes were made, {found:?}", model.changes).into());
    }
    Ok(())
}

fn transaction(db: &Database, model: &mut Model, writes: &[Write], end: End) -> Outcome {
    let mut after = model.clone();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        db.try_transaction(|tx| -> Outcome {
            for write in writes {
                // What fails is passed over.
                after.check(write, &tables::on_transaction(tx, write)?)?;
                tables::compare(tx, &after)?;
            }
            match end {
                End::Commit => Ok(()),
                End::Fail => Err("failed as asked".into()),
                End::Panic => resume_unwind(Box::new("panicked as asked")),
            }
        })
    }));
    match (ended, end) {
        (Ok(Ok(())), End::Commit) => {
            *model = after;
            Ok(())
        }
        (Ok(Err(error)), End::Fail) if error.to_string() == "failed as asked" => Ok(()),
        (Ok(Err(error)), _) => Err(error),
        (Err(_), End::Panic) => Ok(()),
        (Err(panic), _) => resume_unwind(panic),
        (Ok(Ok(())), _) => Err("a transaction ended well that should not".into()),
    }
}

#[test]
fn any_sequence_does_what_the_model_says() {
    cases::hold((24, 2_000), &prop::collection::vec(step(), 1..40), |steps| run(&steps));
}
