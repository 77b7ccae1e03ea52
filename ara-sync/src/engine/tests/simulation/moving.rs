//! A space that moves, starts over, or is deleted.

use std::sync::Arc;

use crate::engine::tests::simulation::story::{Story, URLS};

impl Story {
    pub(super) fn move_on(&mut self) {
        let at = self.pick();
        let to = URLS[usize::from(self.url == URLS[0])];
        self.maker.network.put_if_none(to);
        self.be_calm();
        self.causes.moved = true;
        let done = self.members[at].engine_mut().move_to(to, "");
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

    pub(super) fn delete_at_relay(&mut self) {
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
            // A round that is stopped may only have heard that the space has moved.
            let noticed = self.members[at].round(None).expect_err("the deletion is not noticed");
            self.judge_at(at, &noticed);
        }
        self.start_over();
    }
}
