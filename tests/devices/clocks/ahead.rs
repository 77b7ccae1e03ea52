//! Devices whose clocks are ahead.

use ara::prelude::*;

use crate::clocks::{
    DAY, Device, HOUR, MINUTE, NOW, SECOND, Todo, YEAR, edit_in_turn, meet, pass, same, see, send,
    sync, wall,
};
use support::{File, Outcome, There};

/// How far a clock may be ahead: what is less than five minutes, and what is more.
const AHEAD: [i64; 7] = [SECOND, MINUTE, 5 * MINUTE, 5 * MINUTE + 1, HOUR, DAY, YEAR];

#[test]
fn what_it_writes_is_seen_at_once_and_edits_of_it_win() -> Outcome {
    for ahead in AHEAD {
        let (fast, phone) = (Device::showing(NOW + ahead)?, Device::showing(NOW)?);
        let tablet = Device::showing(NOW)?;
        let all = [&fast, &phone, &tablet];
        let milk = phone.add("Buy milk")?;
        meet(&all)?;
        see(&all, milk, "Buy milk");
        pass(&all, SECOND);
        fast.edit(milk, "Buy oat milk")?;
        let tea = fast.add("Make tea")?;
        let reports = send(&fast, &phone)?;
        assert!(reports.iter().all(|report| report.set_aside == 0), "{ahead}: {reports:?}");
        see(&all[..2], milk, "Buy oat milk");
        see(&all[..2], tea, "Make tea");
        meet(&all)?;
        // Everybody's later edit of what he saw wins, one after the other.
        edit_in_turn(&all, &[&phone, &tablet, &fast, &tablet, &phone], [milk, tea], SECOND)?;
        // Nothing comes back when the time of what was dated ahead has come.
        pass(&all, ahead + HOUR);
        phone.add("Later")?;
        meet(&all)?;
        see(&all, milk, "Buy milk 4");
        see(&all, tea, "Buy milk 4");
        assert_eq!(phone.query::<Todo>().count()?, 3);
    }
    Ok(())
}

#[test]
fn edits_win_also_once_the_clock_was_put_right() -> Outcome {
    for ahead in AHEAD {
        let (fast, phone) = (Device::showing(NOW + ahead)?, Device::showing(NOW)?);
        let all = [&fast, &phone];
        let milk = phone.add("Buy milk")?;
        meet(&all)?;
        fast.edit(milk, "Buy oat milk")?;
        let tea = fast.add("Make tea")?;
        meet(&all)?;
        fast.set(NOW + 2 * SECOND);
        phone.set(NOW + 2 * SECOND);
        meet(&all)?;
        see(&all, milk, "Buy oat milk");
        edit_in_turn(&all, &[&phone, &fast, &fast, &phone, &fast], [milk, tea], SECOND)?;
        pass(&all, ahead + HOUR);
        meet(&all)?;
        see(&all, milk, "Buy milk 4");
    }
    Ok(())
}

/// A clock makes no other device of one: what was written ahead stays what it is, and who wrote it.
#[test]
fn nothing_is_issued_again() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let node = fast.node()?;
    let tea = fast.add("Make tea")?;
    send(&fast, &phone)?;
    let before = phone.history(tea)?;
    fast.set(NOW + MINUTE);
    fast.add("Call home")?;
    phone.add("Buy milk")?;
    meet(&[&fast, &phone])?;
    assert_eq!((phone.history(tea)?, fast.node()?), (before, node));
    assert_eq!(phone.version_vector()?.len(), 2);
    Ok(())
}

#[test]
fn a_device_between_passes_it_on() -> Outcome {
    let (fast, between, phone) =
        (Device::showing(NOW + YEAR)?, Device::showing(NOW)?, Device::showing(NOW)?);
    let tea = fast.add("Make tea")?;
    send(&fast, &between)?;
    send(&between, &phone)?;
    see(&[&fast, &between, &phone], tea, "Make tea");
    same(&[&fast, &between, &phone])?;
    phone.edit(tea, "Drink tea")?;
    send(&phone, &between)?;
    send(&between, &fast)?;
    see(&[&fast, &between, &phone], tea, "Drink tea");
    same(&[&fast, &between, &phone])
}

/// In other rows, of two who write at the same time, it is the later one who wins still.
#[test]
fn a_clock_ahead_spoils_no_rows_but_those_it_wrote() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let tablet = Device::showing(NOW)?;
    let all = [&fast, &phone, &tablet];
    let milk = phone.add("Buy milk")?;
    let tea = fast.add("Make tea")?;
    meet(&all)?;
    let pairs = [(&phone, &tablet), (&tablet, &phone), (&fast, &phone)];
    for (n, (earlier, later)) in pairs.into_iter().enumerate() {
        fast.set(phone.wall.millis());
        pass(&all, MINUTE);
        earlier.edit(milk, &format!("{n}: earlier"))?;
        pass(&all, MINUTE);
        later.edit(milk, &format!("{n}: later"))?;
        meet(&all)?;
        see(&all, milk, &format!("{n}: later"));
    }
    // Where it is spoiled, one of the two wins everywhere, and who edits after that wins over it.
    phone.edit(tea, "by the phone")?;
    pass(&all, SECOND);
    tablet.edit(tea, "by the tablet")?;
    meet(&all)?;
    phone.edit(tea, "by the phone, again")?;
    meet(&all)?;
    see(&all, tea, "by the phone, again");
    Ok(())
}

/// Two devices that were both ahead, and had met before they were put right.
#[test]
fn two_that_met_ahead_are_seen_by_a_third() -> Outcome {
    for ahead in [10 * MINUTE, HOUR, DAY, YEAR] {
        let (one, other) = (Device::showing(NOW + ahead)?, Device::showing(NOW + ahead)?);
        let third = Device::showing(NOW)?;
        let all = [&one, &other, &third];
        one.add("1, ahead")?;
        sync(&one, &other)?;
        other.add("2, ahead")?;
        sync(&one, &other)?;
        let right = NOW + MINUTE;
        all.iter().for_each(|device| device.set(right));
        let new = [one.add("3, right")?, other.add("4, right")?];
        meet(&all)?;
        assert_eq!(third.titles()?, ["1, ahead", "2, ahead", "3, right", "4, right"]);
        for id in new {
            assert_eq!(third.times(id)?, (right, right));
        }
        pass(&all, DAY);
        for (device, title) in all.iter().zip(["5", "6", "7"]) {
            device.add(title)?;
        }
        meet(&all)?;
        assert_eq!(third.titles()?.len(), 7);
        assert_eq!(third.version_vector()?.len(), 3);
    }
    Ok(())
}

/// One that is put right alone, or without writing, or that only gives, or only gets.
#[test]
fn who_is_put_right_first_sees_the_others() -> Outcome {
    let (one, other) = (Device::showing(NOW + YEAR)?, Device::showing(NOW + YEAR)?);
    one.add("1")?;
    other.add("2")?;
    sync(&one, &other)?;
    one.set(NOW);
    assert_eq!(one.titles()?, ["1", "2"]);
    one.add("3")?;
    sync(&one, &other)?;
    assert_eq!(other.titles()?, ["1", "2", "3"]);
    other.add("4, still ahead")?;
    sync(&one, &other)?;
    assert_eq!(one.titles()?, ["1", "2", "3", "4, still ahead"]);
    other.set(NOW);
    other.add("5")?;
    sync(&one, &other)?;
    assert_eq!(one.titles()?.len(), 5);
    same(&[&one, &other])
}

#[test]
fn what_a_lost_device_wrote_ahead_is_there() -> Outcome {
    let (left, lost) = (Device::showing(NOW + YEAR)?, Device::showing(NOW + YEAR)?);
    let phone = Device::showing(NOW)?;
    lost.add("1, by the lost one")?;
    let tea = lost.add("Make tea")?;
    sync(&left, &lost)?;
    drop(lost);
    left.set(NOW + MINUTE);
    phone.set(NOW + MINUTE);
    left.add("2, right")?;
    let all = [&left, &phone];
    meet(&all)?;
    assert_eq!(phone.titles()?, ["1, by the lost one", "2, right", "Make tea"]);
    let milk = phone.add("Buy milk")?;
    meet(&all)?;
    left.edit(milk, "Buy milk: done")?;
    left.edit(tea, "Make tea: done")?;
    meet(&all)?;
    see(&all, milk, "Buy milk: done");
    see(&all, tea, "Make tea: done");
    phone.update(Todo::patch(milk).done(true))?;
    phone.edit(tea, "Drink tea")?;
    meet(&all)?;
    see(&all, tea, "Drink tea");
    assert_eq!(left.get(milk)?.and_then(|todo| todo.done), Some(true));
    Ok(())
}

/// Who watches is told, and who may only read reads it.
#[test]
fn watches_and_readers_see_it_at_once() -> Outcome {
    let (file, wall) = (File::new()?, wall(NOW));
    let phone = Device::opened(file.path(), &wall)?;
    let milk = phone.add("Buy milk")?;
    let reads = wall.options().read_only().open(file.path())?;
    let mut titles = phone.query::<Todo>().order_by(Todo::title).select(Todo::title).watch()?;
    assert_eq!(titles.try_recv()?.map(|titles| titles.len()), Some(1));
    for ahead in AHEAD {
        let fast = Device::showing(NOW + ahead)?;
        send(&phone, &fast)?;
        let title = format!("Buy milk, {ahead} ahead");
        fast.edit(milk, &title)?;
        send(&fast, &phone)?;
        let seen = titles.try_recv()?.there()?;
        assert_eq!(seen, [Some(title.clone())]);
        assert_eq!(reads.get(milk)?.there()?.title, Some(title));
        assert_eq!(reads.set_aside()?, []);
    }
    Ok(())
}

/// Thousands of changes that are dated ahead are changes like others.
#[test]
fn many_are_seen_at_once() -> Outcome {
    let (fast, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let ids = fast.create_all((0..2000_i64).map(|n| Todo::draft().title("Think").stars(n)))?;
    fast.set(NOW + YEAR);
    for some in ids.chunks(500) {
        fast.transaction(|tx| {
            some.iter().try_for_each(|id| tx.update(Todo::patch(*id).stars(-1)).map(drop))
        })?;
    }
    fast.create_all((0..2000).map(|_| Todo::draft().title("Think ahead")))?;
    let reports = send(&fast, &phone)?;
    assert_eq!(reports.iter().map(|report| report.set_aside).sum::<u64>(), 0);
    assert_eq!(phone.query::<Todo>().filter(Todo::stars.eq(-1)).count()?, 2000);
    assert_eq!(phone.query::<Todo>().count()?, 4000);
    phone.update(Todo::patch(ids[7]).stars(7))?;
    fast.set(NOW + MINUTE);
    // What is written now is all that there is to send.
    fast.add("Back")?;
    assert_eq!(send(&fast, &phone)?.iter().map(|report| report.changes).sum::<u64>(), 1);
    meet(&[&fast, &phone])?;
    assert_eq!(fast.get(ids[7])?.and_then(|todo| todo.stars), Some(7));
    Ok(())
}
