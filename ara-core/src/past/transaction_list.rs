//! The list of transactions.

mod cursor;

use std::collections::BinaryHeap;
use std::fmt;
use std::vec;

use cursor::{Cursor, Entry, Key};
use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::log::journal::{Journal, known_nodes};
use crate::log::node::NodeOrdinal;
use crate::log::nodes::Node;
use crate::log::pieces;
use crate::log::transaction_id::TransactionId;
use crate::names::is_ara_s;
use crate::past::transaction_end::end_at_spot;
use crate::past::undone::Undoings;
use crate::value::Timestamp;

/// A transaction in the log, returned by [`Database::transactions`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionSummary {
    /// The id, which [`Database::undo`] takes.
    pub id: TransactionId,
    /// The date of the transaction: when it was made, by the clock of the device that made it.
    pub time: Timestamp,
    /// The node that made it, which stands for a device, or more exactly for one database file on it.
    pub node: Uuid,
    /// The number of its changes. A row that was written twice counts twice.
    pub changes: u64,
    /// The stored names of the tables whose rows it wrote, sorted.
    pub tables: Vec<String>,
    /// Whether [`Database::undo`] wrote it.
    pub is_undo: bool,
    /// Whether it is undone. A transaction that [`Database::undo`] wrote is undone while none of what it undid
    /// or did again is still as it made it, whoever changed that.
    pub is_undone: bool,
    /// Whether the log has been [compacted](Database::compact) beyond it. Then the summary is about what is
    /// left of the transaction, and it cannot be undone.
    pub is_compacted: bool,
}

/// An iterator over the transactions of the log, newest first, returned by [`Database::transactions`].
#[must_use = "an iterator reads nothing until it is asked"]
pub struct Transactions {
    database: Database,
    /// The transaction before which the list begins.
    before: Option<TransactionId>,
    /// Where the list has come to, once anything was read.
    list: Option<List>,
    read: vec::IntoIter<TransactionSummary>,
    /// How many transactions are visited next, in one snapshot.
    page: usize,
    is_over: bool,
}

/// The number of transactions on the first page. Each further page is twice as long, up to the longest, so
/// that what is done once for each page does not add up.
const FIRST_PAGE: usize = 32;
const LONGEST_PAGE: usize = 4096;

impl Database {
    /// Returns an iterator over the transactions in the log, whichever device made them, newest first. An app
    /// can offer to [`undo`](Self::undo) them.
    ///
    /// The order is the same on all devices that know the same transactions. It is that of their dates, but
    /// those of one node are always in the order in which they were made: one that was made after the clock of
    /// its device was put back is listed where the one before it is. Transactions of one date are in the
    /// order of their nodes.
    ///
    /// The iterator reads the log from its end, a few transactions at a time. It does not list what is written
    /// or merged after it was first asked. Transactions that wrote nothing but local tables are not in the log.
    ///
    /// Where a piece of the log is damaged, which [`verify`](Self::verify) finds, the transactions that end in it
    /// are left out, and of one that began in it the rest is listed.
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
        let (page, is_over) = (FIRST_PAGE, false);
        Transactions { database, before: None, list: None, read, page, is_over }
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
            let snapshot = reading.snapshot()?;
            let (node, _) = Journal::load(&snapshot)?.position();
            let Some(last) = pieces::last_of(&snapshot, node)? else { return Ok(None) };
            let at = last.len().checked_sub(1).ok_or(Error::Corrupt)?;
            Ok(Some(end_at_spot(&Registry::load(&snapshot)?, &last, at)?.id))
        })
    }
}

impl Transactions {
    /// Continues with the transactions before this one. If it is not in the log, it is taken for one of the
    /// date of those that are before it there.
    pub fn before(self, transaction: TransactionId) -> Self {
        Self { before: Some(transaction), ..self.database.transactions() }
    }

    /// Reads the next page.
    fn read_page(&mut self) -> Result<()> {
        let Self { database, before, list, read, page, is_over } = self;
        database.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let list = match list {
                Some(list) => list,
                none => none.insert(List::begin(&snapshot, &registry, *before)?),
            };
            let mut summaries = Vec::with_capacity(*page);
            for _ in 0..*page {
                let Some(entry) = list.next(&snapshot, &registry)? else {
                    *is_over = true;
                    break;
                };
                summaries.extend(summary(&snapshot, &registry, entry)?);
            }
            *read = summaries.into_iter();
            *page = (*page * 2).min(LONGEST_PAGE);
            Ok(())
        })
    }
}

impl fmt::Debug for Transactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transactions").field("before", &self.before).finish_non_exhaustive()
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
            if let Err(error) = self.read_page() {
                self.is_over = true;
                return Some(Err(error));
            }
        }
    }
}

/// The transactions of all nodes, newest first.
pub(super) struct List {
    /// The place before which the list begins.
    before: Option<Key>,
    cursors: Vec<Cursor>,
    /// For each node that has more transactions the place of the next one in the list, or a later place as
    /// long as that one was not read; and the node's cursor.
    next: BinaryHeap<(Key, usize)>,
}

impl List {
    fn begin(
        connection: &Connection,
        registry: &Registry,
        before: Option<TransactionId>,
    ) -> Result<Self> {
        Self::of(connection, registry, before, |_| true)
    }

    /// Begins a list of the transactions of one node.
    pub(super) fn of_node(
        connection: &Connection,
        registry: &Registry,
        node: NodeOrdinal,
        before: Option<TransactionId>,
    ) -> Result<Self> {
        Self::of(connection, registry, before, |known| known.ordinal == node)
    }

    fn of(
        connection: &Connection,
        registry: &Registry,
        before: Option<TransactionId>,
        is_listed: impl Fn(&Node) -> bool,
    ) -> Result<Self> {
        let nodes = known_nodes(connection)?;
        let before = match before {
            Some(id) => Some(cursor::place_of(connection, registry, &nodes, id)?),
            None => None,
        };
        let listed = nodes.into_values().filter(is_listed);
        let cursors: Vec<Cursor> = listed.map(Cursor::new).collect();
        let next = cursors.iter().map(Cursor::end).zip(0..).collect();
        Ok(Self { before, cursors, next })
    }

    /// Returns the next transaction.
    ///
    /// What a node has written last is read once its turn may have come, so that the nodes that have not
    /// written for long are not read.
    pub(super) fn next(
        &mut self,
        connection: &Connection,
        registry: &Registry,
    ) -> Result<Option<Entry>> {
        while let Some((_, at)) = self.next.pop() {
            let Some(cursor) = self.cursors.get_mut(at) else { continue };
            let entry = match cursor.take_read() {
                Some(entry) => Some(entry),
                None => {
                    cursor.read(connection, registry, self.before)?;
                    None
                }
            };
            self.next.extend(cursor.next_place().map(|place| (place, at)));
            if entry.is_some() {
                return Ok(entry);
            }
        }
        Ok(None)
    }
}

/// Returns the summary of a transaction, or `None` if it wrote none of the app's tables.
fn summary(
    connection: &Connection,
    registry: &Registry,
    entry: Entry,
) -> Result<Option<TransactionSummary>> {
    let (mut changes, mut tables) = (0, Vec::new());
    for (table, count) in &entry.written.tables {
        let table = registry.tables.get(table);
        if let Some(table) = table.filter(|table| !is_ara_s(&table.name)) {
            changes += count;
            tables.push(table.name.clone());
        }
    }
    if changes == 0 {
        return Ok(None);
    }
    tables.sort_unstable();
    let id = entry.place.id;
    let undos = &entry.written.undone;
    let is_in_force = match Undoings::new(connection, registry).is_in_force(id, undos) {
        // Another program has spoilt what tells it.
        Err(error) if error.may_be_of_one_table() => true,
        is_in_force => is_in_force?,
    };
    let node = registry.nodes.get(&entry.node);
    Ok(Some(TransactionSummary {
        id,
        time: Timestamp::from_millis(entry.date),
        node: id.node,
        changes,
        tables,
        is_undo: !undos.is_empty(),
        is_undone: !is_in_force,
        is_compacted: node.is_some_and(|node| node.is_compacted(id.number)),
    }))
}
