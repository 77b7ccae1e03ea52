//! A device whose clock ran years ahead, and came back.

use ara::prelude::*;

use crate::merge::{Todo, at, same, send, sync};
use support::{Outcome, Wall};

/// In January 2027.
const NOW: i64 = 1_800_000_000_000;
const YEAR: i64 = 365 * 24 * 3_600_000;

struct Device {
    db: Database,
    wall: Wall,
}

impl Device {
    fn new() -> ara::Result<Self> {
        let wall = Wall::new();
        wall.set(NOW);
        Ok(Self { db: wall.options().memory()?, wall })
    }

    fn set(&self, millis: i64) {
        self.wall.set(millis);
    }
}

/// Who has seen it wins over it, and it does not come back when its time comes.
#[test]
fn what_was_ahead_never_wins() -> Outcome {
    let (device, other) = (Device::new()?, Device::new()?);
    let milk = device.db.create(Todo::draft().title("Buy milk"))?;
    for device in [&device, &other] {
        device.set(NOW + YEAR);
    }
    device.db.update(Todo::patch(milk).title("Buy oat milk"))?;
    sync(&device.db, &other.db)?;
    for device in [&device, &other] {
        device.set(NOW + 1000);
    }
    device.db.update(Todo::patch(milk).stars(1))?;
    sync(&device.db, &other.db)?;
    other.db.update(Todo::patch(milk).title("Buy soy milk"))?;
    sync(&device.db, &other.db)?;
    for device in [&device, &other] {
        device.set(NOW + 2 * YEAR);
        device.db.create(Todo::draft().title("Later"))?;
    }
    sync(&device.db, &other.db)?;
    let todo = device.db.get(milk)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Buy soy milk"));
    let fresh = at(NOW + 2 * YEAR, 9)?;
    send(&device.db, &fresh)?;
    same(&device.db, &fresh)
}

/// A clock that shows 1970: it is the same node that goes on, and the row stays as old as it is.
#[test]
fn an_empty_battery_is_no_return() -> Outcome {
    let device = Device::new()?;
    let milk = device.db.create(Todo::draft().title("Buy milk"))?;
    device.set(0);
    device.db.update(Todo::patch(milk).stars(1))?;
    assert_eq!(device.db.version_vector()?.len(), 1);
    assert_eq!(device.db.get(milk)?.ok_or("is there")?.created_at.millis(), NOW);
    Ok(())
}

/// This clock is behind that of another device.
#[test]
fn who_is_behind_the_others_stays() -> Outcome {
    let device = Device::new()?;
    let other = at(NOW, 3)?;
    device.db.create(Todo::draft().title("Buy milk"))?;
    other.create(Todo::draft().title("Make tea"))?;
    sync(&device.db, &other)?;
    device.set(NOW - YEAR / 20);
    device.db.create(Todo::draft().title("Call home"))?;
    assert_eq!(device.db.version_vector()?.len(), 2);
    sync(&device.db, &other)
}

/// Two clocks that were ahead, by a year and by ten minutes.
#[test]
fn two_devices_come_back_at_once() -> Outcome {
    const MINUTE: i64 = 60_000;
    let (device, other) = (Device::new()?, Device::new()?);
    other.set(NOW + 10 * MINUTE);
    other.db.create(Todo::draft().title("Make tea"))?;
    device.set(NOW + YEAR);
    let milk = device.db.create(Todo::draft().title("Buy milk"))?;
    send(&other.db, &device.db)?;
    other.set(NOW + MINUTE);
    other.db.create(Todo::draft().title("Call home"))?;
    device.set(NOW + 6 * MINUTE);
    send(&other.db, &device.db)?;
    assert!(device.db.get(milk)?.is_some());
    assert!(device.db.verify()?.holds());
    other.set(NOW + 6 * MINUTE);
    sync(&device.db, &other.db)
}
