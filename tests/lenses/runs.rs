//! Devices on different versions of an app write, exchange, lose and copy what they have in any order, and several
//! versions have one file open, against a plain model of what each version must show: it knows all writes with their
//! clocks, and the rules, but none of the code.
//!
//! A failed sequence is told in its shortest form, with the seed it came from, as `support::cases` says.
//! `ARA_STEPS` sets how long the sequences may be.

mod device;
mod devices;
mod functions;
mod model;
mod steps;
mod versions;

use proptest::prelude::*;

use crate::runs::devices::Devices;
use crate::runs::steps::{App, Mix, Step, step};
use support::random::number;
use support::{Outcome, cases};

fn run(apps: &[(App, i64)], steps: &[Step]) -> Outcome {
    let mut devices = Devices::new(apps)?;
    for (at, step) in steps.iter().enumerate() {
        devices.step(step).map_err(|error| format!("at step {at}, {step:.200?}: {error}"))?;
    }
    devices.meet().map_err(|error| format!("in the end: {error}").into())
}

/// Runs so many sequences of such steps.
fn check(cases: u32, mix: Mix) {
    let longest = number("ARA_STEPS").map_or(40, |steps| steps as usize);
    let steps = prop::collection::vec(step(mix), 1..=longest);
    let apps = prop::collection::vec((steps::app(), steps::clock()), 2..=4);
    cases::hold(
        (cases, number("ARA_SHRINKS").map_or(500, |most| most as u32)),
        &(apps, steps),
        |(apps, steps)| run(&apps, &steps),
    );
}

#[test]
fn versions_show_the_newest_edits() {
    check(24, Mix::default());
}

#[test]
fn versions_of_compacted_logs_show_the_newest_edits() {
    check(16, Mix { has_compaction: true, ..Mix::default() });
}

#[test]
fn versions_of_restored_and_copied_files_show_the_newest_edits() {
    check(16, Mix { has_files: true, ..Mix::default() });
}

#[test]
fn versions_show_nothing_that_was_forgotten() {
    check(16, Mix { has_forgetting: true, has_compaction: true, has_files: true, has_undo: false });
}

#[test]
fn versions_show_what_was_before_an_undone_transaction() {
    check(16, Mix { has_undo: true, ..Mix::default() });
}
