//! While a device is removed, and what it had sealed is sealed again.

use std::time::Duration;

use support::cases::scaled;
use support::random::Random;

use super::{Victim, check_all, go_on, interrupt};
use crate::network::Network;

/// How long a removal usually takes, and sealing a few segments again.
const USUAL: Duration = Duration::from_millis(150);

#[test]
fn who_was_told_to_be_out_is_out_and_what_it_wrote_stays() {
    let mut random = Random::new();
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut tablet = network.joined(&mut laptop, "tablet", 1);
    let mut notes = 0;
    for round in 0..scaled(10) {
        network.pass_time();
        let name = format!("phone{round}");
        let mut phone = network.joined(&mut laptop, &name, 1);
        for bulk in 0..3 {
            phone.ask(&format!("bulk p{round}b{bulk}n 4 500 {}", random.next()));
            phone.ask("once");
        }
        notes += 12;
        laptop.ask(&format!("count {notes}"));
        laptop.ask(&format!("until device {name}"));
        let remove = format!("remove {name}");
        for (command, victim) in
            [(&*remove, Victim::any(&mut random)), ("once", Victim::any(&mut random))]
        {
            println!("round {round}: {victim:?} at {command}");
            let at = (&mut network, &mut laptop);
            let answered = interrupt(at, command, USUAL, (&mut random, victim));
            let later = go_on(&mut network, &mut laptop, victim, answered.is_some());
            let is_done = matches!(answered.or(later), Some(Ok(_)));
            if command == remove && !is_done {
                // It is out already, or now.
                laptop.ask("once");
                let again = laptop.try_to(&remove);
                assert!(
                    again.as_ref().map_or_else(|error| error.contains("no such device"), |_| true),
                    "{again:?}"
                );
            }
        }
        laptop.ask(&format!("add s{round}"));
        notes += 1;
        laptop.ask("once");
        tablet.ask(&format!("count {notes}"));
        let told = phone.ask("until stopped");
        assert!(told.contains("removed"), "{told}");
        let titles = phone.ask("titles");
        assert!(!titles.split(',').any(|title| title == format!("s{round}")), "{titles}");
    }
    tablet.ask("verify");
    check_all(&mut network, &mut laptop, notes);
    let (_, replaced) = network.check_numbers();
    assert!(replaced > 0, "what the removed had sealed is sealed again");
}
