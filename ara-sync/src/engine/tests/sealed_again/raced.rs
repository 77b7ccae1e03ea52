//! Something is sealed again while others do something: at each request of either, before it and after it.
//!
//! A usual run tries some of these moments, other ones with another `ARA_SEED`, and all with `PROPTEST_CASES=640`.

use std::sync::{Arc, Mutex};

use ara::prelude::*;
use ara_core::Database;

use crate::engine::base::Outcome;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::net::Moment;
use crate::engine::tests::sealed_again::causes::{Case, Cause, Others};
use crate::engine::tests::sealed_again::settled::{are_all_tried, assert_settles, become_quiet};
use crate::engine::tests::world::{Device, Todo, World};
use crate::fault::{Fault, Result};

/// What others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// The author appends.
    Append,
    /// Another device brings what the author wrote.
    AppendForIt,
    /// Another device reads, and seals the same again if it has reason to.
    SealTheSame,
    /// Another device forgets a row, so that it has another range to seal again.
    SealAnother,
    /// Another device reads on, a request at a time.
    ReadOn,
    /// Another device reads all by heads.
    ReadByHeads,
    /// Another device removes the author.
    RemoveAuthor,
    /// Another device removes the sealer.
    RemoveSealer,
    /// Another device begins an epoch.
    Rotate,
    /// The app of the sealer writes.
    Write,
    /// The app of the sealer forgets a row.
    Forget,
    /// The app of the sealer compacts its database.
    Compact,
}

const ACTS: [Act; 12] = [
    Act::Append,
    Act::AppendForIt,
    Act::SealTheSame,
    Act::SealAnother,
    Act::ReadOn,
    Act::ReadByHeads,
    Act::RemoveAuthor,
    Act::RemoveSealer,
    Act::Rotate,
    Act::Write,
    Act::Forget,
    Act::Compact,
];

impl Act {
    /// Returns whether it is another one than those that are in the list as well.
    fn is_for(self, cause: Cause) -> bool {
        self != Self::RemoveAuthor || cause.is_author_another_member()
    }

    /// Returns whether it has requests of its own.
    const fn asks(self) -> bool {
        !matches!(self, Self::Write | Self::Forget | Self::Compact)
    }

    /// Does it. Returns why it could not be done to its end.
    fn run(self, others: &mut Others, sealer: [u8; 32]) -> Result<()> {
        let Others { author, third, app, row } = others;
        match self {
            Self::Append => {
                author.write("added");
                author.try_sync()?;
            }
            Self::AppendForIt => {
                author.write("added");
                take(&third.db, &author.db);
                third.try_sync()?;
            }
            Self::SealTheSame => drop(third.try_sync()?),
            Self::SealAnother => {
                third.try_sync()?;
                forget(&third.db, row.0);
                third.try_sync()?;
            }
            Self::ReadOn => drop(one_request(third)?),
            Self::ReadByHeads => {
                third.engine.begin_anew(false, &mut Outcome::default())?;
                one_request(third)?;
                third.try_sync()?;
            }
            Self::RemoveAuthor => third.engine.remove(&[author.engine.own_key()])?,
            Self::RemoveSealer => {
                let members: Vec<_> = third.engine.members().iter().collect();
                let keys = members.iter().map(|member| member.keys().member());
                let out: Vec<_> = keys.filter(|key| *key.as_bytes() == sealer).collect();
                third.engine.remove(&out)?;
            }
            Self::Rotate => third.engine.rotate()?,
            Self::Write => drop(app.create(Todo::draft().title("added")).unwrap()),
            Self::Forget => forget(app, row.0),
            Self::Compact => {
                let vectors = [app.version_vector().unwrap(), third.db.version_vector().unwrap()];
                app.compact(&vectors).unwrap();
            }
        }
        Ok(())
    }
}

fn forget(db: &Database, row: Id<Todo>) {
    db.delete(row).unwrap();
    db.forget(row).unwrap();
}

/// Takes what another database has, past the relay.
fn take(db: &Database, from: &Database) {
    let known = db.version_vector().unwrap();
    for changes in from.changes_since(&known).unwrap() {
        db.merge(&changes.unwrap()).unwrap();
    }
}

/// A round that is stopped after a request.
fn one_request(device: &mut Device) -> Result<Outcome> {
    let asked = std::cell::Cell::new(0);
    device.engine.round(&|| asked.replace(asked.get() + 1) > 0, &mut |_| {})
}

/// Who is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interrupted {
    Sealer,
    Others,
}

/// Lets one side do what it does, and the other one all of what it does at a moment of that. Returns whether that moment
/// was there.
fn race((cause, act): (Cause, Act), who: Interrupted, at: (usize, Moment)) -> bool {
    let Case { world, sealer, others, mut titles } = cause.begin(World::new());
    let key = *sealer.engine.own_key().as_bytes();
    let sealer = Arc::new(Mutex::new(sealer));
    let others = Arc::new(Mutex::new(others));
    let faults = Arc::new(Mutex::new(vec![]));
    let seal = {
        let (sealer, faults) = (Arc::clone(&sealer), Arc::clone(&faults));
        move || {
            let done = sealer.lock().unwrap().try_sync();
            faults.lock().unwrap().extend(done.err());
        }
    };
    let act_now = {
        let (others, faults) = (Arc::clone(&others), Arc::clone(&faults));
        move || {
            let done = act.run(&mut others.lock().unwrap(), key);
            faults.lock().unwrap().extend(done.err());
        }
    };
    match who {
        Interrupted::Sealer => {
            world.net.interrupt(at, act_now);
            seal();
            drop(seal);
        }
        Interrupted::Others => {
            world.net.interrupt(at, seal);
            act_now();
            drop(act_now);
        }
    }
    let has_happened = !world.net.is_to_interrupt();
    for fault in faults.lock().unwrap().drain(..) {
        assert!(is_expected(cause, act, &fault), "{fault} ({fault:?})");
    }
    if has_happened {
        let Others { author, third, app, row } = unwrap(others);
        drop(app);
        match act {
            Act::Append if cause == Cause::Removed => {}
            Act::Append | Act::AppendForIt | Act::Write => titles.push("added".to_owned()),
            Act::SealAnother | Act::Forget => titles.retain(|title| title != row.1),
            _ => {}
        }
        end(&world, (cause, act), (unwrap(sealer), author, third), &titles);
    }
    has_happened
}

fn unwrap<T>(shared: Arc<Mutex<T>>) -> T {
    Arc::into_inner(shared).unwrap().into_inner().unwrap()
}

/// Returns whether a fault has a reason.
fn is_expected(cause: Cause, act: Act, fault: &Fault) -> bool {
    match fault {
        // Another process of the sealer was faster.
        Fault::Overtaken => cause == Cause::Small,
        Fault::Stopped | Fault::Refused(_) => {
            matches!(act, Act::RemoveSealer | Act::RemoveAuthor) || cause == Cause::Removed
        }
        _ => false,
    }
}

/// Asserts that all is well with those who are still members.
fn end(
    world: &World,
    (cause, act): (Cause, Act),
    (mut sealer, mut author, mut third): (Device, Device, Device),
    titles: &[String],
) {
    let mut devices = vec![&mut third];
    if cause.is_author_another_member() && act != Act::RemoveAuthor {
        devices.push(&mut author);
    }
    let mut titles = titles.to_vec();
    if act == Act::RemoveSealer {
        // What it alone had may be gone with it, and what it alone had forgotten is not.
        become_quiet(&mut devices);
        let there = devices[0].titles();
        titles.retain(|title| !there.contains(title));
        assert!(titles.iter().all(|title| cause.is_of_sealer(title)), "{titles:?}");
        titles = there;
    } else {
        devices.push(&mut sealer);
    }
    let titles: Vec<_> = titles.iter().map(String::as_str).collect();
    assert_settles(world, &mut devices, &titles);
}

/// Races something that is sealed again for a cause against all that others do.
fn race_all(cause: Cause) {
    let mut dice = Dice::of_environment();
    let is_all = are_all_tried();
    let mut count = 0;
    for act in ACTS.into_iter().filter(|act| act.is_for(cause)) {
        for who in [Interrupted::Sealer, Interrupted::Others] {
            if who == Interrupted::Others && !act.asks() {
                continue;
            }
            let (first, step) = if is_all { (0, 1) } else { (dice.below(6), 8) };
            for at in (first..).step_by(step) {
                println!("{cause:?} {act:?} {who:?} {at}");
                let moment = if at % 2 == 0 { Moment::Asked } else { Moment::Answered };
                if !race((cause, act), who, (at / 2, moment)) {
                    break;
                }
                count += 1;
            }
        }
    }
    println!("{count} races");
    assert!(count > 5, "{count}");
}

#[test]
fn what_holds_a_forgotten_row() {
    race_all(Cause::Forgotten);
}

#[test]
fn what_holds_a_forgotten_row_in_parts() {
    race_all(Cause::Large);
}

#[test]
fn many_small_segments() {
    race_all(Cause::Small);
}

#[test]
fn what_a_removed_device_sealed() {
    race_all(Cause::Removed);
}

#[test]
fn a_node_that_forked() {
    race_all(Cause::Forked);
}
