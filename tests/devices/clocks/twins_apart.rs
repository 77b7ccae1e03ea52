//! Two states of one file that hear of each other through others, or late, or after compaction.

use std::fs;

use ara::Timestamp;
use ara::prelude::*;

use crate::clocks::twins::{CLOCKS, Twins};
use crate::clocks::{
    Device, HOUR, MINUTE, NOW, Page, SECOND, Todo, YEAR, meet, same, see, send, sync, wall,
};
use support::{File, Outcome, There, verified};

/// Writes some rows and adds to the page, on one side.
fn write(device: &Device, side: usize, page: Id<Page>) -> Outcome {
    for n in 0..3 {
        device.add(&format!("{side}: {n}"))?;
        device.hit(page, [5, 7][side])?;
    }
    Ok(())
}

fn page() -> impl FnOnce(&Device) -> Outcome<Id<Page>> {
    |device| Ok(device.create(Page::draft().title("page").hits(1))?)
}

#[track_caller]
fn all_is_there(devices: &[&Device], page: Id<Page>) -> Outcome {
    for device in devices {
        assert_eq!((device.query::<Todo>().count()?, device.hits(page)?), (6, 1 + 15 + 21));
    }
    Ok(())
}

/// One has heard of the one side, another one of the other: they meet, and neither of the sides is there.
#[test]
fn two_others_find_them_out() -> Outcome {
    for (name, walls) in CLOCKS {
        let (phone, tablet, third) =
            (Device::showing(NOW)?, Device::showing(NOW)?, Device::showing(NOW)?);
        let (mut twins, page) = Twins::new(NOW, page())?;
        for (side, other) in [(0, &phone), (1, &tablet)] {
            twins.set(walls[side]);
            twins.on(side, |device| {
                write(device, side, page)?;
                sync(device, other)
            })?;
        }
        // A third one gets all of it from both.
        sync(&phone, &third)?;
        sync(&tablet, &third)?;
        all_is_there(&[&third], page).map_err(|error| format!("{name}: {error}"))?;
        meet(&[&phone, &tablet, &third]).map_err(|error| format!("{name}: {error}"))?;
        all_is_there(&[&phone, &tablet], page)?;
        twins.unite(&[&phone, &tablet]).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// They meet without anybody between: a copy of the one is a device that has what it wrote.
#[test]
fn they_find_each_other_out() -> Outcome {
    for (name, walls) in CLOCKS {
        let (mut twins, page) = Twins::new(NOW, page())?;
        let copy = File::new()?;
        twins.set(walls[0]);
        twins.on(0, |device| {
            write(device, 0, page)?;
            device.backup(copy.path()).map_err(Into::into)
        })?;
        let copy_wall = wall(NOW + HOUR);
        let copy = Device::opened(copy.path(), &copy_wall)?;
        twins.set(walls[1]);
        twins
            .on(1, |device| {
                write(device, 1, page)?;
                meet(&[device, &copy])?;
                all_is_there(&[device, &copy], page)?;
                device.hit(page, 100)?;
                copy.hit(page, 1000)?;
                meet(&[device, &copy])?;
                assert_eq!((device.hits(page)?, copy.hits(page)?), (1137, 1137));
                Ok(())
            })
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The one that was put back lacks what it had sent, and goes on from what it has: what it had sent comes
/// back, and what it writes then counts.
#[test]
fn a_lost_tail_comes_back_before_or_after_a_write() -> Outcome {
    for (name, walls) in CLOCKS {
        for writes_first in [true, false] {
            let phone = Device::showing(NOW)?;
            let (mut twins, page) = Twins::new(NOW, page())?;
            twins.set(walls[0]);
            twins.on(0, |device| {
                write(device, 0, page)?;
                sync(device, &phone)
            })?;
            twins.set(walls[1]);
            twins
                .on(1, |device| {
                    if !writes_first {
                        send(&phone, device)?;
                        assert_eq!((device.query::<Todo>().count()?, device.hits(page)?), (3, 16));
                    }
                    write(device, 1, page)?;
                    meet(&[device, &phone])?;
                    all_is_there(&[device, &phone], page)
                })
                .map_err(|error| format!("{name}, {writes_first}: {error}"))?;
        }
    }
    Ok(())
}

/// Before they meet the one, the other, or both have compacted what they know.
#[test]
fn compaction_does_not_take_away_what_a_twin_added() -> Outcome {
    for (name, walls) in CLOCKS {
        for compact in [[true, false], [false, true], [true, true]] {
            let (phone, fresh) = (Device::showing(NOW)?, Device::showing(NOW)?);
            let (mut twins, page) = Twins::new(NOW, page())?;
            for side in [0, 1] {
                twins.set(walls[side]);
                twins.on(side, |device| {
                    write(device, side, page)?;
                    if compact[side] {
                        device.compact(&[device.version_vector()?])?;
                    }
                    sync(device, &phone)?;
                    verified(device)
                })?;
            }
            let united = || format!("{name}, {compact:?}");
            all_is_there(&[&phone], page).map_err(|error| format!("{}: {error}", united()))?;
            twins.unite(&[&phone]).map_err(|error| format!("{}: {error}", united()))?;
            phone.compact(&[phone.version_vector()?])?;
            send(&phone, &fresh)?;
            all_is_there(&[&phone, &fresh], page)?;
            same(&[&phone, &fresh]).map_err(|error| format!("{}: {error}", united()))?;
            twins.on(1, |device| device.hit(page, 100))?;
            twins.unite(&[&phone, &fresh])?;
            assert_eq!((phone.hits(page)?, fresh.hits(page)?), (137, 137));
        }
    }
    Ok(())
}

/// A file is put back in place from one copy again and again; each time it writes and syncs.
#[test]
fn a_file_that_is_put_back_often_loses_nothing() -> Outcome {
    const TIMES: usize = 10;
    for step in [0, 2, YEAR, -YEAR] {
        let (file, wall, phone) = (File::new()?, wall(NOW), Device::showing(NOW)?);
        let device = Device::opened(file.path(), &wall)?;
        let page = device.create(Page::draft().title("page").hits(0))?;
        device.create_all((0..50).map(|_| Todo::draft().title("Think")))?;
        sync(&device, &phone)?;
        drop(device);
        let before = fs::read(file.path())?;
        for time in 0..TIMES {
            fs::write(file.path(), &before)?;
            let device = Device::opened(file.path(), &wall)?;
            for title in ["first", "second"] {
                device.add(&format!("{time}: {title}"))?;
                device.hit(page, 1)?;
                sync(&device, &phone)?;
            }
            meet(&[&device, &phone])?;
            let so_far = (50 + 2 * (time as u64 + 1), 2 * (time as i64 + 1));
            assert_eq!((phone.query::<Todo>().count()?, phone.hits(page)?), so_far, "{step}");
            wall.advance(step);
        }
        let fresh = Device::showing(NOW)?;
        send(&phone, &fresh)?;
        same(&[&phone, &fresh])?;
        assert_eq!(fresh.query::<Todo>().count()?, 50 + 2 * TIMES as u64);
    }
    Ok(())
}

/// A file that was put back twice, before anybody could know of it: three states of one node.
#[test]
fn three_states_of_one_file_are_united() -> Outcome {
    for (name, walls) in CLOCKS {
        let (file, wall) = (File::new()?, wall(NOW));
        let others = [Device::showing(NOW)?, Device::showing(NOW)?, Device::showing(NOW)?];
        let device = Device::opened(file.path(), &wall)?;
        let page = device.create(Page::draft().title("page").hits(1))?;
        let milk = device.add("milk")?;
        drop(device);
        let before = fs::read(file.path())?;
        let walls = [walls[0], walls[1], walls[0]];
        for (state, (wall_shows, other)) in walls.into_iter().zip(&others).enumerate() {
            fs::write(file.path(), &before)?;
            wall.set(wall_shows);
            let device = Device::opened(file.path(), &wall)?;
            device.edit(milk, &format!("milk, in {state}"))?;
            device.add(&format!("row of {state}"))?;
            device.hit(page, 10)?;
            sync(&device, other)?;
        }
        let device = Device::opened(file.path(), &wall)?;
        let all = [&others[0], &others[1], &others[2], &device];
        meet(&all).map_err(|error| format!("{name}: {error}"))?;
        assert_eq!((device.query::<Todo>().count()?, device.hits(page)?), (4, 31), "{name}");
        others[1].edit(milk, "milk, in the end")?;
        device.hit(page, 100)?;
        meet(&all).map_err(|error| format!("{name}: {error}"))?;
        see(&all, milk, "milk, in the end");
        assert_eq!(others[0].hits(page)?, 131, "{name}");
    }
    Ok(())
}

/// The past has what both added up to then.
#[test]
fn the_past_of_a_counter_has_both() -> Outcome {
    let phone = Device::showing(NOW)?;
    let (mut twins, page) = Twins::new(NOW, page())?;
    for (side, at, amount) in [(0, 10 * SECOND, 5), (1, 20 * SECOND, 7), (0, 30 * SECOND, 1)] {
        twins.set(NOW + at);
        twins.on(side, |device| {
            device.hit(page, amount)?;
            sync(device, &phone)
        })?;
    }
    phone.set(NOW + MINUTE);
    let sums = [(0, 1), (10, 6), (15, 6), (20, 13), (29, 13), (30, 14), (60, 14), (90, 14)];
    for (seconds, sum) in sums {
        let past = phone.at(Timestamp::from_millis(NOW + seconds * SECOND));
        let then = past.query::<Page>().find(page)?.there()?.hits.there()?;
        assert_eq!(then.get(), sum, "after {seconds} seconds");
    }
    Ok(())
}
