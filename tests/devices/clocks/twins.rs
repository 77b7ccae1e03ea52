//! A file that goes on in two places under one node id, as one that a copy of before is put over: what both
//! wrote counts everywhere, after they have met.

use std::fs;
use std::rc::Rc;

use ara::prelude::*;

use crate::clocks::{
    Device, MINUTE, NOW, Page, Rows, SECOND, Todo, Written, YEAR, meet, rows, same, see, send,
    sync, wall,
};
use support::{File, Outcome, There, Wall, verified};

/// A file in two states, of which the one or the other is in its place.
pub struct Twins {
    file: File,
    wall: Wall,
    written: Written,
    states: [Vec<u8>; 2],
}

impl Twins {
    /// A file with what is written first, the same on both sides.
    pub fn new<T>(millis: i64, first: impl FnOnce(&Device) -> Outcome<T>) -> Outcome<(Self, T)> {
        Self::beside(&Device::showing(millis)?, millis, first)
    }

    /// One whose titles are noted with those of a device.
    pub fn beside<T>(
        device: &Device,
        millis: i64,
        first: impl FnOnce(&Device) -> Outcome<T>,
    ) -> Outcome<(Self, T)> {
        let written = Rc::clone(&device.written);
        let (file, wall) = (File::new()?, wall(millis));
        drop(file.open_at(&wall)?);
        let mut twins = Self { file, wall, written, states: [vec![], vec![]] };
        twins.states[0] = fs::read(twins.file.path())?;
        let first = twins.on(0, first)?;
        twins.states[1] = twins.states[0].clone();
        Ok((twins, first))
    }

    /// Opens the file as one side has it, and closes it.
    pub fn on<T>(&mut self, side: usize, work: impl FnOnce(&Device) -> Outcome<T>) -> Outcome<T> {
        // In place: it is the same file to who looks at it.
        fs::write(self.file.path(), &self.states[side])?;
        let written = Rc::clone(&self.written);
        let device = Device { written, ..Device::opened(self.file.path(), &self.wall)? };
        let done = work(&device)?;
        drop(device);
        self.states[side] = fs::read(self.file.path())?;
        Ok(done)
    }

    pub fn set(&self, millis: i64) {
        self.wall.set(millis);
    }

    /// One that meets the sides in this order, each of which has not heard of the other one before, and does
    /// not keep what it hears.
    pub fn tell(&mut self, device: &Device, order: [usize; 2]) -> Outcome {
        let states = self.states.clone();
        for side in order {
            self.on(side, |twin| sync(twin, device))?;
        }
        self.states = states;
        Ok(())
    }

    /// Both sides and the others get all that anybody has: all are the same then.
    pub fn unite(&mut self, others: &[&Device]) -> Outcome {
        for _ in 0..2 {
            for side in [0, 1] {
                self.on(side, |device| others.iter().try_for_each(|other| sync(device, other)))?;
            }
            meet(others)?;
        }
        for side in [0, 1] {
            self.on(side, |device| same(&[device, others[0]]))
                .map_err(|error| format!("side {side}: {error}"))?;
        }
        Ok(())
    }
}

/// What the clock does on each of the two sides, before they write.
pub const CLOCKS: [(&str, [i64; 2]); 7] = [
    ("stands still", [NOW, NOW]),
    ("goes on", [NOW + SECOND, NOW + 2 * SECOND]),
    ("went back", [NOW + MINUTE, NOW + SECOND]),
    ("is dead", [0, 0]),
    ("is ahead", [NOW + YEAR, NOW + YEAR]),
    ("was ahead", [NOW + YEAR, NOW + MINUTE]),
    ("comes to be ahead", [NOW + MINUTE, NOW + YEAR]),
];

/// A copy of before is put over the file, and both states have written ten rows and added to one counter.
#[test]
fn all_rows_and_all_that_was_added_are_there() -> Outcome {
    for (name, walls) in CLOCKS {
        for ticks in [0, SECOND] {
            rows_and_sums(walls, ticks).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

fn rows_and_sums(walls: [i64; 2], ticks: i64) -> Outcome {
    let phone = Device::showing(NOW)?;
    let (mut twins, page) = Twins::new(NOW, |device| {
        let page = device.create(Page::draft().title("page").hits(1))?;
        sync(device, &phone)?;
        Ok(page)
    })?;
    for (side, (wall, added)) in walls.into_iter().zip([5, 7]).enumerate() {
        twins.set(wall);
        twins.on(side, |device| {
            for n in 0..10 {
                device.wall.advance(ticks);
                device.add(&format!("{side}: {n}"))?;
            }
            device.hit(page, added)?;
            // Each has its own, and the second one hears of the first here.
            assert_eq!((device.query::<Todo>().count()?, device.hits(page)?), (10, 1 + added));
            sync(device, &phone)
        })?;
        let there = [(10, 6), (20, 13)][side];
        assert_eq!((phone.query::<Todo>().count()?, phone.hits(page)?), there);
    }
    twins.unite(&[&phone])?;
    let fresh = Device::showing(NOW)?;
    send(&phone, &fresh)?;
    fresh.rebuild()?;
    same(&[&phone, &fresh])?;
    assert_eq!((fresh.query::<Todo>().count()?, fresh.hits(page)?), (20, 13));
    // They go on, each as a device of its own.
    for side in [0, 1] {
        twins.on(side, |device| {
            device.add(&format!("{side}: again"))?;
            device.hit(page, 100)
        })?;
    }
    twins.unite(&[&phone, &fresh])?;
    assert_eq!((fresh.query::<Todo>().count()?, fresh.hits(page)?), (22, 213));
    Ok(())
}

/// Both write the same row and column: one of them wins, the same everywhere, in whatever order they come.
#[test]
fn of_one_column_one_wins_everywhere() -> Outcome {
    // Which of two changes of one time it is is a matter of chance: it is tried several times.
    for round in 0..6 {
        for (name, walls) in CLOCKS {
            one_column(walls).map_err(|error| format!("{round}, {name}: {error}"))?;
        }
    }
    Ok(())
}

fn one_column(walls: [i64; 2]) -> Outcome {
    let (phone, tablet) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let (mut twins, milk) = Twins::new(NOW, |device| device.add("milk"))?;
    for (side, wall) in walls.into_iter().enumerate() {
        twins.set(wall);
        twins.on(side, |device| {
            device.edit(milk, &format!("by {side}"))?;
            let patch = Todo::patch(milk).stars(side as i64);
            device.update(if side == 0 { patch } else { patch.done(true) })?;
            Ok(())
        })?;
    }
    for (device, order) in [(&phone, [0, 1]), (&tablet, [1, 0])] {
        twins.tell(device, order)?;
    }
    let title = phone.title(milk)?.there()?;
    assert!(title == "by 0" || title == "by 1", "{title}");
    // The later one, where the clock says which one that is.
    if walls[0] < walls[1] && walls[0] >= NOW {
        assert_eq!(title, "by 1");
    } else if walls[0] > walls[1] {
        assert_eq!(title, "by 0");
    }
    assert_eq!(rows(&phone.db)?, rows(&tablet.db)?);
    assert_eq!(phone.get(milk)?.there()?.done, Some(true));
    assert_eq!(phone.history(milk)?.len(), 5);
    twins.unite(&[&phone, &tablet])?;
    see(&[&phone, &tablet], milk, &title);
    // Whoever has seen it wins over both.
    tablet.edit(milk, "by the tablet")?;
    twins.unite(&[&phone, &tablet])?;
    for side in [0, 1] {
        let title = format!("by {side}, again");
        twins.on(side, |device| {
            device.edit(milk, &title)?;
            sync(device, &phone)
        })?;
        twins.unite(&[&phone, &tablet])?;
        see(&[&phone, &tablet], milk, &title);
    }
    Ok(())
}

/// Transactions of several rows that do not end at the same places.
#[test]
fn transactions_are_there_whole_or_not_at_all() -> Outcome {
    const SIZES: [&[i64]; 2] = [&[3, 1, 2, 5], &[1, 1, 4, 2, 1]];
    for (name, walls) in CLOCKS {
        let phone = Device::showing(NOW)?;
        let (mut twins, _) = Twins::new(NOW, |device| device.add("milk"))?;
        for side in [0, 1] {
            twins.set(walls[side]);
            twins.on(side, |device| {
                for (number, size) in SIZES[side].iter().enumerate() {
                    let title = format!("{side}, {number}");
                    let draft = || Todo::draft().title(title.clone()).stars(*size);
                    device.create_all((0..*size).map(|_| draft()))?;
                }
                sync(device, &phone)
            })?;
            whole(&phone).map_err(|error| format!("{name}: {error}"))?;
        }
        twins.unite(&[&phone])?;
        assert_eq!(phone.query::<Todo>().count()?, 1 + 11 + 9, "{name}");
        let fresh = Device::showing(NOW)?;
        for changes in phone.changes_since(&fresh.version_vector()?)?.in_batches_of(1) {
            fresh.merge(&changes?)?;
            whole(&fresh).map_err(|error| format!("{name}: {error}"))?;
            verified(&fresh)?;
        }
        same(&[&phone, &fresh])?;
    }
    Ok(())
}

/// Of each title there are as many rows as they say themselves.
fn whole(device: &Device) -> Outcome {
    for todo in device.query::<Todo>().narrow(Todo::title).narrow(Todo::stars).all()? {
        let like = device.query::<Todo>().filter(Todo::title.eq(&*todo.title)).count()?;
        assert_eq!(like as i64, todo.stars, "{}", todo.title);
    }
    Ok(())
}

/// A row that both know is deleted on one side, and on the other edited, deleted too, or deleted and restored.
#[test]
fn deletions_count_as_all_else() -> Outcome {
    for (name, walls) in CLOCKS {
        for what in ["edited", "deleted", "restored"] {
            deleted(walls, what).map_err(|error| format!("{name}, {what}: {error}"))?;
        }
    }
    Ok(())
}

fn deleted(walls: [i64; 2], what: &str) -> Outcome {
    let phone = Device::showing(NOW)?;
    let (mut twins, [milk, tea]) =
        Twins::new(NOW, |device| Ok([device.add("milk")?, device.add("tea")?]))?;
    twins.set(walls[0]);
    twins.on(0, |device| {
        device.delete(milk)?;
        sync(device, &phone)
    })?;
    twins.set(walls[1]);
    twins.on(1, |device| {
        match what {
            "edited" => device.edit(milk, "milk, edited")?,
            "deleted" => drop(device.delete(milk)?),
            _ => {
                device.delete(milk)?;
                device.restore(milk)?;
            }
        }
        device.delete(tea)?;
        sync(device, &phone)
    })?;
    twins.unite(&[&phone])?;
    assert_eq!(phone.get(tea)?, None);
    // A restoring wins where it is not earlier than the deletion of the other side.
    if what != "restored" {
        assert_eq!(phone.get(milk)?, None);
    } else if walls[1] >= walls[0] && walls[0] >= NOW {
        assert!(phone.get(milk)?.is_some());
    }
    phone.restore(milk)?;
    twins.on(0, |device| {
        device.restore(tea)?;
        sync(device, &phone)
    })?;
    twins.unite(&[&phone])?;
    see(&[&phone], milk, if what == "edited" { "milk, edited" } else { "milk" });
    see(&[&phone], tea, "tea");
    Ok(())
}

/// The times of a row are the same everywhere too.
#[test]
fn the_order_in_which_they_come_shows_nowhere() -> Outcome {
    for (name, walls) in CLOCKS {
        let (mut twins, ids) = Twins::new(NOW, |device| {
            let page = device.create(Page::draft().title("page").hits(1))?;
            Ok((device.add("milk")?, page))
        })?;
        for (side, wall) in walls.into_iter().enumerate() {
            twins.set(wall);
            twins.on(side, |device| {
                device.edit(ids.0, &format!("milk, by {side}"))?;
                let both = [Todo::draft().id(Id::from_key("key")).title(format!("by {side}"))];
                device.create_all(both)?;
                device.hit(ids.1, 2)?;
                device.delete(ids.0).map(drop).map_err(Into::into)
            })?;
        }
        let mut results: Vec<Rows> = Vec::new();
        for order in [[0, 1], [1, 0]] {
            let device = Device::showing(NOW + 2 * YEAR)?;
            twins.tell(&device, order)?;
            verified(&device)?;
            results.push(rows(&device.db)?);
        }
        assert_eq!(results[0], results[1], "{name}");
        assert_eq!(results[0].2[0].hits.map(Counter::get), Some(5));
    }
    Ok(())
}
