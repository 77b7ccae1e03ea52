//! Closing the space that a file was alone in before it joined another.

use ara_core::{Database, Result};
use ara_protocol::SpaceId;
use ara_protocol::keys::SecretKeys;

use crate::engine::settings::Connect;
use crate::fault::{self, Fault};
use crate::keys::KeyStore;
use crate::keys::device_keys::DeviceKeys;
use crate::relay::Relay;
use crate::state::facts;
use crate::state::records::AccessLog;

/// A space whose only member is this device.
pub(super) struct Closing {
    space: SpaceId,
    keys: SecretKeys,
    url: String,
}

impl Closing {
    /// Returns the space of a file, if this device is alone in it and it is another one than that which is joined.
    /// One that has recovery words is left open: its owner can still bring it back by them.
    pub(super) fn of(
        database: &Database,
        store: &dyn KeyStore,
        joined: SpaceId,
    ) -> Result<Option<Self>> {
        let read = database.sync_read(|sync| {
            let url = facts::get(sync, facts::RELAY)?;
            Ok(AccessLog::load(sync)?.map(|access| (access, url)))
        })?;
        let Some((access, url)) = read.flatten() else { return Ok(None) };
        let (members, space) = (access.members, joined);
        if members.space() == space || members.iter().count() != 1 {
            return Ok(None);
        }
        // Without the keys, it cannot be closed.
        let Ok((kept, _)) = DeviceKeys::load(store, members.space()) else { return Ok(None) };
        let noted = url.and_then(|url| String::from_utf8(url).ok());
        let url = members.relay().map(str::to_owned).or(noted);
        let is_member = members.get(kept.keys.public().member()).is_some();
        Ok(url.filter(|_| is_member).map(|url| Self {
            space: members.space(),
            keys: kept.keys,
            url,
        }))
    }

    /// Deletes it at its relay. If that fails, it stays there, and nobody can read it.
    pub(super) fn close(&self, connect: &Connect) {
        let closed =
            connect(&self.url).map_err(Fault::from).and_then(|transport| -> fault::Result<()> {
                Relay::new(&self.url, transport)?.delete(self.space, &self.keys)
            });
        drop(closed);
    }
}
