//! Devices on different versions of an app write, upgrade, lose, copy and exchange what they have in any
//! order, against a plain model; in the end all of them and the model are equal.
//!
//! A failed sequence is told in its shortest form, with the seed it came from, as `support::cases` says.
//! `ARA_STEPS` sets how long the sequences may be.

mod replica;
mod steps;
mod values;
mod versions;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ara::{Changes, Database, VersionVector};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::replicas::replica::{Replica, compare_raw};
use crate::replicas::steps::{Mix, Step, Way, Write, step};
use crate::replicas::versions::{LATEST, What};
use crate::replicas::world::World;
use support::cases;
use support::random::number;
use support::{Outcome, There, Wall, verified};

/// The devices, and what is under way between them.
struct Devices {
    folder: TempDir,
    replicas: Vec<Replica>,
    courier: Database,
    courier_wall: Wall,
    /// The batches that were ever asked for, and the devices that they are for.
    post: Vec<(usize, Changes)>,
    world: World,
    seed: u64,
    /// What is written to a file that was restored is dated later than all else.
    is_later: bool,
}

impl Devices {
    fn new(versions: &[u8], start: i64) -> Outcome<Self> {
        let wall = || {
            let wall = Wall::new();
            wall.set(start);
            wall
        };
        let courier_wall = wall();
        let courier = courier_wall.options().seed(1).memory()?;
        let (folder, world) = (tempfile::tempdir()?, World::default());
        let (replicas, post) = (Vec::new(), Vec::new());
        let (seed, is_later) = (1, false);
        let mut devices =
            Self { folder, replicas, courier, courier_wall, post, world, seed, is_later };
        for version in versions {
            let (path, seed) = (devices.path(), devices.seed);
            devices.replicas.push(Replica::new(path, wall(), *version, seed, &mut devices.world)?);
        }
        Ok(devices)
    }

    /// A seed that no run of any device had.
    fn seed(&mut self) -> u64 {
        self.seed += 1;
        self.seed
    }

    fn path(&mut self) -> PathBuf {
        let seed = self.seed();
        self.folder.path().join(format!("{seed}.db"))
    }

    fn step(&mut self, step: &Step) -> Outcome {
        let count = self.replicas.len();
        let at = |device: &usize| device % count;
        match step {
            Step::Write(device, writes) => {
                self.replicas[at(device)].write(writes, &mut self.world)?;
            }
            Step::Upgrade(device) => {
                let replica = &mut self.replicas[at(device)];
                replica.upgrade(LATEST.min(replica.version + 1), &mut self.world)?;
            }
            Step::Reopen(device) => {
                let seed = self.seed();
                self.replicas[at(device)].open(seed, &mut self.world)?;
            }
            Step::Jump(device, by) => self.replicas[at(device)].wall.advance(*by),
            Step::Send(from, to) if at(from) != at(to) => {
                self.send(at(from), at(to))?;
            }
            Step::Ask(from, to, bytes) if at(from) != at(to) => {
                let to = at(to);
                let batches = self.changes(at(from), to, *bytes)?;
                self.post.extend(batches.into_iter().map(|batch| (to, batch)));
            }
            Step::Deliver(which, to) if !self.post.is_empty() => {
                let (meant_for, batch) = &self.post[which % self.post.len()];
                let to = to.as_ref().map_or(*meant_for, at);
                self.replicas[to].merge(batch, &mut self.world)?;
            }
            Step::Courier(device, Way::To) => {
                self.send_to_courier(at(device))?;
            }
            Step::Courier(device, Way::From) => {
                self.fetch_from_courier(at(device))?;
            }
            Step::BackUp(device) => {
                let seed = self.seed();
                self.replicas[at(device)].back_up(seed, &mut self.world)?;
            }
            Step::Restore(device) => self.restore(at(device))?,
            Step::Fork(device, other, [before, after]) if at(device) != at(other) => {
                let (seed, device) = (self.seed(), at(device));
                self.replicas[device].back_up(seed, &mut self.world)?;
                self.replicas[device].write(before, &mut self.world)?;
                self.send(device, at(other))?;
                self.restore(device)?;
                self.replicas[device].write(after, &mut self.world)?;
            }
            Step::Copy(from, to) if at(from) != at(to) => {
                let (path, seeds) = (self.path(), [self.seed(), self.seed()]);
                if let Ok([from, to]) = self.replicas.get_disjoint_mut([at(from), at(to)]) {
                    to.become_copy_of(from, path, seeds, &mut self.world)?;
                }
            }
            Step::Compact(device) => {
                let vectors = self.vectors()?;
                self.replicas[at(device)].compact(&vectors, &mut self.world)?;
            }
            Step::Send(..)
            | Step::Ask(..)
            | Step::Deliver(..)
            | Step::Fork(..)
            | Step::Copy(..) => {}
        }
        Ok(())
    }

    fn restore(&mut self, device: usize) -> Outcome {
        let seed = self.seed();
        let replica = &mut self.replicas[device];
        if self.is_later {
            let last = self.world.changes.keys().map(|(_, time, _)| time >> 16).max();
            replica.wall.set(replica.wall.millis().max(last.unwrap_or(Wall::START) + 1));
        }
        replica.restore(seed, &mut self.world)
    }

    /// What all devices know.
    fn vectors(&mut self) -> Outcome<Vec<VersionVector>> {
        let mut vectors = vec![self.courier.version_vector()?];
        for replica in &mut self.replicas {
            vectors.push(replica.vector(&mut self.world)?);
        }
        Ok(vectors)
    }

    /// What one device has and another lacks, in batches of about so many bytes.
    fn changes(&mut self, from: usize, to: usize, bytes: usize) -> Outcome<Vec<Changes>> {
        let vector = self.replicas[to].vector(&mut self.world)?;
        self.replicas[from].changes_for(&vector, bytes, &mut self.world)
    }

    /// How many batches it took.
    fn send(&mut self, from: usize, to: usize) -> Outcome<usize> {
        let batches = self.changes(from, to, 1 << 19)?;
        for batch in &batches {
            self.replicas[to].merge(batch, &mut self.world)?;
        }
        Ok(batches.len())
    }

    fn send_to_courier(&mut self, from: usize) -> Outcome<usize> {
        let vector = self.courier.version_vector()?;
        let batches = self.replicas[from].changes_for(&vector, 1 << 19, &mut self.world)?;
        for batch in &batches {
            self.courier.merge(batch)?;
        }
        verified(&self.courier)?;
        Ok(batches.len())
    }

    fn fetch_from_courier(&mut self, to: usize) -> Outcome<usize> {
        let vector = self.replicas[to].vector(&mut self.world)?;
        let batches = self.courier.changes_since(&vector)?.collect::<ara::Result<Vec<_>>>()?;
        for batch in &batches {
            self.replicas[to].merge(batch, &mut self.world)?;
        }
        Ok(batches.len())
    }

    /// All exchange what they have until nothing is new.
    fn exchange(&mut self) -> Outcome {
        const ENOUGH: usize = 4;
        for _ in 0..ENOUGH {
            let mut batches = 0;
            for from in 0..self.replicas.len() {
                for to in (0..self.replicas.len()).filter(|to| *to != from) {
                    batches += self.send(from, to)?;
                }
                batches += self.send_to_courier(from)? + self.fetch_from_courier(from)?;
            }
            if batches == 0 {
                return Ok(());
            }
        }
        Err(format!("something is new after {ENOUGH} rounds").into())
    }

    /// The time comes of all that is dated ahead.
    fn wait(&mut self) -> Outcome {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let last = self.world.changes.keys().map(|(_, time, _)| time >> 16).max();
        let then = last.unwrap_or(Wall::START) + DAY;
        self.courier_wall.set(then);
        self.courier.transaction(|_| Ok(()))?;
        for replica in &mut self.replicas {
            replica.wall.set(then);
            replica.settle(&mut self.world)?;
        }
        Ok(())
    }

    /// All are equal in the end, and nothing is lost that any of them had.
    fn end(&mut self) -> Outcome {
        self.wait()?;
        let had: BTreeSet<_> =
            self.replicas.iter().flat_map(|replica| replica.known()).copied().collect();
        self.exchange()?;
        self.compare()?;
        if !had.is_subset(self.replicas[0].known()) {
            return Err("a change is lost".into());
        }
        // What was unknown to an app is there when it learns of it.
        for replica in &mut self.replicas {
            replica.upgrade(LATEST, &mut self.world)?;
        }
        self.exchange()?;
        self.compare()?;
        self.compact()
    }

    /// Half of the devices compact their logs: whoever learns from one, and from another later, has it all.
    fn compact(&mut self) -> Outcome {
        for replica in self.replicas.iter().step_by(2) {
            replica.compact_all(&self.world).map_err(|error| format!("compacted: {error}"))?;
        }
        let known = self.replicas[0].known().clone();
        let all = self.world.fold(&known);
        for first in 0..self.replicas.len() {
            let path = self.path();
            let fresh = self.courier_wall.options().seed(self.seed).open(&path)?;
            let other = (first + 1) % self.replicas.len();
            let begun = some_for(&self.replicas[first], &fresh)?;
            let halfway = begun.len() / 2;
            for batch in begun.iter().take(halfway) {
                fresh.merge(batch)?;
                verified(&fresh).map_err(|error| format!("halfway from {first}: {error}"))?;
            }
            for from in [other, first] {
                for batch in some_for(&self.replicas[from], &fresh)? {
                    let report = fresh.merge(&batch)?;
                    if let Some(refused) = report.refused.first() {
                        return Err(format!("{first}, {from}: {refused}").into());
                    }
                    verified(&fresh).map_err(|error| format!("{first}, {from}: {error}"))?;
                }
            }
            verified(&fresh)?;
            compare_raw(&Connection::open(&path)?, &all)?;
            if fresh.version_vector()? != self.courier.version_vector()? {
                return Err("what is left of a log has another vector".into());
            }
        }
        Ok(())
    }

    fn compare(&self) -> Outcome {
        let first = self.replicas.first().there()?;
        let vector = first.db()?.version_vector()?;
        let mut others = self.replicas.iter().map(|replica| replica.db());
        let others: Vec<_> = others.by_ref().collect::<Outcome<_>>()?;
        for db in others.into_iter().chain([&self.courier]) {
            if db.version_vector()? != vector {
                return Err("the vectors differ".into());
            }
            verified(db)?;
        }
        for replica in &self.replicas {
            if replica.known() != first.known() {
                return Err("the logs differ".into());
            }
            replica.compare_with_all(&self.world, first.known())?;
        }
        Ok(())
    }
}

/// What a device that takes no more steps has and a database lacks, in small batches.
fn some_for(replica: &Replica, other: &Database) -> Outcome<Vec<Changes>> {
    let changes = replica.db()?.changes_since(&other.version_vector()?)?;
    Ok(changes.in_batches_of(300).collect::<ara::Result<_>>()?)
}

fn run(versions: &[u8], steps: &[Step], start: i64, is_later: bool) -> Outcome {
    let mut devices = Devices::new(versions, start)?;
    devices.is_later = is_later;
    for (at, step) in steps.iter().enumerate() {
        devices.step(step).map_err(|error| format!("at step {at}, {step:?}: {error}"))?;
    }
    devices.end().map_err(|error| format!("in the end: {error}").into())
}

/// Runs sequences of such steps.
fn check(mix: Mix) {
    let longest = number("ARA_STEPS").map_or(40, |steps| steps as usize);
    let steps = prop::collection::vec(step(mix), 1..longest);
    let sequences = (prop::collection::vec(1..=LATEST, 2..=5), steps);
    let start = match mix {
        // A clock that shows an earlier time did not come back: its battery is empty.
        Mix::Ahead => 1_800_000_000_000,
        _ => Wall::START,
    };
    cases::hold((8, 1_000), &sequences, |(versions, steps)| {
        run(&versions, &steps, start, matches!(mix, Mix::Compacted))
    });
}

#[test]
fn all_devices_and_the_model_are_equal_in_the_end() {
    check(Mix::Everyday);
}

#[test]
fn what_restored_and_copied_files_wrote_is_united() {
    check(Mix::Files);
}

#[test]
fn what_was_written_far_ahead_is_of_the_present() {
    check(Mix::Ahead);
}

#[test]
fn what_is_left_of_compacted_logs_makes_all_equal() {
    check(Mix::Compacted);
}

/// A read folds in what has become due, and a copy of the file goes on with an earlier clock.
#[test]
fn a_copy_has_folded_in_what_was_due_where_it_was_made() -> Outcome {
    let steps = [
        Step::Jump(1, -300_001),
        Step::Jump(2, -300_001),
        Step::Send(2, 1),
        Step::Jump(1, 1),
        Step::Send(1, 2),
        Step::Copy(1, 2),
    ];
    run(&[1, 1, 1], &steps, Wall::START, false)
}

/// Of a node something waits for its time, and what comes after that does not count.
#[test]
fn what_waits_goes_on_to_wait_where_what_follows_is_void() -> Outcome {
    let write = |device| Step::Write(device, vec![Write::nothing(What::Create)]);
    let steps = [
        Step::Jump(3, 4_563_686),
        write(3),
        Step::Jump(3, -300_001),
        Step::Send(0, 3),
        Step::Send(3, 0),
        Step::Jump(4, -300_001),
        Step::Send(0, 4),
    ];
    run(&[1; 5], &steps, 1_800_000_000_000, false)
}
