//! Batches from a peer that holds the keys and means ill, or that is broken. What can be taken of them
//! is, the other nodes' changes go through, the next merge makes progress, and the app's own tables and
//! columns find room.

mod forgotten;
mod many;
mod names;
mod places;
mod stamps;

use ara::prelude::*;
use ara::{MergeReport, Reason};

use crate::wire::START;
use support::wire::{Batch, CAP, Cell, Change, Point, Run};
use support::{Outcome, There, verified};

const ILL: u8 = 6;
const GOOD: u8 = 9;

/// What the app declares when all is over: a table and a column that nobody knew.
#[derive(Debug, Clone, PartialEq, Table)]
struct Plant {
    id: Id<Plant>,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    latest: Option<i64>,
}

fn change(stamp: i64, cells: Vec<Cell>) -> Change {
    let (row, ends, mark) = (vec![ILL; 16], true, Some(0));
    Change { stamp, row, cells, ends, mark, ..Change::default() }
}

/// Transactions of a change each.
fn three() -> Vec<Change> {
    (START..START + 3).map(|stamp| change(stamp, vec![Cell::text(0, "x")])).collect()
}

fn run(node: u8, changes: Vec<Change>) -> Run {
    Run { node: vec![node; 16], changes, ..Run::default() }
}

fn names<S: ToString>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}

/// Changes of the table `todo`, which write its title, by one node.
fn ill(changes: Vec<Change>) -> Batch {
    let (tables, columns) = (names(["todo"]), names(["title", "is_deleted"]));
    Batch { tables, columns, runs: vec![run(ILL, changes)] }.numbered().seal()
}

/// Adds a run of another node, which makes a row.
fn with_good(mut batch: Batch, from: Point) -> Batch {
    let (table, column) = (batch.tables.len(), batch.columns.len());
    batch.tables.push("todo".to_owned());
    batch.columns.extend(names(["is_deleted", "title"]));
    let stamp = START + from.number;
    let cells = vec![Cell::integer(column, 0), Cell::text(column + 1, "Be good")];
    let row = stamp.to_be_bytes().repeat(2);
    let change = Change { table, row, ..change(stamp, cells) };
    let Batch { tables, columns, .. } = batch.clone();
    let good = Run { from, ..run(GOOD, vec![change]) };
    let sealed = Batch { tables, columns, runs: vec![good] }.numbered().seal();
    batch.runs.extend(sealed.runs);
    batch
}

/// What the app declares from the start.
#[derive(Debug, Table)]
#[table(name = "todo")]
struct FirstTodo {
    #[allow(dead_code)]
    id: Id<FirstTodo>,
    #[allow(dead_code)]
    title: String,
}

/// What a merge of the batch did, once all is as it should be after it.
fn merged(batch: Batch) -> Outcome<MergeReport> {
    merged_into(&Database::memory()?, batch)
}

#[track_caller]
fn merged_into(db: &Database, batch: Batch) -> Outcome<MergeReport> {
    let good = |db: &Database| {
        let good = db.query::<Todo>().filter(Todo::title.eq("Be good"));
        good.count()
    };
    let batch = with_good(batch, Point::default());
    let report = db.merge(&batch.changes()?)?;
    verified(db)?;

    // The next merge makes progress.
    let known = batch.runs.last().there()?.to;
    let next = db.merge(&with_good(Batch::default(), known).changes()?)?;
    assert_eq!((next.changes, next.refused.len()), (1, 0), "{next:?}");
    verified(db)?;

    // What the app declares finds room.
    let fern = db.create(Plant::draft().name("Fern"))?;
    let milk = db.create(Todo::draft().title("Buy milk").latest(7))?;
    assert_eq!(db.get(fern)?.there()?.name.as_deref(), Some("Fern"));
    assert_eq!(db.get(milk)?.there()?.latest, Some(7));
    assert_eq!(good(db)?, 2);
    verified(db)?;

    // It is passed on as far as it was taken.
    let other = Database::memory()?;
    other.create(FirstTodo::draft().title("Yours"))?;
    for changes in db.changes_since(&other.version_vector()?)? {
        let passed_on = other.merge(&ara::Changes::from_bytes(&changes?.to_bytes())?)?;
        assert!(passed_on.refused.is_empty(), "{:?}", passed_on.refused);
    }
    assert!(db.changes_since(&other.version_vector()?)?.next().is_none());
    assert_eq!(good(&other)?, 2);
    verified(&other)?;
    Ok(report)
}

/// The merge takes so many changes of the node that means ill, and then refuses it for this reason.
#[track_caller]
fn refused(batch: Batch, taken: u64, reason: Reason) -> Outcome {
    let report = merged(batch)?;
    let reasons: Vec<_> = report.refused.iter().map(|refused| refused.reason).collect();
    assert_eq!((report.changes, &*reasons), (taken + 1, &[reason][..]));
    Ok(())
}

#[test]
fn an_id_has_16_bytes() -> Outcome {
    for length in [0, 1, 15, 17, 1000] {
        let mut changes = vec![change(START, vec![Cell::text(0, "x")]); 3];
        changes[1].row = vec![1; length];
        refused(ill(changes), 1, Reason::RowId)?;
    }
    Ok(())
}

#[test]
fn a_column_that_is_written_twice_takes_the_first_value() -> Outcome {
    let cells = vec![Cell::text(0, "first"), Cell::text(0, "second"), Cell::integer(1, 0)];
    let mut batch = ill(vec![change(START, cells)]);
    let db = Database::memory()?;
    assert_eq!(merged_into(&db, batch.clone())?.refused, []);
    assert_eq!(db.query::<Todo>().filter(Todo::title.eq("first")).count()?, 1);

    // Also where the name is in the dictionary twice.
    batch.columns = names(["title", "is_deleted", "title"]);
    batch.runs[0].changes[0].cells[1].column = 2;
    let db = Database::memory()?;
    assert_eq!(merged_into(&db, batch.seal())?.refused, []);
    assert_eq!(db.query::<Todo>().filter(Todo::title.eq("first")).count()?, 1);
    Ok(())
}

#[test]
fn a_change_can_be_taken_apart() -> Outcome {
    let broken = [
        (3, vec![200]),
        (2, vec![1, 2]),
        (1, vec![0x80, 0]),
        (7, vec![2, 1]),
        (12, vec![0xff; 11]),
        // 16 more tells that marks follow, which are at least a byte.
        (16 + 6, vec![]),
        (16 + 6, vec![0]),
        (16 + 6, vec![200, 1]),
    ];
    for (tag, payload) in broken {
        let cell = Cell { tag, payload, ..Cell::default() };
        let changes = vec![change(START, vec![Cell::text(0, "x")]), change(START + 1, vec![cell])];
        refused(ill(changes), 1, Reason::Damaged)?;
    }
    // Nor is it a protobuf message.
    for more in [&[0xff][..], &[0], &[0x82, 0x01, 9], &[0x0b], &[0x84, 0x01]] {
        let mut changes = vec![change(START, vec![Cell::text(0, "x")]); 2];
        changes[1].more = more.to_vec();
        refused(ill(changes), 1, Reason::Damaged)?;
    }
    Ok(())
}

#[test]
fn a_text_that_is_no_text_stays_in_the_log() -> Outcome {
    let cell = Cell { tag: 3, ..Cell::blob(0, &[0xff, 0xfe]) };
    let report = merged(ill(vec![change(START, vec![cell])]))?;
    assert_eq!((report.changes, report.set_aside, report.refused.len()), (2, 1, 0));
    Ok(())
}

#[test]
fn an_addition_that_is_none_stays_in_the_log() -> Outcome {
    for bytes in [&[][..], &[2], &[0x80], &[2, 2, 2], &[2, 0x80]] {
        let cell = Cell { tag: 7, ..Cell::blob(0, bytes) };
        let report = merged(ill(vec![change(START, vec![cell])]))?;
        assert_eq!((report.changes, report.set_aside, report.refused.len()), (2, 1, 0));
    }
    Ok(())
}

/// Marks have no effect that this version does not know, or that cannot be read.
#[test]
fn odd_marks_stay_with_their_cells() -> Outcome {
    let marks = [&[0xff][..], &[1, 200], &[1, 0], &[1, 1, 7], &[2, 0, 2, 0], &[99, 3, 1, 2, 3]];
    for marks in marks {
        let cell = Cell { marks: marks.to_vec(), ..Cell::text(0, "x") };
        let (db, cells) = (Database::memory()?, vec![cell, Cell::integer(1, 0)]);
        let report = merged_into(&db, ill(vec![change(START, cells)]))?;
        assert_eq!((report.changes, report.set_aside, report.refused.len()), (2, 0, 0));
        assert_eq!(db.query::<Todo>().filter(Todo::title.eq("x")).count()?, 1);
    }
    Ok(())
}

/// A database with a row of its own, and the id of its node.
fn own() -> Outcome<(Database, [u8; 16])> {
    let db = Database::memory()?;
    db.create(FirstTodo::draft().title("Mine"))?;
    let vector = db.version_vector()?.to_bytes();
    // The only node: its id follows the heads of the record, of its message and of the field.
    Ok((db, vector[28..44].try_into()?))
}

#[test]
fn who_writes_under_the_receivers_id_does_not_stop_it() -> Outcome {
    for (is_forked, stamp) in [(false, START), (true, START), (true, CAP)] {
        let (db, id) = own()?;
        let mut batch = ill(vec![change(stamp, vec![Cell::text(0, "Not mine")])]);
        batch.runs[0].node = id.to_vec();
        batch.runs[0].is_forked = is_forked;
        let report = merged_into(&db, batch.seal())?;
        assert_eq!(report.changes, 2);
        assert_eq!(db.query::<Todo>().filter(Todo::title.eq("Mine")).count()?, 1);
    }
    Ok(())
}

#[test]
fn a_change_may_write_nothing() -> Outcome {
    let report = merged(ill(vec![change(START, vec![])]))?;
    assert_eq!((report.changes, report.refused.len()), (2, 0));
    Ok(())
}

#[test]
fn many_rows_of_as_many_shapes_are_taken() -> Outcome {
    let mut batch = ill(vec![]);
    batch.columns = (0..12).map(|column| format!("c{column}")).collect();
    for shape in 1..4096_i64 {
        let cells = (0..12).filter(|column| shape >> column & 1 == 1);
        let cells = cells.map(|column| Cell::integer(column, shape)).collect();
        let row = shape.to_be_bytes().repeat(2);
        batch.runs[0].changes.push(Change { row, ..change(START + shape, cells) });
    }
    let report = merged(batch.numbered().seal())?;
    assert_eq!((report.changes, report.refused.len()), (4096, 0));
    Ok(())
}
