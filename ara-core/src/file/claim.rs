//! The node under which a file that is opened goes on.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Result;
use crate::file::identity::{Finding, Identity, Recorded};
use crate::log::ahead::may_wait;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::{meta, nodes};

/// Makes the file write as a new node if it is a copy, that is if the identity that was found is not the
/// recorded one. Two files that write as one node would make different changes with the same node and time.
///
/// Returns whether changes in the file may wait for their time.
pub(crate) fn claim(
    connection: &Connection,
    found: Option<Identity>,
    entropy: &mut Entropy,
) -> Result<bool> {
    let recognize = |connection: &Connection| -> Result<Finding> {
        let recorded = meta::get(connection, meta::FILE)?;
        Ok(recorded.unwrap_or(Recorded::Absent).recognize(found))
    };
    if recognize(connection)? == Finding::Recorded {
        return may_wait(connection);
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another process may have claimed the file in the meantime.
    match recognize(&transaction)? {
        Finding::Recorded => {}
        Finding::Learned(identity) => meta::set(&transaction, meta::FILE, identity)?,
        Finding::Copy(identity) => {
            let (node, at) = Journal::load(&transaction)?.position();
            nodes::retire(&transaction, node, at)?;
            nodes::add_writer(&transaction, entropy.node_id()?)?;
            meta::set(&transaction, meta::FILE, identity)?;
        }
    }
    transaction.commit()?;
    Ok(true)
}
