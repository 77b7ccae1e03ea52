//! What clocks do to devices, one situation after the other; and what holds in each of them.

use ara::prelude::*;
use ara::{Error, Timestamp, VersionVector};

use crate::clocks::twins::Twins;
use crate::clocks::{
    DAY, Device, HOUR, MINUTE, NOW, SECOND, Todo, Written, YEAR, meet, pass, rows, same, send,
    sync, wall,
};
use support::{File, Outcome};

/// Devices that have met, and all that they ever wrote.
pub struct Situation {
    pub name: &'static str,
    pub devices: Vec<Device>,
    /// Those of the devices that are not in memory. They are dropped last.
    _files: Vec<File>,
}

impl Situation {
    fn new(name: &'static str, devices: Vec<Device>, files: Vec<File>) -> Outcome<Self> {
        let situation = Self { name, devices, _files: files };
        meet(&situation.all()).map_err(|error| format!("{name}: {error}"))?;
        Ok(situation)
    }

    pub fn all(&self) -> Vec<&Device> {
        self.devices.iter().collect()
    }

    /// The titles, and what they were given to, by whomever.
    pub fn written(&self) -> Written {
        self.devices[0].written.clone()
    }

    pub fn vectors(&self) -> ara::Result<Vec<VersionVector>> {
        self.devices.iter().map(|device| device.version_vector()).collect()
    }
}

/// All of them, each anew.
pub fn situations() -> Outcome<Vec<Situation>> {
    let mut situations = vec![restored_while_ahead()?, both_ends()?, jumps()?, twins()?];
    for (name, ahead, right) in [
        ("a day ahead", DAY, DAY),
        ("a year ahead", YEAR, YEAR),
        ("put right after a day", DAY, MINUTE),
        ("put right after a year", YEAR, MINUTE),
        ("put right by ten minutes", 10 * MINUTE, MINUTE),
        ("six minutes behind", -6 * MINUTE, -5 * MINUTE),
        ("a year behind", -YEAR, -YEAR + MINUTE),
        ("a year behind, put right", -YEAR, MINUTE),
        ("at 1970", -NOW, -NOW),
        ("at 1970, put right", -NOW, MINUTE),
    ] {
        situations.push(one_is_off(name, ahead, right)?);
    }
    for (name, right) in [("two ahead", YEAR), ("two that were ahead", MINUTE)] {
        situations.push(two_are_ahead(name, right)?);
    }
    Ok(situations)
}

fn one_is_off(name: &'static str, off: i64, then: i64) -> Outcome<Situation> {
    let phone = Device::showing(NOW)?;
    let (one, tablet) = (phone.beside(NOW + off)?, phone.beside(NOW)?);
    let all = [&one, &phone, &tablet];
    let milk = phone.add("milk, by the phone")?;
    let own = one.add("tea")?;
    meet(&all)?;
    one.edit(milk, "milk, by the one that is off")?;
    meet(&all)?;
    tablet.edit(milk, "milk, by the tablet")?;
    tablet.edit(own, "tea, by the tablet")?;
    pass(&all, 10 * SECOND);
    one.set(NOW + then);
    meet(&all)?;
    one.edit(milk, "milk, in the end")?;
    one.add("home")?;
    phone.add("phone")?;
    Situation::new(name, vec![one, phone, tablet], vec![])
}

fn two_are_ahead(name: &'static str, then: i64) -> Outcome<Situation> {
    let phone = Device::showing(NOW)?;
    let (one, other) = (phone.beside(NOW + YEAR)?, phone.beside(NOW + YEAR)?);
    let milk = one.add("milk")?;
    send(&one, &other)?;
    other.edit(milk, "milk, by the other")?;
    other.add("tea")?;
    send(&other, &one)?;
    for (device, title) in [(&one, "home, by the one"), (&other, "home, by the other")] {
        device.set(NOW + then);
        device.add(title)?;
    }
    phone.set(NOW + MINUTE);
    phone.add("phone")?;
    Situation::new(name, vec![one, other, phone], vec![])
}

fn restored_while_ahead() -> Outcome<Situation> {
    let (file, copy, wall) = (File::new()?, File::new()?, wall(NOW));
    let phone = Device::showing(NOW)?;
    let old = phone.opened_beside(file.path(), &wall)?;
    let milk = old.add("milk")?;
    wall.set(NOW + YEAR);
    old.edit(milk, "milk, ahead")?;
    old.add("tea, ahead")?;
    old.backup(copy.path())?;
    old.edit(milk, "milk, ahead, on the old one")?;
    wall.set(NOW + MINUTE);
    let new = phone.opened_beside(copy.path(), &wall)?;
    new.edit(milk, "milk, on the new one")?;
    new.add("home")?;
    old.edit(milk, "milk, on the old one")?;
    phone.set(NOW + HOUR);
    Situation::new("restored while ahead", vec![old, new, phone], vec![file, copy])
}

fn both_ends() -> Outcome<Situation> {
    let phone = Device::showing(NOW)?;
    let (first, last) = (phone.beside(i64::MIN)?, phone.beside(i64::MAX)?);
    let all = [&first, &last, &phone];
    let ids = all.iter().zip(["1", "2", "3"]).map(|(device, title)| device.add(title));
    let ids: Vec<_> = ids.collect::<Outcome<_>>()?;
    for turn in 0..6 {
        meet(&all)?;
        for id in &ids {
            all[turn % 3].edit(*id, &format!("turn {turn}"))?;
        }
    }
    Situation::new("both ends", vec![first, last, phone], vec![])
}

fn jumps() -> Outcome<Situation> {
    let phone = Device::showing(NOW)?;
    let tablet = phone.beside(NOW)?;
    let ids = [phone.add("1")?, tablet.add("2")?];
    let walls = [NOW + YEAR, NOW - DAY, NOW + DAY, 0, NOW + HOUR, NOW + 2 * YEAR, NOW + 2 * HOUR];
    for (turn, wall) in walls.iter().enumerate() {
        meet(&[&phone, &tablet])?;
        let (device, other) = if turn % 2 == 0 { (&phone, &tablet) } else { (&tablet, &phone) };
        device.set(*wall);
        device.edit(ids[0], &format!("turn {turn}"))?;
        // Apart, both the same.
        device.edit(ids[1], &format!("turn {turn}, the one"))?;
        other.edit(ids[1], &format!("turn {turn}, the other"))?;
        device.add(&format!("new in turn {turn}"))?;
    }
    Situation::new("jumps", vec![phone, tablet], vec![])
}

/// They are not there any more: what they wrote is with others.
fn twins() -> Outcome<Situation> {
    let phone = Device::showing(NOW)?;
    let (mut twins, milk) = Twins::beside(&phone, NOW, |device| device.add("milk"))?;
    for (side, name) in [(0, "one"), (1, "other")] {
        twins.on(side, |device| {
            device.set(NOW);
            device.edit(milk, &format!("milk, by the {name}"))?;
            device.add(&format!("tea, by the {name}"))?;
            device.set(NOW + YEAR);
            device.edit(milk, &format!("milk, by the {name}, ahead"))?;
            device.set(NOW + MINUTE);
            device.add(&format!("home, by the {name}"))?;
            sync(device, &phone)
        })?;
    }
    let tablet = phone.beside(NOW + HOUR)?;
    phone.set(NOW + HOUR);
    send(&phone, &tablet)?;
    tablet.edit(milk, "milk, by the tablet")?;
    Situation::new("twins", vec![phone, tablet], vec![])
}

/// Of now and later.
pub fn is_the_present(device: &Device) -> Outcome {
    let now = device.wall.millis();
    for time in [now, now.saturating_add(1), now.saturating_add(YEAR), i64::MAX] {
        assert_eq!(rows(&device.at(Timestamp::from_millis(time)))?, rows(&device.db)?, "{time}");
    }
    Ok(())
}

/// Times before now in which something may have been otherwise.
fn before(now: i64) -> impl Iterator<Item = i64> {
    let times = [
        i64::MIN,
        -1,
        0,
        1,
        NOW - YEAR,
        NOW - 1,
        NOW,
        NOW + MINUTE,
        NOW + DAY,
        NOW + YEAR,
        NOW + 2 * YEAR,
        1 << 46,
        now.saturating_sub(1),
    ];
    times.into_iter().filter(move |time| *time < now)
}

#[test]
fn a_fresh_device_and_a_rebuilt_one_are_the_same() -> Outcome {
    for situation in situations()? {
        let mut all = situation.all();
        let fresh = [Device::showing(0)?, Device::showing(NOW)?, Device::showing(NOW + YEAR)?];
        for (number, fresh) in fresh.iter().enumerate() {
            send(all[number % all.len()], fresh)?;
        }
        all.extend(&fresh);
        same(&all).map_err(|error| format!("{}: {error}", situation.name))?;
        for device in &all {
            device.rebuild()?;
        }
        same(&all).map_err(|error| format!("{}, rebuilt: {error}", situation.name))?;
    }
    Ok(())
}

#[test]
fn everybody_s_next_edit_wins() -> Outcome {
    for situation in situations()? {
        let all = situation.all();
        let ids: Vec<Id<Todo>> = all[0].query::<Todo>().select(Todo::id).all()?;
        for (number, device) in all.iter().enumerate() {
            let title = format!("last {number}");
            for id in &ids {
                device.edit(*id, &title)?;
            }
            meet(&all).map_err(|error| format!("{}: {error}", situation.name))?;
            for device in &all {
                let titled = device.query::<Todo>().filter(Todo::title.eq(&*title)).count()?;
                assert_eq!(titled, ids.len() as u64, "{}", situation.name);
            }
        }
    }
    Ok(())
}

#[test]
fn the_past_of_now_is_the_present() -> Outcome {
    for situation in situations()? {
        for device in &situation.devices {
            is_the_present(device).map_err(|error| format!("{}: {error}", situation.name))?;
            // What was before is told, all of it, as nothing was compacted.
            for time in before(device.wall.millis()) {
                rows(&device.at(Timestamp::from_millis(time)))?;
            }
        }
    }
    Ok(())
}

#[test]
fn it_is_so_whatever_was_compacted() -> Outcome {
    for situation in situations()? {
        let (all, vectors) = (situation.all(), situation.vectors()?);
        let present = rows(&all[0].db)?;
        for device in &all {
            device.compact(&vectors)?;
            assert_eq!(rows(&device.db)?, present, "{}", situation.name);
            is_the_present(device).map_err(|error| format!("{}: {error}", situation.name))?;
            for time in before(device.wall.millis()) {
                match rows(&device.at(Timestamp::from_millis(time))) {
                    Ok(_) | Err(Error::Compacted { .. }) => {}
                    Err(error) => return Err(format!("{}: {error}", situation.name).into()),
                }
            }
        }
        same(&all).map_err(|error| format!("{}: {error}", situation.name))?;
        // What is left of the log gives the same to who comes new.
        let fresh = Device::showing(NOW)?;
        send(all[0], &fresh)?;
        is_the_present(&fresh)?;
        same(&[all[0], &fresh]).map_err(|error| format!("{}: {error}", situation.name))?;
        // And it goes on.
        for device in &all {
            device.add("after compaction")?;
        }
        meet(&all).map_err(|error| format!("{}: {error}", situation.name))?;
        all.iter().try_for_each(|device| is_the_present(device))?;
    }
    Ok(())
}
