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

#[test]
fn what_it_wrote_is_of_the_present() -> Outcome {
    let device = Device::new()?;
    let db = &device.db;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    device.set(NOW + YEAR);
    db.update(Todo::patch(milk).title("Buy oat milk"))?;
    let tea = db.create(Todo::draft().title("Make tea"))?;
    let early = at(NOW, 7)?;
    let report = send(db, &early)?.remove(0);
    assert_eq!((report.changes, report.set_aside), (3, 2));
    assert_eq!(early.query::<Todo>().count()?, 1);

    device.set(NOW + 1000);
    db.update(Todo::patch(milk).done(true))?;
    let todo = db.get(tea)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Make tea"));
    assert_eq!(todo.created_at.millis(), NOW + 1000);
    assert!(db.verify()?.holds());
    sync(db, &early)?;
    let todo = early.get(milk)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Buy oat milk"));
    assert_eq!((todo.stars, todo.done), (Some(1), Some(true)));
    assert_eq!(todo.updated_at.millis(), NOW + 1000);
    Ok(())
}

/// To give away what it has is enough.
#[test]
fn who_only_gives_takes_it_back_first() -> Outcome {
    let (device, early) = (Device::new()?, at(NOW, 7)?);
    let milk = device.db.create(Todo::draft().title("Buy milk"))?;
    device.set(NOW + YEAR);
    device.db.update(Todo::patch(milk).title("Buy oat milk"))?;
    device.set(NOW + 1000);
    send(&device.db, &early)?;
    assert_eq!(early.set_aside()?, []);
    let todo = early.get(milk)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Buy oat milk"));
    assert_eq!(todo.updated_at.millis(), NOW + 1000);
    same(&device.db, &early)
}

/// Who had folded it in takes it out again, and it does not come back when its time comes.
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

/// A clock that shows 1970 was not ahead before: nothing is written again.
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

/// Where another device's changes are as late, it is this clock that is behind.
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

/// What does not count of any of its nodes is taken out of the tables together.
#[test]
fn who_came_back_often_is_merged_at_once() -> Outcome {
    const TIMES: i64 = 40;
    let device = Device::new()?;
    let db = &device.db;
    let others = at(NOW + TIMES * 1000, 7)?;
    let ids = db.create_all((0..TIMES).map(|n| Todo::draft().title("Buy milk").stars(n)))?;
    send(db, &others)?;
    // Another one meets it while it is ahead, and has in its tables what comes to count no more.
    let met = at(NOW + 2 * YEAR, 8)?;
    for (n, id) in (1..).zip(&ids) {
        device.set(NOW + YEAR + n);
        db.update(Todo::patch(*id).stars(-1))?;
        db.create(Todo::draft().title(format!("Ahead {n}")))?;
        if n % 8 == 0 {
            send(db, &met)?;
        }
        device.set(NOW + n * 1000);
        db.update(Todo::patch(*id).title(format!("Back {n}")))?;
    }
    assert!(db.version_vector()?.len() > TIMES as usize);
    let expected: Vec<_> = (1..=TIMES).map(|n| (Some(format!("Back {n}")), Some(-1))).collect();
    for other in [&others, &met] {
        sync(db, other)?;
        let held = ids.iter().map(|id| other.get(*id));
        let held: Vec<_> = held
            .map(|todo| Ok(todo?.map(|todo| (todo.title, todo.stars)).unwrap_or_default()))
            .collect::<ara::Result<_>>()?;
        assert_eq!(held, expected);
        assert_eq!(other.query::<Todo>().count()?, 2 * TIMES as u64);
    }
    Ok(())
}

/// What is written again, and what another device says does not count, in one transaction.
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
