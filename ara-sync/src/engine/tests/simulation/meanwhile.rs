//! Two devices that talk with the relay at the same time.

use std::sync::{Arc, Mutex};

use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::story::{Feature, Story};

impl Story {
    /// While one device talks with the relay, another one does.
    pub(super) fn at_the_same_time(&mut self) {
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
}
