//! What must hold when all have met.

use ara::Database;

use crate::replicas::device::Device;
use crate::replicas::devices::Devices;
use crate::replicas::known::Known;
use crate::replicas::past;
use crate::replicas::shown::Shown;
use crate::replicas::values::is_same;
use crate::replicas::versions::{LATEST, TableOf, tables};
use support::{Outcome, There, Wall, verified};

/// How many rounds it may take until nothing is new.
const ENOUGH: usize = 4;

impl Devices {
    /// All are equal in the end, and nothing is lost that any of them had.
    pub fn meet(&mut self) -> Outcome {
        // What was only told is forgotten by each.
        for at in 0..self.devices.len() {
            let seed = self.seed();
            self.devices[at].reopen(seed, &mut self.world)?;
        }
        self.exchange()?;
        self.compare()?;
        // What was unknown to an app is there when it learns of it.
        for device in &mut self.devices {
            device.upgrade(LATEST, &mut self.world)?;
        }
        self.exchange()?;
        self.compare()?;
        self.devices.iter().try_for_each(reads_what_is_shown)?;
        past::compare(&self.devices, &self.world).map_err(|error| format!("past: {error}"))?;
        for (at, device) in self.devices.iter().enumerate() {
            device.look_back(at, self.world.has_compacted)?;
        }
        let giver = self.world.changes.len() % self.devices.len();
        self.is_all_for_a_new_one(giver, giver)?;
        self.compact()
    }

    /// All exchange what they have until nothing is new.
    fn exchange(&mut self) -> Outcome {
        for _ in 0..ENOUGH {
            let mut batches = 0;
            for from in 0..self.devices.len() {
                for to in (0..self.devices.len()).filter(|to| *to != from) {
                    batches += self.send(from, to).map_err(|error| format!("meeting: {error}"))?;
                }
            }
            if batches == 0 {
                return Ok(());
            }
        }
        Err(format!("something is new after {ENOUGH} rounds").into())
    }

    /// All know the same, and show the same.
    fn compare(&mut self) -> Outcome {
        let vectors = self.vectors()?;
        if vectors.iter().any(|vector| *vector != vectors[0]) {
            return Err("the vectors differ".into());
        }
        let mut all = Known::default();
        self.devices.iter().for_each(|device| all.unite(&device.known));
        let is_vague = self.world.has_compacted || self.devices.iter().any(|one| one.is_vague);
        for Device { known, .. } in self.devices.iter().filter(|_| !is_vague) {
            let mut lacking = all.without(known);
            if let Some(change) = lacking.find(|change| !self.world.has_double(*change, known)) {
                let change = &self.world.changes[change];
                return Err(format!("it did not arrive everywhere: {change:?}").into());
            }
        }
        for device in &mut self.devices {
            device.known = all.clone();
            device.is_vague = false;
            device.look(&mut self.world)?;
        }
        let first = &self.devices[0].shown;
        self.devices.iter().try_for_each(|device| device.shown.is_as(first))?;
        self.devices.iter().try_for_each(|device| first.stays_forgotten(&device.shown))
    }

    /// Some devices compact their logs: whoever learns from one, and from another later, has it all.
    fn compact(&mut self) -> Outcome {
        let vectors = self.vectors()?;
        let Self { devices, world, .. } = self;
        for device in devices.iter_mut().step_by(3) {
            device.compact(&vectors, world).map_err(|error| format!("compacted: {error}"))?;
        }
        for device in devices.iter_mut().take(2) {
            device.rebuild(world).map_err(|error| format!("rebuilt: {error}"))?;
        }
        devices[0].look_back(0, true).map_err(|error| format!("compacted: {error}"))?;
        past::compare(&devices[..2], world).map_err(|error| format!("compacted: {error}"))?;
        self.is_all_for_a_new_one(0, 1).map_err(|error| format!("compacted: {error}").into())
    }

    /// A device that knew nothing is given a half by one, the rest by another, and what both lack by the
    /// first.
    fn is_all_for_a_new_one(&self, first: usize, other: usize) -> Outcome {
        let [first, other] = [first, other].map(|at| &self.devices[at]);
        // Nothing waits, so it shows all though its clock may be that of a dead battery.
        let wall = Wall::new();
        wall.set(if self.mix.has_right_clocks { first.wall.millis() } else { 0 });
        let fresh = wall.options().seed(u64::MAX).memory()?;
        let begun = lacking(first, &fresh)?;
        for batch in begun.iter().take(begun.len() / 2) {
            fresh.merge(batch)?;
        }
        verified(&fresh).map_err(|error| format!("halfway: {error}"))?;
        for from in [other, first] {
            for batch in lacking(from, &fresh)? {
                if let Some(refused) = fresh.merge(&batch)?.refused.first() {
                    return Err(format!("late: refused: {refused}").into());
                }
            }
            verified(&fresh).map_err(|error| format!("late: {error}"))?;
        }
        Shown::of(&fresh)?.is_as(&first.shown).map_err(|error| format!("late: {error}"))?;
        if fresh.version_vector()? != first.vector()? {
            return Err("late: another vector".into());
        }
        let lists =
            [&fresh, first.db()?].map(|db| db.transactions().collect::<ara::Result<Vec<_>>>());
        match lists {
            [Ok(late), Ok(early)] if late == early || self.world.has_compacted => Ok(()),
            [late, early] => Err(format!("late: lists {late:#?}, not {early:#?}").into()),
        }
    }
}

/// What a device has and a database lacks, in small batches.
fn lacking(device: &Device, other: &Database) -> Outcome<Vec<ara::Changes>> {
    device.changes_for(&other.version_vector()?, 300)
}

/// The app's own queries read what SQL does.
fn reads_what_is_shown(device: &Device) -> Outcome {
    tables(device.version).iter().try_for_each(|table| reads_table(device, table))
}

fn reads_table(device: &Device, table: &TableOf) -> Outcome {
    let rows = (table.read)(device.db()?)?;
    let shown = device.shown.0.iter().filter(|(key, _)| key.0 == table.name);
    if shown.clone().count() != rows.len() {
        return Err(format!("{}: {} rows are read", table.name, rows.len()).into());
    }
    for (key, held) in shown {
        let (cells, created_at, updated_at) = rows.get(key).there()?;
        if (held.created_at, held.updated_at) != (*created_at, *updated_at) {
            return Err(format!("{key:?} is read as of {created_at}, {updated_at}").into());
        }
        if let Some((column, value)) =
            cells.iter().find(|(column, value)| !is_same(value, held.value(column)))
        {
            return Err(format!("{key:?}.{column} is read as {value:.60?}").into());
        }
    }
    Ok(())
}
