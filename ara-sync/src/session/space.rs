//! Which space a file is in.

use ara_core::{Database, Error, Result};
use ara_protocol::SpaceId;

use crate::state::facts;

/// The space that a database file is in: see [`Syncing::space`](crate::Syncing::space).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Its id, which is the same on all of its devices.
    pub id: SpaceId,
    /// The URL of its relay, as far as this file has heard.
    pub relay: String,
}

impl Space {
    /// Returns the space that a file is in.
    pub(super) fn of(database: &Database) -> Result<Option<Self>> {
        let read = database.sync_read(|sync| {
            Ok((facts::get(sync, facts::SPACE)?, facts::get(sync, facts::RELAY)?))
        })?;
        let Some((Some(id), relay)) = read else { return Ok(None) };
        let id = id.try_into().map_err(|_| Error::Corrupt)?;
        let relay = relay.and_then(|url| String::from_utf8(url).ok()).unwrap_or_default();
        Ok(Some(Self { id: SpaceId::from_bytes(id), relay }))
    }
}
