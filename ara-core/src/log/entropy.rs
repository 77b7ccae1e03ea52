//! Randomness for node ids and row ids.

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::node::NodeId;

/// A source of random bits: the system, or a seed, with which a test is repeatable.
#[derive(Debug)]
pub(crate) enum Entropy {
    /// The system's randomness, fetched a buffer at a time: a system call for each id would take as long as
    /// writing the row.
    System { buffer: Box<[u8; 512]>, used: usize },
    /// `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
    Seeded(u64),
}

impl Entropy {
    /// Takes randomness from the system.
    pub(crate) fn system() -> Self {
        Self::System { buffer: Box::new([0; 512]), used: 512 }
    }

    /// Returns 64 random bits.
    pub(crate) fn bits(&mut self) -> Result<u64> {
        match self {
            Self::System { buffer, used } => {
                if *used + 8 > buffer.len() {
                    getrandom::fill(&mut **buffer)
                        .map_err(|error| Error::Io { reason: error.to_string() })?;
                    *used = 0;
                }
                let mut bits = [0; 8];
                bits.copy_from_slice(&buffer[*used..*used + 8]);
                *used += 8;
                Ok(u64::from_ne_bytes(bits))
            }
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut bits = *state;
                bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                Ok(bits ^ (bits >> 31))
            }
        }
    }

    /// Fills bytes that may become keys: the system's are never kept in a buffer.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        if let Self::System { .. } = self {
            return getrandom::fill(bytes).map_err(|error| Error::Io { reason: error.to_string() });
        }
        for chunk in bytes.chunks_mut(8) {
            let bits = self.bits()?.to_le_bytes();
            chunk.iter_mut().zip(bits).for_each(|(byte, bits)| *byte = bits);
        }
        Ok(())
    }

    /// Returns 32 random bits.
    pub(crate) fn salt(&mut self) -> Result<u32> {
        Ok((self.bits()? >> 32) as u32)
    }

    /// Returns the id of a new node: 16 random bytes.
    pub(crate) fn node_id(&mut self) -> Result<NodeId> {
        let bits = u128::from(self.bits()?) << 64 | u128::from(self.bits()?);
        Ok(NodeId::from_bytes(bits.to_be_bytes()))
    }

    /// Returns a UUID of version 7 (RFC 9562) for a row whose first change has this
    /// stamp. The clock's counter
    /// precedes the random bits, so that the ids of one device sort in the order in which they were made,
    /// and new rows are appended at the end of the table's B-tree.
    pub(crate) fn row_id(&mut self, stamp: Stamp) -> Result<Uuid> {
        /// A UUID of version 7 has 74 bits besides the milliseconds: the 16 of the counter, and these.
        const RANDOM_BITS: u32 = 58;
        let random = u128::from(self.bits()? >> (64 - RANDOM_BITS));
        let tail = u128::from(stamp.counter()) << RANDOM_BITS | random;
        // `rand_a`, the 12 bits after the version, and `rand_b`, the 62 after the variant.
        let (rand_a, rand_b) = (tail >> 62, tail & ((1 << 62) - 1));
        let millis = u128::from(stamp.millis().unsigned_abs());
        Ok(Uuid::from_u128(millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_ids_are_of_version_7_and_sort_as_they_were_made() {
        let mut entropy = Entropy::Seeded(1);
        let (mut stamp, mut last) = (Stamp::default(), Uuid::nil());
        for wall in [1_700_000_000_000; 1000].into_iter().chain([1_700_000_000_001; 1000]) {
            stamp = stamp.next().max(Stamp::new(wall, 0));
            let id = entropy.row_id(stamp).expect("a seed never fails");
            assert!(id > last);
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(id.as_u128() >> 80, u128::from(stamp.millis().unsigned_abs()));
            last = id;
        }
    }

    #[test]
    fn the_system_gives_other_bits_each_time() {
        let mut entropy = Entropy::system();
        let drawn: std::collections::HashSet<_> =
            (0..1000).map(|_| entropy.bits().expect("the system has randomness")).collect();
        assert_eq!(drawn.len(), 1000);
    }
}
