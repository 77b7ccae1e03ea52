//! Joining a space.

use std::sync::Arc;

use ara_core::{Database, Error};
use ara_protocol::access::Members;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::{Cursor, RecordHash, SpaceId};

use crate::engine::base::{Engine, Invitation};
use crate::engine::founding::{not_as_given, put_in_space};
use crate::engine::records::{read_pages, verified};
use crate::engine::settings::{Connect, Settings};
use crate::fault::{Fault, Result};
use crate::relay::Relay;
use crate::state::facts;
use crate::state::records::AccessLog;

impl Engine {
    /// Joins a space, of which another device has made this one a member.
    pub(crate) fn join(
        database: &Database,
        keys: Arc<SecretKeys>,
        url: &str,
        connect: Connect,
        settings: Settings,
        invitation: Invitation,
    ) -> Result<Self> {
        let log = read_joined(&Relay::new(url, connect(url)?)?, &keys, invitation)?;
        Self::enter(database, keys, (url, url), connect, settings, &log)
    }

    /// Puts a file into a space, of which the access log was [read](read_joined). `given` is the URL that the app gave.
    ///
    /// The file may be in no space, in one of which it is the only member, in the same one, or in one that the joined
    /// one succeeds.
    pub(crate) fn enter(
        database: &Database,
        keys: Arc<SecretKeys>,
        (url, given): (&str, &str),
        connect: Connect,
        settings: Settings,
        log: &AccessLog,
    ) -> Result<Self> {
        let before = check_free(database, &log.members)?;
        let mut also = not_as_given(url, given);
        also.push((facts::FOUNDED.to_owned(), vec![]));
        put_in_space(database, (before, log), url, &also)?;
        let opened = Self::open(database, keys, given, connect, settings)?;
        opened.ok_or(Fault::Database(Error::NotInASpace))
    }
}

/// Reads the access log of a space, of which another device has made this one a member.
pub(crate) fn read_joined(
    relay: &Relay,
    keys: &SecretKeys,
    invitation: Invitation,
) -> Result<AccessLog> {
    let Invitation { space, access, by } = invitation;
    let log = read_log(relay, space, keys)?;
    let is_member = |key| log.members.get(key).is_some();
    if !log.has(access) || !is_member(by) {
        return Err(Fault::Lied {
            what: "its access log is not the one that the other device knows",
        });
    }
    if !is_member(keys.public().member()) {
        return Err(Fault::Lied { what: "by its access log, this device is no member" });
    }
    Ok(log)
}

/// Reads the access log of a space from a relay, and verifies it.
pub(crate) fn read_log(relay: &Relay, space: SpaceId, keys: &SecretKeys) -> Result<AccessLog> {
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
pub(crate) fn check_free(database: &Database, joined: &Members) -> Result<Option<SpaceId>> {
    let Some(held) = database.sync_read(AccessLog::load)?.flatten() else { return Ok(None) };
    let is_alone = is_alone(&held.members);
    let is_same = held.members.space() == joined.space();
    let is_successor = joined.succeeds() == Some(held.members.space());
    if is_alone || is_same || is_successor {
        Ok(Some(held.members.space()))
    } else {
        Err(Error::InASpace.into())
    }
}

/// Returns whether a space has one device at most.
fn is_alone(members: &Members) -> bool {
    members.iter().count() - usize::from(members.recovery().is_some()) <= 1
}

/// Returns whether a file is in a space with other devices, as far as it has heard.
pub(crate) fn is_with_others(database: &Database) -> ara_core::Result<bool> {
    let held = database.sync_read(AccessLog::load)?.flatten();
    Ok(held.is_some_and(|held| !is_alone(&held.members)))
}
