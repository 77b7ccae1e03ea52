//! Deleting and restoring, on devices whose clocks differ.

use ara::prelude::*;

use crate::clocks::{
    DAY, Device, HOUR, MINUTE, NOW, Todo, YEAR, meet, pass, see, send, sync, wall,
};
use support::{File, Outcome, There, disk};

/// What the clocks of two devices show.
const WALLS: [[i64; 2]; 8] = [
    [NOW, NOW],
    [NOW + YEAR, NOW],
    [NOW, NOW + YEAR],
    [0, NOW],
    [NOW, 0],
    [NOW - 6 * MINUTE, NOW],
    [i64::MAX, i64::MIN],
    [i64::MIN, i64::MAX],
];

#[test]
fn deleted_here_and_edited_there() -> Outcome {
    for [one, other] in WALLS {
        for deleted_first in [true, false] {
            let (one, other) = (Device::showing(one)?, Device::showing(other)?);
            let third = Device::showing(NOW)?;
            let all = [&one, &other, &third];
            let milk = one.add("Buy milk")?;
            meet(&all)?;
            one.delete(milk)?;
            other.edit(milk, "Buy oat milk")?;
            // The third one hears of both, in this order or in that.
            let order = if deleted_first { [&one, &other] } else { [&other, &one] };
            order.iter().try_for_each(|from| send(from, &third).map(drop))?;
            assert_eq!(third.get(milk)?, None);
            meet(&all)?;
            assert!(third.restore(milk)?);
            meet(&all)?;
            see(&all, milk, "Buy oat milk");
            other.delete(milk)?;
            meet(&all)?;
            assert_eq!(one.get(milk)?, None);
            one.restore(milk)?;
            meet(&all)?;
            see(&all, milk, "Buy oat milk");
        }
    }
    Ok(())
}

/// Two delete one row, a third one hears of one of them only, and restores it; a fourth deletes it again.
#[test]
fn deleted_twice_and_restored_in_between() -> Outcome {
    for [one, other] in WALLS {
        let walls = [one, other, NOW, other];
        let devices = walls.iter().map(|wall| Device::showing(*wall));
        let devices = devices.collect::<Outcome<Vec<_>>>()?;
        let all: Vec<_> = devices.iter().collect();
        let milk = devices[0].add("Buy milk")?;
        meet(&all)?;
        devices[0].delete(milk)?;
        devices[1].delete(milk)?;
        send(&devices[0], &devices[2])?;
        send(&devices[1], &devices[3])?;
        devices[2].restore(milk)?;
        see(&all[2..3], milk, "Buy milk");
        devices[3].delete(milk)?;
        meet(&all)?;
        devices[3].restore(milk)?;
        meet(&all)?;
        see(&all, milk, "Buy milk");
        devices[2].delete(milk)?;
        meet(&all)?;
        assert_eq!(devices[0].get(milk)?, None);
    }
    Ok(())
}

/// A backup of last week is restored, to have back what was deleted since, and then it syncs: the deletions
/// are known to others, and undone one by one.
#[test]
fn what_was_deleted_after_a_backup_is_undone() -> Outcome {
    for later in [7 * DAY, YEAR, -YEAR] {
        let (file, backup, wall) = (File::new()?, File::new()?, wall(NOW));
        let phone = Device::showing(NOW)?;
        let device = Device::opened(file.path(), &wall)?;
        let ids: Vec<_> = (0..5).map(|n| device.add(&n.to_string())).collect::<Outcome<_>>()?;
        sync(&device, &phone)?;
        device.backup(backup.path())?;
        wall.set(NOW + later);
        let mut deletions = Vec::new();
        for id in &ids[..3] {
            device.delete(*id)?;
            deletions.push(device.last_transaction()?.there()?);
        }
        device.add("after the backup")?;
        device.edit(ids[4], "edited after the backup")?;
        sync(&device, &phone)?;
        drop(device);
        disk::options().restore_backup(backup.path(), file.path())?;
        wall.set(NOW + HOUR);
        phone.set(NOW + HOUR);
        let device = Device::opened(file.path(), &wall)?;
        let all = [&device, &phone];
        assert_eq!(device.query::<Todo>().count()?, 5);
        device.edit(ids[3], "edited on the restored one")?;
        meet(&all)?;
        assert_eq!(device.query::<Todo>().count()?, 3);
        see(&all, ids[3], "edited on the restored one");
        see(&all, ids[4], "edited after the backup");
        for deletion in deletions {
            assert_eq!(device.undo(deletion)?.written, 1);
        }
        meet(&all)?;
        assert_eq!(phone.query::<Todo>().count()?, 6);
    }
    Ok(())
}

/// A device was away while the others edited, deleted and compacted; it edits what they deleted.
#[test]
fn who_was_away_longer_than_the_log_goes_back() -> Outcome {
    for away in [NOW, NOW + 400 * DAY, NOW + 2 * YEAR, 0] {
        let (one, other, late) =
            (Device::showing(NOW)?, Device::showing(NOW)?, Device::showing(NOW)?);
        let all = [&one, &other, &late];
        let ids = [one.add("milk")?, one.add("tea")?];
        meet(&all)?;
        for n in 0..20 {
            one.edit(ids[0], &format!("milk {n}"))?;
            other.edit(ids[1], &format!("tea {n}"))?;
            sync(&one, &other)?;
        }
        one.delete(ids[0])?;
        other.delete(ids[1])?;
        sync(&one, &other)?;
        one.wall.advance(400 * DAY);
        other.wall.advance(400 * DAY);
        let vectors = [one.version_vector()?, other.version_vector()?];
        one.compact(&vectors)?;
        other.compact(&vectors)?;
        late.set(away);
        for id in ids {
            late.update(Todo::patch(id).stars(2))?;
        }
        for report in send(&late, &one)?.iter().chain(&send(&other, &late)?) {
            assert!(report.refused.is_empty() && report.forked.is_empty(), "{report:?}");
        }
        let fresh = Device::showing(NOW)?;
        send(&late, &fresh)?;
        let all = [&one, &other, &late, &fresh];
        meet(&all)?;
        assert_eq!(fresh.query::<Todo>().count()?, 0);
        for id in ids {
            fresh.restore(id)?;
        }
        meet(&all)?;
        see(&all, ids[0], "milk 19");
        see(&all, ids[1], "tea 19");
        assert_eq!(one.query::<Todo>().filter(Todo::stars.eq(2)).count()?, 2);
    }
    Ok(())
}

/// Both make the rows that an app begins with, by keys; on one of them they are edited and deleted.
#[test]
fn a_new_device_makes_the_first_rows_again() -> Outcome {
    let seed = |device: &Device| {
        ["inbox", "work", "home"].iter().try_for_each(|key| {
            let draft = Todo::draft().id(Id::from_key(key)).title(*key);
            device.upsert(draft).map(drop)
        })
    };
    for (new, is_later) in [(NOW + DAY, true), (NOW + YEAR, true), (NOW - DAY, false), (0, false)] {
        let (device, other) = (Device::showing(NOW)?, Device::showing(new)?);
        let all = [&device, &other];
        seed(&device)?;
        pass(&all[..1], HOUR);
        device.edit(Id::from_key("work"), "office")?;
        device.delete::<Todo>(Id::from_key("home"))?;
        // A new device, or one without a clock: it has not seen what the other one wrote.
        seed(&other)?;
        meet(&all)?;
        if is_later {
            see(&all, Id::from_key("work"), "work");
            see(&all, Id::from_key("home"), "home");
        } else {
            see(&all, Id::from_key("work"), "office");
            assert_eq!(other.get::<Todo>(Id::from_key("home"))?, None);
        }
        // Having seen them, who makes them again has them all.
        seed(&device)?;
        meet(&all)?;
        see(&all, Id::from_key("work"), "work");
        see(&all, Id::from_key("home"), "home");
    }
    Ok(())
}
