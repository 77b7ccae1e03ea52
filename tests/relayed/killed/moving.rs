//! While the space moves to another relay.

use std::time::Duration;

use support::cases::scaled;
use support::random::Random;

use super::{check_all, moment};
use crate::network::Network;

/// How long moving usually takes.
const USUAL: Duration = Duration::from_millis(150);

#[test]
fn a_space_that_moves_arrives_whole() {
    let mut random = Random::new();
    let mut old = Network::start();
    let mut laptop = old.first("laptop", 1);
    let mut phone = old.joined(&mut laptop, "phone", 1);
    let (mut notes, mut left) = (0, vec![]);
    for round in 0..scaled(16) {
        let mut new = Network::start();
        let victim = ["laptop", "old", "new"][random.below(3)];
        println!("round {round}: {victim}");
        laptop.ask(&format!("bulk r{round}n 5 2000 {}", random.next()));
        notes += 5;
        phone.ask(&format!("count {notes}"));
        let command = format!("move {}", new.url());
        laptop.tell(&command);
        let answered = laptop.answer(moment(&mut random, USUAL));
        let later = match victim {
            "laptop" => {
                let told = laptop.kill();
                laptop.restart();
                told.into_iter().next()
            }
            relay => {
                if relay == "old" {
                    old.restart_relay()
                } else {
                    new.restart_relay()
                };
                let is_open = answered.is_none();
                is_open.then(|| laptop.answer(Duration::from_secs(120)).expect("it lives"))
            }
        };
        if !matches!(answered.or(later), Some(Ok(_))) {
            // It may have moved before it was killed.
            let again = laptop.try_to(&command);
            println!("again: {again:?}");
        }
        for device in [&mut laptop, &mut phone] {
            device.ask(&format!("until relay {}", new.url()));
            device.ask("until sent");
        }
        phone.ask(&format!("add r{round}"));
        notes += 1;
        laptop.ask(&format!("count {notes}"));
        // Devices that come late still learn of it here.
        left.push(std::mem::replace(&mut old, new));
    }
    check_all(&mut old, &mut laptop, notes);
}
