//! `created_at` and `updated_at` are the wall times of a row's earliest and latest change, in the order in
//! which changes win.

use ara::prelude::*;
use ara::{Changes, VersionVector};

use crate::clocks::{
    DAY, Device, HOUR, MINUTE, NOW, Rows, SECOND, Todo, YEAR, meet, pass, rows, send, sync,
};
use support::{Outcome, verified};

#[test]
fn a_write_shows_what_the_clock_showed() -> Outcome {
    let device = Device::showing(NOW)?;
    let milk = device.add("Buy milk")?;
    assert_eq!(device.times(milk)?, (NOW, NOW));
    let walls =
        [NOW + DAY, NOW + YEAR, NOW + 2 * DAY, NOW + MINUTE, NOW + YEAR + MINUTE, NOW + HOUR];
    for wall in walls {
        device.set(wall);
        device.edit(milk, &format!("at {wall}"))?;
        assert_eq!(device.times(milk)?, (NOW, wall));
        let other = device.add("Make tea")?;
        assert_eq!(device.times(other)?, (wall, wall));
    }
    // What is before the first one shows the first one's.
    for wall in [NOW - HOUR, 0, -DAY, i64::MIN] {
        device.set(wall);
        device.edit(milk, &format!("at {wall}"))?;
        assert_eq!(device.times(milk)?, (NOW, NOW));
    }
    device.set(NOW + 3 * DAY);
    device.edit(milk, "in the end")?;
    assert_eq!(device.times(milk)?, (NOW, NOW + 3 * DAY));
    verified(&device)
}

/// A clock that was ahead is told where it stood so, and nowhere else.
#[test]
fn later_rows_and_edits_of_others_show_the_right_time() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let all = [&fast, &phone];
    let milk = phone.add("Buy milk")?;
    let tea = fast.add("Make tea")?;
    meet(&all)?;
    fast.edit(milk, "Buy oat milk")?;
    meet(&all)?;
    assert_eq!(phone.times(milk)?, (NOW, NOW + YEAR));
    pass(&all, MINUTE);
    phone.edit(milk, "Buy soy milk")?;
    phone.edit(tea, "Drink tea")?;
    let home = phone.add("Call home")?;
    meet(&all)?;
    assert_eq!(phone.times(milk)?, (NOW, NOW + MINUTE));
    assert_eq!(phone.times(home)?, (NOW + MINUTE, NOW + MINUTE));
    // It was created ahead, and is not updated before that.
    assert_eq!(phone.times(tea)?, (NOW + YEAR, NOW + YEAR));
    fast.set(NOW + HOUR);
    fast.edit(home, "Call home again")?;
    let new = fast.add("Think")?;
    meet(&all)?;
    assert_eq!(phone.times(home)?, (NOW + MINUTE, NOW + HOUR));
    assert_eq!(phone.times(new)?, (NOW + HOUR, NOW + HOUR));
    Ok(())
}

#[test]
fn an_edit_by_a_device_behind_is_not_before_the_row() -> Outcome {
    for behind in [NOW - 6 * MINUTE, NOW - YEAR, 0] {
        let (slow, phone) = (Device::showing(behind)?, Device::showing(NOW)?);
        let all = [&slow, &phone];
        let milk = phone.add("Buy milk")?;
        let own = slow.add("Make tea")?;
        meet(&all)?;
        slow.edit(milk, "Buy oat milk")?;
        meet(&all)?;
        assert_eq!(phone.times(milk)?, (NOW, NOW));
        assert_eq!(phone.times(own)?, (behind, behind));
        pass(&all, 10 * SECOND);
        phone.edit(own, "Drink tea")?;
        meet(&all)?;
        assert_eq!(slow.times(own)?, (behind, NOW + 10 * SECOND));
        // The last one to write was the one that is behind.
        slow.edit(own, "Make tea again")?;
        meet(&all)?;
        assert_eq!(phone.times(own)?, (behind, behind + 10 * SECOND));
    }
    Ok(())
}

/// All that a device has beyond what is known.
fn beyond(device: &Device, known: &VersionVector) -> ara::Result<Vec<Changes>> {
    device.changes_since(known)?.collect()
}

/// Every order of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![vec![]], |orders, next| {
        let with_next = |order: &Vec<usize>, at: usize| {
            let mut order = order.clone();
            order.insert(at, next);
            order
        };
        orders.iter().flat_map(|order| (0..=next).map(move |at| with_next(order, at))).collect()
    })
}

/// Three devices create one row, and a fourth one edits it, and another row, having seen all of them.
#[test]
fn no_order_of_arrival_makes_a_difference() -> Outcome {
    let milk = Id::from_key("milk");
    let walls = [NOW, NOW + YEAR, 5000, NOW + MINUTE];
    let devices = walls.iter().map(|wall| Device::showing(*wall)).collect::<Outcome<Vec<_>>>()?;
    let mut batches = Vec::new();
    for device in &devices[..3] {
        device.create(Todo::draft().id(milk).title(format!("by {}", device.wall.millis())))?;
        device.wall.advance(10 * SECOND);
        device.update(Todo::patch(milk).stars(device.wall.millis()))?;
        batches.push(beyond(device, &VersionVector::default())?);
    }
    devices[..3].iter().try_for_each(|device| send(device, &devices[3]).map(drop))?;
    let known = devices[3].version_vector()?;
    devices[3].edit(milk, "Buy milk")?;
    devices[3].add("Make tea")?;
    batches.push(beyond(&devices[3], &known)?);

    let mut results: Vec<Rows> = Vec::new();
    for order in orders(4) {
        for receiver in [NOW + MINUTE, 0, NOW + 2 * YEAR] {
            let device = Device::showing(receiver)?;
            for changes in order.iter().chain(&order).flat_map(|at| &batches[*at]) {
                device.merge(changes)?;
            }
            verified(&device)?;
            results.push(rows(&device.db)?);
        }
    }
    assert!(results.iter().all(|result| *result == results[0]));
    assert_eq!(devices[3].times(milk)?, (5000, NOW + MINUTE));
    assert_eq!(rows(&devices[3].db)?, results[0]);
    Ok(())
}

/// The first change is told of even where nothing that it wrote is left.
#[test]
fn compaction_keeps_them() -> Outcome {
    let histories = [
        [NOW, NOW + 10 * SECOND, NOW + 20 * SECOND, NOW + 30 * SECOND],
        [NOW + YEAR, NOW, NOW + MINUTE, NOW + HOUR],
        [NOW, NOW + YEAR, NOW + MINUTE, NOW + HOUR],
        [0, NOW + YEAR, 5000, NOW],
        [NOW, NOW + YEAR, NOW + 2 * YEAR, 0],
    ];
    for walls in histories {
        let (device, peer) = (Device::showing(walls[0])?, Device::showing(NOW)?);
        let milk = device.create(Todo::draft().title("Buy milk").done(false).stars(1))?;
        device.set(walls[1]);
        device.delete(milk)?;
        device.set(walls[2]);
        device.restore(milk)?;
        device.set(walls[3]);
        device.update(Todo::patch(milk).title("Buy oat milk").done(true).stars(2))?;
        let expected = (walls[0], walls[0].max(walls[3]));
        assert_eq!(device.times(milk)?, expected, "{walls:?}");
        sync(&device, &peer)?;
        device.compact(&[device.version_vector()?, peer.version_vector()?])?;
        let fresh = Device::showing(NOW)?;
        send(&device, &fresh)?;
        fresh.rebuild()?;
        device.rebuild()?;
        for device in [&device, &peer, &fresh] {
            assert_eq!(device.times(milk)?, expected, "{walls:?}");
            verified(device)?;
        }
        fresh.set(NOW + DAY);
        fresh.edit(milk, "Buy soy milk")?;
        let expected = (walls[0], walls[0].max(NOW + DAY));
        fresh.compact(&[fresh.version_vector()?])?;
        meet(&[&device, &peer, &fresh])?;
        assert_eq!(device.times(milk)?, expected, "{walls:?}");
    }
    Ok(())
}

/// A row that two devices create with one key is as old as the earlier one.
#[test]
fn a_row_of_one_key_is_as_old_as_its_first_change() -> Outcome {
    for (one, other) in [(NOW, NOW + YEAR), (NOW, NOW + MINUTE), (0, NOW), (NOW - 6 * MINUTE, NOW)]
    {
        let (early, late) = (Device::showing(one)?, Device::showing(other)?);
        let id = Id::from_key("milk");
        late.create(Todo::draft().id(id).title("late"))?;
        early.create(Todo::draft().id(id).title("early"))?;
        meet(&[&early, &late])?;
        assert_eq!(early.times(id)?, (one, other));
        assert_eq!(early.title(id)?.as_deref(), Some("late"));
    }
    Ok(())
}

/// Queries see the same times as who gets the row.
#[test]
fn they_are_queried_as_they_are_shown() -> Outcome {
    let device = Device::showing(NOW + YEAR)?;
    let ahead = device.add("1, ahead")?;
    device.set(NOW);
    let right = device.add("2, right")?;
    device.set(NOW + MINUTE);
    let later = device.add("3, later")?;
    device.set(NOW + HOUR);
    device.edit(right, "2, edited")?;
    let by_creation = device.query::<Todo>().order_by(Todo::created_at).select(Todo::id).all()?;
    assert_eq!(by_creation, [right, later, ahead]);
    let by_update = device.query::<Todo>().order_by(Todo::updated_at).select(Todo::id).all()?;
    assert_eq!(by_update, [later, right, ahead]);
    let since = Timestamp::from_millis(NOW + MINUTE);
    assert_eq!(device.query::<Todo>().filter(Todo::created_at.le(since)).count()?, 2);
    Ok(())
}
