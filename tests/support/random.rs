//! Random numbers that a failed test can be repeated with: `ARA_SEED=.. cargo test ..`.

use std::time::{SystemTime, UNIX_EPOCH};

/// A number that the environment gives.
pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seed in `ARA_SEED`, `new` for one from the time, or 1 unless it is set: so a change that breaks nothing passes.
/// It is printed, which shows it if the test fails.
pub fn seed() -> u64 {
    let now =
        || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_micros() as u64);
    let is_new = std::env::var("ARA_SEED").is_ok_and(|seed| seed == "new");
    let seed = if is_new { now() } else { number("ARA_SEED").unwrap_or(1) };
    println!("ARA_SEED={seed}");
    seed
}

/// `SplitMix64`.
pub struct Random(u64);

impl Random {
    /// From the test's seed.
    pub fn new() -> Self {
        Self(seed())
    }

    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
