//! A child that is killed while it works.

use std::path::Path;

use crate::kill::TestResult;
use support::child;
use support::random::Random;

/// Runs a test of this program as a child and kills it once it has told enough, and then some. All that
/// it tells is passed on, but for its first line, before which it must do nothing.
pub fn run(
    test: &str,
    path: &Path,
    random: &mut Random,
    mut is_enough: impl FnMut(&str) -> bool,
) -> TestResult {
    let seed = random.next() >> 1;
    let mut child = child::command(test, path)?.env("ARA_SEED", seed.to_string()).spawn()?;
    let mut told = child::told(&mut child);
    assert_eq!(told.next().as_deref(), Some("start"));
    let mut is_running = !is_enough("");
    while is_running {
        is_running = told.next().is_some_and(|line| !is_enough(&line));
    }
    let scale = 4 + random.below(17);
    let spins = random.below(1 << scale);
    (0..spins).for_each(|_| std::hint::spin_loop());
    child.kill()?;
    told.for_each(|line| {
        is_enough(&line);
    });
    child.wait()?;
    Ok(())
}
