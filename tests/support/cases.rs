//! Made-up cases that a failed test can be repeated with: `ARA_SEED=.. cargo test ..`.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::Outcome;
use super::random::{number, seed};

/// Holds what is to hold of so many cases, or of as many as `ARA_CASES` says. A failed one is made
/// smaller, so many times at most, and told.
#[track_caller]
pub fn hold<S: Strategy>(
    (cases, shrinks): (u32, u32),
    cases_of: &S,
    holds: impl Fn(S::Value) -> Outcome,
) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    let config = Config {
        cases: number("ARA_CASES").map_or(cases, |cases| cases as u32),
        failure_persistence: None,
        max_shrink_iters: shrinks,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let ran = TestRunner::new_with_rng(config, rng)
        .run(cases_of, |case| holds(case).map_err(|error| TestCaseError::fail(error.to_string())));
    if let Err(error) = ran {
        panic!("{error}");
    }
}
