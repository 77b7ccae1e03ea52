//! Random steps of several devices, with mishaps, until all hold the same.

use std::sync::Arc;

use ara::prelude::*;

use crate::engine::tests::dice::Dice;
use crate::engine::tests::net::Mishap;
use crate::engine::tests::world::{Device, Todo, World, assert_equal, settings};
use crate::fault::Fault;

struct Run {
    world: World,
    dice: Dice,
    devices: Vec<Device>,
    todos: Vec<Id<Todo>>,
    /// The backups of the relay, and how many there ever were.
    backups: Vec<String>,
    backups_made: usize,
    /// Whether every device knows every record, so that a relay that is put back is no reason for twins.
    all_know_records: bool,
    steps: Vec<String>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let world = World::new();
        let mut laptop = world.found();
        laptop.sync();
        let mut phone = world.join(&mut laptop);
        let tablet = world.join(&mut phone);
        let devices = vec![laptop, phone, tablet];
        Self {
            world,
            dice: Dice::new(seed),
            devices,
            todos: vec![],
            backups: vec![],
            backups_made: 0,
            all_know_records: false,
            steps: vec![],
        }
    }

    fn step(&mut self) {
        let at = self.dice.below(self.devices.len());
        let kind = self.dice.roll(100);
        self.steps.push(format!("{kind} {at}"));
        match kind {
            0..20 => self.write(at),
            20..32 => self.edit(at),
            32..38 => self.delete(at),
            38..44 => self.forget(at),
            44..76 => self.sync(at),
            76..80 => {
                let device = self.devices.get_mut(at).unwrap();
                self.world.reopen_with(device, settings("Device"));
            }
            80..83 => self.compact(at),
            83..86 => {
                self.backups_made += 1;
                let name = format!("backup {}", self.backups_made);
                self.world.back_up_relay(&name);
                self.backups.push(name);
            }
            86..88 => self.put_back(),
            88..91 => self.add(at),
            91..93 => self.remove(at),
            93..95 => self.fork(at),
            95..97 => {
                let _ = self.devices[at].engine.rotate();
                self.all_know_records = false;
            }
            _ => self.world.wait(self.dice.roll(100) as i64),
        }
    }

    fn write(&mut self, at: usize) {
        let length = if self.dice.roll(10) == 0 { 100_000 } else { 10 };
        let notes = super::bulk::noise(length, self.dice.roll(1 << 40));
        let count = self.dice.roll(3) + 1;
        for _ in 0..count {
            let title = format!("{}", self.dice.roll(1 << 40));
            let draft = Todo::draft().title(title).notes(&*notes);
            self.todos.push(self.devices[at].db.create(draft).unwrap());
        }
    }

    fn todo(&mut self) -> Option<Id<Todo>> {
        let count = self.todos.len();
        (count > 0).then(|| self.todos[self.dice.below(count)])
    }

    fn edit(&mut self, at: usize) {
        let Some(todo) = self.todo() else { return };
        let title = format!("{}", self.dice.roll(1 << 40));
        let _ = self.devices[at].db.update(Todo::patch(todo).title(title));
    }

    fn delete(&mut self, at: usize) {
        let Some(todo) = self.todo() else { return };
        let _ = self.devices[at].db.delete(todo);
    }

    fn forget(&mut self, at: usize) {
        let Some(todo) = self.todo() else { return };
        let _ = self.devices[at].db.delete(todo);
        let _ = self.devices[at].db.forget(todo);
    }

    fn sync(&mut self, at: usize) {
        if self.dice.roll(3) == 0 {
            let mishap = [Mishap::Lost, Mishap::AnswerLost, Mishap::Twice][self.dice.below(3)];
            self.world.net.plan(self.dice.below(6), mishap);
        }
        let most = self.dice.roll(4);
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > most + 1;
        let synced = self.devices[at].engine.round(&stop, &mut |_| {});
        self.world.net.is_planned();
        match synced {
            Ok(_) | Err(Fault::Transport(_)) => {}
            Err(fault) => panic!("{fault}"),
        }
    }

    fn compact(&mut self, at: usize) {
        let vectors: Vec<_> =
            self.devices.iter().map(|device| device.db.version_vector().unwrap()).collect();
        self.devices[at].db.compact(&vectors).unwrap();
    }

    fn put_back(&mut self) {
        if self.backups.is_empty() || !self.all_know_records {
            return;
        }
        let backup = self.dice.below(self.backups.len());
        // What it writes from now on is not of the backup.
        let backup = self.backups.swap_remove(backup);
        self.world.put_relay_back(&backup);
    }

    fn add(&mut self, at: usize) {
        if self.devices.len() > 4 {
            return;
        }
        let mut member = self.devices.remove(at);
        let joined = self.world.join_with(
            &mut member,
            self.world.database(),
            self.world.keys(),
            settings("Added"),
        );
        self.devices.insert(at, member);
        self.devices.push(joined);
        self.all_know_records = false;
    }

    fn remove(&mut self, at: usize) {
        if self.devices.len() < 3 {
            return;
        }
        let out = self.devices.remove(at);
        let by = self.dice.below(self.devices.len());
        self.devices[by].engine.remove(&[out.engine.own_key()]).unwrap();
        self.all_know_records = false;
    }

    /// Lets another device begin with a copy of a file.
    fn fork(&mut self, at: usize) {
        if self.devices.len() > 4 {
            return;
        }
        let db = self.world.copy(&self.devices[at].db);
        let mut member = self.devices.remove(at);
        let keys = self.world.keys();
        let joined = self.world.join_with(&mut member, db, Arc::clone(&keys), settings("Copy"));
        self.devices.insert(at, member);
        self.devices.push(joined);
        self.all_know_records = false;
    }

    /// Syncs all until none has anything to send, and asserts that they hold the same, and so does who joins now.
    fn converge(&mut self) {
        let mut rounds = 0;
        loop {
            let mut is_any = false;
            for device in &mut self.devices {
                let before = device.engine.members().head();
                let outcome = device.sync();
                is_any |= outcome.sent + outcome.received > 0;
                is_any |= device.engine.members().head() != before;
            }
            if !is_any {
                break;
            }
            rounds += 1;
            assert!(rounds < 20, "it never ends");
        }
        self.all_know_records = true;
        let devices: Vec<_> = self.devices.iter_mut().collect();
        assert_equal(&devices);
        for device in &mut self.devices {
            assert!(device.engine.unread.is_empty());
            assert_eq!(device.engine.bytes_to_send().unwrap(), 0);
        }
        let mut late = self.world.join(&mut self.devices[0]);
        late.sync();
        let first = &mut self.devices[0];
        first.sync();
        assert_equal(&[first, &mut late]);
        let out = late.engine.own_key();
        self.devices[0].engine.remove(&[out]).unwrap();
        for device in &mut self.devices {
            device.sync();
        }
    }
}

fn run(seed: u64, steps: usize) {
    let mut run = Run::new(seed);
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for part in 0..3 {
            for _ in 0..steps {
                run.step();
            }
            run.steps.push(format!("converge {part}"));
            run.converge();
        }
    }));
    if let Err(panic) = ran {
        eprintln!("ARA_SEED={seed} fails after {:?}", run.steps);
        std::panic::resume_unwind(panic);
    }
}

/// `ARA_SEED` repeats a failure, and `PROPTEST_CASES` makes more runs of it.
#[test]
fn whatever_happens_all_hold_the_same_in_the_end() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let first = number("ARA_SEED").unwrap_or(1);
    let runs = number("PROPTEST_CASES").map_or(6, |cases| (cases / 40).max(1));
    for seed in first..first + runs {
        run(seed, 40);
    }
}
