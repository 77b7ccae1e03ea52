//! A device that comes back after a hundred days, in which all that it knew of the relay was sealed again.

use ara::prelude::*;

use crate::engine::tests::sealed_again::settled::{assert_settles, become_quiet};
use crate::engine::tests::world::{Todo, World, converge};
use crate::state::Alarm;

const DAYS: i64 = 100;

/// How many requests a device that was away may take until it has all, and all others have what it wrote.
const MOST_REQUESTS: usize = 12;

#[test]
fn who_was_away_for_a_hundred_days_brings_and_gets_everything() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    let mut away = world.join(&mut laptop);
    let [gone, edited] = ["gone before it went", "gone while it edits"].map(|title| {
        let row = away.write(title);
        away.sync();
        row
    });
    let of_tablet = tablet.write("tablet");
    converge(&mut [&mut laptop, &mut phone, &mut tablet, &mut away]);

    away.write("unsent before");
    away.db.update(Todo::patch(edited).notes("edited away")).unwrap();
    away.db.update(Todo::patch(of_tablet).notes("edited away")).unwrap();
    for day in 0..DAYS {
        let writer = if day % 4 == 0 { &mut phone } else { &mut laptop };
        writer.write(&format!("day {day:02}"));
        writer.sync();
        match day {
            10 => laptop.engine.remove(&[tablet.engine.own_key()]).unwrap(),
            20 => phone.engine.rotate().unwrap(),
            30 => laptop.engine.set_recovery(&world.keys()).unwrap(),
            40 | 50 => {
                let row = if day == 40 { gone } else { edited };
                phone.sync();
                phone.db.delete(row).unwrap();
                assert!(phone.db.forget(row).unwrap());
            }
            60 => laptop.engine.add(&world.keys().public()).unwrap(),
            70 => {
                laptop.sync();
                let vectors = [&laptop, &phone].map(|it| it.db.version_vector().unwrap());
                laptop.db.compact(&vectors).unwrap();
            }
            _ => {}
        }
        world.wait(24 * 60 * 60);
    }
    become_quiet(&mut [&mut laptop, &mut phone]);
    let segments = laptop.db.sync_read(|sync| {
        Ok(sync.query_row("SELECT count(*) FROM ara_segment", [], |row| row.get::<_, i64>(0))?)
    });
    assert!(segments.unwrap().unwrap() < DAYS);

    away.write("unsent after");
    world.net.sent();
    *world.net.bytes.lock().unwrap() = 0;
    away.sync();
    let (requests, bytes) = (world.net.sent(), *world.net.bytes.lock().unwrap());
    println!("{} requests, {bytes} bytes sent", requests.len());
    assert!(requests.len() <= MOST_REQUESTS, "{requests:?}");
    let days: Vec<_> = (0..DAYS).map(|day| format!("day {day:02}")).collect();
    let mut titles = vec!["tablet", "unsent before", "unsent after"];
    titles.extend(days.iter().map(String::as_str));
    // What it says of its members is dismissed, as by its user.
    for device in [&laptop, &phone, &away] {
        for alarm in device.alarms() {
            let of_members = matches!(
                alarm,
                Alarm::DeviceAdded { .. }
                    | Alarm::DeviceRemoved { .. }
                    | Alarm::RecoveryWordsSet { .. }
            );
            assert!(of_members, "{alarm:?}");
            device.engine.dismiss(&alarm).unwrap();
        }
    }
    assert_settles(&world, &mut [&mut laptop, &mut phone, &mut away], &titles);
    for device in [&laptop, &phone] {
        let row = device.db.get(of_tablet).unwrap().unwrap();
        assert_eq!(row.notes.as_deref(), Some("edited away"));
    }
}
