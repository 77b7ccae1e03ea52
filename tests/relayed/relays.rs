//! Relays that have lost what they had, are others, are full, slow, or out of order. Devices go on by themselves.

use support::proxy::Faults;

use crate::converge::converge;
use crate::network::{Network, ROOM};

#[test]
fn what_a_wiped_relay_has_lost_and_what_was_not_sent_yet_is_sent() {
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("bulk a 20 1000 1");
    phone.ask("count 20");
    phone.ask("once");
    phone.kill();
    laptop.ask("once");
    network.kill_relay();
    laptop.ask("add unsent");
    network.wipe();
    network.start_relay(ROOM);
    laptop.ask("until alarm RelayWentBack");
    laptop.ask("until sent");
    phone.restart();
    phone.ask("count 21");
    phone.ask("add of the phone");
    laptop.ask("count 22");
    let mut tablet = network.joined(&mut phone, "tablet", 1);
    tablet.ask("count 22");
    tablet.ask("verify");
    network.check_numbers();
}

#[test]
fn a_backup_of_the_relay_gets_what_came_after_it_from_whoever_has_it() {
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add one");
    phone.ask("count 1");
    let backup = network.back_up("old.db");
    // This is known to both, that to the laptop alone.
    laptop.ask("add two");
    phone.ask("count 2");
    phone.ask("pause");
    laptop.ask("add three");
    laptop.ask("once");
    phone.ask("add four");
    // The laptop comes last, so the phone fills the relay, and what it has not sent yet goes along.
    laptop.kill();
    network.kill_relay();
    network.put_back(&backup);
    network.start_relay(ROOM);
    phone.ask("resume");
    phone.ask("until alarm RelayWentBack");
    phone.ask("until sent");
    laptop.restart();
    for device in [&mut laptop, &mut phone] {
        device.ask("count 4");
        device.ask("verify");
    }
    let mut tablet = network.joined(&mut phone, "tablet", 1);
    tablet.ask("count 4");
    network.check_numbers();
}

#[test]
fn a_removal_that_the_relay_has_forgotten_is_told_it_again() {
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    let mut tablet = network.joined(&mut laptop, "tablet", 1);
    phone.ask("add one");
    for device in [&mut laptop, &mut tablet] {
        device.ask("count 1");
        device.ask("until device phone");
    }
    phone.ask("pause");
    let backup = network.back_up("old.db");
    laptop.ask("remove phone");
    laptop.ask("add two");
    tablet.ask("count 2");
    network.kill_relay();
    network.put_back(&backup);
    network.start_relay(ROOM);
    // The relay regains the removal from who knows of it.
    laptop.ask("until alarm RelayWentBack");
    laptop.ask("once");
    phone.ask("add three");
    phone.ask("resume");
    let told = phone.ask("until stopped");
    assert!(told.contains("removed"), "{told}");
    laptop.ask("add four");
    tablet.ask("count 3");
    assert_eq!(tablet.ask("titles"), "four,one,two");
    assert_eq!(phone.ask("titles"), "one,three");
    network.check_numbers();
}

/// Two relays that were put back to the same past each let in somebody else: whoever knows of one stops when shown the
/// other, and the way on is a new space.
#[test]
fn twins_of_a_record_stop_sync_and_a_new_space_goes_on() {
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add one");
    phone.ask("count 1");
    phone.ask("until device laptop");
    for device in [&mut laptop, &mut phone] {
        device.ask("once");
    }
    let backup = network.back_up("old.db");
    phone.kill();
    let mut tablet = network.joined(&mut laptop, "tablet", 1);
    tablet.ask("count 1");
    laptop.kill();
    tablet.kill();
    network.kill_relay();
    network.put_back(&backup);
    network.start_relay(ROOM);
    // The phone knows nothing of the tablet, and lets in another one.
    phone.restart();
    let mut watch = network.joined(&mut phone, "watch", 1);
    watch.ask("count 1");
    laptop.restart();
    laptop.ask("until alarm AccessForked");
    let told = laptop.ask("until stopped");
    assert!(told.contains("members"), "{told}");
    laptop.ask("add two");
    laptop.ask("verify");
    // The others join its new space, with what they have.
    phone.ask("add three");
    laptop.ask("start_over");
    laptop.ask("until sent");
    phone.restart_without_session();
    laptop.let_in(&mut phone);
    for device in [&mut laptop, &mut phone] {
        device.ask("count 3");
    }
}

#[test]
fn another_relay_at_the_same_address_gets_everything() {
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("bulk a 20 1000 1");
    phone.ask("count 20");
    network.kill_relay();
    // It has another space.
    network.wipe();
    network.start_relay(ROOM);
    laptop.kill();
    phone.ask("pause");
    let mut stranger = network.first("stranger", 1);
    stranger.ask("add strange");
    stranger.ask("once");
    phone.ask("resume");
    phone.ask("until alarm RelayWentBack");
    laptop.restart();
    laptop.ask("add mine");
    phone.ask("count 21");
    assert_eq!(stranger.ask("titles"), "strange");
    network.check_numbers();
}

#[test]
fn a_full_relay_is_told_and_takes_the_rest_once_there_is_room() {
    const SMALL: u64 = 40_000;
    let mut network = Network::with_room(SMALL);
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add small");
    phone.ask("count 1");
    laptop.ask("bulk large 10 8000 1");
    laptop.ask("until alarm Full");
    // It goes on here, and hears of others.
    phone.ask("add more");
    laptop.ask("count 12");
    laptop.ask("add later");
    // Nobody tells the devices that there is room: they find out.
    network.kill_relay();
    network.start_relay(ROOM);
    phone.ask("count 13");
    laptop.ask("until sent");
    laptop.ask("until no alarm Full");
    for device in [&mut laptop, &mut phone] {
        device.ask("verify");
    }
    network.check_numbers();
}

#[test]
fn a_slow_network_only_takes_longer() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    phone.ask("until sent");
    network.proxy.set_faults(Faults { delay: 1500, ..Faults::NONE });
    laptop.ask("bulk a 30 50000 1");
    phone.ask("add b");
    for device in [&mut laptop, &mut phone] {
        device.ask("count 31");
        device.ask("until connected");
    }
    // No request was given up for its slowness.
    let traffic = network.proxy.traffic();
    assert!(traffic.segments.values().all(|pushed| pushed.times == 1), "{traffic:?}");
}

#[test]
fn a_relay_that_is_out_of_order_is_told_and_asked_again() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add one");
    phone.ask("count 1");
    network.proxy.set_faults(Faults { is_broken: true, ..Faults::NONE });
    network.proxy.cut();
    network.proxy.forget_traffic();
    let mut devices = [laptop, phone];
    for (number, device) in devices.iter_mut().enumerate() {
        device.ask("until failing no relay");
        device.ask(&format!("bulk d{number}n 10 500 {number}"));
        device.ask("until failing");
    }
    // They ask again, but not all the time.
    for device in &mut devices {
        for _ in 0..10 {
            device.ask("news");
        }
    }
    let asked: usize = network.proxy.traffic().asked.values().sum();
    assert!((2..40).contains(&asked), "{asked}");
    network.proxy.set_faults(Faults::NONE);
    for device in &mut devices {
        device.ask("count 21");
        device.ask("until sent");
    }
    converge(&mut devices);
}
