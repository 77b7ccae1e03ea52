//! Founding a space.

use std::sync::Arc;

use ara_core::{Database, Error};
use ara_protocol::SpaceId;
use ara_protocol::access::Record;
use ara_protocol::keys::SecretKeys;

use crate::engine::base::Engine;
use crate::engine::settings::{Connect, Settings};
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::state::facts;
use crate::state::place::Place;
use crate::state::records::AccessLog;

impl Engine {
    /// Founds a space with this file. This works without a relay: the first round brings it there.
    pub(crate) fn found(
        database: &Database,
        keys: Arc<SecretKeys>,
        url: &str,
        connect: Connect,
        settings: Settings,
    ) -> Result<Self> {
        ara_protocol::request::origin(url)?;
        if database.sync_read(AccessLog::load)?.flatten().is_some() {
            return Err(Error::InASpace.into());
        }
        let access = genesis(database, &keys, None)?;
        put_in_space(database, (None, &access), url, &[])?;
        let opened = Self::open(database, keys, url, connect, settings)?;
        opened.ok_or(Fault::Database(Error::NotInASpace))
    }

    /// Founds a space that succeeds this one, with new keys, at the same relay. The rows of the file are brought along.
    /// If that fails, this one goes on.
    pub(crate) fn start_over(&self, keys: Arc<SecretKeys>) -> Result<Self> {
        let Self { database, url, given, .. } = self;
        let access = genesis(database, &keys, Some(self.space()))?;
        put_in_space(database, (Some(self.space()), &access), url, &not_as_given(url, given))?;
        let (connect, settings) = (Arc::clone(&self.connect), self.settings.clone());
        let opened = Self::open(database, keys, given, connect, settings)?;
        opened.ok_or(Fault::Database(Error::NotInASpace))
    }
}

fn genesis(database: &Database, keys: &SecretKeys, succeeds: Option<SpaceId>) -> Result<AccessLog> {
    let genesis = Record::genesis(keys, succeeds, &mut Random::of(database)?)?;
    Ok(AccessLog::found(&genesis)?)
}

/// Returns what a file notes that comes to another relay than the one whose URL the app gave.
pub(super) fn not_as_given(url: &str, given: &str) -> Vec<(String, Vec<u8>)> {
    let note = (facts::GIVEN.to_owned(), given.as_bytes().to_vec());
    if url == given { vec![] } else { vec![note] }
}

/// Notes that a file is in a space, in place of the one that it was in before.
///
/// # Errors
///
/// Returns [`Error::InASpace`] if it is in another one than that, as another process was faster.
pub(super) fn put_in_space(
    database: &Database,
    (before, access): (Option<SpaceId>, &AccessLog),
    url: &str,
    also: &[(String, Vec<u8>)],
) -> Result<()> {
    database.sync_write(|sync| {
        let before = before.map(|space| space.as_bytes().to_vec());
        if facts::get(sync, facts::SPACE)? != before {
            return Err(Error::InASpace);
        }
        facts::clear(sync)?;
        access.save(sync, 0)?;
        facts::put(sync, facts::RELAY, url.as_bytes())?;
        Place::start(access.members.space()).save(sync)?;
        also.iter().try_for_each(|(key, value)| facts::put(sync, key, value))
    })?;
    // What others are told of must not be lost.
    database.sync_flush()?;
    Ok(())
}
