//! Random bytes for keys and nonces.

use std::convert::Infallible;

use ara_core::Database;
use ara_protocol::rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use chacha20::ChaCha20Rng;
use zeroize::Zeroizing;

/// A generator for keys and nonces. It draws a key once, and so cannot fail afterwards.
pub(crate) struct Random(ChaCha20Rng);

impl Random {
    /// Makes a generator whose key a database draws: from the operating system, or in tests from a seed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](ara_core::Error::Io) if the system has no randomness to give.
    pub(crate) fn of(database: &Database) -> ara_core::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        database.sync_entropy(key.as_mut())?;
        Ok(Self(ChaCha20Rng::from_seed(*key)))
    }

    /// Makes a generator whose key is from the operating system, where there is no database yet.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](ara_core::Error::Io) if the system has no randomness to give.
    pub(crate) fn system() -> ara_core::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        let filled = getrandom::fill(key.as_mut());
        filled.map_err(|error| ara_core::Error::Io { reason: error.to_string() })?;
        Ok(Self(ChaCha20Rng::from_seed(*key)))
    }

    /// Makes a generator that gives the same bytes each time.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
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
    fn the_database_gives_the_key() -> ara_core::Result<()> {
        let draw = |database: &Database| Ok::<_, ara_core::Error>(Random::of(database)?.next_u64());
        let seeded = |seed| Database::options().seed(seed).memory();
        let [one, same, other] = [seeded(1)?, seeded(1)?, seeded(2)?];
        let first = draw(&one)?;
        assert_eq!(first, draw(&same)?);
        assert_ne!(first, draw(&one)?);
        assert_ne!(first, draw(&other)?);
        assert_eq!(Random::seeded(1).next_u64(), Random::seeded(1).next_u64());
        Ok(())
    }
}
