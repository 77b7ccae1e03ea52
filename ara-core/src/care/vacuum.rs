//! Giving unused room in the file back to the system.

use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::database::Database;
use crate::database::purge::{purge_searches, run_vacuum, size, vacuumed};
use crate::error::{Error, Result};
use crate::names::quoted;

/// About how many steps SQLite takes for each entry of a table or an index that it copies.
const STEPS: i32 = 5;

impl Database {
    /// Writes the whole file anew, without the room that deleted and overwritten values have left, and returns how
    /// many bytes it has become smaller.
    ///
    /// [`compact`](Self::compact) drops what is overwritten from the log, and this gives the room back. Meanwhile
    /// others read, and who writes waits: in this process until it is done, in others for as long as
    /// [`Options::busy_timeout`](crate::Options::busy_timeout) says. Watches are not woken.
    ///
    /// It needs as much room on the disk as the file will have, for the `-wal` beside it. Above some 32 MB, it needs
    /// that much once more in the folder for temporary files, which the environment variables `SQLITE_TMPDIR` and
    /// `TMPDIR` set. The file itself becomes smaller once nobody reads an earlier state of it.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// let freed = db.vacuum()?;
    /// println!("{freed} bytes are free again");
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors). The file is as it was then.
    pub fn vacuum(&self) -> Result<u64> {
        self.vacuum_or_tell(None)
    }

    /// Vacuums the file, like [`vacuum`](Self::vacuum), and calls `tell` with the progress at intervals. The
    /// progress is estimated.
    ///
    /// `tell` is called while this holds the only writer, so it must not use the database: a call to it is
    /// [`Error::InsideTransaction`].
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// db.vacuum_with(|progress| println!("{} of {}", progress.done, progress.total))?;
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`vacuum`](Self::vacuum).
    pub fn vacuum_with(&self, mut tell: impl FnMut(Progress)) -> Result<u64> {
        self.vacuum_or_tell(Some(&mut tell))
    }

    fn vacuum_or_tell(&self, tell: Option<&mut dyn FnMut(Progress)>) -> Result<u64> {
        self.0.refuse_if_read_only()?;
        let mut held = self.0.lock_writer()?;
        let writer = &mut *held.guard;
        self.0.writing_connection(&mut writer.connection)?;
        let Some(connection) = &mut writer.connection else { return Err(Error::Corrupt) };
        let before = size(connection)?;
        purge_searches(connection)?;
        match tell {
            Some(tell) => run_and_tell(connection, tell)?,
            None => run_vacuum(connection)?,
        }
        writer.is_purge_due = vacuumed((connection, self.0.log()))?;
        // Others may have written meanwhile.
        Ok(u64::try_from(before - size(connection)?).unwrap_or(0))
    }
}

/// Vacuums the file on another thread, and tells here how far it has come.
fn run_and_tell(connection: &mut Connection, tell: &mut dyn FnMut(Progress)) -> Result<()> {
    let mut progress = ProgressReporter::of(entries(connection)?, tell);
    let (steps, told) = mpsc::channel();
    let done = thread::scope(|scope| {
        let vacuum = scope.spawn(move || {
            const EACH: i32 = 1000;
            let step = move || steps.send(()).is_err();
            connection.progress_handler(EACH * STEPS, Some(step))?;
            let done = run_vacuum(connection);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            done
        });
        told.iter().for_each(|()| progress.add(1000));
        vacuum.join()
    });
    match done {
        Ok(done) => done?,
        Err(panic) => resume_unwind(panic),
    }
    progress.end();
    Ok(())
}

/// Returns about how many entries all tables and indexes have. To count the rows would take as long as to copy
/// them, so their greatest row id stands for their number.
fn entries(connection: &Connection) -> Result<u64> {
    let mut tables = connection.prepare(
        "SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'ara_row'), \
         (SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = t.name) \
         FROM sqlite_schema t WHERE type = 'table' AND rootpage > 0",
    )?;
    let mut tables = tables.query([])?;
    let mut entries = 0;
    while let Some(table) = tables.next()? {
        let (name, has_row, indexes): (String, bool, i64) =
            (table.get(0)?, table.get(1)?, table.get(2)?);
        let count = if has_row { "coalesce(max(\"ara_row\"), 0)" } else { "count(*)" };
        let sql = format!("SELECT {count} FROM {}", quoted(&name));
        let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        entries += count.unsigned_abs() * (1 + indexes.unsigned_abs());
    }
    Ok(entries)
}
