//! All devices, and what is under way between them.

use std::path::PathBuf;

use ara::{Changes, VersionVector};
use support::random::number;
use support::{Outcome, Wall, verified};
use tempfile::TempDir;

use crate::runs::device::{Device, World};
use crate::runs::model::Model;
use crate::runs::steps::{App, Step};
use crate::runs::versions::LATEST;

pub struct Devices {
    folder: TempDir,
    devices: Vec<Device>,
    /// The batches that were ever asked for, and the devices that they are for.
    post: Vec<(usize, Changes)>,
    world: World,
    seed: u64,
    unique: u32,
}

/// How many devices there can be.
const MOST: usize = 5;

/// How many rounds it may take until nothing is new.
const ENOUGH: usize = 6;

/// An app that knows all versions.
const ALL: App = App { versions: 7, ensures: true };

impl Devices {
    pub fn new(apps: &[(App, i64)]) -> Outcome<Self> {
        let (folder, devices, post) = (tempfile::tempdir()?, Vec::new(), Vec::new());
        let world = World::new();
        let mut all = Self { folder, devices, post, world, seed: 0, unique: 0 };
        for (app, start) in apps {
            all.join(*app, *start)?;
        }
        Ok(all)
    }

    fn join(&mut self, app: App, start: i64) -> Outcome {
        let (wall, path, seed) = (Wall::new(), self.path(), self.seed());
        wall.set(start);
        self.devices.push(Device::new(path, wall, app, seed)?);
        Ok(())
    }

    /// A seed that no run of any device had.
    fn seed(&mut self) -> u64 {
        self.seed += 100;
        self.seed
    }

    fn path(&mut self) -> PathBuf {
        let seed = self.seed();
        self.folder.path().join(format!("{seed}.db"))
    }

    pub fn step(&mut self, step: &Step) -> Outcome {
        let count = self.devices.len();
        let seed = self.seed();
        let Self { devices, world, unique, .. } = self;
        let at = |device: &usize| device % count;
        match step {
            Step::Write(device, handle, writes) => {
                let device = &mut devices[at(device)];
                device.write(*handle, writes, (world, unique))?;
                device.look(world)
            }
            Step::WriteAndUndo(device, handle, writes) => {
                let device = &mut devices[at(device)];
                device.write_and_undo(*handle, writes, (world, unique))?;
                device.look(world)
            }
            Step::Undo(device, handle, which) => {
                let device = &mut devices[at(device)];
                device.undo_earlier(*handle, *which, world)?;
                device.look(world)
            }
            Step::Open(device, app, is_beside) => {
                let device = &mut devices[at(device)];
                if !is_beside || device.count() > 2 {
                    device.close();
                }
                device.open(*app, seed)?;
                device.look(world)
            }
            Step::Read(device, handle) => devices[at(device)].look_by(*handle, world),
            Step::Rebuild(device) => {
                let device = &mut devices[at(device)];
                device.rebuild(world)?;
                device.look(world)
            }
            Step::Pass(millis) => {
                devices.iter().for_each(|device| device.wall.advance(*millis));
                Ok(())
            }
            Step::Clock(device, to) => {
                devices[at(device)].wall.set(*to);
                Ok(())
            }
            Step::Join(app) if count < MOST => self.join(*app, Wall::START),
            Step::Send(from, to, bytes) if at(from) != at(to) => {
                self.send((at(from), at(to)), *bytes).map(drop)
            }
            Step::Meet(one, other) if at(one) != at(other) => {
                self.send((at(one), at(other)), 1 << 19)?;
                self.send((at(other), at(one)), 1 << 19).map(drop)
            }
            Step::Ask(from, to, bytes) if at(from) != at(to) => {
                let vector = devices[at(to)].vector()?;
                let batches = devices[at(from)].changes_for(&vector, *bytes)?;
                self.post.extend(batches.into_iter().map(|batch| (at(to), batch)));
                Ok(())
            }
            Step::Deliver(which) if !self.post.is_empty() => {
                let (to, batch) = &self.post[which % self.post.len()];
                self.devices[*to].merge(batch, &mut self.world)?;
                self.devices[*to].look(&mut self.world)
            }
            Step::BackUp(device) => devices[at(device)].back_up(seed),
            Step::Restore(device, is_put_back) => {
                let device = &mut devices[at(device)];
                device.restore(*is_put_back, seed)?;
                device.look(world)
            }
            Step::Copy(from, to) if at(from) != at(to) => {
                let path = self.folder.path().join(format!("{seed}.copy"));
                let [from, to] = devices.get_disjoint_mut([at(from), at(to)])?;
                to.become_copy_of(from, path, seed)?;
                to.look(world)
            }
            Step::Compact(device) => {
                let device = at(device);
                let vectors = self.vectors()?;
                self.devices[device].compact(&vectors, &mut self.world)?;
                self.devices[device].look(&mut self.world)
            }
            _ => Ok(()),
        }
    }

    fn vectors(&self) -> Outcome<Vec<VersionVector>> {
        self.devices.iter().map(Device::vector).collect()
    }

    /// Gives one all that another has, and returns how many batches it took.
    fn send(&mut self, (from, to): (usize, usize), bytes: usize) -> Outcome<usize> {
        let [from, to] = self.devices.get_disjoint_mut([from, to])?;
        let batches = from.changes_for(&to.vector()?, bytes)?;
        for batch in &batches {
            let report = to.merge(batch, &mut self.world)?;
            if let Some(refused) = report.refused.first() {
                return Err(format!("what was asked for is refused: {refused}").into());
            }
        }
        if !batches.is_empty() {
            to.known.extend(&from.known);
            to.look(&mut self.world)?;
        }
        Ok(batches.len())
    }

    /// All are equal in the end, and nothing is lost that any of them had.
    pub fn meet(&mut self) -> Outcome {
        self.exchange().map_err(|error| format!("met: {error}"))?;
        self.compare().map_err(|error| format!("met: {error}"))?;
        for at in 0..self.devices.len() {
            let seed = self.seed();
            self.devices[at].open(ALL, seed)?;
        }
        self.exchange().map_err(|error| format!("upgraded: {error}"))?;
        self.compare().map_err(|error| format!("upgraded: {error}"))?;
        let model = self.devices[0].model(&mut self.world)?;
        // An older version does not know of the edits of newer columns.
        if let Some(first) = model.outdated(LATEST).first() {
            return Err(first.to_string().into());
        }
        if let Some(lacking) = model.lacks_keys() {
            return Err(format!("nobody made the row of the key {lacking}").into());
        }
        for device in &mut self.devices {
            device.look_back(&mut self.world)?;
        }
        self.is_all_for_a_new_one(1 << 19).map_err(|error| format!("late: {error}"))?;
        let vectors = self.vectors()?;
        for device in &mut self.devices {
            device.rebuild(&mut self.world)?;
            device.look(&mut self.world).map_err(|error| format!("rebuilt: {error}"))?;
            device.compact(&vectors, &mut self.world)?;
            device.look(&mut self.world).map_err(|error| format!("compacted: {error}"))?;
        }
        // In small batches, a new device keeps old columns right from half of what there is, and again once it has the rest.
        let bytes = number("ARA_BATCH").map_or(300, |bytes| bytes as usize);
        self.is_all_for_a_new_one(bytes).map_err(|error| format!("late, compacted: {error}"))?;
        self.compare().map_err(|error| format!("compacted: {error}").into())
    }

    /// All exchange what they have until nothing is new.
    fn exchange(&mut self) -> Outcome {
        for _ in 0..ENOUGH {
            for device in &mut self.devices {
                device.look(&mut self.world)?;
            }
            let mut batches = 0;
            for from in 0..self.devices.len() {
                for to in (0..self.devices.len()).filter(|to| *to != from) {
                    batches += self.send((from, to), 1 << 19)?;
                }
            }
            if batches == 0 {
                return Ok(());
            }
        }
        Err(format!("something is new after {ENOUGH} rounds").into())
    }

    /// All know the same, which is all that was ever known, and each version shows that.
    fn compare(&mut self) -> Outcome {
        let vectors = self.vectors()?;
        if vectors.iter().any(|vector| *vector != vectors[0]) {
            return Err("the vectors differ".into());
        }
        let known = self.devices.iter().flat_map(|device| &device.known);
        let all = Model::of(known.filter_map(|hash| self.world.get(hash)));
        for (at, device) in self.devices.iter_mut().enumerate() {
            device.look(&mut self.world)?;
            if let Some(differs) = device.model(&mut self.world)?.differs_from(&all) {
                return Err(format!("device {at} lacks something: {differs}").into());
            }
        }
        Ok(())
    }

    /// A device that knew nothing is given all.
    fn is_all_for_a_new_one(&mut self, bytes: usize) -> Outcome {
        let (path, seed) = (self.path(), self.seed());
        let mut fresh = Device::new(path, Wall::new(), ALL, seed)?;
        let from = &mut self.devices[0];
        for batch in from.changes_for(&fresh.vector()?, bytes)? {
            if let Some(refused) = fresh.merge(&batch, &mut self.world)?.refused.first() {
                return Err(format!("refused: {refused}").into());
            }
            verified(fresh.db()?)?;
        }
        fresh.look(&mut self.world)?;
        let expected = from.model(&mut self.world)?.clone();
        // It may have kept old columns right by itself, before it heard how others did.
        let held = fresh.model(&mut self.world)?;
        if !held.shows_as(&expected) {
            return Err(held.differs_from(&expected).unwrap_or_default().into());
        }
        match from.changes_for(&fresh.vector()?, bytes)?.is_empty() {
            true => Ok(()),
            false => Err("something is lacking".into()),
        }
    }
}
