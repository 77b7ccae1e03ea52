//! What every file of ara's holds: the tables of its own, and the node that writes.

use crate::catalog::own_tables::OWN_TABLES;
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
