//! Changes and version vectors as bytes: what one device writes another reads, and nothing else.

mod damaged;
mod fuzz;
mod golden;
mod hostile;
mod passed_on;
mod streams;

use ara::prelude::*;
use ara::{Changes, VersionVector};

use support::wire::{Batch, Cell, Change, Run};
use support::{Outcome, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
    stars: Option<f64>,
}

/// When the changes of these tests begin.
const START: i64 = 1_700_000_000_000 << 16;

/// All that a database has, as bytes.
fn exported(db: &Database) -> ara::Result<Vec<Vec<u8>>> {
    db.changes_since(&VersionVector::default())?.map(|changes| Ok(changes?.to_bytes())).collect()
}

/// Two transactions of one node: three changes of two rows.
fn sample() -> Batch {
    let change = |after: i64, row: u8, mark: Option<u64>, cells: Vec<Cell>| Change {
        time: START + after,
        row: vec![row; 16],
        cells,
        mark,
        ..Change::default()
    };
    let changes = vec![
        change(0, 1, None, vec![Cell::integer(0, 0), Cell::text(1, "Buy milk")]),
        change(1, 2, Some(0), vec![Cell::integer(0, 0), Cell::text(1, "Tee 🍵"), Cell::null(2)]),
        change(9 << 16, 1, Some(0), vec![Cell::integer(2, 1), Cell::real(3, 0.5_f64.to_bits())]),
    ];
    let run = Run { node: vec![7; 16], changes, ..Run::default() };
    let columns = ["is_deleted", "title", "done", "stars"].map(str::to_owned).into();
    Batch { tables: vec!["todo".to_owned()], columns, runs: vec![run] }.seal()
}

#[test]
fn what_one_writes_the_other_reads() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(-0.0))?;
    laptop.create_all((0..100_i64).map(|n| Todo::draft().title(format!("Think {n}"))))?;
    laptop.update(Todo::patch(milk).done(true))?;
    let lacking = VersionVector::from_bytes(&phone.version_vector()?.to_bytes())?;
    for changes in laptop.changes_since(&lacking)? {
        let changes = changes?;
        let read = Changes::from_bytes(&changes.to_bytes())?;
        assert_eq!(read, changes);
        phone.merge(&read)?;
    }
    let rows = |db: &Database| db.query::<Todo>().order_by(Todo::id).all();
    assert_eq!(rows(&laptop)?, rows(&phone)?);
    let vector = phone.version_vector()?;
    assert_eq!(VersionVector::from_bytes(&vector.to_bytes())?, vector);
    assert_eq!(vector, laptop.version_vector()?);
    assert_eq!(exported(&phone)?, exported(&laptop)?);
    verified(&phone)
}

#[test]
fn changes_of_several_nodes_come_back() -> Outcome {
    let dbs = [Database::memory()?, Database::memory()?, Database::memory()?];
    for round in 0..3 {
        for db in &dbs {
            db.create(Todo::draft().title(format!("Round {round}")))?;
            for changes in db.changes_since(&dbs[0].version_vector()?)? {
                dbs[0].merge(&Changes::from_bytes(&changes?.to_bytes())?)?;
            }
        }
    }
    let all = exported(&dbs[0])?;
    let [all] = &*all else { return Err("one batch".into()) };
    let changes = Changes::from_bytes(all)?;
    assert_eq!((changes.len(), changes.to_bytes()), (9, all.clone()));
    let phone = Database::memory()?;
    assert_eq!(phone.merge(&changes)?.changes, 9);
    assert_eq!(phone.version_vector()?, dbs[0].version_vector()?);
    verified(&phone)
}
