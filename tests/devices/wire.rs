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

/// The stamp with which the changes of these tests begin.
const START: i64 = 1_700_000_000_000 << 16;

/// All that a database has, as bytes.
fn exported(db: &Database) -> ara::Result<Vec<Vec<u8>>> {
    db.changes_since(&VersionVector::default())?.map(|changes| Ok(changes?.to_bytes())).collect()
}

/// Two transactions of one node: three changes of two rows. The second one is dated.
fn sample() -> Batch {
    let change = |after: i64, row: u8, ends: bool, cells: Vec<Cell>| Change {
        stamp: START + after,
        row: vec![row; 16],
        cells,
        ends,
        ..Change::default()
    };
    let done = Cell::integer(2, 1).marked(77, b"newer");
    let mut changes = vec![
        change(0, 1, false, vec![Cell::integer(0, 0), Cell::text(1, "Buy milk")]),
        change(1, 2, true, vec![Cell::integer(0, 0), Cell::text(1, "Tee 🍵"), Cell::null(2)]),
        change(9 << 16, 1, true, vec![done, Cell::real(3, 0.5_f64.to_bits())]),
    ];
    changes[1].mark = Some(0);
    changes[2].date = Some((START >> 16) - 2000);
    let run = Run { node: vec![7; 16], changes, ..Run::default() };
    let columns = ["is_deleted", "title", "done", "stars"].map(str::to_owned).into();
    Batch { tables: vec!["todo".to_owned()], columns, runs: vec![run] }.numbered().seal()
}

/// The same, but that the first row was forgotten: values were removed, and a change more tells it.
fn forgotten() -> Batch {
    let mut batch = sample();
    let Batch { tables, columns, runs } = &mut batch;
    let run = &mut runs[0];
    for change in run.changes.iter_mut().filter(|change| change.row == [1; 16]) {
        change.original = Some(support::wire::hash(&run.node, change, tables, columns));
        change.cells = vec![Cell::forgotten(0, &[1])];
    }
    let last = run.changes.last().cloned().unwrap_or_default();
    let cells = vec![Cell::forgotten(0, &[])];
    let stamp = last.stamp + (1 << 16);
    run.changes.push(Change { stamp, cells, original: None, date: None, ..last });
    // Only what was removed was written into the last column.
    columns.truncate(3);
    batch.numbered().seal()
}

/// Changes that a database wrote, without the digests within: where they are told, they must be right.
#[track_caller]
fn sent(bytes: &[u8]) -> Outcome<Batch> {
    let batch = Batch::decode(bytes)?;
    assert_eq!(batch.encode(), bytes);
    assert_eq!(batch.clone().seal(), batch);
    Ok(batch.without_marks())
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
    let all = |db: &Database| -> Outcome<Vec<Batch>> {
        exported(db)?.iter().map(|bytes| sent(bytes)).collect()
    };
    assert_eq!(all(&phone)?, all(&laptop)?);
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
