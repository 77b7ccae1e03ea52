//! The database as it was at a time: of the transactions that are dated up to then, the rows that were created
//! by then. Now and later is the present.

use ara::prelude::*;
use ara::{Error, Timestamp};

use crate::clocks::situations::is_the_present;
use crate::clocks::{
    Device, HOUR, MINUTE, NOW, Page, SECOND, Todo, YEAR, meet, pass, rows, send, sync,
};
use support::{Outcome, There};

/// The titles and times of all rows at a time.
fn then(device: &Device, time: i64) -> Outcome<Vec<(String, i64, i64)>> {
    let past = device.at(Timestamp::from_millis(time));
    let todos = past.query::<Todo>().narrow(Todo::title).order_by(Todo::title).all()?;
    let then = todos.into_iter().map(|todo| {
        let (created_at, updated_at) = (todo.created_at.millis(), todo.updated_at.millis());
        (todo.title, created_at, updated_at)
    });
    Ok(then.collect())
}

fn row(title: &str, created_at: i64, updated_at: i64) -> (String, i64, i64) {
    (title.to_owned(), created_at, updated_at)
}

#[track_caller]
fn is_compacted(device: &Device, time: i64) {
    let past = device.at(Timestamp::from_millis(time));
    let refused = past.query::<Todo>().all();
    assert!(matches!(refused, Err(Error::Compacted { .. })), "{time}: {refused:?}");
}

/// What was written ahead is of then, and everything else of its own time.
#[test]
fn what_was_written_ahead_is_not_of_the_past() -> Outcome {
    let (fast, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let milk = fast.add("milk")?;
    fast.set(NOW + YEAR);
    fast.edit(milk, "milk, ahead")?;
    let tea = fast.add("tea, ahead")?;
    fast.set(NOW + MINUTE);
    fast.edit(milk, "milk, right")?;
    fast.edit(tea, "tea, right")?;
    fast.add("home, right")?;
    fast.set(NOW + HOUR);
    phone.set(NOW + HOUR);
    meet(&[&fast, &phone])?;
    for device in [&fast, &phone] {
        assert_eq!(then(device, NOW - 1)?, []);
        for time in [NOW, NOW + MINUTE - 1] {
            assert_eq!(then(device, time)?, [row("milk", NOW, NOW)]);
        }
        // The tea is of next year, though it was edited since.
        for time in [NOW + MINUTE, NOW + HOUR - 1] {
            let rows = [
                row("home, right", NOW + MINUTE, NOW + MINUTE),
                row("milk, right", NOW, NOW + MINUTE),
            ];
            assert_eq!(then(device, time)?, rows);
        }
        assert_eq!(then(device, NOW + HOUR)?.len(), 3);
        is_the_present(device)?;
        // A year later it is told as the clock told it.
        device.set(NOW + 2 * YEAR);
        assert_eq!(then(device, NOW + HOUR)?.len(), 2);
        assert_eq!(then(device, NOW + YEAR)?.len(), 3);
        is_the_present(device)?;
    }
    Ok(())
}

#[test]
fn what_a_device_behind_wrote_is_of_its_time_but_not_before_its_row() -> Outcome {
    for behind in [6 * MINUTE, YEAR, NOW - 5000] {
        let (slow, phone) = (Device::showing(NOW - behind)?, Device::showing(NOW)?);
        let all = [&slow, &phone];
        let milk = phone.add("milk")?;
        let tea = slow.add("tea")?;
        meet(&all)?;
        slow.edit(milk, "milk, by the slow one")?;
        meet(&all)?;
        pass(&all, 10 * SECOND);
        phone.edit(tea, "tea, by the phone")?;
        meet(&all)?;
        pass(&all, 10 * SECOND);
        let slow_s = NOW - behind;
        // The present is what counts on the slow one, for whom all that is later.
        is_the_present(&slow)?;
        assert_eq!(then(&slow, slow_s + 20 * SECOND)?.len(), 2);
        assert_eq!(then(&slow, slow_s)?, [row("tea", slow_s, slow_s)]);
        assert_eq!(then(&phone, slow_s - 1)?, []);
        assert_eq!(then(&phone, NOW - 1)?, [row("tea", slow_s, slow_s)]);
        let both = [row("milk, by the slow one", NOW, NOW), row("tea", slow_s, slow_s)];
        assert_eq!(then(&phone, NOW)?, both);
        is_the_present(&phone)?;
    }
    Ok(())
}

/// It is this device's own clock that says what now is.
#[test]
fn now_is_what_the_own_clock_shows() -> Outcome {
    let phone = Device::showing(NOW)?;
    let milk = phone.add("milk")?;
    phone.set(NOW + MINUTE);
    phone.edit(milk, "milk, later")?;
    for wall in [NOW + HOUR, NOW + YEAR, NOW + MINUTE, NOW, 5000, 0, -1, i64::MIN, i64::MAX] {
        let device = Device::showing(wall)?;
        send(&phone, &device)?;
        is_the_present(&device)?;
        if wall > NOW + MINUTE {
            assert_eq!(then(&device, NOW)?, [row("milk", NOW, NOW)]);
        } else {
            assert_eq!(then(&device, NOW + MINUTE)?, [row("milk, later", NOW, NOW + MINUTE)]);
        }
        if wall > i64::MIN && wall <= NOW {
            assert_eq!(then(&device, wall - 1)?, []);
        }
    }
    Ok(())
}

/// A device of which all is known everywhere, at four times, is compacted.
#[test]
fn the_past_ends_where_something_later_was_compacted() -> Outcome {
    let phone = Device::showing(NOW)?;
    let milk = phone.add("0")?;
    for n in 1..4 {
        phone.set(NOW + n * MINUTE);
        phone.edit(milk, &n.to_string())?;
    }
    phone.compact(&[phone.version_vector()?])?;
    for n in 4..6 {
        phone.set(NOW + n * MINUTE);
        phone.edit(milk, &n.to_string())?;
    }
    phone.set(NOW + HOUR);
    for time in [i64::MIN, 0, NOW - 1, NOW, NOW + MINUTE, NOW + 3 * MINUTE - 1] {
        is_compacted(&phone, time);
    }
    for n in 3..6 {
        for time in [NOW + n * MINUTE, NOW + (n + 1) * MINUTE - 1] {
            let expected = [row(&n.to_string(), NOW, NOW + n * MINUTE)];
            assert_eq!(then(&phone, time)?, expected);
        }
    }
    is_the_present(&phone)?;
    // Whatever the clock shows then.
    for wall in [NOW, 0, i64::MIN, NOW + YEAR] {
        phone.set(wall);
        is_the_present(&phone)?;
    }
    Ok(())
}

/// What was compacted is dated a year ahead: before that nothing is told, but now is told still.
#[test]
fn what_was_compacted_may_be_dated_ahead() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let milk = phone.add("milk")?;
    sync(&fast, &phone)?;
    fast.edit(milk, "milk, ahead")?;
    fast.add("tea, ahead")?;
    sync(&fast, &phone)?;
    fast.set(NOW + MINUTE);
    phone.set(NOW + MINUTE);
    phone.edit(milk, "milk, right")?;
    sync(&fast, &phone)?;
    let vectors = [fast.version_vector()?, phone.version_vector()?];
    fast.compact(&vectors)?;
    phone.compact(&vectors)?;
    pass(&[&fast, &phone], MINUTE);
    phone.edit(milk, "milk, later")?;
    sync(&fast, &phone)?;
    pass(&[&fast, &phone], MINUTE);
    for device in [&fast, &phone] {
        is_the_present(device)?;
        for time in [NOW - 1, NOW, NOW + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE - 1] {
            is_compacted(device, time);
        }
        device.set(NOW + 2 * YEAR);
        is_compacted(device, NOW + YEAR - 1);
        let told = [row("milk, later", NOW, NOW + 2 * MINUTE)];
        let ahead = row("tea, ahead", NOW + YEAR, NOW + YEAR);
        assert_eq!(then(device, NOW + YEAR)?, [told.as_slice(), &[ahead]].concat());
        is_the_present(device)?;
    }
    Ok(())
}

/// Of each device what was compacted is known: another one's later transactions do not matter.
#[test]
fn what_another_device_wrote_ahead_was_not_compacted() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let milk = phone.add("milk")?;
    phone.set(NOW + MINUTE);
    phone.edit(milk, "milk, edited")?;
    let before = phone.version_vector()?;
    fast.add("tea, ahead")?;
    sync(&fast, &phone)?;
    phone.compact(&[before])?;
    phone.set(NOW + HOUR);
    is_compacted(&phone, NOW + MINUTE - 1);
    for time in [NOW + MINUTE, NOW + HOUR - 1] {
        assert_eq!(then(&phone, time)?, [row("milk, edited", NOW, NOW + MINUTE)]);
    }
    assert_eq!(then(&phone, NOW + HOUR)?.len(), 2);
    is_the_present(&phone)
}

/// What a device at 1970 wrote and what was compacted of it is dated before all else.
#[test]
fn what_was_compacted_may_be_dated_long_ago() -> Outcome {
    let (slow, phone) = (Device::showing(5000)?, Device::showing(NOW)?);
    let milk = slow.add("milk")?;
    slow.edit(milk, "milk, edited")?;
    let of_slow = slow.version_vector()?;
    sync(&slow, &phone)?;
    let tea = phone.add("tea")?;
    phone.set(NOW + MINUTE);
    phone.edit(tea, "tea, edited")?;
    phone.compact(&[of_slow])?;
    phone.set(NOW + HOUR);
    is_compacted(&phone, 4000);
    let milk = row("milk, edited", 5000, 5000);
    assert_eq!(then(&phone, NOW - 1)?, std::slice::from_ref(&milk));
    assert_eq!(then(&phone, NOW)?, [milk, row("tea", NOW, NOW)]);
    is_the_present(&phone)
}

/// What counts of a counter is what was added up to then.
#[test]
fn a_counter_has_the_sum_of_what_is_dated_up_to_then() -> Outcome {
    let (fast, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let page = fast.create(Page::draft().title("page").hits(10))?;
    fast.set(NOW + YEAR);
    fast.hit(page, 5)?;
    fast.set(NOW + MINUTE);
    fast.hit(page, 1)?;
    sync(&fast, &phone)?;
    phone.set(NOW + 2 * MINUTE);
    phone.hit(page, 100)?;
    sync(&fast, &phone)?;
    for device in [&fast, &phone] {
        device.set(NOW + HOUR);
        let sums = [(NOW, 10), (NOW + MINUTE, 11), (NOW + 2 * MINUTE, 111), (NOW + HOUR, 116)];
        for (time, sum) in sums {
            let past = device.at(Timestamp::from_millis(time));
            assert_eq!(
                past.query::<Page>().find(page)?.there()?.hits.there()?.get(),
                sum,
                "{time}"
            );
        }
        is_the_present(device)?;
    }
    Ok(())
}

/// A row that was deleted by a device a year ahead is there until now.
#[test]
fn what_was_deleted_ahead_was_there() -> Outcome {
    let (fast, phone) = (Device::showing(NOW + YEAR)?, Device::showing(NOW)?);
    let milk = phone.add("milk")?;
    sync(&fast, &phone)?;
    fast.delete(milk)?;
    sync(&fast, &phone)?;
    phone.set(NOW + HOUR);
    assert_eq!(phone.get(milk)?, None);
    assert_eq!(then(&phone, NOW + HOUR - 1)?, [row("milk", NOW, NOW)]);
    assert_eq!(then(&phone, NOW + HOUR)?, []);
    is_the_present(&phone)?;
    phone.restore(milk)?;
    sync(&fast, &phone)?;
    pass(&[&phone], HOUR);
    assert_eq!(then(&phone, NOW + HOUR)?, [row("milk", NOW, NOW + HOUR)]);
    assert_eq!(rows(&fast.db)?, rows(&phone.db)?);
    Ok(())
}

/// The clock jumps while a transaction is written: it is there whole, or not at all.
#[test]
fn a_transaction_during_which_the_clock_jumps_has_one_time() -> Outcome {
    for jump in [YEAR, -YEAR, -NOW, 6 * MINUTE, SECOND, i64::MAX - NOW] {
        let (device, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
        let milk = device.add("milk")?;
        device.set(NOW + MINUTE);
        let tea = device.transaction(|tx| {
            tx.update(Todo::patch(milk).title("milk, edited"))?;
            device.set(NOW + MINUTE + jump.min(i64::MAX - NOW - MINUTE));
            let tea = tx.create(Todo::draft().title("tea"))?;
            device.set(NOW + 2 * MINUTE);
            tx.update(Todo::patch(tea).title("tea, edited"))?;
            Ok(tea)
        })?;
        device.set(NOW + HOUR);
        phone.set(NOW + HOUR);
        meet(&[&device, &phone])?;
        let listed = phone.transactions().next().there()??;
        for id in [milk, tea] {
            let change = phone.history(id)?.pop().there()?;
            assert_eq!((change.transaction, change.time), (listed.id, listed.time));
        }
        let then_at = |time| then(&phone, time);
        let times = [NOW + MINUTE + jump / 2, NOW + MINUTE, NOW + 2 * MINUTE, NOW + HOUR - 1];
        for time in times.into_iter().filter(|time| (NOW..NOW + HOUR).contains(time)) {
            let titles: Vec<_> = then_at(time)?.into_iter().map(|row| row.0).collect();
            assert!(titles == ["milk"] || titles == ["milk, edited", "tea, edited"], "{titles:?}");
        }
        is_the_present(&phone)?;
        is_the_present(&device)?;
    }
    Ok(())
}
