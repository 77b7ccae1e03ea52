//! Bringing everything back by the recovery words.

use std::sync::Arc;

use ara_core::{Database, Error};
use ara_protocol::access::Role;
use ara_protocol::keys::{MemberKey, SecretKeys};
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::sync::SyncRequest;
use ara_protocol::slot::Slot;
use ara_protocol::{Cursor, SpaceId};

use crate::engine::base::Engine;
use crate::engine::device::{Device, Said};
use crate::engine::founding::put_in_space;
use crate::engine::joining::{check_free, read_log};
use crate::engine::settings::{Connect, Settings};
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::relay::Relay;
use crate::state::facts;
use crate::state::records::AccessLog;

/// The most spaces that a relay tells of.
const MOST_SPACES: usize = 1024;

/// How often a space can have moved.
const MOST_MOVES: usize = 64;

const OTHER_LOG: Fault =
    Fault::Lied { what: "the relay to which the space has moved has another access log" };

/// A space whose recovery words are at hand.
pub(crate) struct Recovery {
    words: Arc<SecretKeys>,
    relay: Arc<Relay>,
    url: String,
    /// The URL that the app gave.
    given: String,
    connect: Connect,
    access: AccessLog,
}

impl Recovery {
    /// Finds the spaces whose recovery words have these keys, also where they are if they have left the relay. What does
    /// not verify is passed over, as whoever runs the relay can show anything.
    pub(crate) fn find(words: &Arc<SecretKeys>, url: &str, connect: &Connect) -> Result<Vec<Self>> {
        let relay = Arc::new(Relay::new(url, connect(url)?)?);
        let mut found = Vec::new();
        let spaces = relay.find(words)?;
        if spaces.len() > MOST_SPACES {
            return Err(Fault::Lied { what: "it tells of more spaces than one does" });
        }
        for space in spaces {
            let recovery = read_log(&relay, space, words).and_then(|access| {
                let (words, relay, connect) =
                    (Arc::clone(words), Arc::clone(&relay), Arc::clone(connect));
                let (url, given) = (url.to_owned(), url.to_owned());
                Self { words, relay, url, given, connect, access }.follow()
            });
            let recovery = match recovery {
                Ok(recovery) => recovery,
                Err(Fault::Lied { .. } | Fault::Protocol(_) | Fault::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            };
            let member = recovery.access.members.get(words.public().member());
            if member.is_some_and(|member| member.role() == Role::Recovery) {
                found.push(recovery);
            }
        }
        Ok(found)
    }

    /// Goes to the relay where the space is, as its access log tells.
    fn follow(mut self) -> Result<Self> {
        for _ in 0..MOST_MOVES {
            let Some(url) = self.access.members.relay() else { return Ok(self) };
            let relay = Relay::new(url, (self.connect)(url)?)?;
            if relay.audience() == self.relay.audience() {
                return Ok(self);
            }
            let log = read_log(&relay, self.space(), &self.words)?;
            let url = url.to_owned();
            if log.records().starts_with(self.access.records()) {
                self.access = log;
            } else {
                // It has come back there, and no device was there since.
                self.bring_back(&relay, &log)?;
            }
            (self.relay, self.url) = (Arc::new(relay), url);
        }
        Err(Fault::Lied { what: "it sends from one relay to another, again and again" })
    }

    /// Sends a relay the records that it lacks.
    fn bring_back(&self, relay: &Relay, held: &AccessLog) -> Result<()> {
        let rest = self.access.records().strip_prefix(held.records());
        let request = AccessRequest {
            space: self.space(),
            after: Some(held.members.head()),
            cursor: Cursor::start(self.space()),
            admission: String::new(),
            records: rest.ok_or(OTHER_LOG)?.to_vec(),
        };
        if relay.access(&request, &self.words)?.are_taken {
            return Ok(());
        }
        Err(Fault::NotNow(
            "the space is on its way to another relay: sync one of its devices first",
        ))
    }

    /// Returns the space.
    pub(crate) const fn space(&self) -> SpaceId {
        self.access.members.space()
    }

    /// Returns the devices of the space, with what they say of themselves.
    pub(crate) fn devices(&self) -> Result<Vec<Device>> {
        let members = &self.access.members;
        let keys = members.epoch_keys(&self.words)?;
        let request = SyncRequest {
            space: self.space(),
            cursor: Cursor::start(self.space()),
            access: members.head(),
            slots_seen: 0,
            budget: 0,
            slot: vec![],
            pushes: vec![],
        };
        let slots = self.relay.sync(&request, &self.words)?.slots;
        let slots: Vec<_> = slots.iter().filter_map(|slot| Slot::read(slot).ok()).collect();
        let devices = members.iter().filter(|member| member.role() == Role::Device).map(|member| {
            let key = member.keys().member();
            let of_it = slots.iter().filter(|slot| slot.author() == key);
            let newest = of_it.max_by_key(|slot| slot.number());
            let said = newest.and_then(|slot| slot.open(keys.get(slot.epoch())?).ok());
            Device {
                key,
                added_by: member.added_by(),
                is_own: false,
                is_recovery: false,
                named: None,
                said: said.map(|content| Said::of(content, 0)),
            }
        });
        Ok(devices.collect())
    }

    /// Makes this device a member. Once it has read all, those that were not confirmed are removed.
    pub(crate) fn finish(
        mut self,
        database: &Database,
        keys: Arc<SecretKeys>,
        settings: Settings,
        confirmed: &[MemberKey],
    ) -> Result<Engine> {
        let before = check_free(database, &self.access.members)?;
        let device = keys.public();
        let members = &self.access.members;
        let added = members.add(&self.words, &device, &mut Random::of(database)?)?;
        let request = AccessRequest {
            space: members.space(),
            after: Some(members.head()),
            cursor: Cursor::start(members.space()),
            admission: String::new(),
            records: vec![added.as_bytes().to_vec()],
        };
        let answer = self.relay.access(&request, &self.words)?;
        if !answer.are_taken {
            return Err(Fault::NotNow(
                "another device changes the members at the same time: try again",
            ));
        }
        let out = members.iter().filter(|member| member.role() == Role::Device);
        let out = out.map(|member| member.keys().member()).filter(|key| !confirmed.contains(key));
        let mut also: Vec<_> = out
            .map(|key| (format!("{}{}", facts::TO_REMOVE, facts::hex(key.as_bytes())), vec![]))
            .collect();
        also.push((facts::FOUNDED.to_owned(), vec![]));
        self.access.apply(&added)?;
        put_in_space(database, (before, &self.access), &self.url, &also)?;
        let opened = Engine::open(database, keys, &self.given, self.connect, settings)?;
        opened.ok_or(Fault::Database(Error::NotInASpace))
    }
}

impl Engine {
    /// Removes the members that were not confirmed when the space was recovered. Returns whether there were any.
    pub(super) fn remove_unconfirmed(&mut self) -> Result<bool> {
        let noted = self.database.sync_read(|sync| facts::under(sync, facts::TO_REMOVE))?;
        let noted = noted.unwrap_or_default();
        if noted.is_empty() {
            return Ok(false);
        }
        let out = noted.iter().filter_map(|(key, _)| {
            let key = MemberKey::from_bytes(facts::from_hex(key)?).ok()?;
            self.access.members.get(key).map(|_| key)
        });
        let out: Vec<_> = out.collect();
        if !out.is_empty() {
            self.remove(&out)?;
        }
        self.write(|sync| {
            noted
                .iter()
                .try_for_each(|(key, _)| facts::remove(sync, &format!("{}{key}", facts::TO_REMOVE)))
        })?;
        Ok(true)
    }
}
