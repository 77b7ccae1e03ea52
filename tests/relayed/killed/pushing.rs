//! While it sends: small transactions, and such that are too large for one part.

use support::cases::scaled;
use support::random::Random;

use super::{Victim, check_all, go_on, interrupt, time};
use crate::network::Network;

#[test]
fn what_was_told_to_be_sent_is_at_the_relay() {
    let mut random = Random::new();
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    let mut notes = 0;
    let write = |round: usize, notes: &mut usize, random: &mut Random| {
        let (count, length) = if round.is_multiple_of(4) { (10, 140_000) } else { (5, 200) };
        *notes += count;
        format!("bulk r{round}n {count} {length} {}", random.next())
    };
    let usual = [0, 1].map(|round| {
        laptop.ask("pause");
        laptop.ask(&write(round, &mut notes, &mut random));
        time(&mut laptop, "once")
    });
    for round in 4..4 + scaled(20) as usize {
        let victim = Victim::any(&mut random);
        let bulk = write(round, &mut notes, &mut random);
        println!("round {round}: {victim:?}");
        // All of it is sent while it may be killed.
        laptop.ask("pause");
        laptop.ask(&bulk);
        let usual = usual[(round % 4).min(1)];
        let at = (&mut network, &mut laptop);
        let answered = interrupt(at, "once", usual, (&mut random, victim));
        if matches!(answered, Some(Ok(_))) {
            // The relay has it, whatever becomes of the device.
            laptop.kill();
            network.restart_relay();
            phone.ask("sync");
            phone.ask(&format!("count {notes}"));
            laptop.restart();
        } else {
            go_on(&mut network, &mut laptop, victim, answered.is_some());
            laptop.ask("resume");
            laptop.ask("once");
            phone.ask("sync");
            network.wait_for(notes, (&mut phone, &mut laptop));
        }
        network.check_numbers();
    }
    assert!(network.most_parts() > 1);
    phone.ask("verify");
    check_all(&mut network, &mut laptop, notes);
}
