//! Removing what is left of forgotten values beside the tables and the log: in the indexes of searches, whose
//! deleted words FTS5 keeps until it merges them; in the unused parts of the file, which SQLite does not overwrite;
//! and in the `-wal`, which keeps former pages.
//!
//! *Why not `secure_delete`:* it makes an update of a long row a tenth slower, and still leaves copies in pages
//! that SQLite fills anew.

use rusqlite::{Connection, TransactionBehavior};

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::file::log_length::LogLength;
use crate::log::meta;
use crate::search::refresh::Refresh;

/// How many bytes a file may have that is vacuumed whenever something was forgotten, which takes some 200 ms.
const SMALL: i64 = 32 << 20;

/// The connection that writes, and what keeps its write-ahead log short, if there is one.
type Both<'c> = (&'c Connection, Option<&'c LogLength>);

/// Which files are vacuumed, if something was forgotten since they were vacuumed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vacuum {
    IfSmall,
    Always,
}

/// Removes what is left of forgotten values, if there is any. Returns whether the `-wal` still has some.
///
/// Someone who reads an earlier state of the file keeps the `-wal` from being emptied. The file notes what is
/// left to be done, and the next one who writes does it.
pub(crate) fn purge((connection, log): Both<'_>, vacuum: Vacuum) -> Result<bool> {
    let is_in_wal = purge_searches(connection)?;
    let is_due = meta::get(connection, meta::VACUUM)? == Some(1)
        && (vacuum == Vacuum::Always || size(connection)? <= SMALL);
    if is_due {
        run_vacuum(connection)?;
        return vacuumed((connection, log));
    }
    if is_in_wal { purge_wal((connection, log)) } else { Ok(false) }
}

/// Runs `VACUUM`, which makes a copy of the file first. One of a large file may not fit into memory, where other
/// temporary data is.
pub(crate) fn run_vacuum(connection: &Connection) -> Result<()> {
    if size(connection)? <= SMALL {
        return Ok(connection.execute_batch("VACUUM")?);
    }
    connection.pragma_update(None, "temp_store", "file")?;
    let done = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(done?)
}

/// Ends what `VACUUM` has begun: the former pages are in the file until the new ones are copied into it. Returns
/// whether they still are.
pub(crate) fn vacuumed((connection, log): Both<'_>) -> Result<bool> {
    meta::set(connection, meta::PURGE, meta::WAL)?;
    meta::forget(connection, meta::VACUUM)?;
    purge_wal((connection, log))
}

/// Removes what is left in the `-wal`. Returns whether it still has some.
fn purge_wal((connection, log): Both<'_>) -> Result<bool> {
    let is_empty = log.map_or(Ok(true), |log| log.empty(connection))?;
    if is_empty {
        meta::forget(connection, meta::PURGE)?;
    }
    Ok(!is_empty)
}

/// Returns the size of the file, in bytes.
pub(crate) fn size(connection: &Connection) -> Result<i64> {
    // SQLCipher gives the size of a page as a text.
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    Ok(connection.query_row(size, [], |row| row.get(0))?)
}

/// Removes what is left in the indexes of searches. Returns whether anything is left in the `-wal` then.
pub(crate) fn purge_searches(connection: &Connection) -> Result<bool> {
    let purge = meta::get(connection, meta::PURGE)?;
    if purge != Some(meta::SEARCHES) {
        return Ok(purge.is_some());
    }
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let registry = Registry::load(&transaction)?;
    for index in &registry.searches {
        if index.is_earlier() {
            index.withdraw(&transaction)?;
        } else if index.is_whole(&transaction)? {
            // One that another program has damaged is made anew when its table is ensured.
            Refresh::of(index).run(&transaction)?;
            let words = index.part("");
            let optimize = format!("INSERT INTO {words} ({words}) VALUES ('optimize')");
            transaction.execute_batch(&optimize)?;
        }
    }
    meta::set(&transaction, meta::PURGE, meta::WAL)?;
    transaction.commit()?;
    Ok(true)
}
