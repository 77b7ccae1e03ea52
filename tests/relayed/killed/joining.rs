//! While a device that has joined gets what there is.

use std::time::Instant;

use support::cases::scaled;
use support::random::Random;

use super::{Victim, check_all, moment};
use crate::network::Network;

#[test]
fn a_first_sync_goes_on_where_it_was_broken_off() {
    const BULKS: usize = 6;
    const EACH: usize = 10;
    const NOTES: usize = BULKS * EACH;
    let mut random = Random::new();
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    for bulk in 0..BULKS {
        laptop.ask(&format!("bulk b{bulk}n {EACH} 40000 {}", random.next()));
        laptop.ask("once");
    }
    let begun = Instant::now();
    network.joined(&mut laptop, "first", 1).ask(&format!("count {NOTES}"));
    let usual = begun.elapsed() / 2;
    for round in 0..scaled(12) {
        let victim = Victim::any(&mut random);
        println!("round {round}: {victim:?}");
        network.pass_time();
        let mut phone = network.joined(&mut laptop, &format!("phone{round}"), 1);
        // It has nothing to tell meanwhile.
        assert!(phone.answer(moment(&mut random, usual)).is_none());
        match victim {
            Victim::Device => phone.restart(),
            Victim::Relay => network.restart_relay(),
        }
        phone.ask(&format!("count {NOTES}"));
        phone.ask("verify");
    }
    check_all(&mut network, &mut laptop, NOTES);
}
