//! Tests of writing through, against a plain model.

use std::sync::Arc;

use ara_schema::{ColumnDef, TableDef, Type};
use proptest::prelude::*;
use uuid::Uuid;

use crate::catalog::edit_columns::edit_columns;
use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::written::{WALL, row};
use crate::error::Result;
use crate::growth::grow::grow;
use crate::growth::history::Growth;
use crate::log::column_set::ColumnSet;
use crate::model::cells::{Cell, Kind};
use crate::rows::column_cells::{LastCell, column_cells};
use crate::rows::mutation::Mutation;
use crate::rows::touched::Touched;
use crate::value::{Stored, Timestamp};

static DOC: TableDef = TableDef {
    name: "doc",
    columns: &[
        ColumnDef { name: "a", ty: Type::Text, ..ColumnDef::EMPTY },
        ColumnDef { name: "b", ty: Type::Text, ..ColumnDef::EMPTY },
        ColumnDef { name: "n", ty: Type::Counter, ..ColumnDef::EMPTY },
    ],
    ..TableDef::EMPTY
};

const COUNTER: usize = 2;

const ID: Uuid = Uuid::from_bytes(row(1));

fn device(seed: u64) -> Result<Database> {
    Database::options().clock(|| Timestamp::from_millis(WALL)).seed(seed).memory()
}

/// Writes as an app does. Returns the columns that were touched, too.
fn write<R>(
    db: &Database,
    run: impl FnOnce(&mut Mutation<'_, '_>) -> Result<R>,
) -> Result<(R, ColumnSet)> {
    db.fresh_transaction(|fresh| {
        let writing = &mut fresh.into_state().writing;
        let plan = Arc::new(grow(&mut writing.recorder, &DOC, &mut Growth::default())?);
        writing.touched = Some(Touched::default());
        let done = run(&mut writing.mutation(&plan))?;
        let touched = writing.touched.take().unwrap_or_default();
        Ok((
            done,
            touched.tables.into_iter().next().map_or_else(ColumnSet::default, |it| it.columns),
        ))
    })
}

/// What is written: the columns, each with its value, and whether it is written through.
type Given = Vec<(usize, Option<u8>, bool)>;

fn stored(column: usize, value: u8) -> Stored<'static> {
    match column {
        COUNTER => Stored::Integer(value.into()),
        _ => Stored::Text(format!("text {value}").into()),
    }
}

fn cells(given: &Given) -> Vec<Cell> {
    let mut given = given.clone();
    given.sort_by_key(|(column, ..)| *column);
    given.dedup_by_key(|(column, ..)| *column);
    let cell = |(column, value, is_written_through): (usize, Option<u8>, bool)| {
        let value = match column {
            COUNTER => Some(stored(column, value.unwrap_or(1))),
            _ => value.map(|value| stored(column, value)),
        };
        let kind = if is_written_through { Kind::Through } else { Kind::Plain };
        Cell { column, value, is_default: false, as_read: None, kind }
    };
    given.into_iter().map(cell).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Create(Given),
    Update(Given),
    Upsert(Given),
    Delete,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let given =
        || prop::collection::vec((0..3usize, prop::option::of(0u8..3), any::<bool>()), 0..4);
    prop_oneof![
        1 => given().prop_map(Step::Create),
        6 => given().prop_map(Step::Update),
        2 => given().prop_map(Step::Upsert),
        1 => Just(Step::Delete),
        1 => Just(Step::Restore),
    ]
}

/// What a column holds: whether it was ever written, the last value, whether that was written through, and the last
/// edit.
#[derive(Debug, Clone, Default, PartialEq)]
struct Column {
    last: Option<Option<Stored<'static>>>,
    is_written_through: bool,
    edit: Option<Option<Stored<'static>>>,
}

#[derive(Default)]
struct Model {
    is_there: bool,
    is_deleted: bool,
    columns: [Column; 3],
}

impl Model {
    fn write(&mut self, given: &Given, (is_new, is_upsert): (bool, bool)) {
        for Cell { column, value, kind, .. } in cells(given) {
            let is_written_through = kind == Kind::Through;
            let held = &mut self.columns[column];
            let held_value = held.last.clone().flatten();
            if column == COUNTER {
                let by = if let Some(Stored::Integer(by)) = value { by } else { 0 };
                if is_new || !is_upsert && by != 0 {
                    let before = if let Some(Stored::Integer(sum)) = held_value { sum } else { 0 };
                    held.last = Some(Some(Stored::Integer(before + by)));
                    held.edit = held.last.clone();
                }
                continue;
            }
            // What is written through was compared before.
            let differs = if is_new { value.is_some() } else { held_value != value };
            if differs || is_written_through {
                held.last = Some(value.clone());
                held.is_written_through = is_written_through;
                if !is_written_through {
                    held.edit = Some(value);
                }
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Create(given) | Step::Upsert(given) if !self.is_there => {
                self.is_there = true;
                self.write(given, (true, false));
            }
            Step::Upsert(given) => {
                self.is_deleted = false;
                self.write(given, (false, true));
            }
            Step::Update(given) if self.is_there && !self.is_deleted => {
                self.write(given, (false, false));
            }
            Step::Delete => self.is_deleted = self.is_there,
            Step::Restore => self.is_deleted = false,
            _ => {}
        }
    }
}

/// What the columns hold.
fn held(db: &Database) -> Result<Option<Vec<Column>>> {
    db.with_reader(|reading| {
        let connection = reading.connection;
        let registry = Registry::load(connection)?;
        let table = registry.tables.values().find(|table| table.name == "doc").expect("is there");
        let edits = edit_columns(connection, table.ordinal)?;
        assert_eq!(edits, table.edits);
        let columns: Vec<_> = DOC
            .columns
            .iter()
            .map(|column| table.columns.iter().find(|(_, name)| *name == column.name))
            .map(|column| column.map(|(ordinal, name)| (*ordinal, &**name)).expect("is there"))
            .collect();
        let cells = column_cells(connection, ("doc", &edits), ID.as_bytes(), &columns)?;
        let value = |cell: Option<LastCell>| cell.map(|cell| cell.value);
        Ok(cells.map(|cells| {
            let cells = cells.into_iter().map(|cells| Column {
                last: value(cells.last),
                is_written_through: cells.is_written_through,
                edit: value(cells.edit),
            });
            cells.collect()
        }))
    })
}

fn run(db: &Database, step: &Step) -> Result<()> {
    match step {
        Step::Create(given) => {
            write(db, |mutation| Ok(mutation.create(Some(ID), &cells(given)).is_ok())).map(drop)
        }
        Step::Update(given) => write(db, |mutation| mutation.update(ID, &cells(given))).map(drop),
        Step::Upsert(given) => {
            write(db, |mutation| mutation.upsert(Some(ID), &cells(given))).map(drop)
        }
        Step::Delete => write(db, |mutation| mutation.delete(ID)).map(drop),
        Step::Restore => write(db, |mutation| mutation.restore(ID)).map(drop),
    }
}

fn changes(db: &Database) -> Result<u64> {
    Ok(db.verify()?.changes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_as_in_a_plain_model(steps in prop::collection::vec(step(), 1..12)) {
        let run = || -> Result<()> {
            let db = device(1)?;
            write(&db, |_| Ok(()))?;
            let mut model = Model::default();
            for step in &steps {
                run(&db, step)?;
                model.step(step);
                let expected = model.is_there.then(|| model.columns.to_vec());
                assert_eq!(held(&db)?, expected, "{step:?}");
                let found = db.verify()?;
                assert!(found.holds(), "{found:?}");
                // Again, it changes nothing, unless it adds to a counter, or it was compared before.
                let before = changes(&db)?;
                let is_written_again = match step {
                    Step::Update(given) => given.iter().any(|it| it.0 == COUNTER || it.2),
                    Step::Upsert(given) => given.iter().any(|it| it.2),
                    _ => false,
                };
                if !is_written_again {
                    run(&db, step)?;
                    assert_eq!(changes(&db)?, before);
                }
            }
            let (rows, expected) = (db.dump("doc")?, held(&db)?);
            db.compact(&[db.version_vector()?])?;
            db.rebuild()?;
            assert_eq!((db.dump("doc")?, held(&db)?), (rows, expected.clone()));
            let other = device(2)?;
            write(&other, |_| Ok(()))?;
            for changes in db.changes_since(&other.version_vector()?)? {
                assert!(other.merge(&changes?)?.refused.is_empty());
            }
            assert_eq!(held(&other)?, expected);
            assert!(other.verify()?.holds());
            Ok(())
        };
        run().map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

#[test]
fn watchers_hear_of_the_column_and_not_of_the_one_beside_it() -> Result<()> {
    let db = device(1)?;
    let columns = |ordinals: &[u32]| ordinals.iter().copied().collect::<ColumnSet>();
    let update = |value, is_written_through| {
        let cells = cells(&vec![(0, Some(value), is_written_through)]);
        write(&db, |mutation| mutation.update(ID, &cells)).map(|(_, touched)| touched)
    };
    let given = cells(&vec![(0, Some(1), true)]);
    let (_, touched) = write(&db, |mutation| mutation.create(Some(ID), &given))?;
    assert_eq!(touched, columns(&[0, 1]));
    for (value, is_written_through) in [(2, false), (3, true), (4, true), (5, false)] {
        assert_eq!(update(value, is_written_through)?, columns(&[1]));
    }
    // An edit of what is there already, however it was written, is none.
    update(6, true)?;
    assert_eq!(update(6, false)?, columns(&[]));
    let edit = held(&db)?.expect("is there")[0].edit.clone();
    assert_eq!(edit, Some(Some(stored(0, 5))));
    Ok(())
}
