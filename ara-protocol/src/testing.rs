//! What the tests share.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use crate::bytes::hash;

/// A generator that gives the same bytes each time.
pub(crate) struct Fixed {
    seed: u64,
    next: u64,
}

impl Fixed {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, next: 0 }
    }
}

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            let block = hash(b"test", &[&self.seed.to_be_bytes(), &self.next.to_be_bytes()]);
            self.next += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// Asserts that `read` takes the bytes, and refuses them with any one bit flipped, cut anywhere, and with
/// a byte more.
pub(crate) fn assert_only_whole(bytes: &[u8], read: impl Fn(&[u8]) -> bool) {
    assert!(read(bytes), "the bytes themselves are refused");
    let mut changed = bytes.to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            assert!(!read(&changed), "bit {bit} of byte {at} was flipped");
            changed[at] ^= 1 << bit;
        }
        assert!(!read(&bytes[..at]), "cut at {at}");
    }
    changed.push(0);
    assert!(!read(&changed), "a byte was added");
}

impl crate::keys::SecretKeys {
    /// Copies the keys, which nothing but a test may do.
    pub(crate) fn clone_for_test(&self) -> Self {
        Self::from_bytes(&self.to_bytes())
    }
}
