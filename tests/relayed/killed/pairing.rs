//! While a device is let in: either side, or the relay.

use std::time::Duration;

use support::cases::scaled;
use support::random::Random;

use super::moment;
use crate::device::{Answer, Device};
use crate::network::Network;

/// How long a step of a pairing usually takes.
const STEP: Duration = Duration::from_millis(80);

/// How long a device may take.
const LONG: Duration = Duration::from_secs(120);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Member,
    Joining,
    Relay,
}

/// A pairing, which is broken off in its step of this number.
struct Pairing<'a> {
    network: &'a mut Network,
    member: &'a mut Device,
    joining: &'a mut Device,
    random: &'a mut Random,
    victim: Victim,
    step: usize,
}

impl Pairing<'_> {
    /// Lets one of the two do something.
    fn step(
        &mut self,
        number: usize,
        member: Option<&str>,
        joining: Option<&str>,
    ) -> [Option<Answer>; 2] {
        let is_broken_off = number == self.step;
        let within = if is_broken_off { moment(self.random, STEP) } else { LONG };
        let sides = [(&mut *self.member, member), (&mut *self.joining, joining)];
        let mut answers = sides.map(|(device, command)| {
            command.map(|command| device.tell(command))?;
            Some(device)
        });
        let mut answers = answers.each_mut().map(|device| device.as_mut()?.answer(within));
        if is_broken_off {
            self.kill(&mut answers);
        }
        answers
    }

    fn kill(&mut self, answers: &mut [Option<Answer>; 2]) {
        let told = match self.victim {
            Victim::Member => self.member.kill(),
            Victim::Joining => self.joining.kill(),
            Victim::Relay => {
                self.network.kill_relay();
                return;
            }
        };
        let side = usize::from(self.victim == Victim::Joining);
        answers[side] = answers[side].take().or_else(|| told.into_iter().next());
    }

    /// Goes through the steps until it is broken off. Returns whether the new device was told that it is in.
    fn run(&mut self) -> bool {
        let [code, _] = self.step(0, Some("invite"), None);
        let Some(Ok(code)) = code.filter(|_| self.step > 0) else { return false };
        let [asked, digits] = self.step(1, Some("await"), Some(&format!("join {code}")));
        let (Some(Ok(_)), Some(Ok(digits)), true) = (asked, digits, self.step > 1) else {
            return false;
        };
        let [accepted, _] = self.step(2, Some(&format!("accept {digits}")), None);
        let Some(Ok(_)) = accepted.filter(|_| self.step > 2) else { return false };
        let [_, finished] = self.step(3, None, Some("finish"));
        matches!(finished, Some(Ok(_)))
    }
}

#[test]
fn a_pairing_that_is_broken_off_can_be_repeated() {
    let mut random = Random::new();
    let mut network = Network::start();
    let mut laptop = network.first("laptop", 1);
    laptop.ask("add one");
    laptop.ask("once");
    for round in 0..scaled(22) {
        let victim = [Victim::Member, Victim::Joining, Victim::Relay][random.below(3)];
        let step = random.below(4);
        println!("round {round}: {victim:?} at step {step}");
        network.pass_time();
        let name = format!("phone{round}");
        let mut phone = network.device(&name, 1);
        let is_in = Pairing {
            network: &mut network,
            member: &mut laptop,
            joining: &mut phone,
            random: &mut random,
            victim,
            step,
        }
        .run();
        // All are killed, so that nobody waits for who is not there.
        network.restart_relay();
        laptop.restart();
        if is_in {
            phone.restart();
        } else {
            phone.restart_without_session();
            laptop.let_in(&mut phone);
        }
        phone.ask("count 1");
        phone.ask("until sent");
        laptop.ask(&format!("until device {name}"));
        phone.ask("verify");
    }
    phone_writes_and_all_hear(&mut network, &mut laptop);
}

fn phone_writes_and_all_hear(network: &mut Network, laptop: &mut Device) {
    network.pass_time();
    let mut tablet = network.joined(laptop, "tablet", 1);
    tablet.ask("add two");
    laptop.ask("count 2");
    laptop.ask("verify");
    network.check_numbers();
}
