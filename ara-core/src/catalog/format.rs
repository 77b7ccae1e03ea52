//! What every file of ara's holds: the tables of its own, and the node that writes.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::database::ahead::Waiting;
use crate::error::Result;
use crate::exchange::vector::Point;
use crate::growth::wanted::forget_ensured;
use crate::log::entropy::Entropy;
use crate::log::recorder::Journal;

/// The format that this version writes, kept in SQLite's `user_version`. A file of a newer one is
/// refused.
pub(crate) const FORMAT: i64 = 1;

/// What SQLite's `application_id` says of a file that ara made: `ara` and a zero.
pub(crate) const APPLICATION_ID: i64 = 0x6172_6100;

/// The tables of ara's own, but for the history of schemas: that is a table like an app's.
///
/// - `ara_node`: of each node but the one that writes, the last change that is known, the digest up to it,
///   and how far its changes are folded into the tables: those that are dated ahead wait. `forked` tells
///   that two devices wrote under one id, `refused` why the rest of its changes was not taken. What is
///   after `void_after`, up to `void_until`, does not count: its clock ran ahead, and it wrote that again.
///   Up to its `horizon` its log may lack what later writes covered.
/// - `ara_table` and `ara_column`: what the ordinals of the log stand for, and where the name came from.
/// - `ara_change`: the change log; `ara_twin`: changes that another one of the same node and time hides.
/// - `ara_counter`: what each node has added to a counter in all, and when it last did. The value of a column
///   into which totals were written last is their sum.
/// - `ara_index`: the indexes that ara made; `ara_failure`: the schemas that could not be ensured.
pub(crate) const OWN_TABLES: [&str; 9] = [
    "CREATE TABLE ara_meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_node (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
     last INTEGER NOT NULL DEFAULT 0, digest INTEGER NOT NULL DEFAULT 0, \
     folded INTEGER NOT NULL DEFAULT 0, forked INTEGER NOT NULL DEFAULT 0, refused TEXT, \
     void_after INTEGER NOT NULL DEFAULT 0, void_until INTEGER NOT NULL DEFAULT 0, \
     horizon INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE ara_table (ordinal INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \
     origin INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE ara_column (tbl INTEGER, ordinal INTEGER, name TEXT NOT NULL, \
     origin INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tbl, ordinal), UNIQUE (tbl, name)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_index (name TEXT PRIMARY KEY, tbl TEXT NOT NULL, columns TEXT NOT NULL) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_change (node INTEGER, time INTEGER, tbl INTEGER, row BLOB, cells BLOB, \
     PRIMARY KEY (node, time)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_twin (node INTEGER, time INTEGER, hash INTEGER, tbl INTEGER, row BLOB, \
     cells BLOB, PRIMARY KEY (node, time, hash)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_counter (tbl INTEGER, row BLOB, col INTEGER, node INTEGER, \
     time INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (tbl, row, col, node)) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_failure (time INTEGER NOT NULL, schema TEXT NOT NULL, \
     version INTEGER NOT NULL, app_version TEXT NOT NULL, reason TEXT NOT NULL) STRICT",
];

/// Makes what every file of ara's has, unless another process has done so meanwhile.
pub(crate) fn create_format(
    connection: &Connection,
    node: &[u8; 16],
    identity: Option<&str>,
) -> Result<()> {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let made: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if made > 0 {
        return Ok(());
    }
    for create in OWN_TABLES {
        transaction.execute_batch(create)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    write_node(&transaction, node)?;
    write_identity(&transaction, identity)?;
    transaction.commit()?;
    Ok(())
}

/// Takes a new node id if the file is a copy: its device and inode are not those that were recorded.
/// Two files that write under one id would give different changes the same name. And whether something in the
/// file waits for its time.
pub(crate) fn claim(
    connection: &Connection,
    identity: &str,
    entropy: &mut Entropy,
) -> Result<Waiting> {
    let recorded = |connection: &Connection| -> Result<Option<(String, bool)>> {
        Ok(connection
            .prepare_cached(
                "SELECT value, EXISTS (SELECT 1 FROM ara_node WHERE folded < last) \
                 FROM ara_meta WHERE key = 'file'",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    };
    let is_recorded = |recorded: &(String, bool)| recorded.0 == identity;
    if let Some((_, waits)) = recorded(connection)?.filter(is_recorded) {
        return Ok(if waits { Waiting::Maybe } else { Waiting::Nothing });
    }
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if recorded(&transaction)?.filter(is_recorded).is_none() {
        let (node, at) = Journal::load(&transaction)?.position();
        retire_node(&transaction, node, at)?;
        write_node(&transaction, &entropy.bytes()?)?;
        write_identity(&transaction, Some(identity))?;
    }
    transaction.commit()?;
    Ok(Waiting::Maybe)
}

/// Keeps the last time and the digest of the node that has written so far, as those of others are
/// kept.
pub(crate) fn retire_node(connection: &Connection, node: i64, at: Point) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET last = ?2, digest = ?3, folded = ?2 WHERE ordinal = ?1",
        )?
        .execute((node, at.time.bits(), at.digest.cast_signed()))?;
    Ok(())
}

/// Writes under a node id of its own from now on: its ordinal.
pub(crate) fn write_node(connection: &Connection, node: &[u8; 16]) -> Result<i64> {
    connection.execute("INSERT INTO ara_node (id) VALUES (?1)", [node])?;
    let ordinal = connection.last_insert_rowid();
    connection.execute(SET_META, ("node", ordinal))?;
    // The new node has not told the history what it ensures.
    forget_ensured(connection)?;
    Ok(ordinal)
}

fn write_identity(connection: &Connection, identity: Option<&str>) -> Result<()> {
    connection.execute(SET_META, ("file", identity))?;
    Ok(())
}

const SET_META: &str = "INSERT INTO ara_meta (key, value) VALUES (?1, ?2) \
                        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
