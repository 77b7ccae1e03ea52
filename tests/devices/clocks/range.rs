//! Clocks at both ends of the range, and beyond.

use ara::prelude::*;
use ara::{Stored, Timestamp};

use crate::clocks::{Device, MINUTE, NOW, Todo, edit_in_turn, meet, rows, see};
use support::Outcome;

/// The last millisecond for which a clock is believed, in the year 4199.
const LAST: i64 = 1 << 46;

const WALLS: [i64; 13] = [
    i64::MIN,
    -1,
    0,
    // The end of 32 bits of seconds, with a sign and without.
    (1 << 31) * 1000 - 1,
    (1 << 32) * 1000 - 1,
    LAST - 1,
    LAST,
    LAST + 1,
    LAST + (1 << 32),
    1 << 47,
    // The last second of the year 9999.
    253_402_300_799_000,
    i64::MAX - 1,
    i64::MAX,
];

#[test]
fn what_it_writes_is_seen_and_what_others_write_after_it_wins() -> Outcome {
    for wall in WALLS {
        end(wall).map_err(|error| format!("{wall}: {error}"))?;
    }
    Ok(())
}

fn end(wall: i64) -> Outcome {
    let (odd, phone) = (Device::showing(wall)?, Device::showing(NOW)?);
    let all = [&odd, &phone];
    let milk = odd.add("Buy milk")?;
    odd.edit(milk, "Buy oat milk")?;
    assert_eq!(odd.history(milk)?.len(), 2);
    meet(&all)?;
    see(&all, milk, "Buy oat milk");
    let (created_at, updated_at) = phone.times(milk)?;
    assert!(created_at <= updated_at);
    let tea = phone.add("Make tea")?;
    assert_eq!(phone.times(tea)?, (NOW, NOW));
    edit_in_turn(&all, &[&phone, &odd, &phone, &odd, &odd, &phone], [milk, tea], 0)?;
    for device in all {
        for time in [device.wall.millis(), i64::MAX] {
            assert_eq!(rows(&device.at(Timestamp::from_millis(time)))?, rows(&device.db)?);
        }
    }
    assert!(odd.transactions().all(|told| told.is_ok()));

    // The clock is put right.
    odd.set(NOW + MINUTE);
    phone.set(NOW + MINUTE);
    let new = odd.add("Call home")?;
    assert_eq!(odd.times(new)?, (NOW + MINUTE, NOW + MINUTE));
    for device in [&odd, &phone] {
        let title = format!("right, {}", device.node()?);
        device.edit(milk, &title)?;
        meet(&all)?;
        see(&all, milk, &title);
    }
    assert_eq!((phone.query::<Todo>().count()?, phone.version_vector()?.len()), (3, 2));
    Ok(())
}

#[test]
fn both_ends_edit_in_turns() -> Outcome {
    let (first, last) = (Device::showing(i64::MIN)?, Device::showing(i64::MAX)?);
    let phone = Device::showing(NOW)?;
    let all = [&first, &last, &phone];
    let mut ids = Vec::new();
    for device in all {
        ids.push(device.add("0")?);
        meet(&all)?;
    }
    for turn in 1..13 {
        let title = turn.to_string();
        for id in &ids {
            all[turn % 3].edit(*id, &title)?;
        }
        meet(&all)?;
        ids.iter().for_each(|id| see(&all, *id, &title));
    }
    Ok(())
}

#[test]
fn a_clock_that_shows_anything_stops_no_write() -> Outcome {
    let (odd, phone) = (Device::showing(NOW)?, Device::showing(NOW)?);
    let milk = odd.add("start")?;
    let there_and_back = WALLS.iter().chain(WALLS.iter().rev()).chain(&[NOW]);
    let mut titles = vec!["start".to_owned()];
    for (number, wall) in there_and_back.enumerate() {
        odd.set(*wall);
        titles.push(format!("{number}: {wall}"));
        odd.edit(milk, &titles[titles.len() - 1])?;
        see(&[&odd], milk, &titles[titles.len() - 1]);
    }
    meet(&[&odd, &phone])?;
    for device in [&odd, &phone] {
        let told = device.history(milk)?;
        let told = told.iter().flat_map(|change| &change.columns);
        let told: Vec<_> = told
            .filter(|column| column.column == "title")
            .map(|column| column.to.clone())
            .collect();
        let expected: Vec<_> =
            titles.iter().map(|title| Some(Stored::Text(title.clone().into()))).collect();
        assert_eq!(told, expected);
    }
    phone.edit(milk, "by the phone")?;
    meet(&[&odd, &phone])?;
    see(&[&odd, &phone], milk, "by the phone");
    Ok(())
}

/// More writes than a millisecond has stamps, at the end of time.
#[test]
fn a_clock_that_stands_at_the_end_uses_nothing_up() -> Outcome {
    let (odd, phone) = (Device::showing(i64::MAX)?, Device::showing(NOW)?);
    let milk = odd.add("Buy milk")?;
    odd.transaction(|tx| {
        (0..70_000).try_for_each(|n| tx.update(Todo::patch(milk).stars(n)).map(drop))
    })?;
    let all = [&odd, &phone];
    meet(&all)?;
    assert_eq!(phone.get(milk)?.and_then(|todo| todo.stars), Some(69_999));
    phone.edit(milk, "Buy oat milk")?;
    phone.update(Todo::patch(milk).stars(1))?;
    meet(&all)?;
    see(&all, milk, "Buy oat milk");
    assert_eq!(odd.get(milk)?.and_then(|todo| todo.stars), Some(1));
    Ok(())
}
