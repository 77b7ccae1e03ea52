//! While what was forgotten is sealed again without it, and small segments are made into large ones.

use support::cases::scaled;
use support::random::Random;

use super::{Victim, check_all, go_on, interrupt, time};
use crate::network::Network;

#[test]
fn what_is_sealed_again_is_whole_at_any_moment() {
    const EACH: usize = 12;
    let mut random = Random::new();
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    let mut notes = 0;
    let mut usual = None;
    for round in 0..=scaled(10) {
        for bulk in 0..2 {
            laptop.ask(&format!("bulk r{round}b{bulk}n {EACH} 8000 {}", random.next()));
            laptop.ask("once");
        }
        notes += 2 * EACH;
        phone.ask("sync");
        phone.ask(&format!("count {notes}"));
        let (_, before) = network.check_numbers();
        laptop.ask("pause");
        laptop.ask(&format!("forget r{round}b0n0"));
        notes -= 1;
        let Some(usual) = usual else {
            usual = Some(time(&mut laptop, "once"));
            laptop.ask("resume");
            continue;
        };
        let victim = Victim::any(&mut random);
        println!("round {round}: {victim:?}");
        let at = (&mut network, &mut laptop);
        let answered = interrupt(at, "once", usual, (&mut random, victim));
        go_on(&mut network, &mut laptop, victim, answered.is_some());
        laptop.ask("resume");
        laptop.ask("once");
        phone.ask("sync");
        network.wait_for(notes, (&mut phone, &mut laptop));
        let (_, replaced) = network.check_numbers();
        assert!(replaced > before, "what was forgotten is still there");
    }
    phone.ask("verify");
    check_all(&mut network, &mut laptop, notes);
}
