//! Devices edit in turns, each having seen what the one before wrote, while their clocks show anything: every
//! write is seen at once, wins over all before it, and shows what its clock showed.

use ara::prelude::*;

use crate::clocks::{Device, MINUTE, NOW, SECOND, Todo, YEAR, meet, rows, see, send};
use support::cases::scaled;
use support::random::Random;
use support::{Outcome, There};

const DEVICES: usize = 4;

/// What a clock may show, between 1970 and 2100.
fn shown(random: &mut Random) -> i64 {
    match random.below(8) {
        0 => random.below(100_000) as i64,
        1 => NOW + random.below(70) as i64 * YEAR,
        2 => NOW - random.below(50) as i64 * YEAR,
        3 => NOW + (random.below(20) as i64 - 10) * MINUTE,
        _ => NOW + random.below(10_000) as i64,
    }
}

/// Fails unless a date is what a clock showed: a second more or less is nothing.
#[track_caller]
fn is_about(date: i64, wall: i64) {
    assert!((date - wall).abs() <= SECOND, "{date} is not about {wall}");
}

#[test]
fn the_last_of_them_wins_whatever_clocks_show() -> Outcome {
    let mut random = Random::new();
    for _ in 0..scaled(12) {
        take_turns(&mut random)?;
    }
    Ok(())
}

fn take_turns(random: &mut Random) -> Outcome {
    let devices: Vec<_> =
        (0..DEVICES).map(|_| Device::showing(shown(random))).collect::<Outcome<_>>()?;
    let mut last = random.below(DEVICES);
    let milk = devices[last].add("0")?;
    let mut walls = vec![devices[last].wall.millis()];
    for turn in 1..40 {
        let next = random.below(DEVICES);
        devices[random.below(DEVICES)].set(shown(random));
        // It may hear of it through another one, and so may one that does not write.
        let between = random.below(DEVICES);
        for (from, to) in [(last, between), (between, next), (last, random.below(DEVICES))] {
            if from != to {
                send(&devices[from], &devices[to])?;
            }
        }
        let title = turn.to_string();
        devices[next].edit(milk, &title)?;
        walls.push(devices[next].wall.millis());
        see(&[&devices[next]], milk, &title);
        let (created_at, updated_at) = devices[next].times(milk)?;
        is_about(created_at, walls[0]);
        is_about(updated_at, walls[turn].max(walls[0]));
        last = next;
    }
    let all: Vec<_> = devices.iter().collect();
    meet(&all)?;
    for device in &devices {
        let history = device.history(milk)?;
        assert_eq!(history.len(), walls.len());
        for (change, wall) in history.iter().zip(&walls) {
            is_about(change.time.millis(), *wall);
        }
        let now = Timestamp::from_millis(device.wall.millis());
        assert_eq!(rows(&device.at(now))?, rows(&device.db)?);
    }
    Ok(())
}

/// Rows that only some have, edits of any of them, and what each device knows when it writes: what it shows
/// then is what it wrote.
#[test]
fn nobody_s_write_loses_to_what_he_had_seen() -> Outcome {
    let mut random = Random::new();
    for _ in 0..scaled(12) {
        let devices: Vec<_> =
            (0..DEVICES).map(|_| Device::showing(shown(&mut random))).collect::<Outcome<_>>()?;
        for step in 0..80_i64 {
            let device = &devices[random.below(DEVICES)];
            device.set(shown(&mut random));
            let known = device.query::<Todo>().order_by(Todo::id).all()?;
            match random.below(3) {
                0 => {
                    let id = device.add(&step.to_string())?;
                    assert_eq!(device.get(id)?.there()?.title, Some(step.to_string()));
                }
                1 if !known.is_empty() => {
                    let id = known[random.below(known.len())].id;
                    device.update(Todo::patch(id).stars(step))?;
                    assert_eq!(device.get(id)?.there()?.stars, Some(step));
                }
                _ => {
                    let other = &devices[random.below(DEVICES)];
                    send(device, other)?;
                    let lacks = known.iter().filter(|todo| {
                        other.query::<Todo>().with_deleted().find(todo.id).ok().flatten().is_none()
                    });
                    assert_eq!(lacks.count(), 0, "what is received is seen at once");
                }
            }
        }
        let all: Vec<_> = devices.iter().collect();
        meet(&all)?;
        let fresh = Device::showing(shown(&mut random))?;
        send(&devices[0], &fresh)?;
        assert_eq!(rows(&fresh.db)?, rows(&devices[0].db)?);
    }
    Ok(())
}
