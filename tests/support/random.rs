//! Random numbers that a failed test can be repeated with: `ARA_SEED=.. cargo test ..`.

use std::time::{SystemTime, UNIX_EPOCH};

/// `SplitMix64`.
pub struct Random(u64);

impl Random {
    /// From `ARA_SEED`, or else from the time. The seed is printed, which shows it if the test fails.
    pub fn new() -> Self {
        let given = std::env::var("ARA_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_micros() as u64)
        });
        println!("ARA_SEED={seed}");
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
