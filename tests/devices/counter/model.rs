//! Devices that add, overwrite, delete, merge and compact at random, against a plain model.

use std::collections::BTreeSet;

use ara::prelude::*;
use proptest::prelude::*;

use crate::counter::{Article, same, send};
use support::{Outcome, Wall, cases};

/// A version that is at odds with the others on what the column is.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "article")]
struct AtOdds {
    id: Id<AtOdds>,
    title: String,
    views: i64,
}

const DEVICES: usize = 3;
const ROWS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Add {
        device: usize,
        row: usize,
        amount: i64,
    },
    Overwrite {
        device: usize,
        row: usize,
        value: i64,
    },
    Delete {
        device: usize,
        row: usize,
    },
    Restore {
        device: usize,
        row: usize,
    },
    Send {
        from: usize,
        to: usize,
        batch: usize,
    },
    Rebuild {
        device: usize,
    },
    /// All meet, and one of them drops what is covered.
    Compact {
        device: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..DEVICES;
    let row = || 0..ROWS;
    let amount = prop_oneof![
        8 => -3i64..10,
        1 => prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(i64::MAX / 2)],
    ];
    prop_oneof![
        8 => (device(), row(), amount)
            .prop_map(|(device, row, amount)| Step::Add { device, row, amount }),
        1 => (device(), row(), 0i64..3)
            .prop_map(|(device, row, value)| Step::Overwrite { device, row, value }),
        1 => (device(), row()).prop_map(|(device, row)| Step::Delete { device, row }),
        1 => (device(), row()).prop_map(|(device, row)| Step::Restore { device, row }),
        4 => (device(), device(), 1usize..4)
            .prop_map(|(from, to, batch)| Step::Send { from, to, batch }),
        1 => device().prop_map(|device| Step::Rebuild { device }),
        1 => device().prop_map(|device| Step::Compact { device }),
    ]
}

/// What was written into the column, in the order of the clocks.
#[derive(Debug, Clone, Copy)]
struct Write {
    row: usize,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Added(i64),
    Value(i64),
}

/// The writes that there are, and those that each device knows.
#[derive(Debug, Default)]
struct Model {
    writes: Vec<Write>,
    known: [BTreeSet<usize>; DEVICES],
}

impl Model {
    fn write(&mut self, device: usize, row: usize, what: What) {
        self.known[device].insert(self.writes.len());
        self.writes.push(Write { row, what });
    }

    fn sum(&self, device: usize, row: usize) -> i128 {
        let known = self.known[device].iter().map(|at| self.writes[*at]);
        let of_row = known.filter(|write| write.row == row);
        of_row
            .map(|write| match write.what {
                What::Added(amount) => i128::from(amount),
                What::Value(_) => 0,
            })
            .sum()
    }

    fn value(&self, device: usize, row: usize) -> Option<i64> {
        let mut known = self.known[device].iter().map(|at| self.writes[*at]);
        match known.rfind(|write| write.row == row)?.what {
            What::Value(value) => Some(value),
            What::Added(_) => {
                let sum = self.sum(device, row);
                i64::try_from(sum.clamp(i64::MIN.into(), i64::MAX.into())).ok()
            }
        }
    }
}

fn row_id(row: usize) -> Id<Article> {
    Id::from_key(row.to_string())
}

fn is_there(db: &Database, row: usize) -> ara::Result<bool> {
    Ok(db.get(row_id(row))?.is_some())
}

fn take(wall: &Wall, devices: &[Database], model: &mut Model, step: Step) -> Outcome {
    // No two writes are of one time.
    wall.advance(1);
    match step {
        Step::Add { device, row, amount } => {
            let there = is_there(&devices[device], row)?;
            let patch = Article::patch(row_id(row)).views(Counter::add(amount));
            assert_eq!(devices[device].update(patch)?, there);
            if there && amount != 0 {
                model.write(device, row, What::Added(amount));
            }
        }
        Step::Overwrite { device, row, value } => {
            let there = is_there(&devices[device], row)?;
            let patch = AtOdds::patch(Id::from_uuid(row_id(row).uuid())).views(value);
            assert_eq!(devices[device].update(patch)?, there);
            if there && model.value(device, row) != Some(value) {
                model.write(device, row, What::Value(value));
            }
        }
        Step::Delete { device, row } => drop(devices[device].delete(row_id(row))?),
        Step::Restore { device, row } => drop(devices[device].restore(row_id(row))?),
        Step::Send { from, to, batch } => {
            let changes = devices[from].changes_since(&devices[to].version_vector()?)?;
            for changes in changes.in_batches_of(batch) {
                devices[to].merge(&changes?)?;
            }
            let known = model.known[from].clone();
            model.known[to].extend(known);
        }
        Step::Rebuild { device } => drop(devices[device].rebuild()?),
        Step::Compact { device } => {
            meet(devices, model)?;
            devices[device].compact(&[devices[device].version_vector()?])?;
        }
    }
    Ok(())
}

fn meet(devices: &[Database], model: &mut Model) -> Outcome {
    for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 1)] {
        send(&devices[from], &devices[to])?;
    }
    for known in &mut model.known {
        known.extend(0..model.writes.len());
    }
    Ok(())
}

fn check(devices: &[Database], model: &Model) -> Outcome {
    for (device, db) in devices.iter().enumerate() {
        for row in 0..ROWS {
            let held = db.query::<Article>().with_deleted().find(row_id(row))?;
            let held = held.and_then(|row| row.views).map(Counter::get);
            assert_eq!(held, model.value(device, row), "device {device}, row {row}");
        }
        let verification = db.verify()?;
        assert!(verification.holds(), "device {device}: {:?}", verification.differences);
    }
    Ok(())
}

fn run(steps: Vec<Step>) -> Outcome {
    let wall = Wall::new();
    let devices = (0..DEVICES)
        .map(|seed| wall.options().seed(seed as u64).memory())
        .collect::<ara::Result<Vec<_>>>()?;
    let mut model = Model::default();
    for row in 0..ROWS {
        wall.advance(1);
        devices[0].create(Article::draft().id(row_id(row)).title("Counting").views(7))?;
        model.write(0, row, What::Added(7));
    }
    for step in steps {
        take(&wall, &devices, &mut model, step)?;
        check(&devices, &model)?;
    }
    meet(&devices, &mut model)?;
    check(&devices, &model)?;
    same(&devices[0], &devices[1])?;
    same(&devices[1], &devices[2])?;
    for db in &devices {
        db.rebuild()?;
    }
    check(&devices, &model)
}

#[test]
fn devices_agree_with_the_model() {
    cases::hold((32, 1_000), &prop::collection::vec(step(), 1..30), run);
}
