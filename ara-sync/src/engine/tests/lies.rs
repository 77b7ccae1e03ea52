//! Relays that lie.

use ara::prelude::*;
use ara_protocol::Cursor;
use ara_protocol::message::Endpoint;
use ara_protocol::message::segments::HeadsAnswer;
use ara_protocol::message::sync::{Entry, PlaceInRequest, SyncAnswer};

use crate::engine::tests::world::{Device, Todo, World, converge};
use crate::fault::Fault;
use crate::state::Alarm;

/// Lets a phone read what a laptop has sent in several segments, and the relay change the answers to it. Returns the
/// phone, and what came of it.
fn lie(
    change: impl Fn(&mut SyncAnswer) + Send + 'static,
) -> (World, Device, Device, Result<(), Fault>) {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    for at in 0..4 {
        laptop.write(&format!("{at}"));
        laptop.sync();
    }
    world.net.tamper(move |endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            change(&mut answer);
            *content = answer.to_bytes().unwrap();
        }
    });
    let synced = phone.try_sync().map(|_| ());
    (world, laptop, phone, synced)
}

/// Asserts that a lie is noticed, and does no lasting harm.
#[track_caller]
fn assert_noticed(change: impl Fn(&mut SyncAnswer) + Send + 'static) {
    let (world, mut laptop, mut phone, synced) = lie(change);
    assert!(synced.is_err());
    assert!(phone.titles().len() < 5);
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 4);
    world.reopen(&mut phone);
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn entries_that_are_left_out_swapped_or_repeated_are_noticed() {
    assert_noticed(|answer| drop(answer.entries.drain(1..2)));
    assert_noticed(|answer| {
        if answer.entries.len() > 2 {
            answer.entries.swap(1, 2);
        }
    });
    assert_noticed(|answer| {
        if let Some(first) = answer.entries.first().cloned() {
            answer.entries.insert(0, first);
        }
    });
    // Also if their numbers are made to fit.
    assert_noticed(|answer| {
        if answer.entries.len() > 2 {
            answer.entries.remove(1);
            for entry in &mut answer.entries[1..] {
                if let Entry::Whole { number, .. } = entry {
                    *number -= 1;
                }
            }
            answer.end.number -= 1;
        }
    });
}

#[test]
fn an_end_that_is_none_is_noticed() {
    assert_noticed(|answer| answer.end.chain[0] ^= 1);
    assert_noticed(|answer| answer.end = Cursor { number: 1, ..answer.end });
    assert_noticed(|answer| answer.end.number += 1);
}

#[test]
fn heads_that_are_changed_are_noticed() {
    assert_noticed(|answer| {
        for entry in &mut answer.entries {
            if let Entry::Whole { head, .. } = entry {
                head[100] ^= 1;
            }
        }
    });
}

#[test]
fn outcomes_that_are_missing_are_noticed() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    world.net.tamper(|endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            answer.pushes.clear();
            *content = answer.to_bytes().unwrap();
        }
    });
    laptop.write("one");
    assert!(matches!(laptop.try_sync(), Err(Fault::Lied { .. })));
    world.net.behave();
    laptop.sync();
}

#[test]
fn a_relay_that_takes_and_never_shows_does_not_keep_a_round_busy_for_ever() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    let start = laptop.engine.place.cursor;
    world.net.tamper(move |endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            answer.entries.clear();
            answer.end = start;
            *content = answer.to_bytes().unwrap();
        }
    });
    laptop.write("one");
    assert!(matches!(laptop.try_sync(), Err(Fault::Lied { .. })));
    assert!(world.net.sent().len() < 50);
}

#[test]
fn what_is_cut_off_or_something_else_is_no_answer() {
    for cut in 0..60 {
        let world = World::new();
        let mut laptop = world.found();
        laptop.write("one");
        world.net.tamper(move |endpoint, content| {
            if endpoint == Endpoint::Sync {
                content.truncate(content.len().saturating_sub(cut + 1));
            }
        });
        assert!(laptop.try_sync().is_err());
        world.net.behave();
        laptop.sync();
    }
}

#[test]
fn what_another_device_has_seen_and_this_one_is_not_shown_is_told() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    // The tablet's segment, which says where it stood, is shown; what came after is not, and the end is as if it was not.
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut tablet, &mut phone]);
    for at in 0..3 {
        laptop.write(&format!("{at}"));
        laptop.sync();
    }
    tablet.sync();
    let stands = phone.engine.place.cursor;
    tablet.write("tablet");
    tablet.sync();
    // The relay shows the phone a log in which the tablet's segment comes next.
    world.net.tamper(move |endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            if let Some(Entry::Whole { head, part, .. }) = answer.entries.last().cloned() {
                let number = stands.number + 1;
                let id = ara_protocol::segment::Head::read(&head).unwrap().id();
                answer.entries = vec![Entry::Whole { number, head, part }];
                answer.end = stands.after(id);
            }
            *content = answer.to_bytes().unwrap();
        }
        if endpoint == Endpoint::Heads {
            let answer = HeadsAnswer { entries: vec![], end: stands, is_more: false };
            *content = answer.to_bytes().unwrap();
        }
    });
    phone.sync();
    assert_eq!(phone.titles(), ["tablet"]);
    assert!(phone.alarms().contains(&Alarm::Withheld));
    world.net.behave();
    converge(&mut [&mut laptop, &mut tablet, &mut phone]);
    assert_eq!(phone.titles().len(), 4);
}

#[test]
fn what_was_not_sent_is_not_believed_to_have_been() {
    // To who has sent nothing, at whatever place it is said to have been.
    for (push, segment) in [(0, 0), (0, 1), (7, 0), (u16::MAX, u16::MAX)] {
        assert_noticed(move |answer| {
            for entry in &mut answer.entries {
                let at = PlaceInRequest { push, segment };
                *entry = Entry::Pushed { number: entry.number(), at };
            }
        });
    }
}

#[test]
fn what_was_sent_counts_at_the_place_that_it_has_in_the_log() {
    let changes: [fn(&mut SyncAnswer); 4] = [
        // One that was sent in the place of another that was.
        |answer| {
            let places: Vec<_> = answer.entries.iter().rev().cloned().collect();
            for (entry, other) in answer.entries.iter_mut().zip(places) {
                if let (Entry::Pushed { at, .. }, Entry::Pushed { at: other, .. }) = (entry, other)
                {
                    *at = other;
                }
            }
        },
        // The same twice.
        |answer| {
            if let Some(Entry::Pushed { number, at }) = answer.entries.last().cloned() {
                answer.entries.push(Entry::Pushed { number: number + 1, at });
                answer.end.number += 1;
            }
        },
        |answer| {
            answer.entries.pop();
        },
        |answer| {
            if let Some(Entry::Pushed { number, .. }) = answer.entries.last_mut() {
                *number += 1;
            }
        },
    ];
    for change in changes {
        let world = World::new();
        let mut laptop = world.found();
        laptop.sync();
        // Two nodes whose changes are sent at once.
        let other = world.database();
        other.create(Todo::draft().title("other")).unwrap();
        laptop.write("own");
        let known = laptop.db.version_vector().unwrap();
        for changes in other.changes_since(&known).unwrap() {
            laptop.db.merge(&changes.unwrap()).unwrap();
        }
        world.net.tamper(move |endpoint, content| {
            if endpoint == Endpoint::Sync {
                let mut answer = SyncAnswer::read(content).unwrap();
                change(&mut answer);
                *content = answer.to_bytes().unwrap();
            }
        });
        let synced = laptop.try_sync();
        world.net.behave();
        let mut phone = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut phone]);
        assert_eq!(phone.titles(), ["other", "own"]);
        assert!(matches!(synced, Err(Fault::Lied { .. })), "{synced:?}");
    }
}
