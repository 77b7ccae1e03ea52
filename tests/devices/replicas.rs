//! Devices on different versions of an app, whose clocks show any time between 1970 and 2100, write, upgrade,
//! lose, copy and exchange what they have in any order, against a plain model; in the end all of them are equal.
//!
//! No device is asked what time it is, nor for a stamp: the model knows who had seen what when he wrote
//! (`world`), and what may be shown then (`checks`). `devices` takes the steps, each of which a `device` looks
//! at when it is done, and `meeting` and `past` are what must hold when all have met.
//!
//! A failed sequence is told in its shortest form, with the seed it came from, as `support::cases` says.
//! `ARA_STEPS` sets how long the sequences may be.

mod caught_up;
mod checks;
mod clocks;
mod device;
mod devices;
mod known;
mod meeting;
mod past;
mod sharp;
mod shown;
mod steps;
mod undo;
mod values;
mod versions;
mod world;

use proptest::prelude::*;

use crate::replicas::devices::Devices;
use crate::replicas::steps::{Mix, Step, Write, step};
use crate::replicas::versions::{LATEST, What};
use support::random::number;
use support::{Outcome, Wall, cases};

fn run(mix: Mix, apps: &[(u8, i64)], steps: &[Step]) -> Outcome {
    let mut devices = Devices::new(mix, apps)?;
    for (at, step) in steps.iter().enumerate() {
        devices.step(step).map_err(|error| format!("at step {at}, {step:.200?}: {error}"))?;
    }
    devices.meet().map_err(|error| format!("in the end: {error}").into())
}

/// Runs so many sequences of such steps.
fn check(cases: u32, mix: Mix) {
    let longest = number("ARA_STEPS").map_or(60, |steps| steps as usize);
    let steps = prop::collection::vec(step(mix), 1..=longest);
    let apps = prop::collection::vec((1..=LATEST, clocks::start()), 2..=4);
    cases::hold((cases, 2_000), &(apps, steps), |(apps, steps)| run(mix, &apps, &steps));
}

#[test]
fn devices_with_right_clocks_are_equal_in_the_end() {
    check(8, Mix { has_right_clocks: true, ..Mix::default() });
}

#[test]
fn devices_with_clocks_of_any_year_are_equal_in_the_end() {
    check(48, Mix::default());
}

#[test]
fn what_two_devices_wrote_under_one_id_is_united() {
    check(16, Mix { has_twins: true, ..Mix::default() });
}

#[test]
fn what_is_left_of_compacted_logs_makes_all_equal() {
    check(32, Mix { has_compaction: true, ..Mix::default() });
}

#[test]
fn what_is_left_of_compacted_twins_makes_all_equal() {
    check(8, Mix { has_twins: true, has_compaction: true, ..Mix::default() });
}

#[test]
fn what_was_forgotten_is_gone_everywhere() {
    check(24, Mix { has_forgetting: true, ..Mix::default() });
}

#[test]
fn twins_are_forgotten() {
    check(8, Mix { has_forgetting: true, has_twins: true, ..Mix::default() });
}

#[test]
fn compacted_logs_forget() {
    let has_all = Mix { has_forgetting: true, has_compaction: true, ..Mix::default() };
    check(8, Mix { has_twins: true, ..has_all });
    check(16, has_all);
}

#[test]
fn what_restored_and_copied_files_wrote_is_forgotten() {
    let has_both = Mix { has_forgetting: true, has_files: true, ..Mix::default() };
    check(2, has_both);
    check(2, Mix { has_compaction: true, ..has_both });
}

#[test]
fn what_restored_and_copied_files_wrote_is_united() {
    check(3, Mix { has_files: true, ..Mix::default() });
}

#[test]
fn restored_and_copied_files_may_be_compacted() {
    check(3, Mix { has_files: true, has_compaction: true, ..Mix::default() });
}

/// Runs what each of two devices writes under one id, of which neither hears before the end.
fn apart(writes: [Vec<Write>; 3]) -> Outcome {
    let [both, one, other] = writes;
    let steps = [(0, both.clone()), (1, both), (0, one), (1, other)];
    let steps = steps.map(|(device, writes)| Step::Write(device, writes));
    let mix = Mix { has_twins: true, has_right_clocks: true, ..Mix::default() };
    run(mix, &[(LATEST, Wall::START); 2], &steps)
}

/// One change is of two transactions, as what follows it was written on one branch of a fork alone.
#[test]
fn twins_that_begin_alike_are_both_kept() -> Outcome {
    let one = Write::of(What::Update, 0, &["title"]);
    let both = vec![Write::of(What::Create, 0, &[])];
    apart([vec![], both.clone(), [both, vec![one]].concat()])
}

/// Two transactions are in one place, and their last changes are the same.
#[test]
fn twins_that_end_alike_are_both_kept() -> Outcome {
    let both = [0, 1].map(|key| Write::of(What::Create, key, &[]));
    let twin =
        ["title", "body"].map(|column| [Write::of(What::Update, 0, &[column]), delete(1)].to_vec());
    let [one, other] = twin;
    apart([both.to_vec(), one, other])
}

/// What two branches write to the very same is one transaction.
#[test]
fn twins_that_are_the_same_are_one() -> Outcome {
    let both = [0, 1].map(|key| Write::of(What::Create, key, &[]));
    apart([both.to_vec(), vec![delete(1)], vec![delete(1)]])
}

fn delete(key: u8) -> Write {
    Write::of(What::Delete, key, &[])
}
