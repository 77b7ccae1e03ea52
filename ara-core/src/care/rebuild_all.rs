//! Rebuilding all tables from the change log.

use std::collections::HashMap;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::care::verification::Verification;
use crate::care::verify::digests::{LoggedEnd, add_up};
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
use crate::log::entropy::Entropy;
use crate::log::node::NodeOrdinal;
use crate::log::node_changes::SpanReader;
use crate::log::point::Point;
use crate::log::recorder::Recorder;
use crate::log::span::Span;
use crate::log::writing::rewrite;
use crate::log::{meta, nodes};
use crate::merge::void::mend_voids;
use crate::rows::rebuild::rebuild_counted;
use crate::rows::writing::Writing;

/// What a rebuild did, returned by [`Database::rebuild`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuildReport {
    /// The number of changes in the log.
    pub changes: u64,
    /// The number of rows that were rebuilt, including deleted ones.
    pub rows: u64,
    /// The app's tables, columns, indexes and search indexes that the file lacked, and that were created.
    pub growth: Growth,
}

impl Database {
    /// Rebuilds every synced table from the change log, in one transaction. This repairs what
    /// [`verify`](Self::verify) finds, as another program may have changed, added or removed rows. What a
    /// table holds and the log does not is lost.
    ///
    /// Changes that were [set aside](Self::set_aside) are tried again. What the log itself has lost cannot be
    /// rebuilt, but comes back once this database is merged, in both directions, with others that have it.
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
    /// Returns [common errors](Self#common-errors). The file is left unchanged then.
    pub fn rebuild(&self) -> Result<RebuildReport> {
        self.fresh_transaction(|fresh| fresh.rebuild(None))
    }

    /// Rebuilds the tables, like [`rebuild`](Self::rebuild), and calls `tell` with the progress at intervals.
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
    /// Returns the errors of [`rebuild`](Self::rebuild).
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
        // The log is read sorted by node, and then sorted by row.
        let mut progress = ProgressReporter::of_reading_twice(connection, tell)?;
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

/// Returns whether a table has all its columns. If mending it has failed, a table of another program has its
/// name.
fn is_as_made(connection: &Connection, table: &RegisteredTable) -> Result<bool> {
    let Some(present) = columns_in_file(connection, &table.name)? else { return Ok(false) };
    let mut columns = SYSTEM_COLUMNS.into_iter().chain(table.columns.values().map(String::as_str));
    Ok(columns.all(|column| present.contains_key(column)))
}

/// Sets the end of each node's log to what its changes say. If the log has lost changes, peers see from the
/// digest that it differs from theirs, and a merge unites both.
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
            forget_dropped(connection, node)?;
            at.digest ^= dropped;
        }
        let is_whole_own = node == own && !is_mismarked;
        // The end of the node that writes the file is always read from the log.
        let kept = if is_whole_own { Point::default() } else { at };
        nodes::keep_end(connection, node, kept, is_mismarked)?;
        if node == own && is_mismarked {
            recorder.change_node(at, recorder.journal().last(), entropy)?;
        }
    }
    recorder.wait_for(due(connection)?);
    Ok(())
}

/// Removes the hashes of dropped changes from the log of a node that has lost changes. It is unknown which
/// changes compaction had dropped, so none counts as dropped, and a merge brings back all that others have.
fn forget_dropped(connection: &Connection, node: NodeOrdinal) -> Result<()> {
    let mut changes = SpanReader::all(connection)?;
    let mut changes = changes.read(Span::all_of(node))?;
    let mut rewritten = Vec::new();
    while let Some(change) = changes.next()? {
        let Some(cells) = PackedCells::open(change.packed()?) else { continue };
        if cells.compacted.dropped != 0 {
            let compacted = Compacted { dropped: 0, ..cells.compacted };
            let packed = cells.repacked(compacted).ok_or(Error::Corrupt)?;
            rewritten.push((change.time()?, packed));
        }
    }
    for (time, packed) in rewritten {
        rewrite(connection, (node, time), packed.bytes())?;
    }
    Ok(())
}
