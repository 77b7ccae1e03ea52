//! What is random in a test: all of it follows from the seed.

/// A generator of random numbers: `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Begins with the seed that `ARA_SEED` gives, or 1, and prints it.
    pub(crate) fn of_environment() -> Self {
        let seed = std::env::var("ARA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        println!("ARA_SEED={seed}");
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(crate) const fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    pub(crate) const fn below(&mut self, end: usize) -> usize {
        self.roll(end as u64) as usize
    }

    /// Returns whether one of a hundred cases, of which so many count, is one of those.
    pub(crate) const fn per_cent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}
