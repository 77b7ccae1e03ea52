//! Nodes of which segments could not be merged, and are to be read again.

use ara_core::Result;
use ara_protocol::NodeId;
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "unread/";

/// Why segments of a node could not be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Why {
    /// Something before them is still to come, or what has taken their place.
    Pending = 1,
    /// They could not be opened, or the relay shows no parts of them.
    NotOpened = 2,
    /// The merge refused them.
    Refused = 3,
    /// They were written under a newer schema.
    Held = 4,
    /// Nothing is known of who sealed them.
    UnknownAuthor = 5,
    /// A newer version of ara wrote them.
    Newer = 6,
}

impl Why {
    fn of(byte: u8) -> Self {
        match byte {
            2 => Self::NotOpened,
            3 => Self::Refused,
            4 => Self::Held,
            5 => Self::UnknownAuthor,
            6 => Self::Newer,
            _ => Self::Pending,
        }
    }
}

/// Notes that a node is to be read again.
pub(crate) fn note(connection: &Connection, node: NodeId, why: Why) -> Result<()> {
    facts::put(connection, &format!("{PREFIX}{}", hex(node.as_bytes())), &[why as u8])
}

/// Notes that all of a node was merged.
pub(crate) fn done(connection: &Connection, node: NodeId) -> Result<()> {
    facts::remove(connection, &format!("{PREFIX}{}", hex(node.as_bytes())))
}

/// Returns the nodes that are to be read again.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(NodeId, Why)>> {
    let all = facts::under(connection, PREFIX)?.into_iter().filter_map(|(node, why)| {
        let node = NodeId::from_bytes(from_hex(&node)?);
        Some((node, Why::of(*why.first()?)))
    });
    Ok(all.collect())
}
