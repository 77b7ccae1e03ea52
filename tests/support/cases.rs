//! Made-up cases. A failed test is repeated with its seed: `ARA_SEED=.. cargo test ..`. `PROPTEST_CASES`,
//! which is 256 unless it is set, says how many cases there are: with 2560, each test has ten times as many.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::Outcome;
use super::random::seed;

/// A number of cases, or of rounds, in proportion to `PROPTEST_CASES`.
pub fn scaled(usual: u32) -> u32 {
    let scaled = u64::from(usual) * u64::from(Config::default().cases) / 256;
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

/// Holds what is to hold of so many cases, [scaled]. A failed one is made smaller, so many times at most,
/// and told.
#[track_caller]
pub fn hold<S: Strategy>(number: (u32, u32), cases_of: &S, holds: impl Fn(S::Value) -> Outcome) {
    let (cases, shrinks) = number;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    let config = Config {
        cases: scaled(cases),
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
