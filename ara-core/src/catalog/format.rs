//! What every file of ara's holds: the tables of its own, and the node that writes.

use rusqlite::{Connection, TransactionBehavior};

use crate::catalog::own_tables::OWN_TABLES;
use crate::error::Result;
use crate::log::ahead::may_wait;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::node::NodeId;
use crate::log::{meta, nodes};

/// The format that this version writes, kept in SQLite's `user_version`. A file of a newer one is
/// refused.
pub(crate) const FORMAT: i64 = 1;

/// What SQLite's `application_id` says of a file that ara made: `ara` and a zero.
pub(crate) const APPLICATION_ID: i64 = 0x6172_6100;

/// Makes what every file of ara's has, unless another process has done so meanwhile.
pub(crate) fn create_format(
    connection: &Connection,
    node: NodeId,
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
    nodes::add_writer(&transaction, node)?;
    meta::set(&transaction, meta::FILE, identity)?;
    transaction.commit()?;
    Ok(())
}

/// Makes a file in memory that holds what every file has, for tests.
#[cfg(test)]
pub(crate) fn new_file() -> Connection {
    let connection = Connection::open_in_memory().expect("opens");
    create_format(&connection, NodeId::from_bytes([1; 16]), None).expect("creates");
    connection
}

/// Takes a new node id if the file is a copy: its device and inode are not those that were recorded.
/// Two files that write under one id would give different changes the same name. Returns whether something
/// in the file may wait for its time.
pub(crate) fn claim(
    connection: &Connection,
    identity: &str,
    entropy: &mut Entropy,
) -> Result<bool> {
    let is_recorded = |connection: &Connection| -> Result<bool> {
        let recorded: Option<Option<String>> = meta::get(connection, meta::FILE)?;
        Ok(recorded.flatten().as_deref() == Some(identity))
    };
    if is_recorded(connection)? {
        return may_wait(connection);
    }
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if !is_recorded(&transaction)? {
        let (node, at) = Journal::load(&transaction)?.position();
        nodes::retire(&transaction, node, at)?;
        nodes::add_writer(&transaction, entropy.node_id()?)?;
        meta::set(&transaction, meta::FILE, identity)?;
    }
    transaction.commit()?;
    Ok(true)
}
