//! What devices do every day: writing, syncing, meeting, starting again.

use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::device::{Device, Known, known};
use crate::engine::tests::simulation::steps::brief;
use crate::engine::tests::simulation::story::{Feature, Story};
use crate::state::Alarm;

impl Story {
    pub(super) fn write(&mut self) {
        let at = self.pick();
        let count = 1 + self.dice.below(3);
        for _ in 0..count {
            self.write_at(at);
        }
    }

    pub(super) fn write_at(&mut self, at: usize) {
        let can_forget = self.has(Feature::Forgetting);
        let device = &mut self.members[at];
        let written = apps::write(device.db(), device.version, can_forget, &mut self.dice);
        device.note_known();
        let (name, node) = (device.name, device.node());
        let number = device.known.get(&node).copied().unwrap_or(0);
        self.added.extend(written.added.iter().map(|(key, by)| (node, number, *key, *by)));
        self.forgotten.extend(&written.forgotten);
        self.tell(format!("{name} writes up to {number}"));
    }

    pub(super) fn sync(&mut self) {
        let at = self.pick();
        self.be_rough();
        self.sync_at(at);
    }

    pub(super) fn sync_at(&mut self, at: usize) -> bool {
        let most = self.dice.per_cent(10).then(|| self.dice.below(3));
        let own = known(self.members[at].db());
        let device = &mut self.members[at];
        let (name, node) = (device.name, device.node());
        match device.round(most) {
            Ok(outcome) => {
                self.tell(format!("{name} syncs: {}", brief(&outcome)));
                if outcome.is_complete && !self.has_full_alarm(at) {
                    self.raise_floor(node, &own);
                }
                true
            }
            Err(fault) => {
                self.judge_at(at, &fault);
                false
            }
        }
    }

    fn has_full_alarm(&self, at: usize) -> bool {
        let alarms = self.members[at].alarms();
        alarms.iter().any(|alarm| matches!(alarm, Alarm::Full { .. }))
    }

    /// Notes that what a device wrote is at the relay.
    fn raise_floor(&mut self, node: [u8; 16], known: &Known) {
        if let Some(number) = known.get(&node) {
            let floor = self.floor.entry(node).or_default();
            *floor = (*floor).max(*number);
        }
    }

    /// Notes that what only the relay and who is gone may have had is not sure to be there any more.
    pub(super) fn lower_floor(&mut self) {
        let nodes: Vec<_> = self.members.iter().map(Device::node).collect();
        for (node, floor) in &mut self.floor {
            if !nodes.contains(node) {
                let most = self.members.iter().filter_map(|device| device.known.get(node)).max();
                *floor = (*floor).min(most.copied().unwrap_or(0));
            }
        }
    }

    pub(super) fn restart(&mut self) {
        let at = self.pick();
        let name = self.members[at].name;
        self.tell(format!("{name} restarts"));
        self.members[at].restart(&self.maker);
    }

    pub(super) fn late(&mut self) {
        let network = self.network();
        self.tell("requests arrive late or again");
        network.deliver_late(1 + self.dice.below(4));
        for _ in 0..self.dice.below(3) {
            network.replay();
        }
    }

    /// Two devices meet, and one takes what the other has.
    pub(super) fn meet(&mut self) {
        let (to, from) = (self.pick(), self.pick());
        if to == from {
            return;
        }
        let mut device = self.members.remove(to);
        let from = if from > to { from - 1 } else { from };
        device.take_from(&self.members[from]);
        let (name, from) = (device.name, self.members[from].name);
        self.members.insert(to, device);
        self.tell(format!("{name} takes what {from} has"));
    }

    pub(super) fn compact(&mut self) {
        let vectors: Vec<_> =
            self.members.iter().map(|device| device.db().version_vector().unwrap()).collect();
        let at = self.pick();
        let done = self.members[at].db().compact(&vectors).unwrap();
        let name = self.members[at].name;
        self.tell(format!("{name} compacts: {done:?}"));
    }

    pub(super) fn update(&mut self) {
        let at = self.pick();
        let device = &mut self.members[at];
        let version = (device.version + 1).min(apps::NEWEST);
        device.update(&self.maker, version);
        let name = device.name;
        self.tell(format!("{name} is updated to {version}"));
    }
}
