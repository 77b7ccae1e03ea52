//! Devices on several versions of an app, whose clocks show anything, through a network that loses, cuts, delays and
//! doubles requests, and a relay that is killed now and then: in the end all have the same.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use support::cases::scaled;
use support::proxy::Faults;
use support::random::Random;

use crate::device::Device;
use crate::network::Network;

/// How long the devices may take until all have the same.
const LONG: Duration = Duration::from_secs(120);

/// Five devices with their versions of the app.
const DEVICES: [(&str, u8); 5] = [("one", 1), ("two", 1), ("three", 2), ("four", 3), ("five", 3)];

/// Returns how far a clock is ahead: nearly right, or in 1970, or years ahead or behind.
fn clock(random: &mut Random) -> i64 {
    const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;
    match random.below(4) {
        0 => -60 * YEAR,
        1 => (random.below(20) as i64 - 10) * YEAR,
        _ => random.below(2000) as i64 - 1000,
    }
}

fn set_clock(device: &mut Device, random: &mut Random) {
    device.ask(&format!("clock {}", clock(random)));
}

/// Waits until all devices know the same.
pub fn converge(devices: &mut [Device]) {
    let end = Instant::now() + LONG;
    devices.iter_mut().for_each(|device| drop(device.ask("sync")));
    loop {
        let vectors: Vec<_> = devices.iter_mut().map(|device| device.ask("vector")).collect();
        if vectors.iter().all(|vector| *vector == vectors[0]) {
            return;
        }
        let mut told = || devices.iter_mut().map(|device| device.ask("status")).collect::<Vec<_>>();
        assert!(Instant::now() < end, "they do not know the same: {:#?}", told());
        devices.iter_mut().for_each(|device| drop(device.ask("news")));
    }
}

/// Each device edits something, all at the same time.
fn edit(devices: &mut [Device], random: &mut Random) {
    for device in &mut *devices {
        device.tell(&format!("edit {} {}", 1 + random.below(8), random.next()));
    }
    for device in devices {
        device.answer(LONG).expect("is there").expect("edits");
    }
}

/// Fails unless all devices of the same version show the same.
fn check(devices: &mut [Device]) {
    let mut exports: Vec<(u8, String)> = vec![];
    for device in devices {
        device.ask("verify");
        exports.push((device.version(), device.ask("export")));
    }
    for pair in exports.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let [one, other] = [0, 1].map(|at| pair[at].1.split('\t').collect::<BTreeSet<_>>());
        let differing: Vec<_> = one.symmetric_difference(&other).collect();
        assert!(differing.is_empty(), "{differing:#?}");
    }
}

fn run(random: &mut Random) {
    let mut network = Network::start();
    let mut devices = vec![network.first("one", 1)];
    let (last, others) = DEVICES.split_last().unwrap();
    for (name, version) in &others[1..] {
        let joined = network.joined(&mut devices[0], name, *version);
        devices.push(joined);
    }
    let per_mille = 100 + random.below(300);
    network.proxy.set_faults(Faults { per_mille, ..Faults::NONE });
    let mut joining = network.device(last.0, last.1);
    devices[0].let_in_at_last(&mut joining, || network.pass_time());
    devices.push(joining);
    for _ in 0..12 {
        edit(&mut devices, random);
        let device = &mut devices[random.below(DEVICES.len())];
        match random.below(6) {
            0 => network.restart_relay(),
            1 => device.restart(),
            2 => drop(device.ask("pause")),
            3 => network.proxy.cut(),
            _ => set_clock(device, random),
        }
        devices[random.below(DEVICES.len())].ask("resume");
    }
    network.proxy.set_faults(Faults::NONE);
    devices.iter_mut().for_each(|device| drop(device.ask("resume")));
    converge(&mut devices);
    check(&mut devices);
    network.check_numbers();
    // Who heard that the relay has a segment does not send that again.
    let traffic = network.proxy.traffic();
    assert!(traffic.segments.values().all(|pushed| pushed.told <= 1), "{traffic:?}");
    // Once they have the same version, they show the same.
    devices.iter_mut().for_each(|device| device.update_to(3));
    converge(&mut devices);
    check(&mut devices);
}

#[test]
fn five_devices_on_three_versions_end_with_the_same() {
    let mut random = Random::new();
    (0..scaled(2)).for_each(|_| run(&mut random));
}

#[test]
fn what_is_written_is_sent_once() {
    const NOTES: usize = 20;
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add first");
    phone.ask("count 1");
    for (device, other) in [(&mut laptop, "phone"), (&mut phone, "laptop")] {
        device.ask(&format!("until device {other}"));
        device.ask("until sent");
    }
    network.proxy.forget_traffic();
    for number in 0..NOTES {
        laptop.ask(&format!("add note{number}"));
        phone.ask(&format!("count {}", number + 2));
    }
    let traffic = network.proxy.traffic();
    let pushed: Vec<_> = traffic.segments.values().map(|pushed| pushed.times).collect();
    assert_eq!(pushed, [1; NOTES], "{traffic:?}");
    let bytes = (traffic.up + traffic.down) / NOTES;
    println!("{bytes} bytes a note: {:?}", traffic.asked);
    assert!(bytes < 4000, "{bytes} bytes a note: {:?}", traffic.asked);
}
