//! Random stories of a space, on a network that is simulated: what is written, who comes and goes, and what goes wrong.
//! At the end of each, all must hold the same, and nothing may be lost.
//!
//! A story follows from its seed alone: there are no threads, no sockets, and no clock but those of the story.

mod apps;
mod checks;
mod device;
mod everyday;
mod meanwhile;
mod membership;
mod mishaps;
mod moving;
mod network;
mod relays;
mod steps;
mod story;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::engine::tests::simulation::story::Story;

/// How many stories there are in all, unless the environment says so.
const STORIES: u64 = 200;

/// After how many failures a test ends.
const MOST_FAILURES: usize = 5;

/// How many tests share them.
const TESTS: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Tells a story. Returns why it failed, if it did.
fn tell(seed: u64) -> Option<String> {
    let mut story = None;
    let told = catch_unwind(AssertUnwindSafe(|| {
        let story = story.insert(Story::begin(seed));
        let steps = 10 + story.dice.below(30);
        for _ in 0..steps {
            story.step();
        }
        story.end();
    }));
    let panic = told.err()?;
    let trace = story.map(|story| story.trace).unwrap_or_default();
    println!("ARA_SEED={seed} ARA_STORIES=1\n{}", trace.join("\n"));
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    Some(text.or_else(|| panic.downcast_ref().cloned()).unwrap_or_default())
}

/// Tells a part of the stories.
fn tell_part(part: u64) {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_secs() << 20);
    let is_new = std::env::var("ARA_SEED").is_ok_and(|seed| seed == "new");
    let first = if is_new { now() } else { number("ARA_SEED").unwrap_or(1) };
    let count = number("ARA_STORIES").unwrap_or(STORIES);
    let mut failed = vec![];
    for seed in (first..first + count).filter(|seed| seed % TESTS == part) {
        let why = tell(seed);
        failed.extend(why.map(|why| format!("ARA_SEED={seed} ARA_STORIES=1: {why}")));
        if failed.len() >= MOST_FAILURES {
            break;
        }
    }
    assert!(failed.is_empty(), "stories failed:\n{}", failed.join("\n"));
}

#[test]
fn stories_of_a_space_end_well() {
    tell_part(0);
}

#[test]
fn more_stories_of_a_space_end_well() {
    tell_part(1);
}

#[test]
fn other_stories_of_a_space_end_well() {
    tell_part(2);
}

#[test]
fn the_last_stories_of_a_space_end_well() {
    tell_part(3);
}
