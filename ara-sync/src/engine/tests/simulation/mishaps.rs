//! What goes wrong on a device, and what is rare there.

use std::sync::Arc;

use crate::engine::tests::simulation::apps;
use crate::engine::tests::simulation::story::{Feature, Story};

impl Story {
    pub(super) fn back_up_or_restore(&mut self) {
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
    pub(super) fn crash(&mut self) {
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

    /// What is rare within a story.
    pub(super) fn rarely(&mut self) {
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
