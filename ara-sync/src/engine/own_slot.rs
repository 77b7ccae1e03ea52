//! What this device tells the others of itself, and what they told.

use std::hash::{DefaultHasher, Hash, Hasher};

use ara_core::VersionVector;
use ara_protocol::NodeId;
use ara_protocol::access::Role;
use ara_protocol::slot::{Slot, SlotContent};

use crate::engine::base::{Engine, Outcome};
use crate::engine::device::{Device, Said};
use crate::engine::pushing::Push;
use crate::fault::Result;
use crate::state::segments::node_point;
use crate::state::slots::{self, HeardSlot, OwnSlot};

/// How long a device waits with telling what it has received, if it has nothing else to tell, in milliseconds.
const OFTEN_ENOUGH: i64 = 60_000;

/// The most bytes of a version vector in a slot. Beyond some 1,400 nodes, it is left out.
const LONGEST_VECTOR: usize = 60_000;

impl Engine {
    /// Returns the own slot, if it says something new. `pushes` are sent with it.
    pub(super) fn own_slot(&mut self, pushes: &[Push]) -> Result<Option<(Slot, OwnSlot)>> {
        let vector = self.vector_there(pushes)?.to_bytes();
        let Some(keys) = &self.epoch_keys else { return Ok(None) };
        let sent = self.database.sync_read(OwnSlot::load)?.unwrap_or_default();
        let vector = if vector.len() > LONGEST_VECTOR { vec![] } else { vector };
        let mut content = SlotContent {
            name: cut(&self.settings.device_name),
            app_version: cut(&self.settings.app_version),
            schema_version: self.settings.schema_version.into(),
            schema_checksum: self.settings.schema_checksum,
            vector: vec![],
        };
        let of_itself = fingerprint(&content);
        content.vector = vector;
        let said = [of_itself, fingerprint(&content)];
        let now = self.database.now_millis();
        let is_due =
            !pushes.is_empty() || now.abs_diff(sent.sent_at) >= OFTEN_ENOUGH.cast_unsigned();
        let [said_of_itself, said_in_all] = sent.said;
        if said_of_itself == of_itself && (said_in_all == said[1] || !is_due) {
            return Ok(None);
        }
        let number = sent.number.saturating_add(1);
        let space = self.access.members.space();
        let slot =
            Slot::seal(&content, space, number, &self.keys, keys.newest(), &mut self.random)?;
        Ok(Some((slot, OwnSlot { number, sent_at: now, said })))
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

    /// Takes over what devices say of themselves. Those of who is no member, and what does not verify, are passed over.
    pub(super) fn take_slots(
        &mut self,
        slots: &[Vec<u8>],
        newest: u64,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let own = self.own_key();
        let now = self.database.now_millis();
        let read: Vec<_> = slots
            .iter()
            .filter_map(|slot| Slot::read(slot).ok())
            .filter(|slot| self.access.members.check_read(slot).is_ok())
            .collect();
        let mut place = self.place;
        // One that has fewer than before was put back, and what it has is read from the first one on.
        place.slots_seen = if newest < place.slots_seen { 0 } else { newest };
        if read.is_empty() && place == self.place {
            return Ok(());
        }
        let is_any = self.write(|sync| {
            let mut is_any = false;
            for slot in &read {
                is_any |= slots::note(sync, slot, now)?;
                let sent = OwnSlot::load(sync)?;
                if slot.author() == own && slot.number() > sent.number {
                    // This file was restored, or its answer was lost.
                    OwnSlot { number: slot.number(), ..OwnSlot::default() }.save(sync)?;
                }
            }
            place.save(sync)?;
            Ok(is_any)
        })?;
        self.place = place;
        outcome.devices_changed |= is_any;
        Ok(())
    }

    /// Returns the members, with what they said of themselves.
    pub(crate) fn devices(&self) -> Result<Vec<Device>> {
        let heard = self.database.sync_read(slots::all)?.unwrap_or_default();
        let own = self.own_key();
        let devices = self.access.members.iter().map(|member| {
            let key = member.keys().member();
            let heard = heard.iter().find(|heard| heard.slot.author() == key);
            Device {
                key,
                added_by: member.added_by(),
                is_own: key == own,
                is_recovery: member.role() == Role::Recovery,
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

fn fingerprint(content: &SlotContent) -> u64 {
    let mut hasher = DefaultHasher::new();
    let SlotContent { name, app_version, schema_version, schema_checksum, vector } = content;
    (name, app_version, schema_version, schema_checksum, vector).hash(&mut hasher);
    // So that it never is what stands for nothing.
    hasher.finish() | 1
}
