//! Joining a space.

use std::sync::Arc;

use ara_core::{Database, Error};
use ara_protocol::access::Members;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::{Cursor, RecordHash, SpaceId};

use crate::engine::base::{Engine, Invitation};
use crate::engine::founding::put_in_space;
use crate::engine::records::{read_pages, verified};
use crate::engine::settings::{Connect, Settings};
use crate::fault::{Fault, Result};
use crate::relay::Relay;
use crate::state::facts;
use crate::state::records::AccessLog;

impl Engine {
    /// Joins a space, of which another device has made this one a member.
    ///
    /// The file may be in no space, in one of which it is the only member, in the same one, or in one that the joined
    /// one succeeds.
    pub(crate) fn join(
        database: &Database,
        keys: Arc<SecretKeys>,
        url: &str,
        connect: Connect,
        settings: Settings,
        invitation: Invitation,
    ) -> Result<Self> {
        let relay = Relay::new(url, connect(url)?)?;
        let Invitation { space, access, by } = invitation;
        let log = read_log(&relay, space, &keys)?;
        let is_member = |key| log.members.get(key).is_some();
        if !log.has(access) || !is_member(by) {
            return Err(Fault::Lied {
                what: "its access log is not the one that the other device knows",
            });
        }
        if !is_member(keys.public().member()) {
            return Err(Fault::Lied { what: "by its access log, this device is no member" });
        }
        let before = check_free(database, &log.members)?;
        put_in_space(database, (before, &log), url, &[(facts::FOUNDED.to_owned(), vec![])])?;
        let opened = Self::open(database, keys, url, connect, settings)?;
        opened.ok_or(Fault::Database(Error::NotInASpace))
    }
}

/// Reads the access log of a space from a relay, and verifies it.
pub(super) fn read_log(relay: &Relay, space: SpaceId, keys: &SecretKeys) -> Result<AccessLog> {
    let ask = |after: Option<RecordHash>| -> Result<AccessAnswer> {
        let request = AccessRequest {
            space,
            after,
            cursor: Cursor::start(space),
            admission: String::new(),
            records: vec![],
        };
        relay.access(&request, keys)
    };
    let records = read_pages(ask(None)?, |after| ask(Some(after)))?;
    let log = verified(&records)?;
    if log.members.space() == space {
        Ok(log)
    } else {
        Err(Fault::Lied { what: "it shows the access log of another space" })
    }
}

/// Checks that a file may join a space, and returns the one that it is in.
pub(super) fn check_free(database: &Database, joined: &Members) -> Result<Option<SpaceId>> {
    let Some(held) = database.sync_read(AccessLog::load)?.flatten() else { return Ok(None) };
    let is_alone =
        held.members.iter().count() - usize::from(held.members.recovery().is_some()) <= 1;
    let is_same = held.members.space() == joined.space();
    let is_successor = joined.succeeds() == Some(held.members.space());
    if is_alone || is_same || is_successor {
        Ok(Some(held.members.space()))
    } else {
        Err(Error::InASpace.into())
    }
}
