//! Tests of rows that do not fit into one row of SQLite. Here one holds 300,000 bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ara_schema::{ColumnDef, TableDef, Type};
use proptest::prelude::*;
use uuid::Uuid;

use crate::database::Database;
use crate::database::source::Source;
use crate::database::written::{Given, OTHERS, Received, WALL, row};
use crate::error::{Error, Result};
use crate::growth::grow::grow;
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::merge::report::Reason;
use crate::model::cells::{Cell, Kind};
use crate::rows::mutation::Mutation;
use crate::sync::set_aside::Obstacle;
use crate::value::size::LARGEST;
use crate::value::{AsRead, Stored, Timestamp};

const NODES: [NodeId; 3] = [OTHERS[0], OTHERS[1], NodeId::from_bytes([7; 16])];

const COLUMNS: [&str; 4] = ["a", "b", "c", "d"];

/// A change of the row by another node: which, its millisecond, and how long a text it writes into which columns.
#[derive(Debug, Clone)]
struct Step {
    node: usize,
    at: i64,
    cells: BTreeMap<usize, Option<usize>>,
}

prop_compose! {
    /// A change whose texts are long, so that some rows are too large, but not all.
    fn step()(
        node in 0..NODES.len(),
        at in 0i64..6,
        cells in prop::collection::btree_map(
            0..COLUMNS.len(),
            prop::option::of(prop::sample::select(vec![7, 20_000, 100_000, 130_000, 200_000, 280_000])),
            1..3,
        ),
    ) -> Step {
        Step { node, at, cells }
    }
}

/// A text of so many bytes, which tells the step that wrote it.
fn text(step: usize, length: usize) -> String {
    char::from(b'a' + (step % 26) as u8).to_string().repeat(length)
}

fn stamp(number: usize, step: &Step) -> Stamp {
    Stamp::new(WALL + step.at, number as u16)
}

/// A database that receives steps, those of a node in the order of their positions.
struct Receiver<'s> {
    db: Database,
    steps: &'s [Step],
    numbers: [i64; NODES.len()],
}

impl<'s> Receiver<'s> {
    fn new(steps: &'s [Step]) -> Result<Self> {
        Ok(Self { db: Database::for_test()?, steps, numbers: [0; NODES.len()] })
    }

    fn receive(&mut self, order: &[usize]) -> Result<()> {
        for &at in order {
            let step = &self.steps[at];
            self.numbers[step.node] += 1;
            let cell = |(column, length): (&usize, &Option<usize>)| {
                let text = length.map(|length| Stored::Text(text(at, length).into()));
                Given::value(COLUMNS[*column], text.as_ref())
            };
            let change = Received {
                number: self.numbers[step.node],
                stamp: stamp(at, step),
                table: "doc".to_owned(),
                row: 1,
                cells: step.cells.iter().map(cell).collect(),
                is_end: true,
            };
            self.db.receive(NODES[step.node], &[change])?;
        }
        Ok(())
    }
}

/// What the columns of the row hold: a letter and how many of it, or nothing.
type Held = Vec<Option<(char, usize)>>;

/// The plain model: what the row holds, and the positions and the columns of what is left out.
fn expected(steps: &[Step]) -> (Held, Vec<(usize, usize)>) {
    // What was written last: its length, its precedence and the column.
    let mut last: Vec<(usize, (Stamp, NodeId), usize, usize)> = Vec::new();
    for column in 0..COLUMNS.len() {
        let wrote = (0..steps.len()).filter(|at| steps[*at].cells.contains_key(&column));
        let precedence = |at: usize| (stamp(at, &steps[at]), NODES[steps[at].node]);
        if let Some(at) = wrote.max_by_key(|at| precedence(*at))
            && let Some(length) = steps[at].cells[&column]
        {
            last.push((length, precedence(at), column, at));
        }
    }
    last.sort_unstable();
    let mut left_out = Vec::new();
    while last.iter().map(|(length, ..)| *length as u64).sum::<u64>() > LARGEST {
        let (_, _, column, at) = last.pop().expect("it is not empty");
        left_out.push((at, column));
    }
    let mut held = vec![None; COLUMNS.len()];
    for (length, _, column, at) in last {
        held[column] = Some((char::from(b'a' + (at % 26) as u8), length));
    }
    (held, left_out)
}

fn held(db: &Database) -> Result<Held> {
    db.with_reader(|reading| {
        let mut held = Vec::new();
        for column in COLUMNS {
            let sql = format!("SELECT {column} FROM doc WHERE id = ?1");
            let text: Option<String> = match reading.connection.prepare(&sql) {
                Ok(mut select) => select.query_row([row(1)], |row| row.get(0))?,
                // Nobody has written the column.
                Err(_) => None,
            };
            held.push(text.and_then(|text| Some((text.chars().next()?, text.len()))));
        }
        Ok(held)
    })
}

/// What is told to be left out.
fn told(db: &Database) -> Result<BTreeSet<(NodeId, String)>> {
    let mut told = BTreeSet::new();
    for aside in db.set_aside()? {
        assert_eq!((aside.obstacle, aside.table.as_deref()), (Obstacle::TooLarge, Some("doc")));
        assert_eq!(aside.changes, 1);
        told.insert((NodeId::from(aside.node), aside.column.expect("one column")));
    }
    Ok(told)
}

/// Checks that a database is as the model says, and stays so when it is rebuilt.
fn check(db: &Database, steps: &[Step]) -> Result<()> {
    let (expected, left_out) = expected(steps);
    let names = left_out
        .iter()
        .map(|(at, column)| (NODES[steps[*at].node], COLUMNS[*column].to_owned()))
        .collect::<BTreeSet<_>>();
    for is_rebuilt in [false, true] {
        if is_rebuilt {
            db.rebuild()?;
        }
        assert_eq!(held(db)?, expected);
        assert_eq!(told(db)?, names);
        assert!(db.verify()?.holds());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_left_out_depends_on_the_changes_alone(
        steps in prop::collection::vec(step(), 1..9),
        turns in prop::collection::vec(0..NODES.len(), NODES.len()),
    ) {
        let mut by_node: Vec<usize> = (0..steps.len()).collect();
        by_node.sort_by_key(|at| turns[steps[*at].node]);
        let run = || -> Result<()> {
            let mut one = Receiver::new(&steps)?;
            for at in 0..steps.len() {
                one.receive(&[at])?;
                check(&one.db, &steps[..=at])?;
            }
            let mut other = Receiver::new(&steps)?;
            other.receive(&by_node)?;
            check(&other.db, &steps)
        };
        run().map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

/// A table as an app declares it.
static DOC: TableDef = TableDef {
    name: "doc",
    local: false,
    columns: &[
        ColumnDef { name: "a", ty: Type::Text, range: None, required: false, ..ColumnDef::EMPTY },
        ColumnDef { name: "b", ty: Type::Text, range: None, required: false, ..ColumnDef::EMPTY },
        ColumnDef { name: "c", ty: Type::Text, range: None, required: false, ..ColumnDef::EMPTY },
        ColumnDef { name: "d", ty: Type::Text, range: None, required: false, ..ColumnDef::EMPTY },
    ],
    indexes: &[],
    search: &[],
    ..TableDef::EMPTY
};

const ID: Uuid = Uuid::from_bytes(row(1));

fn device(seed: u64) -> Result<Database> {
    Database::options().clock(|| Timestamp::from_millis(WALL)).seed(seed).memory()
}

/// Writes as an app does.
fn write<R>(db: &Database, run: impl FnOnce(&mut Mutation<'_, '_>) -> Result<R>) -> Result<R> {
    db.fresh_transaction(|fresh| {
        let writing = &mut fresh.into_state().writing;
        let plan = Arc::new(grow(&mut writing.recorder, &DOC, &mut Growth::default())?);
        run(&mut writing.mutation(&plan))
    })
}

/// Texts of these lengths, by the positions of their columns.
fn cells(lengths: &[(usize, Option<usize>)]) -> Vec<Cell> {
    let cell = |&(column, length): &(usize, Option<usize>)| {
        let value = length.map(|length| Stored::Text(text(column, length).into()));
        Cell { column, value, is_default: false, as_read: None, kind: Kind::Plain }
    };
    lengths.iter().map(cell).collect()
}

fn update(db: &Database, lengths: &[(usize, Option<usize>)]) -> Result<bool> {
    write(db, |mutation| mutation.update(ID, &cells(lengths)))
}

/// Merges both databases into each other.
fn sync(a: &Database, b: &Database) -> Result<()> {
    for (from, to) in [(a, b), (b, a)] {
        for changes in from.changes_since(&to.version_vector()?)? {
            let report = to.merge(&changes?)?;
            assert!(report.refused.is_empty());
        }
    }
    Ok(())
}

/// The lengths of what the columns hold.
fn lengths(db: &Database) -> Result<Vec<usize>> {
    Ok(held(db)?.into_iter().map(|held| held.map_or(0, |(_, length)| length)).collect())
}

/// Devices that have each written as much as they can into a column of one row, apart.
fn devices() -> Result<[Database; 4]> {
    let devices = [device(1)?, device(2)?, device(3)?, device(4)?];
    write(&devices[0], |mutation| mutation.create(Some(ID), &cells(&[(0, Some(1))])))?;
    for device in &devices[1..] {
        sync(&devices[0], device)?;
    }
    for (column, device) in devices.iter().enumerate() {
        assert!(update(device, &[(column, Some(99_000 + column))])?);
    }
    for _ in 0..2 {
        devices[1..].iter().try_for_each(|device| sync(&devices[0], device))?;
    }
    Ok(devices)
}

#[test]
fn a_row_that_is_too_large_stops_nothing_and_is_equal_everywhere() -> Result<()> {
    for db in devices()? {
        assert_eq!(lengths(&db)?, [99_000, 99_001, 99_002, 0]);
        assert_eq!(told(&db)?.len(), 1);
        assert!(db.verify()?.holds());
        db.compact(&[db.version_vector()?])?;
        db.rebuild()?;
        assert_eq!(lengths(&db)?, [99_000, 99_001, 99_002, 0]);
        assert_eq!(told(&db)?.len(), 1);
    }
    Ok(())
}

#[test]
fn what_is_left_out_is_so_in_the_past_and_in_columns_that_were_dropped() -> Result<()> {
    let [a, b, ..] = devices()?;
    let expected = [99_000, 99_001, 99_002, 0];
    let mut past: Vec<i64> = Vec::new();
    a.at(a.now()).read(&[], &mut |reading| {
        let sql = "SELECT length(a), length(b), length(c), coalesce(length(d), 0) FROM doc";
        past = reading.connection.query_row(sql, [], |row| {
            Ok(vec![row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
        Ok(())
    })?;
    assert_eq!(past, expected.map(|length| length as i64));
    for columns in [&["d"][..], &["a", "d"], &["a", "b", "c"]] {
        for column in columns {
            b.tamper(&format!("ALTER TABLE doc DROP COLUMN {column}"))?;
        }
        b.fresh_transaction(|fresh| {
            let writing = &mut fresh.into_state().writing;
            mend_tables(writing, None, &mut Growth::default())
        })?;
        assert_eq!(lengths(&b)?, expected);
        assert!(b.verify()?.holds());
    }
    Ok(())
}

#[test]
fn a_change_that_the_log_cannot_hold_is_not_taken() -> Result<()> {
    let db = device(1)?;
    let given = Given::text("a", &"x".repeat(LARGEST as usize + 1));
    assert!(matches!(db.write_row("doc", 1, &[given]), Err(Error::TooLarge { .. })));
    let steps = [(150, 0), (151, 1)].map(|(more, at)| Step {
        node: 0,
        at,
        cells: [(0, Some(LARGEST as usize + more))].into(),
    });
    let mut forger = Receiver::new(&steps)?;
    forger.receive(&[0, 1])?;
    let other = device(2)?;
    for changes in forger.db.changes_since(&other.version_vector()?)? {
        let report = other.merge(&changes?)?;
        let refused: Vec<_> = report.refused.iter().map(|refused| refused.reason).collect();
        assert_eq!((report.changes, refused), (0, vec![Reason::TooLarge]));
    }
    Ok(())
}

#[test]
fn what_is_left_out_comes_back_once_there_is_room() -> Result<()> {
    let [a, b, ..] = devices()?;
    assert!(update(&b, &[(0, Some(7))])?);
    assert_eq!(lengths(&b)?, [7, 99_001, 99_002, 99_003]);
    sync(&a, &b)?;
    assert_eq!(held(&a)?, held(&b)?);
    // The row is an ordinary one again.
    assert!(update(&a, &[(1, Some(8))])?);
    assert_eq!(lengths(&a)?, [7, 8, 99_002, 99_003]);
    assert!(told(&a)?.is_empty() && a.verify()?.holds());
    Ok(())
}

/// The app sees no value in the column, and writes that back with others.
#[test]
fn a_row_that_is_saved_as_it_is_seen_keeps_what_is_left_out() -> Result<()> {
    let [a, b, ..] = devices()?;
    let seen = |lengths: &[(usize, Option<usize>)]| {
        let as_read = Some(AsRead::of::<String>(None));
        let cells = cells(lengths).into_iter().map(|cell| Cell { as_read, ..cell });
        cells.collect::<Vec<_>>()
    };
    let vector = a.version_vector()?;
    write(&a, |mutation| mutation.update(ID, &seen(&[(3, None)])))?;
    write(&a, |mutation| mutation.upsert(Some(ID), &seen(&[(0, Some(99_000)), (3, None)])))?;
    assert_eq!(a.version_vector()?, vector);
    write(&a, |mutation| mutation.update(ID, &seen(&[(0, Some(7)), (3, None)])))?;
    sync(&a, &b)?;
    for db in [&a, &b] {
        assert_eq!(lengths(db)?, [7, 99_001, 99_002, 99_003]);
        assert!(told(db)?.is_empty() && db.verify()?.holds());
    }
    // What is seen there now is cleared.
    write(&a, |mutation| mutation.update(ID, &seen(&[(3, None)])))?;
    assert_eq!(lengths(&a)?, [7, 99_001, 99_002, 0]);
    Ok(())
}

#[test]
fn a_value_that_is_left_out_can_be_cleared() -> Result<()> {
    let [a, b, ..] = devices()?;
    let clear = |column| {
        let as_read = AsRead::of::<String>(None);
        write(&a, |mutation| mutation.clear_unreadable(ID, column, as_read))
    };
    assert!(!clear(2)?);
    assert!(clear(3)?);
    assert!(!clear(3)?);
    assert!(update(&a, &[(0, Some(7))])?);
    sync(&a, &b)?;
    for db in [&a, &b] {
        assert_eq!(lengths(db)?, [7, 99_001, 99_002, 0]);
        assert!(told(db)?.is_empty() && db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn writes_that_lengthen_a_row_too_far_are_refused_and_no_others() -> Result<()> {
    let is_refused = |written: Result<bool>| matches!(written, Err(Error::TooLarge { .. }));
    let db = device(1)?;
    let created = write(&db, |mutation| mutation.create(None, &cells(&[(0, Some(100_001))])));
    assert!(matches!(created, Err(Error::TooLarge { .. })));
    write(&db, |mutation| mutation.create(Some(ID), &cells(&[(0, Some(60_000))])))?;
    assert!(is_refused(update(&db, &[(1, Some(40_001))])));
    assert!(update(&db, &[(1, Some(40_000))])?);
    assert!(is_refused(update(&db, &[(2, Some(1))])));
    assert!(is_refused(update(&db, &[(0, Some(60_001))])));
    assert!(update(&db, &[(0, Some(30_000)), (1, Some(70_000))])?);

    // By merging, a row becomes longer than that.
    let other = device(2)?;
    sync(&db, &other)?;
    update(&db, &[(0, Some(30)), (2, Some(90_000)), (1, None)])?;
    update(&other, &[(0, None), (3, Some(99_000)), (1, None)])?;
    sync(&db, &other)?;
    for db in [&db, &other] {
        assert_eq!(lengths(db)?, [0, 0, 90_000, 99_000]);
        assert!(is_refused(update(db, &[(0, Some(1))])));
        assert!(is_refused(update(db, &[(0, Some(99_000)), (2, Some(90_001))])));
        assert!(update(db, &[(2, Some(90_000)), (3, Some(99_000))])?);
        assert!(write(db, |mutation| mutation.delete(ID))?);
        assert!(write(db, |mutation| mutation.restore(ID))?);
    }
    assert!(update(&db, &[(2, Some(89_000))])?);
    assert_eq!(lengths(&db)?, [0, 0, 89_000, 99_000]);

    // An oversized row can be deleted, and its values be made shorter.
    let [db, ..] = devices()?;
    assert!(is_refused(update(&db, &[(3, Some(99_004))])));
    assert!(update(&db, &[(3, Some(99_000))])?);
    assert!(is_refused(write(&db, |mutation| {
        mutation.upsert(Some(ID), &cells(&[(3, Some(99_001))])).map(|_| true)
    })));
    assert!(write(&db, |mutation| mutation.delete(ID))?);
    assert!(db.verify()?.holds());
    Ok(())
}
