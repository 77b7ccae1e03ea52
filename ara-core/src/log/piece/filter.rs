//! Filters, which tell of most pieces that they have no change of a row.
//!
//! A filter is that of Bloom ("Space/Time Trade-offs in Hash Coding with Allowable Errors", 1970), with two
//! hashes that stand for six, after Kirsch and Mitzenmacher ("Less Hashing, Same Performance", 2006).

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// How many bits of the filter belong to a row.
const BITS_OF_ROW: usize = 10;

/// How many of them are set for a row, at most.
const HASHES: u64 = 6;

/// How many bytes of a filter are its checksum, which follows the bits.
const CHECKSUM: usize = 4;

/// The hashes of a row, for which filters are asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowProbe(u64, u64);

impl RowProbe {
    /// Hashes the id of a row.
    pub(crate) fn new(row: &[u8; 16]) -> Self {
        let hash = xxh3_128(row);
        let (low, high) = (hash as u64, (hash >> 64) as u64);
        Self(low >> 1, high >> 1 | 1)
    }

    /// Returns the bits of the row in a filter of `bits` bits.
    fn places(self, bits: u64) -> impl Iterator<Item = u64> {
        (0..HASHES).map(move |at| self.0.wrapping_add(self.1.wrapping_mul(at)) % bits)
    }
}

/// Returns the filter of some rows as bytes.
pub(crate) fn filter_of(mut rows: Vec<[u8; 16]>) -> Vec<u8> {
    rows.sort_unstable_by_key(|row| u128::from_be_bytes(*row));
    rows.dedup();
    let mut bytes = vec![0; (rows.len() * BITS_OF_ROW).div_ceil(8).max(2)];
    let bits = bytes.len() as u64 * 8;
    for row in &rows {
        for place in RowProbe::new(row).places(bits) {
            if let Some(byte) = bytes.get_mut((place / 8) as usize) {
                *byte |= 1 << (place % 8);
            }
        }
    }
    let checksum = checksum(&bytes);
    bytes.extend(checksum);
    bytes
}

/// Returns whether a filter may be of rows of which one is this. It is if the filter is damaged.
pub(crate) fn may_have(filter: &[u8], row: RowProbe) -> bool {
    let Some((bits, sum)) = filter.split_last_chunk::<CHECKSUM>() else { return true };
    if bits.is_empty() || checksum(bits) != *sum {
        return true;
    }
    let is_set = |place: u64| {
        bits.get((place / 8) as usize).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
    };
    row.places(bits.len() as u64 * 8).all(is_set)
}

fn checksum(bits: &[u8]) -> [u8; CHECKSUM] {
    (xxh3_64(bits) as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: u64) -> [u8; 16] {
        u128::from(at).to_be_bytes()
    }

    #[test]
    fn a_filter_has_its_rows_and_few_others() {
        let filter = filter_of((0..500).chain(0..10).map(row).collect());
        assert_eq!(filter.len(), 500 * 10 / 8 + CHECKSUM);
        assert!((0..500).all(|at| may_have(&filter, RowProbe::new(&row(at)))));
        let others = (500..10_500).filter(|at| may_have(&filter, RowProbe::new(&row(*at)))).count();
        assert!(others < 200, "{others}");
    }

    #[test]
    fn a_damaged_filter_hides_nothing() {
        let filter = filter_of(vec![row(1)]);
        assert!(!may_have(&filter, RowProbe::new(&row(2))));
        for at in 0..filter.len() * 8 {
            let mut damaged = filter.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(may_have(&damaged, RowProbe::new(&row(2))));
        }
        assert!(may_have(&[], RowProbe::new(&row(2))));
        assert!(may_have(&filter[..5], RowProbe::new(&row(2))));
    }
}
