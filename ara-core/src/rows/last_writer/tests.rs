//! Tests of cells that were written through, against a plain model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::source::Source;
use crate::database::written::{Given, OTHERS, Received, WALL, row};
use crate::error::Result;
use crate::log::change::{Canonical, End};
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, Precedence};
use crate::log::place::ChangeNumber;
use crate::rows::column_cells::column_cells;
use crate::rows::rebuild::rebuild_rows;
use crate::value::Stored;

const NODES: [NodeId; 3] = [OTHERS[0], OTHERS[1], NodeId::from_bytes([7; 16])];

const COLUMNS: [&str; 3] = ["a", "b", "c"];

/// A change by a node: its time, and what it writes into columns: a value or none, and whether that was written
/// through.
#[derive(Debug, Clone)]
struct Step {
    node: usize,
    at: i64,
    cells: BTreeMap<usize, (Option<i64>, bool)>,
}

prop_compose! {
    fn step()(
        node in 0..NODES.len(),
        at in 0i64..4,
        cells in prop::collection::btree_map(0..COLUMNS.len(), (prop::option::of(0i64..9), any::<bool>()), 0..3),
    ) -> Step {
        Step { node, at, cells }
    }
}

fn given((column, (value, is_marked)): (&usize, &(Option<i64>, bool))) -> Given {
    let given = Given::value(COLUMNS[*column], value.map(Stored::Integer).as_ref());
    if *is_marked { given.written_through() } else { given }
}

/// The change of a step that is the one of this number of its node.
fn change(number: i64, step: &Step) -> Received {
    let (stamp, table) = (Stamp::new(WALL + step.at, 0), "doc".to_owned());
    Received {
        number,
        stamp,
        table,
        row: 1,
        cells: step.cells.iter().map(given).collect(),
        is_end: true,
    }
}

/// The precedence of a change.
fn precedence(node: NodeId, change: &Received) -> Precedence {
    let place = (ChangeNumber::new(change.number), change.stamp);
    let mut canonical = Canonical::new(node, place, &change.table, &row(change.row));
    for given in &change.cells {
        canonical.cell(&given.column, &given.cell(0));
    }
    Precedence { stamp: change.stamp, node, hash: canonical.hash(Some(End::default())) }
}

/// What a column holds: the last write and the last edit, each with its stamp and node, and whether the last write was
/// written through.
type Held = (Option<Cell>, bool, Option<Cell>);
type Cell = (Option<i64>, Stamp, NodeId);

/// The plain model.
fn expected(changes: &[(NodeId, Received)], steps: &[Step]) -> Vec<Held> {
    let column = |column: usize| {
        let mut writes: Vec<_> = changes
            .iter()
            .zip(steps)
            .filter_map(|((node, change), step)| {
                let (value, is_marked) = step.cells.get(&column)?;
                Some((precedence(*node, change), *value, *is_marked))
            })
            .collect();
        writes.sort_unstable_by_key(|(precedence, ..)| *precedence);
        let cell = |(precedence, value, _): &(Precedence, _, _)| {
            (*value, precedence.stamp, precedence.node)
        };
        let last = writes.last();
        let edit = writes.iter().rfind(|(.., is_marked)| !is_marked);
        (last.map(cell), last.is_some_and(|(.., is_marked)| *is_marked), edit.map(cell))
    };
    (0..COLUMNS.len()).map(column).collect()
}

/// What the columns hold, by the present or a past table.
fn held(db: &Database, source: &dyn Source) -> Result<Vec<Held>> {
    let registry = db.with_reader(|reading| Ok(Registry::load(reading.connection)?))?;
    let mut held = vec![(None, false, None); COLUMNS.len()];
    let table = registry.tables.values().find(|table| table.name == "doc").expect("is there");
    source.read(&[], &mut |reading| {
        let edits = crate::catalog::edit_columns::edit_columns(reading.connection, table.ordinal)?;
        let columns: Vec<_> =
            table.columns.iter().map(|(ordinal, name)| (*ordinal, &**name)).collect();
        let cells = column_cells(reading.connection, ("doc", &edits), &row(1), &columns)?;
        for ((_, name), cells) in columns.iter().zip(cells.expect("is there")) {
            let Some(at) = COLUMNS.iter().position(|column| column == name) else { continue };
            let cell = |cell: crate::rows::column_cells::LastCell| {
                let value = match cell.value {
                    Some(Stored::Integer(value)) => Some(value),
                    _ => None,
                };
                (value, cell.stamp, registry.id_of(cell.node).expect("is known"))
            };
            held[at] = (cells.last.map(cell), cells.is_written_through, cells.edit.map(cell));
        }
        Ok(())
    })?;
    Ok(held)
}

/// Makes the row anew from all of its changes.
fn make_anew(db: &Database) -> Result<()> {
    db.fresh_transaction(|fresh| {
        let connection = fresh.connection();
        let registry = Registry::load(connection)?;
        let table = registry.tables.values().find(|table| table.name == "doc").expect("is there");
        let rows = [(table.ordinal, row(1))].into();
        let writing = &mut fresh.into_state().writing;
        rebuild_rows(&writing.recorder.whole_log()?, &registry, &rows, None)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_last_write_and_the_last_edit_are_those_of_a_plain_model(
        steps in prop::collection::vec(step(), 1..9),
        turns in prop::collection::vec(0..NODES.len(), NODES.len()),
    ) {
        let mut numbers = [0; NODES.len()];
        let changes: Vec<_> = steps.iter().map(|step| {
            numbers[step.node] += 1;
            (NODES[step.node], change(numbers[step.node], step))
        }).collect();
        let mut by_node: Vec<usize> = (0..steps.len()).collect();
        by_node.sort_by_key(|at| turns[steps[*at].node]);
        let run = || -> Result<()> {
            let one = Database::for_test()?;
            for (at, (node, change)) in changes.iter().enumerate() {
                one.receive(*node, std::slice::from_ref(change))?;
                let expected = expected(&changes[..=at], &steps);
                assert_eq!(held(&one, &one)?, expected);
                let found = one.verify()?;
                assert!(found.holds(), "{found:?}");
            }
            let other = Database::for_test()?;
            for at in by_node {
                let (node, change) = &changes[at];
                other.receive(*node, std::slice::from_ref(change))?;
            }
            let expected = expected(&changes, &steps);
            for db in [&one, &other] {
                assert_eq!(held(db, db)?, expected);
                let rows = db.dump("doc")?;
                make_anew(db)?;
                assert_eq!(db.dump("doc")?, rows);
                assert_eq!(held(db, &db.at(db.now()))?, expected);
                db.rebuild()?;
                assert_eq!(db.dump("doc")?, rows);
                assert!(db.verify()?.holds());
                // A device that hears of all at once.
                let fresh = Database::options().seed(77).memory()?;
                for changes in db.changes_since(&fresh.version_vector()?)? {
                    assert!(fresh.merge(&changes?)?.refused.is_empty());
                }
                assert_eq!(held(&fresh, &fresh)?, expected);
            }
            Ok(())
        };
        run().map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}
