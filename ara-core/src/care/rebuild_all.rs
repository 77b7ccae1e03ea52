//! Making all of the tables again from the change log.

use std::collections::HashMap;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::care::verify::{LoggedEnd, Verification, add_up};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::{Error, Result};
use crate::growth::history::Growth;
use crate::growth::make::{make_logged_columns, make_logged_tables};
use crate::growth::mend::{mend_indexes, mend_tables};
use crate::log::ahead::due;
use crate::log::change::{Compacted, PackedCells};
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::node::NodeOrdinal;
use crate::log::point::Point;
use crate::log::recorder::Recorder;
use crate::log::transactions::rewrite;
use crate::log::{meta, nodes};
use crate::merge::void::mend_voids;
use crate::rows::rebuild::rebuild_counted;
use crate::rows::writing::Writing;

/// What [`Database::rebuild`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuildReport {
    /// How many changes the log has.
    pub changes: u64,
    /// How many rows were made again, deleted ones included.
    pub rows: u64,
    /// The app's tables, columns, indexes and searches that were not in the file and are now.
    pub growth: Growth,
}

impl Database {
    /// Makes every synced table again from the change log, in one transaction, and so puts right what
    /// [`verify`](Self::verify) finds: what another program changed, added or took away. The log is the
    /// truth: what a table holds and the log does not know is gone afterwards.
    ///
    /// What was set aside is tried again. What the log itself has lost cannot be made here; but once this
    /// database is merged with others that have it, in both directions, it comes back.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// let report = db.rebuild()?;
    /// assert_eq!((report.changes, report.rows), (1, 1));
    /// assert!(db.verify()?.holds());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InsideTransaction`](crate::Error::InsideTransaction), and what SQLite refuses. Nothing is
    /// changed then.
    pub fn rebuild(&self) -> Result<RebuildReport> {
        self.fresh_transaction(|fresh| fresh.rebuild(None))
    }

    /// As [`rebuild`](Self::rebuild), and tells now and then how far it has come.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// let mut last = None;
    /// db.rebuild_with(|progress| last = Some(progress))?;
    /// assert!(last.is_some_and(|last| last.done == last.total));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`rebuild`](Self::rebuild).
    pub fn rebuild_with(&self, mut tell: impl FnMut(Progress)) -> Result<RebuildReport> {
        self.fresh_transaction(|fresh| fresh.rebuild(Some(&mut tell)))
    }
}

impl FreshTransaction<'_, '_> {
    fn rebuild(self, tell: Option<&mut dyn FnMut(Progress)>) -> Result<RebuildReport> {
        let writing = &mut self.into_state().writing;
        let Writing { connection, recorder, entropy, .. } = writing;
        let mut growth = Growth::default();
        mend_voids(connection, &Registry::load(connection)?)?;
        mend_tables(recorder, None, &mut growth)?;
        make_logged_tables(connection, &mut growth)?;
        for table in Registry::load(connection)?.synced() {
            make_logged_columns(connection, table.ordinal, &table.name, &mut growth)?;
        }
        let registry = Registry::load(connection)?;
        // The log is read twice: by its nodes, then by its rows.
        let mut progress = ProgressReporter::new(tell, || {
            let changes = "SELECT count(*) FROM ara_change";
            let changes: i64 = connection.query_row(changes, [], |row| row.get(0))?;
            Ok(changes.unsigned_abs() * 2)
        })?;
        let mut found = Verification::default();
        let ends = add_up(connection, &registry, &mut found, &mut progress)?;
        mend_nodes(connection, &registry, &ends, recorder, entropy)?;
        let mut rows = 0;
        for table in registry.synced() {
            if is_as_made(connection, table)? {
                rebuild_counted(&recorder.whole_log()?, &registry, table, &mut |row| {
                    rows += 1;
                    progress.add(row.changes);
                })?;
            }
        }
        mend_indexes(connection, &mut growth)?;
        meta::count_up(connection, meta::REBUILDS)?;
        writing.touch_everything();
        progress.end();
        Ok(RebuildReport { changes: found.changes, rows, growth: growth.of_app() })
    }
}

/// Whether a table has the columns that it should have. Where something was in the way of mending it,
/// another program's table has its name.
fn is_as_made(connection: &Connection, table: &RegisteredTable) -> Result<bool> {
    let Some(present) = columns_in_file(connection, &table.name)? else { return Ok(false) };
    let mut columns = SYSTEM_COLUMNS.into_iter().chain(table.columns.values().map(String::as_str));
    Ok(columns.all(|column| present.contains_key(column)))
}

/// Keeps of each node what its changes say. Where some of them were lost, peers must not take it that
/// they are here: two logs of one node that differ are united when they meet.
fn mend_nodes(
    connection: &Connection,
    registry: &Registry,
    ends: &HashMap<NodeOrdinal, LoggedEnd>,
    recorder: &mut Recorder<'_>,
    entropy: &mut Entropy,
) -> Result<()> {
    let (own, _) = recorder.journal().position();
    for &node in registry.nodes.keys() {
        let LoggedEnd { mut at, dropped, is_mismarked } =
            ends.get(&node).copied().unwrap_or_default();
        if is_mismarked && dropped != 0 {
            stand_for_nothing(connection, node)?;
            at.digest ^= dropped;
        }
        let is_whole_own = node == own && !is_mismarked;
        // Of the node that writes, the log alone tells where it stands.
        let kept = if is_whole_own { Point::default() } else { at };
        nodes::keep_end(connection, node, kept, is_mismarked)?;
        if node == own && is_mismarked {
            recorder.change_node(at, recorder.journal().last(), entropy)?;
        }
    }
    recorder.wait_for(due(connection)?);
    Ok(())
}

/// Of a log that lost changes it is not known any more which of them were dropped: none is taken to be, so
/// that all that others have comes back.
fn stand_for_nothing(connection: &Connection, node: NodeOrdinal) -> Result<()> {
    let mut changes =
        connection.prepare("SELECT time, cells FROM ara_change WHERE node = ?1 ORDER BY time")?;
    let mut changes = changes.query([node])?;
    let mut rewritten = Vec::new();
    while let Some(change) = changes.next()? {
        let packed = change.get_ref(1)?.as_blob().map_err(|_| Error::Corrupt)?;
        let Some(cells) = PackedCells::open(packed) else { continue };
        if cells.compacted.dropped != 0 {
            let compacted = Compacted { dropped: 0, ..cells.compacted };
            let packed = cells.repacked(compacted).ok_or(Error::Corrupt)?;
            rewritten.push((Time::from_bits(change.get(0)?), packed));
        }
    }
    for (time, packed) in rewritten {
        rewrite(connection, (node, time), packed.bytes())?;
    }
    Ok(())
}
