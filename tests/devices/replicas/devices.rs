//! All devices, and what is under way between them.

use std::path::PathBuf;

use ara::{Changes, VersionVector};
use tempfile::TempDir;

use crate::replicas::clocks::Jump;
use crate::replicas::device::Device;
use crate::replicas::steps::{Means, Mix, Step};
use crate::replicas::versions::{COURIER, LATEST};
use crate::replicas::world::World;
use support::{Outcome, Wall};

pub struct Devices {
    folder: TempDir,
    pub mix: Mix,
    /// The last of those that were there at first has no app: it only passes on what it gets.
    pub devices: Vec<Device>,
    /// The batches that were ever asked for, and the devices that they are for.
    post: Vec<(usize, Changes)>,
    pub world: World,
    seed: u64,
}

/// How many devices there can be.
const MOST: usize = 6;

impl Devices {
    /// Each with a version of the app, and a clock that shows some time.
    pub fn new(mix: Mix, apps: &[(u8, i64)]) -> Outcome<Self> {
        let (folder, world) = (tempfile::tempdir()?, World::default());
        let (devices, post) = (Vec::new(), Vec::new());
        let mut all = Self { folder, mix, devices, post, world, seed: 0 };
        for (version, start) in apps.iter().chain([&(COURIER, Wall::START)]) {
            let start = if mix.has_right_clocks { Wall::START } else { *start };
            all.join(*version, start)?;
        }
        Ok(all)
    }

    fn join(&mut self, version: u8, start: i64) -> Outcome {
        let wall = Wall::new();
        wall.set(start);
        let path = self.mix.has_files.then(|| self.path());
        // The first two begin under one id, if there are to be twins.
        let is_twin = self.mix.has_twins && self.devices.len() < 2;
        self.world.has_forked |= is_twin;
        let seed = if is_twin { 0 } else { self.seed() };
        let device = Device::new(path, wall, version, seed)?;
        if is_twin && self.devices.is_empty() {
            // From here on they draw other ids: one is not made twice.
            device.waste_an_id()?;
        }
        self.devices.push(device);
        Ok(())
    }

    /// A seed that no run of any device had.
    pub fn seed(&mut self) -> u64 {
        self.seed += 1;
        self.seed
    }

    fn path(&mut self) -> PathBuf {
        let seed = self.seed();
        self.folder.path().join(format!("{seed}.db"))
    }

    pub fn step(&mut self, step: &Step) -> Outcome {
        let count = self.devices.len();
        let at = |device: &usize| device % count;
        match step {
            Step::Write(device, writes) => self.devices[at(device)].write(writes, &mut self.world),
            Step::Undo(device, which) => self.devices[at(device)].undo(*which, &mut self.world),
            Step::Upgrade(device) => {
                let device = &mut self.devices[at(device)];
                device.upgrade(LATEST.min(device.version + 1), &mut self.world)
            }
            Step::Rebuild(device) => self.devices[at(device)].rebuild(&mut self.world),
            Step::Pass(millis) => {
                self.devices.iter().for_each(|device| Jump::By(*millis).set(&device.wall));
                Ok(())
            }
            Step::Clock(device, jump) => {
                jump.set(&self.devices[at(device)].wall);
                Ok(())
            }
            Step::Join(version, jump) if count < MOST => self.come_late(*version, *jump),
            Step::Send(from, to) if at(from) != at(to) => self.send(at(from), at(to)).map(drop),
            Step::Meet(one, other) if at(one) != at(other) => {
                self.send(at(one), at(other))?;
                self.send(at(other), at(one)).map(drop)
            }
            Step::Ask(from, to, bytes) if at(from) != at(to) => {
                let vector = self.devices[at(to)].vector()?;
                let batches = self.devices[at(from)].changes_for(&vector, *bytes)?;
                self.post.extend(batches.into_iter().map(|batch| (at(to), batch)));
                Ok(())
            }
            Step::Deliver(which, to) if !self.post.is_empty() => {
                let (meant_for, batch) = &self.post[which % self.post.len()];
                let to = to.as_ref().map_or(*meant_for, at);
                deliver(batch, &mut self.devices[to], &mut self.world)
            }
            Step::LookBack(device, which) => {
                self.devices[at(device)].look_back(*which, self.world.has_compacted)
            }
            Step::Compact(device) => {
                let vectors = self.vectors()?;
                self.devices[at(device)].compact(&vectors, &mut self.world)
            }
            _ => self.step_of_files(step),
        }
    }

    fn step_of_files(&mut self, step: &Step) -> Outcome {
        let count = self.devices.len();
        let (seed, at) = (self.seed(), |device: &usize| device % count);
        match step {
            Step::Reopen(device) => self.devices[at(device)].reopen(seed, &mut self.world),
            Step::BackUp(device) => self.devices[at(device)].back_up(seed, &mut self.world),
            Step::Restore(device, means) => {
                self.devices[at(device)].restore(*means, seed, &mut self.world)
            }
            Step::Fork(device, other, [before, after]) if at(device) != at(other) => {
                let device = at(device);
                self.devices[device].back_up(seed, &mut self.world)?;
                self.devices[device].write(before, &mut self.world)?;
                self.send(device, at(other))?;
                let again = self.seed();
                self.devices[device].restore(Means::PutBack, again, &mut self.world)?;
                self.devices[device].write(after, &mut self.world)
            }
            Step::Copy(from, to) if at(from) != at(to) => {
                let path = self.path();
                match self.devices.get_disjoint_mut([at(from), at(to)]) {
                    Ok([from, to]) => to.become_copy_of(from, path, seed, &mut self.world),
                    Err(error) => Err(error.into()),
                }
            }
            _ => Ok(()),
        }
    }

    fn come_late(&mut self, version: u8, jump: Jump) -> Outcome {
        let now = self.devices[0].wall.clone();
        let wall = Wall::new();
        wall.set(now.millis());
        if !self.mix.has_right_clocks {
            jump.set(&wall);
        }
        self.join(version, wall.millis())
    }

    /// What all devices know.
    pub fn vectors(&self) -> Outcome<Vec<VersionVector>> {
        self.devices.iter().map(Device::vector).collect()
    }

    /// Gives one all that another has, and returns how many batches it took.
    pub fn send(&mut self, from: usize, to: usize) -> Outcome<usize> {
        let [from, to] = self.devices.get_disjoint_mut([from, to])?;
        let batches = from.changes_for(&to.vector()?, 1 << 19)?;
        let was_vague = to.is_vague;
        for batch in &batches {
            let report = to.merge(batch, &mut self.world)?;
            if let Some(refused) = report.refused.first() {
                return Err(format!("what was asked for is refused: {refused}").into());
            }
        }
        if !batches.is_empty() {
            self.world.catch_up(from, to, was_vague)?;
            to.look(&mut self.world)?;
        }
        Ok(batches.len())
    }
}

/// What arrives again is known, and changes nothing.
fn deliver(batch: &Changes, to: &mut Device, world: &mut World) -> Outcome {
    let first = to.merge(batch, world)?;
    to.look(world)?;
    let again = to.merge(batch, world)?;
    if again.changes > 0 || !again.transactions.is_empty() || again.refused != first.refused {
        return Err(format!("what is known is new: {again:?}, after {first:?}").into());
    }
    to.stays(world)
}
