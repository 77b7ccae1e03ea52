//! A small log, which the tests beside the code read.

use rusqlite::Connection;

use crate::catalog::format::new_file;
use crate::error::Result;
use crate::log::change::{Compacted, Packed};
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChanges;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::log::twins;
use crate::log::writing::{LogWriter, NewChange};

/// The node that writes the file, and another one.
pub(super) const NODES: [NodeOrdinal; 2] = [NodeOrdinal::new(1), NodeOrdinal::new(2)];

/// The ids of two rows.
pub(super) const ROWS: [[u8; 16]; 2] = [[0xa; 16], [0xb; 16]];

/// A change: the positions of its node and row, its time and table, and the digest that it marks if it ends
/// a transaction.
type Example = (usize, i64, i64, usize, Option<u64>);

/// The changes of [`example`].
const CHANGES: [Example; 5] = [
    (0, 10, 1, 0, None),
    (0, 20, 2, 1, Some(5)),
    (0, 30, 1, 1, Some(6)),
    (1, 20, 1, 0, Some(7)),
    (1, 40, 2, 0, Some(8)),
];

/// The hash of the twin of the second node's first change.
pub(super) const TWIN: u64 = u64::MAX;

pub(super) fn time(bits: i64) -> Time {
    Time::from_bits(bits)
}

/// A file with two nodes, and without any change.
pub(super) fn empty() -> Result<Connection> {
    let log = new_file();
    assert_eq!(nodes::add(&log, NodeId::from_bytes([2; 16]))?, NODES[1]);
    Ok(log)
}

/// A file with the changes of two nodes, of which one has a twin.
pub(super) fn example() -> Result<Connection> {
    let log = empty()?;
    for change in CHANGES {
        with(change, |change| LogWriter::new(&log).insert(change))?;
    }
    with((1, 20, 2, 1, None), |twin| twins::keep(&log, twin, TWIN))?;
    Ok(log)
}

/// Calls `write` with a change.
pub(super) fn with<T>(
    (node, time, table, row, mark): Example,
    write: impl FnOnce(NewChange<'_>) -> T,
) -> T {
    let packed = Packed::new().finished(Compacted::default(), mark);
    let (node, time) = (NODES[node], Time::from_bits(time));
    write(NewChange { node, time, table, row: &ROWS[row], packed: packed.bytes() })
}

/// Returns the node, the time, the table and the first byte of the row of each change.
pub(super) fn read(mut changes: LoggedChanges<'_>) -> Result<Vec<(i64, i64, i64, u8)>> {
    let mut read = Vec::new();
    while let Some(change) = changes.next()? {
        let (node, time) = (change.node()?.get(), change.time()?.bits());
        assert!(change.cells()?.next_cell() == Some(None));
        read.push((node, time, change.table()?, change.row_id()?[0]));
    }
    Ok(read)
}
