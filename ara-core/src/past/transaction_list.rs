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
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::last_end;
use crate::names::is_ara_s;
use crate::past::undone::{Span, UndoStatus};
use crate::value::Timestamp;

/// A transaction that is in the log: see [`Database::transactions`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionSummary {
    /// Its id, which [`Database::undo`] takes.
    pub id: TransactionId,
    /// When it was made, by the clock of the device that made it.
    pub time: Timestamp,
    /// The node that made it: a device, or rather all that was written to one file of it.
    pub node: Uuid,
    /// How many changes it is of: a row that was written twice is two.
    pub changes: u64,
    /// The stored names of the tables whose rows it wrote, by name.
    pub tables: Vec<String>,
    /// It was written by [`Database::undo`].
    pub is_undo: bool,
    /// It is undone; of what [`Database::undo`] wrote, that is undone, or said otherwise since.
    pub is_undone: bool,
    /// The log was [compacted](Database::compact) up to here: what is told is what was left of the
    /// transaction, and it cannot be undone.
    pub is_compacted: bool,
}

/// The transactions of a log, newest first: what [`Database::transactions`] gives.
#[derive(Debug)]
#[must_use = "an iterator reads nothing until it is asked"]
pub struct Transactions {
    database: Database,
    /// What is told next is before this one.
    before: Option<TransactionId>,
    read: vec::IntoIter<TransactionSummary>,
    is_over: bool,
}

/// How many transactions are read at once.
const READ: usize = 32;

impl Database {
    /// The transactions that are in the log, whichever device made them, newest first: what an app needs
    /// to offer to [`undo`](Self::undo) them. Transactions of one time are in the order of their nodes.
    ///
    /// It reads the log from its end, a few transactions at a time, so that the newest are there at once
    /// and none is in memory for long. Those that wrote local tables alone are in no log.
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
    /// // The page after it begins where it ended.
    /// assert_eq!(db.transactions().before(newest[1].id).count(), 0);
    ///
    /// db.undo(newest[0].id)?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The iterator gives what SQLite refuses, and [`Error::InsideTransaction`](crate::Error::InsideTransaction)
    /// within a transaction. It is over then.
    pub fn transactions(&self) -> Transactions {
        let (database, read) = (self.clone(), Vec::new().into_iter());
        Transactions { database, before: None, read, is_over: false }
    }

    /// The last transaction that was written to this file, by this or another program; not one that came
    /// with a merge. `None` where there is none yet under the [id](Self::node) by which the file goes now.
    ///
    /// Where several threads write, a transaction tells its own id: [`Transaction::id`].
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
    /// What SQLite refuses.
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
    /// Goes on with those that are before this one. It need not be in the log.
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

/// Some transactions that follow one another in the list.
struct Page {
    read: Vec<TransactionSummary>,
    /// The last one that was looked at.
    last: Option<TransactionId>,
    /// There are no more.
    is_over: bool,
}

/// The transactions before one, or the newest.
fn page(connection: &Connection, before: Option<TransactionId>) -> Result<Page> {
    let registry = Registry::load(connection)?;
    let horizon = registry.horizon();
    let mut page = Page { read: Vec::with_capacity(READ), last: before, is_over: false };
    // The next one of each node: the latest of them is the next of all.
    let mut next = BinaryHeap::new();
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
    for _ in 0..READ {
        let Some((end, id, Reverse(node))) = next.pop() else {
            page.is_over = true;
            break;
        };
        let Some(registered) = registry.nodes.get(&node) else { continue };
        let start = last_end(connection, node, end.before())?;
        let (changes, tables) = written(connection, &registry, node, (start, end))?;
        let id = TransactionId { time: end, node: id };
        if changes > 0 {
            let span = Span { node, after: start, end };
            let status = UndoStatus::of(connection, &registry, (id, span))?;
            page.read.push(TransactionSummary {
                id,
                time: Timestamp::from_millis(end.millis()),
                node: id.node,
                changes,
                tables,
                is_undo: status.is_undoing,
                is_undone: !status.is_in_force,
                is_compacted: end <= horizon,
            });
        }
        page.last = Some(id);
        let end = last_that_counts(connection, registered, start)?;
        next.extend(end.map(|end| (end, id.node, Reverse(node))));
    }
    Ok(page)
}

/// The end of the last transaction of a node until a time of those that count.
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

/// How many changes a transaction is of, and the tables that they are of. Those of ara's own are left out.
fn written(
    connection: &Connection,
    registry: &Registry,
    node: NodeOrdinal,
    (start, end): (Time, Time),
) -> Result<(u64, Vec<String>)> {
    let mut counts = connection.prepare_cached(
        "SELECT tbl, count(*) FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 \
         GROUP BY tbl",
    )?;
    let mut counts = counts.query((node, start.bits(), end.bits()))?;
    let (mut changes, mut tables) = (0, Vec::new());
    while let Some(count) = counts.next()? {
        let table = registry.tables.get(&count.get(0)?);
        if let Some(table) = table.filter(|table| !is_ara_s(&table.name)) {
            changes += count.get::<_, i64>(1)?.unsigned_abs();
            tables.push(table.name.clone());
        }
    }
    tables.sort_unstable();
    Ok((changes, tables))
}
