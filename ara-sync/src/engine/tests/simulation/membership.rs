//! Who comes and goes.

use std::sync::Arc;

use ara_protocol::keys::MemberKey;
use ara_protocol::message::Refusal;

use crate::engine::recovery::Recovery;
use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::device::{Device, known};
use crate::engine::tests::simulation::story::{Feature, Story};
use crate::fault::Fault;

/// The most devices that a story has.
const MOST_DEVICES: usize = 5;

impl Story {
    pub(super) fn add_if_few(&mut self, is_free: bool) {
        if self.members.len() >= MOST_DEVICES {
            return;
        }
        if is_free && self.free.is_empty() {
            let mut device = self.device();
            for _ in 0..3 {
                apps::write(device.db(), device.version, false, &mut self.dice);
            }
            // What it adds to counters was not noted.
            self.unknown.counters = true;
            if self.dice.per_cent(50) {
                device.found(&self.maker, &self.url);
                let _ = device.round(None);
            }
            device.note_known();
            self.free.push(device);
        }
        self.add(is_free);
    }

    pub(super) fn rotate(&mut self) {
        let at = self.pick();
        self.be_rough();
        let done = self.members[at].engine_mut().rotate();
        let name = self.members[at].name;
        self.tell(format!("{name} rotates: {:?}", done.is_ok()));
        if let Err(fault) = done {
            self.judge_at(at, &fault);
        }
    }

    /// A member removes others.
    pub(super) fn remove(&mut self, count: usize) {
        if self.members.len() <= count {
            return;
        }
        let by = self.pick();
        let device = self.members.swap_remove(by);
        let out: Vec<_> = (0..count)
            .map(|_| self.members.swap_remove(self.dice.below(self.members.len())))
            .collect();
        self.members.push(device);
        let keys: Vec<_> = out.iter().map(Device::key).collect();
        let names: Vec<_> = out.iter().map(|device| device.name).collect();
        self.be_rough();
        if self.remove_keys(&keys) {
            self.tell(format!("removed: {names:?}"));
            self.note_out(out);
        } else {
            self.members.splice(0..0, out);
        }
    }

    /// Lets the last member remove others, however often that takes.
    pub(super) fn remove_keys(&mut self, keys: &[MemberKey]) -> bool {
        let at = self.members.len() - 1;
        self.causes.removed.extend(keys);
        if keys.iter().any(|key| self.members[at].engine().members().get(*key).is_none()) {
            self.sync_at(at);
        }
        let is_out = |device: &Device| {
            keys.iter().all(|key| device.engine().members().removed_in(*key).is_some())
        };
        for attempt in 0..3 {
            if is_out(&self.members[at]) {
                return true;
            }
            let device = self.members[at].engine_mut();
            if let Err(fault) = device.remove(keys) {
                self.judge_at(at, &fault);
            }
            if attempt == 1 {
                self.be_calm();
            }
        }
        is_out(&self.members[at])
    }

    /// Notes that devices were removed by the last member, which has read all that they sent.
    pub(super) fn note_out(&mut self, out: Vec<Device>) {
        for device in out {
            let node = device.node();
            let number = known(device.db()).get(&node).copied().unwrap_or(0);
            self.ceiling.insert(node, number);
            self.out.push(device);
        }
        self.members.iter_mut().for_each(Device::note_known);
        self.lower_floor();
    }

    /// A device that was removed writes on, and sends what it can.
    pub(super) fn write_outside(&mut self) {
        if self.out.is_empty() {
            return;
        }
        let at = self.dice.below(self.out.len());
        let device = &mut self.out[at];
        apps::write(device.db(), device.version, false, &mut self.dice);
        let name = device.name;
        let done = device.round(None).map_err(|fault| fault.to_string());
        self.tell(format!("{name}, which is out, writes and syncs: {done:?}"));
    }

    /// A device that was removed is let in again.
    pub(super) fn come_back(&mut self) {
        if self.out.is_empty() || self.members.len() >= MOST_DEVICES {
            return;
        }
        let device = self.out.swap_remove(0);
        self.free.insert(0, device);
        // What it added since then counts, and was not noted.
        self.unknown.counters = true;
        self.add(true);
    }

    pub(super) fn leave(&mut self) {
        if self.members.len() < 2 {
            return;
        }
        let at = self.pick();
        self.be_calm();
        if !self.sync_at(at) {
            return;
        }
        let mut device = self.members.remove(at);
        let name = device.name;
        let engine = device.take_engine().unwrap();
        let left = engine.leave();
        self.tell(format!("{name} leaves: {:?}", left.is_ok()));
        if let Err(fault) = left {
            // What is new cannot be sent. It is a member as before.
            let is_full = matches!(fault, Fault::Refused(Refusal::Full { .. }));
            assert!(is_full && self.causes.full, "device {name} cannot leave: {fault}");
            device.open_engine(&self.maker);
            self.members.insert(at, device);
            return;
        }
        self.causes.removed.insert(device.key());
        self.free.push(device);
        // Nothing of it is lost, unless those who hear of it are disturbed before they have read on.
        let disturbs = [
            Feature::Faults,
            Feature::Crashes,
            Feature::Moves,
            Feature::PuttingBack,
            Feature::Files,
            Feature::Versions,
            Feature::Quota,
            Feature::StartingOver,
        ];
        if disturbs.iter().any(|feature| self.has(*feature)) {
            self.lower_floor();
        }
    }

    pub(super) fn set_words(&mut self) {
        let at = self.pick();
        let words = self.maker.keys();
        self.be_rough();
        self.causes.words = true;
        let old = self.words.as_ref().map(|words| words.public().member());
        self.causes.removed.extend(old);
        let done = self.members[at].engine_mut().set_recovery(&words);
        let name = self.members[at].name;
        self.tell(format!("{name} sets words: {:?}", done.is_ok()));
        match done {
            Ok(()) => self.words = Some(words),
            Err(fault) => {
                self.judge_at(at, &fault);
                self.words = None;
            }
        }
    }

    /// A new device comes by the words, and may not know all that there are.
    pub(super) fn recover(&mut self) {
        let Some(words) = self.words.clone().filter(|_| self.members.len() < MOST_DEVICES) else {
            return;
        };
        let connect = self.maker.network.connect();
        let mut found = Recovery::find(&words, &self.url, &connect).unwrap_or_default();
        let space = self.members[0].engine().space();
        found.retain(|recovery| recovery.space() == space);
        let Some(recovery) = found.pop() else { return };
        let listed = recovery.devices().unwrap();
        let mut device = self.device();
        let is_sure = self.dice.per_cent(50) || !self.has(Feature::Removals);
        let kept = if is_sure { self.members.len() } else { self.dice.below(self.members.len()) };
        let confirmed: Vec<_> = listed
            .iter()
            .map(|listed| listed.key)
            .filter(|key| {
                let place = self.members.iter().position(|member| member.key() == *key);
                place.is_some_and(|place| place < kept)
            })
            .collect();
        let (keys, settings) = (Arc::clone(&device.keys), device.settings_of_app());
        self.causes.added.insert(device.key());
        let finished = recovery.finish(device.db(), keys, settings, &confirmed);
        let name = device.name;
        let engine = match finished {
            Ok(engine) => engine,
            Err(fault) => {
                let is_full = matches!(fault, Fault::Refused(Refusal::Full { .. }));
                assert!(is_full && self.causes.full, "device {name} cannot recover: {fault}");
                self.tell(format!("{name} finds no room to come by the words"));
                self.free.push(device);
                return;
            }
        };
        self.tell(format!("{name} comes by the words, and keeps the first {kept}"));
        if self.causes.went_back && engine.records().len() <= self.longest_log().len() {
            // The relay has lost records, and nobody who has them was there since, so that this one has a twin.
            self.causes.twins = true;
            self.unknown.late_writes = true;
        }
        let url = engine.url().to_owned();
        device.set_engine(engine, &url);
        // Those whose records the relay has lost are not out.
        let is_known = |key| listed.iter().any(|listed| listed.key == key);
        let mut out = vec![];
        for at in (kept..self.members.len()).rev() {
            if is_known(self.members[at].key()) {
                out.push(self.members.remove(at));
            }
        }
        self.causes.removed.extend(out.iter().map(Device::key));
        self.causes.removed.extend(listed.iter().map(|listed| listed.key));
        self.members.push(device);
        let at = self.members.len() - 1;
        assert!(self.sync_at(at) || self.causes.full, "it reads nothing");
        self.note_out(out);
    }
}
