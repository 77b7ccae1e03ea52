//! Batches from a peer that holds the keys and means ill, or that is broken. What can be taken of them
//! is, the other nodes' changes go through, the next merge makes progress, and the app's own tables and
//! columns find room.

use ara::prelude::*;
use ara::{MergeReport, Reason};

use crate::wire::START;
use support::wire::{Batch, Cell, Change, Point, Run};
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

fn change(time: i64, cells: Vec<Cell>) -> Change {
    Change { time, row: vec![ILL; 16], cells, mark: Some(0), ..Change::default() }
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
    Batch { tables, columns, runs: vec![run(ILL, changes)] }.seal()
}

/// Adds a run of another node, which makes a row.
fn with_good(mut batch: Batch, from: Point) -> Batch {
    let (table, column) = (batch.tables.len(), batch.columns.len());
    batch.tables.push("todo".to_owned());
    batch.columns.extend(names(["is_deleted", "title"]));
    let time = from.time.max(START) + 1;
    let cells = vec![Cell::integer(column, 0), Cell::text(column + 1, "Be good")];
    let row = time.to_be_bytes().repeat(2);
    let change = Change { time, table, row, cells, mark: Some(0), ..Change::default() };
    let Batch { tables, columns, .. } = batch.clone();
    let good = Run { from, ..run(GOOD, vec![change]) };
    let sealed = Batch { tables, columns, runs: vec![good] }.seal();
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
fn names_that_no_table_may_have_stay_in_the_log() -> Outcome {
    let odd = [
        "",
        "Todo",
        "TODO",
        "todo\"; DROP TABLE \"todo\"; --",
        "'); DELETE FROM todo; --",
        "sqlite_schema",
        "sqlite_x",
        "ara_change",
        "ara_meta",
        "ara_search_todo",
        "a b",
        "ü",
        "\0",
        "x\0y",
        &"x".repeat(65),
        &"x".repeat(1000),
    ];
    let mut batch = ill(vec![]);
    batch.tables = names(odd);
    for table in 0..odd.len() {
        let time = START + table as i64;
        batch.runs[0].changes.push(Change { table, ..change(time, vec![Cell::text(0, "x")]) });
    }
    let report = merged(batch.seal())?;
    assert_eq!(report.set_aside, odd.len() as u64);
    assert_eq!(report.refused, []);
    Ok(())
}

#[test]
fn names_that_no_column_may_have_stay_in_the_log() -> Outcome {
    let odd = [
        "id",
        "ara_clock",
        "created_at",
        "updated_at",
        "ID",
        "Title",
        "TITLE",
        "is_Deleted",
        "ara_x",
        "sqlite_x",
        "",
        "a\"b",
        "a b",
        "x) VALUES (1); --",
        "rowid\0",
        "ß",
    ];
    let mut batch = ill(vec![]);
    batch.columns = names(["title"].into_iter().chain(odd));
    let cells = (0..=odd.len()).map(|column| Cell::text(column, "x")).collect();
    batch.runs[0].changes.push(change(START, cells));
    let report = merged(batch.seal())?;
    assert_eq!((report.set_aside, report.refused.len()), (1, 0));
    Ok(())
}

#[test]
fn names_of_what_is_never_synced_are_refused() -> Outcome {
    for name in ["ara_local_x", &"x".repeat(1001)] {
        let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
        batch.tables = names([name]);
        refused(batch.seal(), 0, Reason::Name)?;
    }
    let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
    batch.columns[0] = "x".repeat(1001);
    refused(batch.seal(), 0, Reason::Name)
}

#[test]
fn ten_thousand_columns_leave_room() -> Outcome {
    let mut batch = ill(vec![]);
    batch.columns = (0..10_000).map(|column| format!("c{column}")).collect();
    for (time, columns) in (START..).zip((0..10_000).collect::<Vec<_>>().chunks(100)) {
        let cells = columns.iter().map(|column| Cell::integer(*column, 5)).collect();
        batch.runs[0].changes.push(change(time, cells));
    }
    let report = merged(batch.seal())?;
    assert_eq!((report.changes, report.written), (101, 501));
    Ok(())
}

#[test]
fn more_columns_than_can_be_named_are_refused() -> Outcome {
    let mut batch = ill(vec![]);
    batch.columns = (0..70_000).map(|column| format!("c{column}")).collect();
    for (time, columns) in (START..).zip((0..70_000).collect::<Vec<_>>().chunks(1000)) {
        let cells = columns.iter().map(|column| Cell::integer(*column, 5)).collect();
        batch.runs[0].changes.push(change(time, cells));
    }
    // Transactions of two changes: of the one that is too much, neither is taken.
    for change in batch.runs[0].changes.iter_mut().step_by(2) {
        change.mark = None;
    }
    let (db, _) = own()?;
    let report = merged_into(&db, batch.seal())?;
    assert_eq!(report.refused.iter().map(|r| r.reason).collect::<Vec<_>>(), [Reason::Name]);
    assert_eq!(report.changes, 62 + 1);
    Ok(())
}

#[test]
fn a_thousand_tables_leave_room() -> Outcome {
    let mut batch = ill(vec![]);
    batch.tables = (0..1000).map(|table| format!("t{table}")).collect();
    for table in 0..1000 {
        let time = START + table as i64;
        batch.runs[0].changes.push(Change { table, ..change(time, vec![Cell::integer(0, 5)]) });
    }
    let report = merged(batch.seal())?;
    assert_eq!((report.changes, report.growth.tables.len()), (1001, 500));
    Ok(())
}

#[test]
fn an_id_has_16_bytes() -> Outcome {
    for length in [0, 1, 15, 17, 1000] {
        let mut changes = vec![change(START, vec![Cell::text(0, "x")]); 3];
        for (change, after) in changes.iter_mut().zip(0..) {
            change.time += after;
        }
        changes[1].row = vec![1; length];
        refused(ill(changes), 1, Reason::RowId)?;
    }
    Ok(())
}

#[test]
fn a_node_has_an_id() -> Outcome {
    for node in [&[][..], &[1; 15], &[1; 17], &[0; 16]] {
        let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
        batch.runs[0].node = node.to_vec();
        refused(batch.seal(), 0, Reason::Damaged)?;
    }
    Ok(())
}

#[test]
fn a_clock_shows_no_such_time() -> Outcome {
    for time in [0, -1, i64::MIN, START, START - 1] {
        let mut changes = vec![change(START, vec![Cell::text(0, "x")])];
        changes.push(change(time, vec![Cell::text(0, "y")]));
        let mut batch = ill(changes);
        batch.runs[0].to.time = i64::MAX;
        refused(batch, 1, Reason::Time)?;
    }
    Ok(())
}

#[test]
fn the_end_of_time_is_waited_for() -> Outcome {
    for time in [i64::MAX, i64::MAX - 1, 1 << 62] {
        let changes =
            vec![change(1, vec![Cell::text(0, "x")]), change(time, vec![Cell::text(0, "y")])];
        let report = merged(ill(changes))?;
        assert_eq!((report.changes, report.set_aside, report.refused.len()), (3, 1, 0));
    }
    Ok(())
}

#[test]
fn a_transaction_ends() -> Outcome {
    let mut changes: Vec<_> =
        (START..START + 5000).map(|time| change(time, vec![Cell::text(0, "x")])).collect();
    for change in &mut changes[1..] {
        change.mark = None;
    }
    refused(ill(changes), 1, Reason::OpenTransaction)
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
fn a_node_has_one_run() -> Outcome {
    let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
    let mut second = batch.runs[0].clone();
    second.changes[0].time += 1;
    batch.runs.push(second);
    let report = merged(batch.seal())?;
    assert_eq!(report.changes, 1);
    assert!(report.refused.iter().all(|refused| refused.reason == Reason::Damaged));
    Ok(())
}

#[test]
fn a_place_has_a_name() -> Outcome {
    let good = change(START, vec![Cell::text(0, "x")]);
    for place in [2, 1000, u32::MAX as usize] {
        let table = Change { table: place, ..change(START + 1, vec![Cell::text(0, "x")]) };
        refused(ill(vec![good.clone(), table]), 1, Reason::Damaged)?;
    }
    for place in [5, 1000, (1 << 28) - 1, 1 << 28, u32::MAX as usize, 1 << 40] {
        let cell = change(START + 1, vec![Cell::text(place, "x")]);
        refused(ill(vec![good.clone(), cell]), 1, Reason::Damaged)?;
    }
    Ok(())
}

#[test]
fn a_change_can_be_taken_apart() -> Outcome {
    let broken = [
        Cell { column: 0, tag: 3, payload: vec![200] },
        Cell { column: 0, tag: 2, payload: vec![1, 2] },
        Cell { column: 0, tag: 1, payload: vec![0x80, 0] },
        Cell { column: 0, tag: 12, payload: vec![0xff; 11] },
    ];
    for cell in broken {
        let changes = vec![change(START, vec![Cell::text(0, "x")]), change(START + 1, vec![cell])];
        refused(ill(changes), 1, Reason::Damaged)?;
    }
    // Nor is it a protobuf message.
    for more in [&[0xff][..], &[0], &[0x82, 0x01, 9], &[0x0b], &[0x84, 0x01]] {
        let mut changes = vec![change(START, vec![Cell::text(0, "x")]); 2];
        changes[1].time += 1;
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
fn a_digest_is_that_of_the_changes() -> Outcome {
    let changes = vec![change(START, vec![Cell::text(0, "x")]); 2];
    let mut batch = ill(changes);
    batch.runs[0].changes[1].time += 1;
    let mut batch = batch.seal();
    batch.runs[0].changes[1].cells = vec![Cell::text(0, "y")];
    refused(batch.clone(), 1, Reason::Digest)?;
    // Where the run says that it ends elsewhere.
    batch.runs[0].to.time = START - 1;
    refused(batch.clone(), 0, Reason::Time)?;
    // What it follows, nobody has.
    batch.runs[0].from = Point { time: 5, digest: 5 };
    refused(batch, 0, Reason::Unconnected)
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
    for (is_forked, time) in [(false, START), (true, START), (true, i64::MAX)] {
        let (db, id) = own()?;
        let mut batch = ill(vec![change(time, vec![Cell::text(0, "Not mine")])]);
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
    let report = merged(batch.seal())?;
    assert_eq!((report.changes, report.refused.len()), (4096, 0));
    Ok(())
}

#[test]
fn what_comes_before_the_known_is_united_also_where_the_rest_is_refused() -> Outcome {
    let db = Database::memory()?;
    db.merge(&ill(vec![change(START + 2, vec![Cell::text(0, "x")])]).changes()?)?;
    let early = change(START + 1, vec![Cell::text(0, "y")]);
    let mut batch = ill(vec![early.clone(), early]);
    batch.runs[0].to.digest ^= 1;
    let report = merged_into(&db, batch)?;
    assert_eq!((report.changes, report.forked.len(), report.refused.len()), (2, 1, 1));
    Ok(())
}

/// Which of them counts, and is met first, is up to their hashes.
#[test]
fn of_many_changes_of_one_time_only_one_ends_a_transaction() -> Outcome {
    for seed in 0..8 {
        let twin = |n: u8| Change { mark: None, ..change(START, vec![Cell::blob(0, &[seed, n])]) };
        let last = change(START, vec![Cell::blob(0, &[seed])]);
        let mut batch = ill((0..40).map(twin).chain([last]).collect());
        batch.runs[0].is_forked = true;
        let report = merged(batch.seal())?;
        assert_eq!((report.changes, report.refused.len()), (42, 0));
    }
    Ok(())
}

#[test]
fn a_change_is_not_there_twice() -> Outcome {
    let twice = change(START, vec![Cell::text(0, "x")]);
    let mut batch = ill(vec![Change { mark: None, ..twice.clone() }, twice]);
    batch.runs[0].is_forked = true;
    refused(batch.seal(), 0, Reason::Damaged)
}

#[test]
fn more_changes_of_one_time_than_are_read_at_once_are_passed_on() -> Outcome {
    let twin = |n: u32| change(START, vec![Cell::blob(0, &n.to_le_bytes())]);
    let mut batch = ill((0..3000).map(twin).collect());
    batch.runs[0].is_forked = true;
    let report = merged(batch.seal())?;
    assert_eq!((report.changes, report.refused.len()), (3001, 0));
    Ok(())
}

#[test]
fn a_change_between_those_that_are_known_is_of_another_device() -> Outcome {
    let db = Database::memory()?;
    let last = change(START + 2, vec![Cell::text(0, "x")]);
    db.merge(&ill(vec![last.clone()]).changes()?)?;
    let report = merged_into(&db, ill(vec![change(START, vec![Cell::text(0, "y")]), last]))?;
    assert_eq!((report.changes, report.known, report.forked.len()), (2, 1, 1));
    Ok(())
}
