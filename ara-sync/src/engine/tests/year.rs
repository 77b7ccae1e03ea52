//! A household that writes day after day: what the relay, a new device and the files come to.
//!
//! `ARA_DAYS` says for how many days, 2 if it is not set. A year takes minutes, in release:
//!
//! ```sh
//! ARA_DAYS=365 cargo test --release -p ara-sync --lib -- --nocapture engine::tests::year
//! ```

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use ara::prelude::*;
use ara_core::{Database, Timestamp};

use crate::engine::base::Engine;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::world::{Device, Todo, URL, World, converge, settings};

/// How many edits the household makes in a day.
const EDITS: u64 = 200;

/// About how many letters a note has.
const LETTERS: usize = 3000;

/// How far the clocks of the devices are off, in milliseconds.
const CLOCKS: [i64; 3] = [0, -3_600_000, 90_000];

const DAY: i64 = 86_400_000;

/// What may lie at the relay for each edit, in bytes. A note alone has 3,000, of which a thousand are left compressed.
const MOST_AT_RELAY: u64 = 1_500;

/// Returns text of some two thousand words, of which few are frequent.
fn text(dice: &mut Dice, letters: usize) -> String {
    let mut text = String::with_capacity(letters + 16);
    while text.len() < letters {
        let frequent = dice.roll(2_000).min(dice.roll(2_000));
        let mut word = Dice::new(frequent);
        for _ in 0..2 + word.roll(3) {
            let syllable = [word.below(21), word.below(5)];
            text.push(char::from(b"bcdfghjklmnpqrstvwxyz"[syllable[0]]));
            text.push(char::from(b"aeiou"[syllable[1]]));
        }
        text.push(if dice.roll(12) == 0 { '\n' } else { ' ' });
    }
    text
}

struct Household {
    world: World,
    devices: Vec<Device>,
    clocks: Vec<Arc<AtomicI64>>,
    todos: Vec<Id<Todo>>,
    dice: Dice,
}

impl Household {
    fn new() -> Self {
        let world = World::with_quota(1 << 40);
        let (mut devices, mut clocks): (Vec<Device>, _) = (vec![], vec![]);
        for (at, off) in CLOCKS.into_iter().enumerate() {
            let clock = Arc::new(AtomicI64::new(1_700_000_000_000 + off));
            let db = open(&world.path(&format!("device {at}")), at as u64 + 100, &clock);
            clocks.push(clock);
            let device = match devices.first_mut() {
                Some(first) => world.join_with(first, db, world.keys(), settings("Phone")),
                None => {
                    let (keys, connect) = (world.keys(), world.net.connect());
                    let engine =
                        Engine::found(&db, Arc::clone(&keys), URL, connect, settings("Laptop"));
                    Device { db, engine: engine.unwrap(), keys }
                }
            };
            devices.push(device);
            devices[0].sync();
        }
        Self { world, devices, clocks, todos: vec![], dice: Dice::new(1) }
    }

    /// Each edit is sent at once, and each device reads some of the time.
    fn live_a_day(&mut self) {
        for _ in 0..EDITS {
            let writer = self.dice.below(3);
            self.edit(writer);
            self.devices[writer].sync();
            if self.dice.roll(4) == 0 {
                let reader = self.dice.below(3);
                self.devices[reader].sync();
            }
            for clock in &self.clocks {
                clock.fetch_add(DAY / EDITS.cast_signed(), Ordering::SeqCst);
            }
            self.world.wait(DAY / EDITS.cast_signed() / 1000);
        }
        for device in &mut self.devices {
            device.sync();
        }
    }

    fn edit(&mut self, writer: usize) {
        let db = &self.devices[writer].db;
        let known = self.todos.len() as u64;
        let what = self.dice.roll(10);
        if known == 0 || what < 2 {
            let (title, notes) = (text(&mut self.dice, 30), text(&mut self.dice, LETTERS));
            self.todos.push(db.create(Todo::draft().title(title).notes(&*notes)).unwrap());
            return;
        }
        // What is new is edited most.
        let back = self.dice.roll(known).min(self.dice.roll(known)).min(self.dice.roll(known));
        let id = self.todos[(known - 1 - back) as usize];
        let Some(todo) = db.get(id).unwrap() else { return };
        if what < 4 {
            let title = text(&mut self.dice, 30);
            db.update(Todo::patch(id).title(title)).unwrap();
        } else {
            // A sentence more, and one less where the note is long enough.
            let mut notes = todo.notes.unwrap_or_default();
            let added = text(&mut self.dice, 80);
            if notes.len() > LETTERS {
                notes.drain(..added.len());
            }
            let _ = write!(notes, "{added}");
            db.update(Todo::patch(id).notes(&*notes)).unwrap();
        }
    }
}

fn open(path: &Path, seed: u64, clock: &Arc<AtomicI64>) -> Database {
    let clock = Arc::clone(clock);
    let now = move || Timestamp::from_millis(clock.fetch_add(1, Ordering::SeqCst));
    Database::options().seed(seed).clock(now).open(path).unwrap()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn a_household_stays_within_bounds() {
    let days = std::env::var("ARA_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(2);
    let mut household = Household::new();
    for day in 1..=days {
        household.live_a_day();
        if day % 30 == 0 || day == days {
            let used = household.devices[0].sync().used.unwrap().0;
            let path = household.world.path("relay");
            let relay = rusqlite::Connection::open(&path).unwrap();
            let segments: i64 =
                relay.query_row("SELECT count(*) FROM segment", [], |row| row.get(0)).unwrap();
            let sent = *household.world.net.bytes.lock().unwrap();
            println!(
                "day {day}: {} rows, relay {} KB used, {} KB file, {segments} segments; sent {} KB; \
                 a device {} KB",
                household.todos.len(),
                used / 1000,
                size(&path) / 1000,
                sent / 1000,
                size(&household.world.path("device 0")) / 1000,
            );
        }
    }
    let edits = days * EDITS;
    let used = household.devices[0].sync().used.unwrap().0;
    assert!(used < edits * MOST_AT_RELAY, "{used} bytes after {edits} edits");

    let began = Instant::now();
    let db = open(&household.world.path("new"), 7, &household.clocks[0]);
    let keys = household.world.keys();
    let mut new = household.world.join_with(&mut household.devices[0], db, keys, settings("New"));
    new.sync();
    println!("first sync: {:.2} s", began.elapsed().as_secs_f64());
    let [laptop, phone, tablet] = household.devices.as_mut_slice() else { unreachable!() };
    converge(&mut [laptop, phone, tablet, &mut new]);
}
