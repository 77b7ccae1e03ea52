//! Closing the space that a file was in before it is in another.

use ara_core::{Database, Result};
use ara_protocol::keys::SecretKeys;
use ara_protocol::{RecordHash, SpaceId};

use crate::engine::base::Engine;
use crate::engine::leaving::leave;
use crate::engine::settings::Connect;
use crate::fault;
use crate::keys::KeyStore;
use crate::keys::device_keys::DeviceKeys;
use crate::random::Random;
use crate::relay::Relay;
use crate::state::facts;
use crate::state::records::AccessLog;

/// A space that a file was in before.
pub(super) struct Closing {
    space: SpaceId,
    keys: SecretKeys,
    url: String,
    /// The last record of its access log, if others go on in it, and are to hear that this device is gone.
    head: Option<RecordHash>,
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
            head: None,
        }))
    }

    /// Returns the space of a file that starts over, unless there is nothing that can be told to others.
    pub(super) fn of_engine(engine: &Engine) -> fault::Result<Option<Self>> {
        let members = engine.members();
        let is_alone = members.iter().count() == 1;
        if is_alone || members.get(engine.own_key()).is_none() || engine.is_stopped()? {
            return Ok(None);
        }
        let keys = SecretKeys::from_bytes(&engine.keys().to_bytes());
        let (space, url, head) = (engine.space(), engine.url().to_owned(), Some(members.head()));
        Ok(Some(Self { space, keys, url, head }))
    }

    /// Deletes it at its relay, or tells those who go on in it that this device is gone. If that fails, it stays as it is.
    pub(super) fn close(&self, database: &Database, connect: &Connect) {
        let closed = || -> fault::Result<()> {
            let relay = Relay::new(&self.url, connect(&self.url)?)?;
            match self.head {
                None => relay.delete(self.space, &self.keys),
                Some(head) => {
                    leave(&relay, self.space, head, &self.keys, &mut Random::of(database)?)
                }
            }
        };
        drop(closed());
    }
}
