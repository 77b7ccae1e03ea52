//! A story: devices of a space, what was done to them, and what must be true of them therefore.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ara_protocol::keys::{MemberKey, SecretKeys};
use tempfile::TempDir;

use crate::engine::base::Invitation;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::simulation::apps::NEWEST;
use crate::engine::tests::simulation::device::{Device, Known, Maker};
use crate::engine::tests::simulation::network::Network;
use crate::engine::tests::world::fast_folder;
use crate::fault::Fault;

/// The relays' URLs.
pub(super) const URLS: [&str; 2] = ["http://relay.example", "http://other.example"];

/// What can happen in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feature {
    Faults,
    Direct,
    Removals,
    Leaving,
    Words,
    Moves,
    StartingOver,
    Compaction,
    Forgetting,
    PuttingBack,
    /// Also where members have not heard of a record that is lost, so that there can be twins.
    Twins,
    Quota,
    Versions,
    Files,
    Crashes,
    Meanwhile,
    Keys,
    Undo,
    Large,
}

const FEATURES: [Feature; 19] = [
    Feature::Faults,
    Feature::Direct,
    Feature::Removals,
    Feature::Leaving,
    Feature::Words,
    Feature::Moves,
    Feature::StartingOver,
    Feature::Compaction,
    Feature::Forgetting,
    Feature::PuttingBack,
    Feature::Twins,
    Feature::Quota,
    Feature::Versions,
    Feature::Files,
    Feature::Crashes,
    Feature::Meanwhile,
    Feature::Keys,
    Feature::Undo,
    Feature::Large,
];

/// A state of a relay that was kept.
pub(super) struct KeptRelay {
    pub(super) path: PathBuf,
    pub(super) url: String,
    /// The access log at that time.
    pub(super) records: Vec<Vec<u8>>,
}

/// What has happened, and so may be told.
#[derive(Debug, Default)]
pub(super) struct Causes {
    pub(super) went_back: bool,
    pub(super) twins: bool,
    pub(super) full: bool,
    pub(super) moved: bool,
    pub(super) words: bool,
    pub(super) deleted: bool,
    pub(super) new_keys: bool,
    pub(super) added: BTreeSet<MemberKey>,
    pub(super) removed: BTreeSet<MemberKey>,
}

/// What cannot be said of a story in which that happened.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    /// Numbers name no single change, or additions were taken back.
    pub(super) counters: bool,
    /// Members may have merged what a removed device wrote, before they heard of the removal.
    pub(super) late_writes: bool,
}

pub(super) struct Story {
    pub(super) maker: Maker,
    pub(super) dice: Dice,
    pub(super) features: BTreeSet<Feature>,
    pub(super) url: String,
    pub(super) members: Vec<Device>,
    /// Devices that were removed, and may not have heard of it.
    pub(super) out: Vec<Device>,
    /// Devices in no space.
    pub(super) free: Vec<Device>,
    pub(super) words: Option<Arc<SecretKeys>>,
    pub(super) kept: Vec<KeptRelay>,
    pub(super) causes: Causes,
    pub(super) unknown: Unknown,
    /// How many of their own changes devices have brought to the relay while they were members.
    pub(super) floor: Known,
    /// After how many changes of a node, which a removed device writes, none may arrive.
    pub(super) ceiling: Known,
    /// What was added to counters: by which change, to which item, and how much.
    pub(super) added: Vec<([u8; 16], u64, usize, i64)>,
    pub(super) forgotten: BTreeSet<usize>,
    pub(super) trace: Vec<String>,
    _folder: TempDir,
}

impl Story {
    pub(super) fn begin(seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let network = Network::new(dice.next());
        let folder = fast_folder();
        let path = folder.path().to_owned();
        let next = AtomicU64::new(dice.next() >> 1);
        let names = AtomicU64::new(0);
        let maker = Maker { network, folder: path, next, names };
        let mut features = BTreeSet::new();
        for feature in FEATURES {
            let chance = match feature {
                Feature::Large => 2,
                Feature::Files | Feature::Twins => 20,
                Feature::Faults => 50,
                _ => 30,
            };
            if dice.per_cent(chance) {
                features.insert(feature);
            }
        }
        let mut story = Self {
            maker,
            dice,
            features,
            url: URLS[0].to_owned(),
            members: vec![],
            out: vec![],
            free: vec![],
            words: None,
            kept: vec![],
            causes: Causes::default(),
            unknown: Unknown::default(),
            floor: BTreeMap::new(),
            ceiling: BTreeMap::new(),
            added: vec![],
            forgotten: BTreeSet::new(),
            trace: vec![],
            _folder: folder,
        };
        story.maker.network.put_empty(URLS[0]);
        story.tell(format!("{:?}", story.features));
        let mut first = story.device();
        first.found(&story.maker, URLS[0]);
        story.causes.added.insert(first.key());
        story.members.push(first);
        for _ in 0..1 + story.dice.below(3) {
            story.add(false);
        }
        story
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    pub(super) fn tell(&mut self, what: impl Into<String>) {
        self.trace.push(what.into());
    }

    pub(super) fn network(&self) -> Arc<Network> {
        Arc::clone(&self.maker.network)
    }

    /// Makes a device.
    pub(super) fn device(&mut self) -> Device {
        let in_file = self.has(Feature::Files) && self.dice.per_cent(60);
        let has_versions = self.has(Feature::Versions);
        let version = if has_versions { 1 + self.dice.below(3) as u32 } else { NEWEST };
        let mut device = Device::new(&self.maker, (in_file, version), &mut self.dice);
        device.refuse_newer &= has_versions;
        device
    }

    /// Lets nothing happen to requests from now on.
    pub(super) fn be_calm(&self) {
        self.maker.network.set_faults(0);
    }

    /// Lets something happen to requests from now on, if it may in this story.
    pub(super) fn be_rough(&mut self) {
        if self.has(Feature::Faults) {
            let faults = [0, 5, 15, 40][self.dice.below(4)];
            self.maker.network.set_faults(faults);
        }
    }

    /// Lets time pass everywhere.
    pub(super) fn tick(&mut self) {
        let seconds = [1, 10, 10, 100, 100_000][self.dice.below(5)];
        self.maker.network.seconds.fetch_add(seconds, Ordering::SeqCst);
        for device in self.members.iter().chain(&self.out).chain(&self.free) {
            device.tick();
        }
    }

    /// Makes another device a member. If that is no new one, it has rows already.
    pub(super) fn add(&mut self, is_free: bool) {
        let at = self.dice.below(self.members.len());
        let mut device = match is_free && !self.free.is_empty() {
            true => self.free.swap_remove(0),
            false => self.device(),
        };
        if is_free {
            device.keys = self.maker.keys();
        }
        if self.invite(at, &mut device) {
            self.ceiling.remove(&device.node());
            self.members.push(device);
        } else {
            self.free.push(device);
        }
    }

    /// Lets a member make a device one, and that join. Returns whether it did.
    pub(super) fn invite(&mut self, at: usize, device: &mut Device) -> bool {
        self.be_calm();
        let key = device.key();
        let (name, by) = (device.name, self.members[at].name);
        self.tell(format!("{by} adds {name}"));
        self.causes.added.insert(key);
        let member = self.members[at].engine_mut();
        match member.add(&device.keys.public()) {
            Ok(()) => {}
            Err(fault) => {
                self.judge_at(at, &fault);
                return false;
            }
        }
        let member = self.members[at].engine();
        let invitation = Invitation {
            space: member.space(),
            access: member.members().head(),
            by: member.own_key(),
        };
        let url = member.url().to_owned();
        if let Err(fault) = device.join(&self.maker, &url, invitation) {
            panic!("device {name} cannot join: {fault}");
        }
        device.note_known();
        true
    }

    /// Asserts that a fault of a member has a reason.
    pub(super) fn judge_at(&mut self, at: usize, fault: &Fault) {
        let name = self.members[at].name;
        self.tell(format!("{name}: {fault}"));
        let alarms = self.members[at].alarms();
        self.judge(name, fault, &alarms);
    }
}
