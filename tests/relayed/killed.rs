//! Killed at any moment, a device or the relay: what was acknowledged is there, nothing is there twice, and the space
//! stays whole.

mod joining;
mod moving;
mod pairing;
mod pushing;
mod removing;
mod resealing;

use std::time::{Duration, Instant};

use support::random::Random;

use crate::device::{Answer, Device};
use crate::network::Network;

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Device,
    Relay,
}

impl Victim {
    fn any(random: &mut Random) -> Self {
        if random.below(3) == 0 { Self::Relay } else { Self::Device }
    }
}

/// Returns how long a device takes for something.
fn time(device: &mut Device, command: &str) -> Duration {
    let begun = Instant::now();
    device.ask(command);
    begun.elapsed()
}

/// A time up to this, or a bit longer.
fn moment(random: &mut Random, usual: Duration) -> Duration {
    usual.mul_f64(random.below(1200) as f64 / 1000.0)
}

/// Lets a device do something, which usually takes this long, and kills it or the relay meanwhile. Returns what it
/// answered before anybody was killed.
fn interrupt(
    (network, device): (&mut Network, &mut Device),
    command: &str,
    usual: Duration,
    (random, victim): (&mut Random, Victim),
) -> Option<Answer> {
    device.tell(command);
    let answered = device.answer(moment(random, usual));
    match victim {
        // What it told before it was killed counts.
        Victim::Device => {
            let told = device.kill();
            answered.or_else(|| told.into_iter().next())
        }
        Victim::Relay => {
            network.kill_relay();
            answered
        }
    }
}

/// Whoever was killed goes on. Returns what the device answered, if it lives.
fn go_on(
    network: &mut Network,
    device: &mut Device,
    victim: Victim,
    has_answered: bool,
) -> Option<Answer> {
    match victim {
        Victim::Device => {
            device.restart();
            None
        }
        Victim::Relay => {
            network.restart_relay();
            let answer = (!has_answered).then(|| device.answer(Duration::from_secs(120)));
            answer.map(|answer| answer.expect("it lives"))
        }
    }
}

/// A device that joins gets all of the notes, each once, and holds what its log says.
fn check_all(network: &mut Network, by: &mut Device, notes: usize) {
    network.pass_time();
    let mut new = network.joined(by, "new", 1);
    new.ask(&format!("count {notes}"));
    let titles = new.ask("titles");
    let mut titles: Vec<_> = titles.split(',').collect();
    assert_eq!(titles.len(), notes);
    titles.dedup();
    assert_eq!(titles.len(), notes, "notes are there twice");
    for device in [by, &mut new] {
        device.ask("verify");
    }
    network.check_numbers();
}
