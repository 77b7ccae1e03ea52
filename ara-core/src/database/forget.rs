//! Forgetting rows: the public face.

use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::database::purge::{Vacuum, purge};
use crate::database::transaction::Transaction;
use crate::database::writer::let_others_write;
use crate::error::Result;
use crate::log::forgotten::told_rows;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::is_ara_s;
use crate::rows::forgetting::{count_deleted_before, deleted_before, forget_rows, forget_told};
use crate::value::{Id, Timestamp};

/// How many rows one transaction forgets. Each reads most of the log, so more of them take longer altogether, and
/// fewer keep others waiting for longer.
const MOST_ROWS: usize = 4000;

impl Database {
    /// Forgets a deleted row, and returns whether there was one: its values are removed from the table, the
    /// change log, searches and, once they hear of it, all other devices. A row that is not deleted stays.
    ///
    /// What stays is that a row with this id was there, who changed it and when, and references to it. Nothing
    /// brings the row back: a later [`create`](Self::create), [`upsert`](Self::upsert) or
    /// [`restore`](Self::restore) is [`Error::Forgotten`](crate::Error::Forgotten), an undo leaves it out, and
    /// what other devices wrote before they heard of it is removed when it arrives. A row of a local table is gone
    /// altogether.
    ///
    /// What is left of the values in unused parts of the file is removed by writing a file of up to 32 MB anew.
    /// After forgetting rows of a larger one, call [`vacuum`](Self::vacuum); `forget_deleted` does so itself. The
    /// `-wal` is emptied once nobody reads an earlier state. Backups are out of reach, and so are devices that
    /// never merge again.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Note { id: Id<Note>, text: String }
    ///
    /// let db = Database::memory()?;
    /// let id = db.create(Note::draft().text("secret"))?;
    /// assert!(!db.forget(id)?); // not deleted
    /// db.delete(id)?;
    /// assert!(db.forget(id)?);
    /// assert!(matches!(db.restore(id), Err(ara::Error::Forgotten { .. })));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn forget<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.transaction(|tx| tx.forget(id))
    }

    /// [Forgets](Self::forget) a deleted row of a table that is given by its name, and that the app need not declare.
    /// Returns whether there was one.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// # #[derive(Table)]
    /// # struct Note { id: Id<Note>, text: String }
    /// let db = Database::memory()?;
    /// let id = db.create(Note::draft().text("secret"))?;
    /// db.delete(id)?;
    /// assert!(db.forget_row("note", id.uuid())?);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn forget_row(&self, table: &str, id: Uuid) -> Result<bool> {
        self.transaction(|tx| tx.forget_row(table, id))
    }

    /// Returns how many rows [`forget_deleted`](Self::forget_deleted) would forget.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn count_deleted(&self, before: Timestamp) -> Result<u64> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let tables = registry.tables.values().filter(|table| is_of_app(table));
            let counted = tables.map(|table| {
                match count_deleted_before(&snapshot, table, before.millis()) {
                    // A table that another program has spoilt is passed over.
                    Err(error) if error.may_be_of_one_table() => Ok(0),
                    counted => counted,
                }
            });
            counted.sum()
        })
    }

    /// [Forgets](Self::forget) all deleted rows that were last changed before a time, in all tables, and returns
    /// how many there were. It takes several transactions, between which others write.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::Timestamp;
    ///
    /// # #[derive(Table)]
    /// # struct Note { id: Id<Note>, text: String }
    /// let db = Database::memory()?;
    /// let id = db.create(Note::draft().text("secret"))?;
    /// db.delete(id)?;
    /// let month = 30 * 24 * 60 * 60 * 1000;
    /// let now = Timestamp::now().millis();
    /// assert_eq!(db.forget_deleted(Timestamp::from_millis(now - month))?, 0);
    /// assert_eq!(db.forget_deleted(Timestamp::from_millis(now + month))?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors). The rows of the transactions before are forgotten then.
    pub fn forget_deleted(&self, before: Timestamp) -> Result<u64> {
        let mut forgotten = 0;
        let done = self.forget_each(before, &mut forgotten);
        if forgotten > 0 {
            let mut held = self.0.lock_writer()?;
            let writer = &mut *held.guard;
            let connection = self.0.writing_connection(&mut writer.connection)?;
            writer.is_purge_due = purge((connection, self.0.log()), Vacuum::Always)?;
        }
        done?;
        Ok(forgotten)
    }
}

impl Database {
    /// Forgets deleted rows that were last changed before a time, in several transactions, and counts them. What is
    /// left of their values elsewhere in the file is for the caller to remove.
    fn forget_each(&self, before: Timestamp, forgotten: &mut u64) -> Result<()> {
        let mut from = (i64::MIN, i64::MIN);
        while let Some(step) = self.transaction(|tx| tx.forget_some(before, from))? {
            *forgotten += step.rows;
            from = step.next;
            let_others_write();
        }
        Ok(())
    }

    /// Forgets the rows of which was told only that values of theirs were removed, and not by which change they
    /// were forgotten. The device that made it may be lost. Then all others know the same changes, but some have the
    /// values still, and would never hear of it.
    ///
    /// This is not done as soon as it is told, as most often the next batch has that change.
    pub(crate) fn forget_what_was_told(&self) -> Result<()> {
        if self.0.options.read_only {
            return Ok(());
        }
        if self.with_reader(|reading| told_rows(&*reading.snapshot()?))?.is_empty() {
            return Ok(());
        }
        self.transaction(|tx| {
            let rows = told_rows(tx.connection)?;
            let registry = Registry::load(tx.connection)?;
            forget_told(&mut tx.state.borrow_mut().writing, &registry, &rows)
        })
    }
}

/// What a transaction has forgotten, and where to go on: in which table, after which row.
struct Step {
    rows: u64,
    next: (i64, i64),
}

impl Transaction<'_> {
    /// Forgets a deleted row, and returns whether there was one. See
    /// [`Database::forget`](crate::Database::forget).
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn forget<T: Table>(&self, id: Id<T>) -> Result<bool> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        self.plan(TableRef::of::<T>())?;
        self.forget_row(T::NAME, id.uuid())
    }

    /// Forgets a deleted row of a table that is given by its name, and returns whether there was one. See
    /// [`Database::forget_row`](crate::Database::forget_row).
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn forget_row(&self, table: &str, id: Uuid) -> Result<bool> {
        self.check_open()?;
        let registry = Registry::load(self.connection)?;
        let mut tables = registry.tables.values().filter(|table| is_of_app(table));
        let Some(found) = tables.find(|found| found.app_name() == table) else { return Ok(false) };
        let writing = &mut self.state.borrow_mut().writing;
        let forgotten = writing
            .in_savepoint(|writing| forget_rows(writing, &registry, found, &[id]))
            .map_err(|error| error.of_table(table))?;
        Ok(forgotten > 0)
    }

    /// Forgets some of the deleted rows of the first table that has any, from a table and a row on. Returns
    /// `None` if there are no more.
    fn forget_some(&self, before: Timestamp, from: (i64, i64)) -> Result<Option<Step>> {
        let registry = Registry::load(self.connection)?;
        let mut tables: Vec<_> =
            registry.tables.values().filter(|table| is_of_app(table)).collect();
        tables.sort_unstable_by_key(|table| table.ordinal);
        for table in tables.into_iter().filter(|table| table.ordinal >= from.0) {
            let after = if table.ordinal == from.0 { from.1 } else { i64::MIN };
            let chosen = (before.millis(), after, MOST_ROWS);
            let writing = &mut self.state.borrow_mut().writing;
            // A table that another program has spoilt is passed over.
            let forgotten = writing.walled(|writing| {
                let rows = deleted_before(writing.connection, table, chosen)?;
                let Some((last, _)) = rows.last() else { return Ok(None) };
                let next = (table.ordinal, *last);
                let ids: Vec<_> = rows.iter().map(|(_, id)| *id).collect();
                let rows = forget_rows(writing, &registry, table, &ids)?;
                // Else the file would be written anew for each of these transactions.
                writing.has_removed_values = false;
                Ok(Some(Step { rows, next }))
            })?;
            if let Some(step) = forgotten.flatten() {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }
}

/// Returns whether the app's rows are in a table, and not what ara notes itself.
fn is_of_app(table: &RegisteredTable) -> bool {
    table.is_made && (table.is_local || !is_ara_s(&table.name))
}
