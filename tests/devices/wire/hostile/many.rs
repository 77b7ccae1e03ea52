//! More of everything than any device sends.

use crate::wire::START;
use crate::wire::hostile::{change, ill, merged_into, names, own};
use support::wire::{Batch, Cell, Point, Run};
use support::{Outcome, verified};

/// A run of a node with this number, of some changes.
fn run(node: u32, changes: i64) -> Run {
    let changes = (0..changes).map(|at| {
        let mut change = change(START + at, vec![Cell::text(0, "x"), Cell::integer(1, 0)]);
        change.row = [at.to_be_bytes(), u64::from(node).to_be_bytes()].concat();
        change
    });
    let mut id = vec![8; 12];
    id.extend(node.to_be_bytes());
    Run { node: id, changes: changes.collect(), ..Run::default() }
}

fn batch(runs: impl IntoIterator<Item = Run>) -> Batch {
    let (tables, columns) = (names(["todo"]), names(["title", "is_deleted"]));
    Batch { tables, columns, runs: runs.into_iter().collect() }.numbered().seal()
}

#[test]
fn thousands_of_runs_are_taken() -> Outcome {
    let (db, _) = own()?;
    let report = merged_into(&db, batch((0..4000).map(|node| run(node, 2))))?;
    assert_eq!((report.changes, report.refused.len()), (8001, 0));
    // Also where they are known to have forked, and come once more.
    let mut again = batch((0..4000).map(|node| run(node, 3)));
    again.runs.iter_mut().for_each(|run| run.is_forked = true);
    let report = db.merge(&again.changes()?)?;
    assert_eq!((report.changes, report.known, report.forked.len()), (4000, 8000, 4000));
    verified(&db)
}

/// Of nodes without changes, the file keeps no more than it needs.
#[test]
fn a_hundred_thousand_nodes_of_which_nothing_is_taken_leave_no_trace() -> Outcome {
    let (db, _) = own()?;
    let from = Point { number: 5, digest: 5 };
    let batch = batch((0..100_000).map(|node| Run { from, ..run(node, 1) }));
    let report = db.merge(&batch.changes()?)?;
    assert_eq!((report.changes, report.refused.len()), (0, 100_000));
    assert_eq!(db.version_vector()?.len(), 1);
    let kept = db.set_aside()?.len();
    assert!((1..=100).contains(&kept), "{kept}");
    let report = merged_into(&db, ill(vec![]))?;
    assert_eq!((report.changes, report.refused.len()), (1, 0));
    Ok(())
}
