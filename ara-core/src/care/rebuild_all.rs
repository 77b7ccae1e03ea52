//! Rebuilding all tables from the change log.

use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::search_index::SearchIndex;
use crate::catalog::shape::{columns_in_file, is_ara_made};
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::Result;
use crate::growth::history::Growth;
use crate::growth::make::make_logged_columns;
use crate::growth::mend::{mend_indexes, mend_tables};
use crate::growth::searches;
use crate::log::entropy::Entropy;
use crate::log::forgotten::is_any;
use crate::log::mending::{MendedLog, mend_log};
use crate::log::node::NodeOrdinal;
use crate::log::piece::head::Head;
use crate::log::recorder::Recorder;
use crate::log::{meta, nodes};
use crate::names::quoted;
use crate::rows::forgetting;
use crate::rows::rebuild::{latest_told, rebuild_table, rebuild_tables};
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
    /// Changes that were [set aside](Self::set_aside) are tried again. A table that cannot be written, as another
    /// program has changed it, is left as it is.
    ///
    /// Damaged pieces are taken out of the log, but for those in which a single bit was flipped, which is put
    /// back. Pieces that another program has moved are put in order. What the log itself has lost cannot be rebuilt, but comes back once this database is merged, in
    /// both directions, with others that have it.
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
    /// `tell` is called inside the transaction, so it must not use the database: a call to it is
    /// [`Error::InsideTransaction`](crate::Error::InsideTransaction).
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
        let connection = writing.connection;
        let mut growth = Growth::default();
        let mut progress = ProgressReporter::of_reading_twice(connection, tell)?;
        let Writing { recorder, entropy, .. } = writing;
        let changes = mend_nodes(connection, (recorder, entropy), &mut progress)?;
        let searches = drop_searches(writing)?;
        mend_tables(writing, None, &mut growth)?;
        for table in Registry::load(connection)?.synced() {
            let made = writing.walled(|_| {
                let mut growth = Growth::default();
                make_logged_columns(connection, table.ordinal, &table.name, &mut growth)?;
                Ok(growth)
            })?;
            growth.extend(made.unwrap_or_default());
        }
        let rows = rebuild_all(writing, &mut progress)?;
        for index in &searches {
            writing.walled(|writing| searches::mend(writing.connection, index))?;
        }
        mend_indexes(writing, &mut growth)?;
        meta::count_up(connection, meta::REBUILDS)?;
        writing.touch_everything();
        if is_any(writing.connection)? {
            // A damaged piece may have had values, which nobody could remove.
            forgetting::note(writing)?;
        }
        progress.end();
        Ok(RebuildReport { changes, rows, growth: growth.of_app() })
    }
}

/// Drops the searches, so that they are made anew: only reading all of one would tell whether it is damaged.
/// Returns those that were dropped.
fn drop_searches(writing: &mut Writing<'_>) -> Result<Vec<SearchIndex>> {
    let mut dropped = Vec::new();
    for index in Registry::load(writing.connection)?.searches {
        if index.is_whole(writing.connection)?
            && writing.walled(|writing| Ok(index.drop(writing.connection)?))?.is_some()
        {
            dropped.push(index);
        }
    }
    Ok(dropped)
}

/// Rebuilds all synced tables that are as ara made them, and returns how many rows they have. A table that cannot
/// be written is left as it is.
fn rebuild_all(writing: &mut Writing<'_>, progress: &mut ProgressReporter<'_>) -> Result<u64> {
    let connection = writing.connection;
    let registry = Registry::load(connection)?;
    let mut tables = Vec::new();
    for table in registry.synced() {
        if is_as_made(connection, table)? {
            tables.push(table);
        }
    }
    let all = writing.walled(|writing| {
        rebuild_tables(&writing.recorder.whole_log()?, &registry, &tables, &mut |_| {
            progress.add(1);
            Ok(())
        })
    })?;
    if all.is_none() {
        for table in &tables {
            writing.walled(|writing| {
                rebuild_table(&writing.recorder.whole_log()?, &registry, table)
            })?;
        }
    }
    let mut rows = 0;
    for table in &tables {
        rows += writing.walled(|writing| count_rows(writing.connection, table))?.unwrap_or(0);
    }
    Ok(rows)
}

/// Returns whether a table has all its columns. If mending it has failed, a table of another program has its
/// name.
fn is_as_made(connection: &Connection, table: &RegisteredTable) -> Result<bool> {
    let Some(present) = columns_in_file(connection, &table.name)? else { return Ok(false) };
    let is_present = |(_, column): (u32, &str)| present.contains_key(column);
    Ok(table.all_columns().all(is_present) && is_ara_made(connection, &table.name, &present)?)
}

fn count_rows(connection: &Connection, table: &RegisteredTable) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
    Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Takes out of the log what is damaged, and sets the end of each node's log to what its changes say. Returns
/// how many changes there are.
///
/// A log that has lost its end goes on where it ends now. One that has lost other changes is taken for that of
/// a node that forked, since its digests differ from those that others know. In both cases a merge brings back
/// what others have. The node that writes the file writes no more: its next change would have a number that
/// others may know already. That its last pieces are gone shows in rows that tell of later changes of it.
fn mend_nodes(
    connection: &Connection,
    (recorder, entropy): (&mut Recorder<'_>, &mut Entropy),
    progress: &mut ProgressReporter<'_>,
) -> Result<u64> {
    let registry = Registry::load(connection)?;
    let is_forked =
        |node: NodeOrdinal| registry.nodes.get(&node).is_some_and(|node| node.is_forked);
    let mut changes = 0;
    let logs = mend_log(connection, &registry, &is_forked, &mut || {
        changes += 1;
        progress.add(1);
    })?;
    recorder.find_end()?;
    let own = recorder.node();
    let told = latest_told(connection, &registry, own)?;
    for &node in registry.nodes.keys() {
        let MendedLog { end, latest, has_lost, is_apart, .. } =
            logs.get(&node).copied().unwrap_or_default();
        let is_whole_own = node == own && !has_lost && !is_apart && told <= latest;
        // The end of the node that writes the file is always read from the log.
        let kept = if is_whole_own { Head::default() } else { end };
        nodes::keep_end(connection, node, &kept, is_apart)?;
        if node == own && !is_whole_own {
            recorder.change_node(&end, entropy)?;
        }
    }
    Ok(changes)
}
