//! What this device tells the others of itself, and what they told.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use ara_core::VersionVector;
use ara_protocol::NodeId;
use ara_protocol::access::Role;
use ara_protocol::keys::MemberKey;
use ara_protocol::slot::{Slot, SlotContent};

use crate::engine::base::{Engine, Outcome};
use crate::engine::device::{Device, Said};
use crate::engine::pushing::Push;
use crate::fault::Result;
use crate::state::facts;
use crate::state::segments::{self, node_point};
use crate::state::slots::{self, HeardSlot, OwnSlot};

/// How long a device waits at least until it tells again what it has, if that is more as it has sent something, in
/// milliseconds. What it tells costs as much as a small commit.
const WHILE_SENDING: u64 = 10_000;

/// The same, if it has received something.
const WHILE_RECEIVING: u64 = 60_000;

/// The most bytes of a version vector in a slot. Beyond some 1,400 nodes, it is left out.
const LONGEST_VECTOR: usize = 60_000;

impl Engine {
    /// Returns the own slot, if it says something new, and it is time. `pushes` are sent with it.
    pub(super) fn own_slot(&mut self, pushes: &[Push]) -> Result<Option<(Slot, OwnSlot)>> {
        if self.is_silent || self.epoch_keys.is_none() {
            return Ok(None);
        }
        let sent = self.database.sync_read(OwnSlot::load)?.unwrap_or_default();
        let mut content = self.of_itself();
        let of_itself = self.fingerprint(&content);
        let now = self.database.now_millis();
        if sent.said[0] == of_itself && !self.is_slot_due(&sent, pushes, now)? {
            return Ok(None);
        }
        let vector = self.vector_there(pushes)?.to_bytes();
        content.vector = if vector.len() > LONGEST_VECTOR { vec![] } else { vector };
        let said = [of_itself, self.fingerprint(&content)];
        if sent.said == said {
            // What was sent was there before, in other segments.
            self.told.tells_in_vain = true;
            return Ok(None);
        }
        let Some(keys) = &self.epoch_keys else { return Ok(None) };
        let number = sent.number.saturating_add(1);
        let space = self.access.members.space();
        let slot =
            Slot::seal(&content, space, number, &self.keys, keys.newest(), &mut self.random)?;
        Ok(Some((slot, OwnSlot { number, sent_at: now, said, told_to: 0 })))
    }

    /// Returns whether it is time to tell what this device has.
    fn is_slot_due(&self, sent: &OwnSlot, pushes: &[Push], now: i64) -> Result<bool> {
        let since = now.abs_diff(sent.sent_at);
        if since >= WHILE_RECEIVING {
            return Ok(true);
        }
        let may_tell = since >= WHILE_SENDING || self.told.tells_at_once;
        Ok(may_tell && (!pushes.is_empty() || self.has_sent_since(sent)?))
    }

    /// Returns whether this device has sent something since it told what it has.
    fn has_sent_since(&self, sent: &OwnSlot) -> Result<bool> {
        let own = self.own_key();
        let any = self
            .database
            .sync_read(|sync| segments::is_any_of_after(sync, own.as_bytes(), sent.told_to))?;
        Ok(any.unwrap_or(false))
    }

    /// Has the next round tell what this device has sent, however short ago it has told that.
    pub(crate) const fn tell_at_once(&mut self) {
        self.told.tells_at_once = true;
    }

    /// Returns after how many milliseconds what this device has sent is to be told, if nothing tells it before. Where that
    /// was in vain, it waits for the next round.
    pub(super) fn tell_in(&self) -> Result<Option<u64>> {
        if self.told.tells_in_vain {
            return Ok(None);
        }
        let sent = self.database.sync_read(OwnSlot::load)?.unwrap_or_default();
        if sent.said[0] == self.fingerprint(&self.of_itself()) && !self.has_sent_since(&sent)? {
            return Ok(None);
        }
        let since = self.database.now_millis().abs_diff(sent.sent_at);
        Ok(Some(WHILE_SENDING.saturating_sub(since)))
    }

    /// Returns what this device says of itself, but for what it has.
    fn of_itself(&self) -> SlotContent {
        SlotContent {
            name: cut(&self.settings.device_name),
            app_version: cut(&self.settings.app_version),
            schema_version: self.settings.schema_version.into(),
            schema_checksum: self.settings.schema_checksum,
            vector: vec![],
        }
    }

    /// Returns a number that stands for what a slot of this device says.
    fn fingerprint(&self, content: &SlotContent) -> u64 {
        let mut hasher = DefaultHasher::new();
        let SlotContent { name, app_version, schema_version, schema_checksum, vector } = content;
        // Of other keys, the others have no slot yet.
        let own = *self.own_key().as_bytes();
        (own, name, app_version, schema_version, schema_checksum, vector).hash(&mut hasher);
        // So that it never is what stands for nothing.
        hasher.finish() | 1
    }

    /// Returns what this device has, and the relay too once the pushes are taken. Who reads that, and finds less there,
    /// knows that the relay hides something.
    fn vector_there(&mut self, pushes: &[Push]) -> Result<VersionVector> {
        let mut vector = self.database.version_vector()?;
        for known in self.database.sync_nodes()? {
            let node = NodeId::from_bytes(known.node);
            let sealed = self.tail(node)?.end;
            let pushed = pushes.iter().filter(|push| push.node == node).map(|push| push.to);
            let there = pushed.chain([sealed]).max_by_key(|to| to.number).unwrap_or(sealed);
            if there.number < known.end.number {
                vector = vector.with_point(known.node, node_point(there));
            }
        }
        Ok(vector)
    }

    /// Takes over what devices say of themselves: the slots that the relay tells, and the number of the newest. Those of
    /// who is no member, and what does not verify, are passed over. `own` is the slot that was sent, and whether the relay
    /// has taken it.
    pub(super) fn take_slots(
        &mut self,
        (slots, newest): (&[Vec<u8>], u64),
        own: Option<(&(Slot, OwnSlot), bool)>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let own_key = self.own_key();
        let now = self.database.now_millis();
        let read: Vec<_> = slots
            .iter()
            .filter_map(|slot| Slot::read(slot).ok())
            .filter(|slot| self.access.members.check_read(slot).is_ok())
            .collect();
        if let Some((_, is_taken)) = own {
            self.told.tells_in_vain = !is_taken;
        }
        let taken = own.filter(|(_, is_taken)| *is_taken).map(|(own, _)| own);
        let told_to = self.told.end.map_or(0, |end| end.number);
        let mut place = self.place;
        // One that has fewer than before was put back, and what it has is read from the first one on.
        place.slots_seen = if newest < place.slots_seen { 0 } else { newest };
        if read.is_empty() && taken.is_none() && place == self.place {
            return Ok(());
        }
        let mut is_behind = false;
        let is_any = self.write(|sync| {
            let mut is_any = false;
            if let Some((slot, own)) = taken {
                is_any |= slots::note(sync, slot, now)?;
                OwnSlot { told_to, ..*own }.save(sync)?;
            }
            for slot in &read {
                is_any |= slots::note(sync, slot, now)?;
                let sent = OwnSlot::load(sync)?;
                if slot.author() == own_key && slot.number() > sent.number {
                    // This file was restored, or its answer was lost.
                    OwnSlot { number: slot.number(), ..OwnSlot::default() }.save(sync)?;
                    is_behind = true;
                }
            }
            place.save(sync)?;
            Ok(is_any)
        })?;
        self.place = place;
        // With the number that is known now, it will be taken.
        self.told.tells_in_vain &= !is_behind;
        outcome.devices_changed |= is_any;
        Ok(())
    }

    /// Notes the name of a device that is about to be let in. It counts until the device says one.
    pub(crate) fn note_name(&self, device: MemberKey, name: &str) -> Result<()> {
        let key = format!("{}{}", facts::NAMED, facts::hex(device.as_bytes()));
        self.write(|sync| facts::put(sync, &key, cut(name).as_bytes()))
    }

    /// Returns the members, with what they said of themselves.
    pub(crate) fn devices(&self) -> Result<Vec<Device>> {
        let read = self
            .database
            .sync_read(|sync| Ok((slots::all(sync)?, facts::under(sync, facts::NAMED)?)))?;
        let (heard, named) = read.unwrap_or_default();
        let named: BTreeMap<_, _> = named.into_iter().collect();
        let own = self.own_key();
        let devices = self.access.members.iter().map(|member| {
            let key = member.keys().member();
            let heard = heard.iter().find(|heard| heard.slot.author() == key);
            Device {
                key,
                added_by: member.added_by(),
                is_own: key == own,
                is_recovery: member.role() == Role::Recovery,
                named: named
                    .get(&facts::hex(key.as_bytes()))
                    .map(|name| String::from_utf8_lossy(name).into_owned()),
                said: heard.and_then(|heard| self.said(heard)),
            }
        });
        Ok(devices.collect())
    }

    fn said(&self, heard: &HeardSlot) -> Option<Said> {
        let key = self.epoch_keys.as_ref()?.get(heard.slot.epoch())?;
        Some(Said::of(heard.slot.open(key).ok()?, heard.heard_at))
    }
}

/// Cuts a text to the length that a slot takes.
fn cut(text: &str) -> String {
    text.chars()
        .scan(0, |length, letter| {
            *length += letter.len_utf8();
            (*length <= 256).then_some(letter)
        })
        .collect()
}
