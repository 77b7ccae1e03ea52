//! The list of transactions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec;

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;
use crate::log::clock::Time;
use crate::log::journal::Journal;
use crate::log::node::NodeOrdinal;
use crate::log::nodes::{Node, is_void};
use crate::log::span::Span;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::last_end;
use crate::log::written_rows::count_by_table;
use crate::names::is_ara_s;
use crate::past::undone::UndoStatus;
use crate::value::Timestamp;

/// A transaction in the log, returned by [`Database::transactions`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionSummary {
    /// The id, which [`Database::undo`] takes.
    pub id: TransactionId,
    /// When the transaction was made, by the clock of the device that made it.
    pub time: Timestamp,
    /// The node that made it, which stands for a device, or more exactly for one database file on it.
    pub node: Uuid,
    /// The number of its changes. A row that was written twice counts twice.
    pub changes: u64,
    /// The stored names of the tables whose rows it wrote, sorted.
    pub tables: Vec<String>,
    /// Whether [`Database::undo`] wrote it.
    pub is_undo: bool,
    /// Whether it is undone. A transaction that [`Database::undo`] wrote is also undone if a later undo has
    /// overruled it.
    pub is_undone: bool,
    /// Whether the log has been [compacted](Database::compact) beyond it. Then the summary is about what is
    /// left of the transaction, and it cannot be undone.
    pub is_compacted: bool,
}

/// An iterator over the transactions of the log, newest first, returned by [`Database::transactions`].
#[derive(Debug)]
#[must_use = "an iterator reads nothing until it is asked"]
pub struct Transactions {
    database: Database,
    /// The transaction before which the next page begins.
    before: Option<TransactionId>,
    read: vec::IntoIter<TransactionSummary>,
    is_over: bool,
}

/// The number of transactions on a page, which is read at once.
const READ: usize = 32;

impl Database {
    /// Returns an iterator over the transactions in the log, whichever device made them, newest first. An app
    /// can offer to [`undo`](Self::undo) them. Transactions of one time are in the order of their nodes.
    ///
    /// The iterator reads the log from its end, a few transactions at a time. Transactions that wrote nothing
    /// but local tables are not in the log.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// db.create_all(["Make tea", "Bake bread"].map(|title| Todo::draft().title(title)))?;
    ///
    /// let newest = db.transactions().take(20).collect::<ara::Result<Vec<_>>>()?;
    /// assert_eq!(newest.len(), 2);
    /// println!("{}: {} changes of {:?}", newest[0].time, newest[0].changes, newest[0].tables);
    ///
    /// // The next page begins where this one ended.
    /// assert_eq!(db.transactions().before(newest[1].id).count(), 0);
    ///
    /// db.undo(newest[0].id)?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// This method does not fail. The iterator yields [common errors](Self#common-errors), and ends after
    /// one.
    pub fn transactions(&self) -> Transactions {
        let (database, read) = (self.clone(), Vec::new().into_iter());
        Transactions { database, before: None, read, is_over: false }
    }

    /// Returns the id of the last transaction that was written to this file, by this process or another one,
    /// but not received by a merge. Returns `None` if the file's current [node](Self::node) has written none.
    ///
    /// If several threads write, use [`Transaction::id`] to get the id of a particular transaction.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.delete(milk)?;
    /// if let Some(last) = db.last_transaction()? {
    ///     db.undo(last)?;
    /// }
    /// assert!(db.get(milk)?.is_some());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// [`Transaction::id`]: crate::Transaction::id
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn last_transaction(&self) -> Result<Option<TransactionId>> {
        self.with_reader(|reading| {
            let journal = Journal::load(&*reading.snapshot()?)?;
            let (_, end) = journal.position();
            let id = TransactionId { time: end.time, node: journal.node_id.uuid() };
            Ok(Some(id).filter(|id| id.time > Time::default()))
        })
    }
}

impl Transactions {
    /// Continues with the transactions before this one, which need not be in the log.
    pub fn before(mut self, transaction: TransactionId) -> Self {
        self.before = Some(transaction);
        self.read = Vec::new().into_iter();
        self.is_over = false;
        self
    }
}

impl Iterator for Transactions {
    type Item = Result<TransactionSummary>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.read.next() {
                return Some(Ok(next));
            }
            if self.is_over {
                return None;
            }
            let before = self.before;
            match self.database.with_reader(|reading| page(&*reading.snapshot()?, before)) {
                Ok(page) => {
                    self.is_over = page.is_over;
                    self.before = page.last;
                    self.read = page.read.into_iter();
                }
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Transactions that follow one another in the list.
struct Page {
    read: Vec<TransactionSummary>,
    /// The last transaction that was visited.
    last: Option<TransactionId>,
    /// Whether there are no more.
    is_over: bool,
}

/// The next transaction of each node, of which the latest is the next in the list.
type NextOfNodes = BinaryHeap<(Time, Uuid, Reverse<NodeOrdinal>)>;

/// Reads the transactions before one, or the newest.
fn page(connection: &Connection, before: Option<TransactionId>) -> Result<Page> {
    let registry = Registry::load(connection)?;
    let mut page = Page { read: Vec::with_capacity(READ), last: before, is_over: false };
    let mut next = next_of_nodes(connection, &registry, before)?;
    for _ in 0..READ {
        let Some((end, id, Reverse(node))) = next.pop() else {
            page.is_over = true;
            break;
        };
        let Some(registered) = registry.nodes.get(&node) else { continue };
        let id = TransactionId { time: end, node: id };
        let span = Span { node, after: last_end(connection, node, end.before())?, end };
        page.read.extend(summary(connection, &registry, (id, span))?);
        page.last = Some(id);
        let end = last_that_counts(connection, registered, span.after)?;
        next.extend(end.map(|end| (end, id.node, Reverse(node))));
    }
    Ok(page)
}

/// Returns the last transaction of each node that is before one in the list, or the newest.
fn next_of_nodes(
    connection: &Connection,
    registry: &Registry,
    before: Option<TransactionId>,
) -> Result<NextOfNodes> {
    let mut next = NextOfNodes::new();
    for (&node, registered) in &registry.nodes {
        let id = registered.id.uuid();
        let until = match before {
            None => registered.folded,
            Some(before) if id < before.node => before.time.min(registered.folded),
            Some(before) => before.time.before().min(registered.folded),
        };
        let end = last_that_counts(connection, registered, until)?;
        next.extend(end.map(|end| (end, id, Reverse(node))));
    }
    Ok(next)
}

/// Returns the summary of a transaction, or `None` if it wrote none of the app's tables.
fn summary(
    connection: &Connection,
    registry: &Registry,
    (id, span): (TransactionId, Span),
) -> Result<Option<TransactionSummary>> {
    let (changes, tables) = written(connection, registry, span)?;
    if changes == 0 {
        return Ok(None);
    }
    let status = UndoStatus::of(connection, registry, (id, span))?;
    Ok(Some(TransactionSummary {
        id,
        time: Timestamp::from_millis(id.time.millis()),
        node: id.node,
        changes,
        tables,
        is_undo: status.is_undo,
        is_undone: !status.is_in_force,
        is_compacted: id.time <= registry.horizon(),
    }))
}

/// Returns the end of the last transaction of a node, up to a time, that counts.
fn last_that_counts(
    connection: &Connection,
    registered: &Node,
    until: Time,
) -> Result<Option<Time>> {
    let mut end = last_end(connection, registered.ordinal, until)?;
    if is_void(registered.void, end) {
        end = last_end(connection, registered.ordinal, registered.void.0)?;
    }
    Ok(Some(end).filter(|end| *end > Time::default()))
}

/// Returns the number of a transaction's changes, and the names of their tables, without ara's own tables.
fn written(connection: &Connection, registry: &Registry, span: Span) -> Result<(u64, Vec<String>)> {
    let (mut changes, mut tables) = (0, Vec::new());
    for (table, count) in count_by_table(connection, span)? {
        let table = registry.tables.get(&table);
        if let Some(table) = table.filter(|table| !is_ara_s(&table.name)) {
            changes += count;
            tables.push(table.name.clone());
        }
    }
    tables.sort_unstable();
    Ok((changes, tables))
}
