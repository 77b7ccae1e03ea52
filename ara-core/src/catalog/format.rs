//! What every file of ara's contains: ara's own tables, and the node that writes.

use rusqlite::{Connection, TransactionBehavior};

use crate::catalog::own_tables::OWN_TABLES;
use crate::error::Result;
use crate::log::node::NodeId;
use crate::log::{meta, nodes};

/// The version of the file format, which SQLite's `user_version` holds. A file of another one is refused:
/// format 1 was never published.
pub(crate) const FORMAT: i64 = 2;

/// The `application_id` of a SQLite file that ara made: the bytes `ara` and a zero.
pub(crate) const APPLICATION_ID: i64 = 0x6172_6100;

/// Creates what every file of ara's contains, unless the file is no longer empty: another process may have
/// done so in the meantime.
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

/// Opens a database in memory that contains what every file does, for tests.
#[cfg(test)]
pub(crate) fn new_file() -> Connection {
    let connection = Connection::open_in_memory().expect("opens");
    create_format(&connection, NodeId::from_bytes([1; 16]), None).expect("creates");
    connection
}
