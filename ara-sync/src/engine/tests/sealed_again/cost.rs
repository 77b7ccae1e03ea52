//! What sealing again costs: how many bytes are sent for it, next to those that are sent because they are new.

use std::sync::{Arc, Mutex};

use ara_protocol::message::segments::StageRequest;
use ara_protocol::message::sync::SyncRequest;
use ara_protocol::message::{Endpoint, SignedRequest};
use ara_protocol::segment::Head;

use crate::engine::tests::bulk::noise;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::sealed_again::settled::assert_settles;
use crate::engine::tests::world::World;

/// How many commits each device makes.
const COMMITS: usize = 150;

/// How many bytes of segments were sent.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    new: usize,
    again: usize,
}

impl Sent {
    fn count(&mut self, endpoint: Endpoint, body: &[u8]) {
        let request = SignedRequest::read(body);
        match endpoint {
            Endpoint::Sync => {
                let request = SyncRequest::read(request.unwrap().content()).unwrap();
                for push in request.pushes {
                    let size = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
                    let bytes: usize = push.iter().map(|it| it.head.len() + size(&it.part)).sum();
                    let replaces = push.iter().any(|segment| {
                        !Head::read(&segment.head).unwrap().header().replaces.is_empty()
                    });
                    *(if replaces { &mut self.again } else { &mut self.new }) += bytes;
                }
            }
            Endpoint::Stage => {
                self.again += StageRequest::read(request.unwrap().content()).unwrap().part.len();
            }
            _ => {}
        }
    }
}

/// Lets three devices make commits of up to so many letters, each sent at once. Returns what was sent.
fn commit(letters: u64) -> Sent {
    let world = World::new();
    let mut laptop = world.found();
    let [mut phone, mut tablet] = [world.join(&mut laptop), world.join(&mut laptop)];
    let sent = Arc::new(Mutex::new(Sent::default()));
    let counted = Arc::clone(&sent);
    world.net.twist(move |endpoint, body, answer| {
        counted.lock().unwrap().count(endpoint, body);
        answer
    });
    let mut dice = Dice::new(letters);
    let mut titles = vec![];
    for at in 0..COMMITS {
        for (name, device) in [("l", &mut laptop), ("p", &mut phone), ("t", &mut tablet)] {
            let length = 1 + dice.roll(letters) as usize;
            let title = format!("{name}{at} {}", noise(length, dice.next()));
            device.write(&title);
            titles.push(title);
            device.sync();
        }
    }
    world.net.behave();
    let titles: Vec<_> = titles.iter().map(String::as_str).collect();
    assert_settles(&world, &mut [&mut laptop, &mut phone, &mut tablet], &titles);
    let sent = *sent.lock().unwrap();
    println!("up to {letters} letters: {sent:?}");
    sent
}

#[test]
fn what_is_sent_again_is_no_more_than_what_was_new() {
    for letters in [10, 4_000] {
        let Sent { new, again } = commit(letters);
        assert!(again > 0);
        assert!(again <= new, "{again} {new}");
    }
}
