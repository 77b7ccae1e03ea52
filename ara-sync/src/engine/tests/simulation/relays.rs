//! Relays that lose something, or have no room.

use crate::engine::tests::simulation::story::{Feature, KeptRelay, Story};

impl Story {
    pub(super) fn keep_relay(&mut self) {
        let path = self.maker.path("relay");
        self.maker.network.back_up(&self.url, &path);
        let records = self.longest_log();
        self.tell(format!("the relay is copied with {} records", records.len()));
        self.kept.push(KeptRelay { path, url: self.url.clone(), records });
    }

    /// Returns the access log of the member that knows most of it.
    pub(super) fn longest_log(&self) -> Vec<Vec<u8>> {
        let logs = self.members.iter().map(|device| device.engine().records().to_vec());
        logs.max_by_key(Vec::len).unwrap_or_default()
    }

    pub(super) fn put_back(&mut self) {
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

    pub(super) fn wipe(&mut self) {
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
    pub(super) fn limit(&mut self) {
        let is_limited = self.dice.per_cent(50);
        self.causes.full = true;
        let quota = if is_limited { 2000 + self.dice.below(20_000) as u64 } else { u64::MAX >> 1 };
        self.tell(format!("the relay takes {quota} bytes"));
        self.network().limit(&self.url, quota);
    }
}
