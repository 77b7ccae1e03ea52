//! Random bytes for keys and nonces.

use std::convert::Infallible;

use ara_protocol::rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use chacha20::ChaCha20Rng;
use zeroize::Zeroizing;

/// A generator for keys and nonces. It draws a key from the operating system once, and so cannot fail afterwards.
pub(crate) struct Random(ChaCha20Rng);

impl Random {
    /// Makes a generator with a key from the operating system.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](ara_core::Error::Io) if the system has no randomness to give.
    pub(crate) fn system() -> ara_core::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut())
            .map_err(|error| ara_core::Error::Io { reason: error.to_string() })?;
        Ok(Self::of(&key))
    }

    /// Makes a generator that gives the same bytes each time, for tests.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    fn of(key: &[u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(*key))
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_the_system_others_each_time() -> ara_core::Result<()> {
        let draw = |mut random: Random| random.next_u64();
        assert_eq!(draw(Random::seeded(1)), draw(Random::seeded(1)));
        assert_ne!(draw(Random::seeded(1)), draw(Random::seeded(2)));
        assert_ne!(draw(Random::system()?), draw(Random::system()?));
        Ok(())
    }
}
