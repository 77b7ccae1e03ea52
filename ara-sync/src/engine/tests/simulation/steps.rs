//! The steps of a story.

use std::sync::{Arc, Mutex};

use ara_protocol::keys::MemberKey;
use ara_protocol::message::Refusal;

use crate::engine::base::Outcome;
use crate::engine::recovery::Recovery;
use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::device::{Device, Known, known};
use crate::engine::tests::simulation::story::{Feature, KeptRelay, Story, URLS};
use crate::fault::Fault;

/// The most devices that a story has.
const MOST_DEVICES: usize = 5;

/// What can be done: how often, by which feature, if by one, and how.
type Step = (usize, Option<Feature>, fn(&mut Story));

const STEPS: [Step; 28] = [
    (24, None, Story::write),
    (32, None, Story::sync),
    (2, None, |story| story.add_if_few(false)),
    (2, None, |story| story.add_if_few(true)),
    (2, None, Story::rotate),
    (2, None, Story::restart),
    (5, Some(Feature::Faults), Story::late),
    (5, Some(Feature::Direct), Story::meet),
    (4, Some(Feature::Removals), |story| story.remove(1)),
    (2, Some(Feature::Removals), |story| story.remove(2)),
    (8, Some(Feature::Removals), Story::write_outside),
    (2, Some(Feature::Removals), Story::come_back),
    (3, Some(Feature::Leaving), Story::leave),
    (4, Some(Feature::Words), Story::set_words),
    (2, Some(Feature::Words), Story::recover),
    (2, Some(Feature::Moves), Story::move_on),
    (2, Some(Feature::StartingOver), Story::start_over),
    (1, Some(Feature::StartingOver), Story::delete_at_relay),
    (4, Some(Feature::Compaction), Story::compact),
    (6, Some(Feature::PuttingBack), Story::keep_relay),
    (6, Some(Feature::PuttingBack), Story::put_back),
    (2, Some(Feature::PuttingBack), Story::wipe),
    (4, Some(Feature::Quota), Story::limit),
    (4, Some(Feature::Versions), Story::update),
    (10, Some(Feature::Files), Story::back_up_or_restore),
    (6, Some(Feature::Crashes), Story::crash),
    (12, Some(Feature::Meanwhile), Story::at_the_same_time),
    (3, None, Story::rarely),
];

impl Story {
    /// Does something that can happen in this story.
    pub(super) fn step(&mut self) {
        self.tick();
        let can = |(_, feature, _): &&Step| feature.is_none_or(|feature| self.has(feature));
        let steps: Vec<_> = STEPS.iter().filter(can).collect();
        let mut left = self.dice.below(steps.iter().map(|(weight, ..)| weight).sum());
        for (weight, _, act) in steps {
            if left < *weight {
                act(self);
                break;
            }
            left -= weight;
        }
        self.be_calm();
        self.maker.network.do_not_interrupt();
        if self.dice.per_cent(20) {
            self.check_alarms();
        }
    }

    fn pick(&mut self) -> usize {
        self.dice.below(self.members.len())
    }

    fn write(&mut self) {
        let at = self.pick();
        let count = 1 + self.dice.below(3);
        for _ in 0..count {
            self.write_at(at);
        }
    }

    fn write_at(&mut self, at: usize) {
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

    fn sync_at(&mut self, at: usize) -> bool {
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
        alarms.iter().any(|alarm| matches!(alarm, crate::state::Alarm::Full { .. }))
    }

    /// Notes that what a device wrote is at the relay.
    fn raise_floor(&mut self, node: [u8; 16], known: &Known) {
        if let Some(number) = known.get(&node) {
            let floor = self.floor.entry(node).or_default();
            *floor = (*floor).max(*number);
        }
    }

    /// Notes that what only the relay and who is gone may have had is not sure to be there any more.
    fn lower_floor(&mut self) {
        let nodes: Vec<_> = self.members.iter().map(Device::node).collect();
        for (node, floor) in &mut self.floor {
            if !nodes.contains(node) {
                let most = self.members.iter().filter_map(|device| device.known.get(node)).max();
                *floor = (*floor).min(most.copied().unwrap_or(0));
            }
        }
    }

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

    fn rotate(&mut self) {
        let at = self.pick();
        self.be_rough();
        let done = self.members[at].engine_mut().rotate();
        let name = self.members[at].name;
        self.tell(format!("{name} rotates: {:?}", done.is_ok()));
        if let Err(fault) = done {
            self.judge_at(at, &fault);
        }
    }

    fn restart(&mut self) {
        let at = self.pick();
        let name = self.members[at].name;
        self.tell(format!("{name} restarts"));
        self.members[at].restart(&self.maker);
    }

    fn late(&mut self) {
        let network = self.network();
        self.tell("requests arrive late or again");
        network.deliver_late(1 + self.dice.below(4));
        for _ in 0..self.dice.below(3) {
            network.replay();
        }
    }

    /// Two devices meet, and one takes what the other has.
    fn meet(&mut self) {
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

    /// A member removes others.
    fn remove(&mut self, count: usize) {
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
    fn remove_keys(&mut self, keys: &[MemberKey]) -> bool {
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
    fn note_out(&mut self, out: Vec<Device>) {
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
    fn write_outside(&mut self) {
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
    fn come_back(&mut self) {
        if self.out.is_empty() || self.members.len() >= MOST_DEVICES {
            return;
        }
        let device = self.out.swap_remove(0);
        self.free.insert(0, device);
        // What it added since then counts, and was not noted.
        self.unknown.counters = true;
        self.add(true);
    }

    fn leave(&mut self) {
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

    fn set_words(&mut self) {
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
    fn recover(&mut self) {
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

    fn move_on(&mut self) {
        let at = self.pick();
        let to = URLS[usize::from(self.url == URLS[0])];
        self.maker.network.put_if_none(to);
        self.be_calm();
        self.causes.moved = true;
        let done = self.members[at].engine_mut().move_to(to);
        let name = self.members[at].name;
        self.tell(format!("{name} moves to {to}: {:?}", done.is_ok()));
        match done {
            Ok(()) => {
                to.clone_into(&mut self.url);
                self.kept.clear();
                self.floor.clear();
            }
            Err(fault) => self.judge_at(at, &fault),
        }
    }

    /// One founds a space that succeeds this one, and the others join that.
    pub(super) fn start_over(&mut self) {
        self.be_calm();
        self.tell("all start over");
        let keys = self.maker.keys();
        let first = self.members[0].take_engine().unwrap();
        let space = first.space();
        let url = first.url().to_owned();
        let engine = first.start_over(Arc::clone(&keys)).unwrap();
        assert_eq!(engine.members().succeeds(), Some(space));
        self.members[0].keys = keys;
        self.members[0].set_engine(engine, &url);
        self.causes.added.insert(self.members[0].key());
        assert!(self.sync_at(0) || self.causes.full, "the first does not sync");
        let rest: Vec<_> = self.members.drain(1..).collect();
        for mut device in rest {
            device.keys = self.maker.keys();
            if !self.invite(0, &mut device) {
                assert!(self.causes.full, "nobody can join");
                self.tell("there is room again");
                self.network().limit(&url, u64::MAX >> 1);
                assert!(self.invite(0, &mut device), "nobody can join where there is room");
            }
            self.members.push(device);
        }
        self.words = None;
        self.kept.clear();
        self.floor.clear();
        self.out.clear();
    }

    fn delete_at_relay(&mut self) {
        let at = self.pick();
        self.be_calm();
        self.causes.deleted = true;
        let done = self.members[at].engine_mut().delete_at_relay();
        self.tell(format!("the space is deleted: {:?}", done.is_ok()));
        if let Err(fault) = done {
            self.judge_at(at, &fault);
            return;
        }
        for at in 0..self.members.len() {
            assert!(!self.sync_at(at), "the deletion is not noticed");
        }
        self.start_over();
    }

    fn compact(&mut self) {
        let vectors: Vec<_> =
            self.members.iter().map(|device| device.db().version_vector().unwrap()).collect();
        let at = self.pick();
        let done = self.members[at].db().compact(&vectors).unwrap();
        let name = self.members[at].name;
        self.tell(format!("{name} compacts: {done:?}"));
    }

    fn keep_relay(&mut self) {
        let path = self.maker.path("relay");
        self.maker.network.back_up(&self.url, &path);
        let records = self.longest_log();
        self.tell(format!("the relay is copied with {} records", records.len()));
        self.kept.push(KeptRelay { path, url: self.url.clone(), records });
    }

    /// Returns the access log of the member that knows most of it.
    fn longest_log(&self) -> Vec<Vec<u8>> {
        let logs = self.members.iter().map(|device| device.engine().records().to_vec());
        logs.max_by_key(Vec::len).unwrap_or_default()
    }

    fn put_back(&mut self) {
        if self.kept.is_empty() {
            return;
        }
        let at = self.dice.below(self.kept.len());
        let KeptRelay { path, url, records } = &self.kept[at];
        let (path, url, records) = (path.clone(), url.clone(), records.clone());
        if url != self.url {
            return;
        }
        self.prepare_loss();
        if !self.longest_log().starts_with(&records) {
            if !self.has(Feature::Twins) {
                return;
            }
            self.causes.twins = true;
        }
        self.network().restore(&url, &path);
        self.tell(format!("the relay is put back to {} records", records.len()));
    }

    fn wipe(&mut self) {
        self.prepare_loss();
        self.network().put_empty(&self.url);
        self.tell("the relay is wiped");
    }

    /// Before the relay loses records, all members hear of them, unless there may be twins in this story.
    fn prepare_loss(&mut self) {
        self.be_calm();
        if self.has(Feature::Twins) {
            self.causes.twins = true;
            self.unknown.late_writes = true;
        } else {
            for _ in 0..2 {
                for at in 0..self.members.len() {
                    self.sync_at(at);
                }
            }
            let logs = self.members.iter().map(|device| device.engine().records().len());
            if logs.clone().min() != logs.max() {
                // As there is no room.
                self.unknown.late_writes = true;
                self.causes.twins = true;
            }
        }
        self.causes.went_back = true;
        self.floor.clear();
    }

    /// There is hardly any room at the relay for a while.
    fn limit(&mut self) {
        let is_limited = self.dice.per_cent(50);
        self.causes.full = true;
        let quota = if is_limited { 2000 + self.dice.below(20_000) as u64 } else { u64::MAX >> 1 };
        self.tell(format!("the relay takes {quota} bytes"));
        self.network().limit(&self.url, quota);
    }

    fn update(&mut self) {
        let at = self.pick();
        let device = &mut self.members[at];
        let version = (device.version + 1).min(apps::NEWEST);
        device.update(&self.maker, version);
        let name = device.name;
        self.tell(format!("{name} is updated to {version}"));
    }

    fn back_up_or_restore(&mut self) {
        let at = self.pick();
        if !self.members[at].is_in_file() {
            return;
        }
        let name = self.members[at].name;
        if self.dice.per_cent(40) {
            self.tell(format!("{name}'s file is copied"));
            self.members[at].back_up(&self.maker);
            return;
        }
        let by_the_guide = self.dice.per_cent(30);
        if self.members[at].restore(&self.maker, by_the_guide) {
            self.tell(format!("{name}'s file is put back, by the guide: {by_the_guide}"));
            self.unknown.counters = true;
            self.lower_floor();
            // It may have been the only one that knew of a record which the relay has lost.
            self.causes.twins |= self.causes.went_back;
            self.unknown.late_writes |= self.causes.went_back;
        }
    }

    /// A round fails at a write, and the app ends.
    fn crash(&mut self) {
        let at = self.pick();
        let prefix = ["cursor", "stood", "own_slot", "access", "slot", "unread", "alarm", "reseal"]
            [self.dice.below(8)];
        self.write_at(at);
        self.members[at].fail_writes(Some(prefix));
        let done = self.members[at].round(None);
        self.members[at].fail_writes(None);
        let name = self.members[at].name;
        self.tell(format!("{name} crashes at {prefix}: {:?}", done.is_ok()));
        self.members[at].restart(&self.maker);
    }

    /// While one device talks with the relay, another one does.
    fn at_the_same_time(&mut self) {
        if self.members.len() < 2 {
            return;
        }
        let other = self.pick();
        let device = self.members.remove(other);
        let (name, has_removals) = (device.name, self.has(Feature::Removals));
        self.be_rough();
        let second = Arc::new(Mutex::new(Some(device)));
        let mut dice = self.dice.clone();
        self.dice.next();
        let target = self.dice.below(self.members.len());
        let key = (has_removals && self.members.len() > 2).then(|| self.members[target].key());
        let removal = key.filter(|_| self.dice.per_cent(40));
        let slot = Arc::clone(&second);
        let faults = Arc::new(Mutex::new(vec![]));
        let noted = Arc::clone(&faults);
        let interruption = move || {
            let Some(mut device) = slot.lock().unwrap().take() else { return };
            apps::write(device.db(), device.version, false, &mut dice);
            device.note_known();
            let mut done = device.round(None).map(|_| ());
            if let Some(key) = removal {
                done = done.and_then(|()| device.engine_mut().remove(&[key]));
            }
            noted.lock().unwrap().extend(done.err());
            *slot.lock().unwrap() = Some(device);
        };
        self.unknown.counters = true;
        self.network().interrupt(self.dice.below(4), Box::new(interruption));
        self.causes.removed.extend(removal);
        let at = self.pick();
        let by = self.members[at].name;
        self.tell(format!("meanwhile {name} writes and syncs, and removes {removal:?}"));
        let other_out = self.pick();
        if removal.is_some() && other_out != at && other_out != target && self.dice.per_cent(50) {
            // Two devices remove others at the same time.
            let key = self.members[other_out].key();
            let device = self.members.remove(at);
            self.members.push(device);
            self.tell(format!("{by} removes {key:?}"));
            self.remove_keys(&[key]);
        } else if self.members[at].has_engine() {
            self.sync_at(at);
        }
        self.maker.network.do_not_interrupt();
        let device = second.lock().unwrap().take().unwrap();
        self.members.push(device);
        let at = self.members.len() - 1;
        for fault in faults.lock().unwrap().drain(..) {
            self.judge_at(at, &fault);
        }
        self.sort_out();
    }

    /// Finds out who is out, where two devices changed the members at the same time.
    fn sort_out(&mut self) {
        self.be_calm();
        let logs = self.members.iter().enumerate();
        let Some((at, _)) = logs.max_by_key(|(_, device)| device.engine().records().len()) else {
            return;
        };
        let known = self.members[at].engine().members().clone();
        let mut at = 0;
        let mut out = vec![];
        while at < self.members.len() {
            let device = &self.members[at];
            if known.removed_in(device.key()).is_some() && self.members.len() > 1 {
                out.push(self.members.remove(at));
            } else {
                at += 1;
            }
        }
        if !out.is_empty() {
            self.tell(format!("{} are out", out.len()));
            self.note_out(out);
        }
    }

    /// What is rare within a story.
    fn rarely(&mut self) {
        let at = self.pick();
        let name = self.members[at].name;
        match self.dice.below(3) {
            0 if self.has(Feature::Large) => {
                self.tell(format!("{name} writes much"));
                apps::write_much(self.members[at].db(), &mut self.dice);
                self.members[at].note_known();
            }
            1 if self.has(Feature::Undo) => {
                let db = self.members[at].db();
                if let Some(last) = db.last_transaction().unwrap() {
                    let undone = db.undo(last).is_ok();
                    self.unknown.counters = true;
                    self.members[at].note_known();
                    self.tell(format!("{name} undoes the last transaction: {undone}"));
                }
            }
            2 if self.has(Feature::Keys) => {
                let keys = self.maker.keys();
                self.be_calm();
                self.causes.new_keys = true;
                self.causes.added.insert(keys.public().member());
                let done = self.members[at].engine_mut().replace_own_keys(Arc::clone(&keys));
                self.tell(format!("{name} gets new keys: {:?}", done.is_ok()));
                match done {
                    Ok(()) => self.members[at].keys = keys,
                    Err(fault) => self.judge_at(at, &fault),
                }
            }
            _ => {}
        }
    }
}

/// Returns what a round did, for people.
pub(super) fn brief(outcome: &Outcome) -> String {
    let Outcome { received, sent, is_complete, .. } = outcome;
    format!("+{received}, sent {sent}{}", if *is_complete { "" } else { ", stopped" })
}
