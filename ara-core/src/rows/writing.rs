//! What a transaction needs for writing.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::counters::Counters;
use crate::log::entropy::Entropy;
use crate::log::recorder::Recorder;
use crate::log::statements::Statements;
use crate::rows::table_rows::TableRows;
use crate::rows::texts::Documents;
use crate::rows::touched::Touched;

/// What a transaction needs for writing. All code that writes rows is given it.
pub(crate) struct Writing<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) recorder: Recorder<'c>,
    pub(crate) statements: Statements<'c>,
    pub(crate) counters: Counters<'c>,
    pub(crate) entropy: &'c mut Entropy,
    /// The texts that were edited last.
    pub(crate) documents: &'c mut Documents,
    /// The statements that fold changes of the app into the rows of tables, by the ordinals of these.
    pub(super) folding: HashMap<i64, TableRows<'c>>,
    /// Where the clock of a row is packed.
    pub(crate) clock: Vec<u8>,
    /// What was written, if anyone was watching when the transaction began.
    pub(crate) touched: Option<Touched>,
    /// Whether values of forgotten rows were removed.
    pub(crate) has_removed_values: bool,
}

impl<'c> Writing<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        recorder: Recorder<'c>,
        (entropy, documents): (&'c mut Entropy, &'c mut Documents),
        touched: Option<Touched>,
    ) -> Self {
        Self {
            connection,
            recorder,
            statements: Statements::new(connection),
            counters: Counters::new(connection),
            entropy,
            documents,
            folding: HashMap::new(),
            clock: Vec::new(),
            touched,
            has_removed_values: false,
        }
    }

    /// Notes that anything may have been written.
    pub(crate) fn touch_everything(&mut self) {
        if let Some(touched) = &mut self.touched {
            touched.everything = true;
        }
    }

    /// Runs what is undone as a whole if it fails: in the file, and in what is recorded of it.
    pub(crate) fn in_savepoint<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        // What is recorded may be written into the log within the savepoint, and go with it.
        let mark = self.recorder.mark();
        let done = self.in_savepoint_of_rows(run);
        if done.is_err() {
            self.recorder.rewind(mark);
            // Some may hold edits that were taken back with it, and some what is still to be written.
            if self.documents.has_pending() {
                self.recorder.break_off();
            }
            self.documents.forget();
        }
        done
    }

    /// Runs what is undone in the file as a whole if it fails. It must not record anything.
    pub(crate) fn in_savepoint_of_rows<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let savepoint = Savepoint::begin(self.connection)?;
        let done = run(self)?;
        savepoint.release()?;
        Ok(done)
    }
}

impl Writing<'_> {
    /// Runs what concerns one table alone. If something is wrong with the table, all of it is taken back, and this
    /// returns `None`, so that others can go on.
    pub(crate) fn walled<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<Option<R>> {
        match self.in_savepoint(run) {
            Ok(done) => Ok(Some(done)),
            // A trigger of another program may roll back the whole transaction.
            Err(_) if self.connection.is_autocommit() => Err(Error::Broken),
            Err(error) if error.may_be_of_one_table() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A savepoint, to which the transaction is rolled back on drop unless it is released.
struct Savepoint<'c>(Option<&'c Connection>);

impl<'c> Savepoint<'c> {
    fn begin(connection: &'c Connection) -> Result<Self> {
        // Otherwise, it would begin a transaction of its own.
        if connection.is_autocommit() {
            return Err(Error::Broken);
        }
        connection.prepare_cached("SAVEPOINT ara")?.execute([])?;
        Ok(Self(Some(connection)))
    }

    /// Keeps what was done since the savepoint began.
    fn release(mut self) -> Result<()> {
        match self.0.take() {
            Some(connection) => {
                connection.prepare_cached("RELEASE ara")?.execute([])?;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // This fails if SQLite has rolled back the whole transaction, which is as good.
            let _ = connection.execute_batch("ROLLBACK TO ara; RELEASE ara");
        }
    }
}
