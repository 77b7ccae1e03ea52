//! The node under which a file that is opened goes on.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Error, Result};
use crate::file::identity::{Finding, Identity, Recorded};
use crate::growth::own_tables::mend_own_tables;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::{meta, nodes};

/// Makes the file write as a new node if it is a copy, that is if the identity that was found is not the
/// recorded one. Two files that write as one node would make different changes in the same places.
pub(crate) fn claim(
    connection: &Connection,
    found: Option<Identity>,
    entropy: &mut Entropy,
) -> Result<()> {
    let recognize = |connection: &Connection| -> Result<Finding> {
        let recorded = meta::get(connection, meta::FILE)?;
        Ok(recorded.unwrap_or(Recorded::Absent).recognize(found))
    };
    match recognize(connection) {
        Ok(Finding::Recorded) => return Ok(()),
        // Another program has dropped the table.
        Ok(_) | Err(Error::Corrupt) => {}
        Err(error) => return Err(error),
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    mend_own_tables(&transaction)?;
    // Another process may have claimed the file in the meantime.
    match recognize(&transaction)? {
        Finding::Recorded => {}
        Finding::Learned(identity) => meta::set(&transaction, meta::FILE, identity)?,
        Finding::Copy(identity) => {
            // If the end of its log is damaged, this takes a new node already.
            let journal = Journal::load_or_begin(&transaction, entropy)?;
            nodes::retire(&transaction, journal.position().0, &journal.end().head)?;
            nodes::add_writer(&transaction, nodes::new_id(&transaction, entropy)?)?;
            meta::set(&transaction, meta::FILE, identity)?;
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::format::new_file;

    /// Opens the file with an identity, and returns how many nodes it knows then.
    fn nodes(file: &Connection, found: &str) -> Result<usize> {
        let found = Identity::parse(found);
        claim(file, found, &mut Entropy::system())?;
        claim(file, found, &mut Entropy::system())?;
        let nodes = nodes::kept(file)?;
        assert_eq!(Journal::load(file)?.position().0, nodes[nodes.len() - 1].ordinal);
        Ok(nodes.len())
    }

    #[test]
    fn a_copy_takes_a_new_node() -> Result<()> {
        let file = new_file();
        meta::set(&file, meta::FILE, "7:1.000000005")?;
        for (found, known) in [
            ("7:1.000000005", 1),
            ("8:1.000000005", 2),
            ("8:1.000000006", 3),
            ("8:", 3),
            (":1.000000006", 3),
            ("", 3),
            ("7:", 4),
            ("7:1.000000005", 4),
            ("7:1.000000006", 5),
        ] {
            assert_eq!(nodes(&file, found)?, known, "{found}");
        }
        Ok(())
    }

    /// Also where the system cannot tell copies apart.
    #[test]
    fn a_backup_takes_a_new_node() -> Result<()> {
        for found in ["7:1.000000005", "7:", ":1.000000005", ""] {
            let file = new_file();
            meta::forget(&file, meta::FILE)?;
            assert_eq!((nodes(&file, found)?, nodes(&file, found)?), (2, 2), "{found}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_compared_takes_a_new_node_once() -> Result<()> {
        let file = new_file();
        assert_eq!(nodes(&file, "")?, 1);
        for (found, known) in [(":1.000000005", 2), ("7:", 3), (":1.000000005", 3), ("7:", 3)] {
            assert_eq!(nodes(&file, found)?, known, "{found}");
        }
        for (number, damaged) in ["", "7", "65024:7"].into_iter().enumerate() {
            meta::set(&file, meta::FILE, damaged)?;
            assert_eq!(nodes(&file, "7:1.000000005")?, 4 + number, "{damaged}");
        }
        Ok(())
    }
}
