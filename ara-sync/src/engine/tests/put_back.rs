//! Relays that were wiped, put back, or swapped.

use crate::engine::tests::world::{World, converge};
use crate::state::Alarm;

#[test]
fn a_relay_that_was_wiped_is_filled_again() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("laptop");
    phone.write("phone");
    converge(&mut [&mut laptop, &mut phone]);
    world.put_relay_back("empty");
    laptop.write("unsent");
    converge(&mut [&mut phone, &mut laptop]);
    assert_eq!(phone.alarms(), [Alarm::RelayWentBack]);
    assert_eq!(laptop.alarms(), [Alarm::RelayWentBack]);
    assert_eq!(laptop.titles(), ["laptop", "phone", "unsent"]);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
    assert_eq!(late.titles().len(), 3);
    let devices = late.engine.devices().unwrap();
    assert!(devices.iter().all(|device| device.said.is_some()));
}

#[test]
fn what_a_relay_lost_is_sent_again_and_the_rest_is_not() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let large = super::bulk::noise(300_000, 1);
    laptop.write(&large);
    converge(&mut [&mut laptop, &mut phone]);
    world.back_up_relay("backup");
    for at in 0..5 {
        laptop.write(&format!("lost {at}"));
        laptop.sync();
    }
    // The phone is ahead of what was put back, and the laptop has written what it has not sent.
    phone.sync();
    laptop.write("unsent");
    world.put_relay_back("backup");
    *world.net.bytes.lock().unwrap() = 0;
    converge(&mut [&mut phone, &mut laptop]);
    assert!(*world.net.bytes.lock().unwrap() < 100_000);
    assert_eq!(phone.alarms(), [Alarm::RelayWentBack]);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
    assert_eq!(late.titles().len(), 7);
}

#[test]
fn a_removal_that_a_relay_lost_is_not_undone() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut thief = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut thief]);
    world.back_up_relay("backup");
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    world.put_relay_back("backup");
    // The thief has not heard of it, so the relay takes what it sends.
    thief.write("planted");
    thief.sync();
    converge(&mut [&mut phone, &mut laptop]);
    assert_eq!(phone.titles(), Vec::<String>::new());
    assert!(thief.try_sync().is_err());
    assert!(phone.alarms().contains(&Alarm::RelayWentBack));
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
}

#[test]
fn what_is_known_of_a_removed_device_is_kept_where_it_fills_a_relay_with_more() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    phone.write("known");
    converge(&mut [&mut laptop, &mut phone]);
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    laptop.sync();
    world.put_relay_back("empty");
    // It has not heard of its removal.
    phone.write("more");
    phone.sync();
    laptop.sync();
    let mut late = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles(), ["known"]);
    assert_eq!(laptop.engine.bytes_to_send().unwrap(), 0);
}

#[test]
fn a_device_that_a_relay_lost_brings_itself_back() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    world.back_up_relay("backup");
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    world.put_relay_back("backup");
    phone.write("phone");
    // The relay does not know it, until it is sent the records.
    converge(&mut [&mut phone, &mut laptop]);
    assert_eq!(laptop.titles(), ["phone"]);
}

#[test]
fn records_that_two_devices_made_of_one_stop_both() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    world.back_up_relay("backup");
    laptop.engine.add(&world.keys().public()).unwrap();
    world.put_relay_back("backup");
    phone.engine.add(&world.keys().public()).unwrap();
    phone.write("phone");
    phone.sync();
    laptop.write("laptop");
    assert!(matches!(laptop.try_sync(), Err(crate::fault::Fault::Stopped)));
    assert_eq!(laptop.alarms(), [Alarm::AccessForked]);
    assert_eq!(laptop.titles(), ["laptop"]);
    world.reopen(&mut laptop);
    assert!(matches!(laptop.try_sync(), Err(crate::fault::Fault::Stopped)));
}
