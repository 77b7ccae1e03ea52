//! Undoing and redoing what this file wrote, the last transaction first, as an app offers it to its user.

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;
use crate::log::journal::Journal;
use crate::log::transaction_id::TransactionId;
use crate::past::transaction_list::List;
use crate::past::undo::UndoReport;
use crate::past::undone::Undoings;

/// What is looked for among the transactions of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The last transaction that is in force and no undo.
    ToUndo,
    /// The last undo that is in force, unless such a transaction came after it.
    ToRedo,
}

impl Database {
    /// Undoes the last transaction that this file wrote and that is not undone, or returns `None` if there is none. Called
    /// again, it undoes the one before. So an app can offer its user to undo without keeping a list of its own, also
    /// after it was started anew.
    ///
    /// - It [undoes](Self::undo) as `undo` does. Transactions of other devices are left as they are, and so is what they
    ///   have overwritten: a merge in between changes neither which transaction is next, nor what others wrote.
    /// - A transaction of which nothing is left to undo, since others have overwritten all of it, is passed over.
    /// - One that this program cannot undo, as it does not know the functions between its columns, is not: nothing is
    ///   written then, and [`UndoReport::unknown`] tells it. What it has built on would be undone without it otherwise.
    /// - What ara writes for itself is no transaction of the app, nor is what is in local tables alone. All others of the
    ///   file count, whichever thread or process made them, but those that it wrote before it was copied or
    ///   [compacted](Self::compact).
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.update(Todo::patch(milk).title("Buy oat milk"))?;
    /// let title = || Ok::<_, ara::Error>(db.get(milk)?.and_then(|todo| todo.title));
    ///
    /// db.undo_last()?;
    /// assert_eq!(title()?.as_deref(), Some("Buy milk"));
    /// db.undo_last()?;
    /// assert_eq!(title()?, None);
    /// assert_eq!(db.undo_last()?, None);
    ///
    /// db.redo()?;
    /// db.redo()?;
    /// assert_eq!(title()?.as_deref(), Some("Buy oat milk"));
    /// assert_eq!(db.redo()?, None);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`undo`](Self::undo).
    pub fn undo_last(&self) -> Result<Option<UndoReport>> {
        self.take_back(Wanted::ToUndo)
    }

    /// Does again what [`undo_last`](Self::undo_last) or [`undo`](Self::undo) undid last, or returns `None` if there is
    /// nothing. Called again, it does what was undone before that.
    ///
    /// Once the app writes something else, what was undone before cannot be done again by this, as users expect it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`undo`](Self::undo).
    pub fn redo(&self) -> Result<Option<UndoReport>> {
        self.take_back(Wanted::ToRedo)
    }

    /// Returns whether there is a transaction for [`undo_last`](Self::undo_last).
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn can_undo(&self) -> Result<bool> {
        Ok(self.last_of(Wanted::ToUndo, None)?.is_some())
    }

    /// Returns whether there is something for [`redo`](Self::redo).
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn can_redo(&self) -> Result<bool> {
        Ok(self.last_of(Wanted::ToRedo, None)?.is_some())
    }

    fn take_back(&self, wanted: Wanted) -> Result<Option<UndoReport>> {
        let mut before = None;
        while let Some(transaction) = self.last_of(wanted, before)? {
            let report = self.undo(transaction)?;
            if report.transaction.is_some() || report.unknown > 0 {
                return Ok(Some(report));
            }
            before = Some(transaction);
        }
        Ok(None)
    }

    fn last_of(
        &self,
        wanted: Wanted,
        before: Option<TransactionId>,
    ) -> Result<Option<TransactionId>> {
        self.with_reader(|reading| find(&*reading.snapshot()?, wanted, before))
    }
}

/// Returns the last transaction of the node that writes the file, before another one, that is wanted.
fn find(
    connection: &Connection,
    wanted: Wanted,
    before: Option<TransactionId>,
) -> Result<Option<TransactionId>> {
    let registry = Registry::load(connection)?;
    let (node, _) = Journal::load(connection)?.position();
    let undoings = Undoings::new(connection, &registry);
    let mut list = List::of_node(connection, &registry, node, before)?;
    while let Some(entry) = list.next(connection, &registry)? {
        let id = entry.place.id;
        if registry.nodes.get(&node).is_some_and(|node| node.is_compacted(id.number)) {
            break;
        }
        let undos = &entry.written.undone;
        let is_of_app = !undos.is_empty() || entry.written.is_of_app(&registry);
        if !is_of_app || !undoings.is_in_force(id, undos)? {
            continue;
        }
        match (wanted, undos.iter().any(|undo| undo.is_undoing())) {
            (Wanted::ToUndo, _) if undos.is_empty() => return Ok(Some(id)),
            (Wanted::ToRedo, true) => return Ok(Some(id)),
            (Wanted::ToRedo, false) if undos.is_empty() => break,
            _ => {}
        }
    }
    Ok(None)
}
