//! Random writes on two devices: each moment is what it was, and undoing one leaves the rest.

use std::collections::BTreeMap;

use ara::prelude::*;
use ara::{RowChange, Stored, Timestamp, TransactionId};
use proptest::prelude::*;

use crate::past::Todo;
use support::cases::scaled;
use support::{Outcome, There, Wall, send, verified};

#[derive(Debug, Clone)]
enum Step {
    /// A transaction of a device.
    Write(bool, Writes),
    /// The devices meet.
    Meet,
    Wait(u8),
}

#[derive(Debug, Clone)]
pub enum Write {
    Upsert(u8),
    Stars(Option<u8>),
    Done(Option<bool>),
    Delete,
    Restore,
}

/// What a transaction writes: each write is a row and what is done to it.
pub type Writes = Vec<(u8, Write)>;

pub fn writes() -> impl Strategy<Value = Writes> {
    let write = prop_oneof![
        3 => any::<u8>().prop_map(Write::Upsert),
        3 => any::<Option<u8>>().prop_map(Write::Stars),
        2 => any::<Option<bool>>().prop_map(Write::Done),
        1 => Just(Write::Delete),
        1 => Just(Write::Restore),
    ];
    prop::collection::vec((0..5_u8, write), 1..6)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (any::<bool>(), writes()).prop_map(|(device, writes)| Step::Write(device, writes)),
        1 => Just(Step::Meet),
        2 => (1..50_u8).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..25)
}

fn id(row: u8) -> Id<Todo> {
    Id::from_key(row.to_string())
}

pub fn write(db: &Database, writes: &[(u8, Write)]) -> ara::Result<()> {
    db.transaction(|tx| {
        for (row, write) in writes {
            let id = id(*row);
            match write {
                Write::Upsert(title) => {
                    tx.upsert(Todo::draft().id(id).title(title.to_string()))?;
                }
                Write::Stars(stars) => {
                    tx.update(Todo::patch(id).stars(stars.map(i64::from)))?;
                }
                Write::Done(done) => {
                    tx.update(Todo::patch(id).done(*done))?;
                }
                Write::Delete => {
                    tx.delete(id)?;
                }
                Write::Restore => {
                    tx.restore(id)?;
                }
            }
        }
        Ok(())
    })
}

type Rows = Vec<(crate::past::TodoRow, bool)>;

fn rows(db: &impl Queries) -> Outcome<Rows> {
    let deleted = db.query::<Todo>().only_deleted().all()?;
    let all = db.query::<Todo>().with_deleted().order_by(Todo::id).all()?;
    Ok(all.into_iter().map(|row| (row.clone(), deleted.contains(&row))).collect())
}

/// The stored values, by row and column.
type Values = BTreeMap<(u8, String), Option<Stored<'static>>>;

fn stored(db: &Database) -> Outcome<Values> {
    let mut values = BTreeMap::new();
    for row in 0..5 {
        for column in db.history(id(row))?.into_iter().flat_map(|change| change.columns) {
            values.insert((row, column.column), column.to);
        }
    }
    Ok(values)
}

/// What the history says that undoing a transaction makes of the values, and how many are left.
fn undone(db: &Database, transaction: TransactionId) -> Outcome<(Values, u64)> {
    let (mut values, mut left) = (stored(db)?, 0);
    for row in 0..5 {
        let history = db.history(id(row))?;
        let is_its = |change: &&RowChange| change.transaction == transaction;
        let mut columns: Vec<String> = history
            .iter()
            .filter(is_its)
            .flat_map(|change| change.columns.iter().map(|column| column.column.clone()))
            .collect();
        columns.sort();
        columns.dedup();
        let of = |change: &RowChange, name: &str| {
            change.columns.iter().find(|column| column.column == name).cloned()
        };
        // What others wrote last, whenever that was.
        let others = |name: &str| {
            let others = history.iter().filter(|change| !is_its(change));
            others.filter_map(|change| of(change, name)).next_back()
        };
        let life = "is_deleted";
        // What it has created keeps what nobody else wrote.
        let is_created = history
            .iter()
            .find(|change| of(change, life).is_some())
            .is_some_and(|first| first.transaction == transaction);
        for name in columns {
            let mut its = history.iter().filter(is_its).filter_map(|change| of(change, &name));
            let is_current = its.next_back().there()?.is_current;
            if !is_current {
                left += 1;
            } else if let Some(others) = others(&name) {
                values.insert((row, name), others.to);
            } else if name == life {
                values.insert((row, name), Some(Stored::Integer(1)));
            } else if !is_created {
                values.insert((row, name), None);
            }
        }
    }
    Ok((values, left))
}

fn holds(steps: &[Step], chosen: prop::sample::Index) -> Outcome {
    let wall = Wall::new();
    let dbs = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    let mut moments: Vec<(i64, Rows)> = Vec::new();
    for step in steps {
        match step {
            Step::Write(device, writes) => write(&dbs[usize::from(*device)], writes)?,
            Step::Wait(millis) => {
                // What one device knows now it knew at this moment, if it has met all.
                send(&dbs[1], &dbs[0])?;
                moments.push((wall.millis(), rows(&dbs[0])?));
                wall.advance(i64::from(*millis));
            }
            Step::Meet => {
                send(&dbs[0], &dbs[1])?;
                send(&dbs[1], &dbs[0])?;
            }
        }
    }
    send(&dbs[0], &dbs[1])?;
    send(&dbs[1], &dbs[0])?;
    for db in &dbs {
        for (millis, then) in &moments {
            assert_eq!(rows(&db.at(Timestamp::from_millis(*millis)))?, *then);
        }
        assert_eq!(rows(&db.at(Timestamp::MAX))?, rows(db)?);
    }

    let mut transactions = Vec::new();
    for row in 0..5 {
        let (history, theirs) = (dbs[0].history(id(row))?, dbs[1].history(id(row))?);
        assert_eq!(history, theirs);
        transactions.extend(history.into_iter().map(|change| change.transaction));
    }
    if transactions.is_empty() {
        return Ok(());
    }
    let transaction = *chosen.get(&transactions);
    let (expected, left) = undone(&dbs[0], transaction)?;
    let before = rows(&dbs[0])?;
    let report = dbs[0].undo(transaction)?;
    assert_eq!((stored(&dbs[0])?, report.left), (expected, left));
    verified(&dbs[0])?;
    send(&dbs[0], &dbs[1])?;
    assert_eq!(rows(&dbs[0])?, rows(&dbs[1])?);
    // Undone and done again, it is as before, but for when.
    if let Some(undoing) = report.transaction {
        dbs[1].undo(undoing)?;
        let values = |rows: &Rows| -> Vec<_> {
            rows.iter()
                .map(|(row, deleted)| (row.title.clone(), row.done, row.stars, *deleted))
                .collect()
        };
        assert_eq!(values(&rows(&dbs[1])?), values(&before));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: scaled(50), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_moment_is_what_it_was(steps in steps(), chosen: prop::sample::Index) {
        holds(&steps, chosen).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}
