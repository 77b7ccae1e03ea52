//! What is kept of changes that compaction dropped, besides the XOR of their hashes.

use crate::log::place::ChangeNumber;

/// The changes that were dropped just before another one, as far as they are known: of each, in the order of
/// their numbers, 32 bits of its hash. The last of them has the number before that of the change.
///
/// So a change that arrives can be told apart from one that was dropped in its place, when two devices have
/// written under one id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Gap<'a>(&'a [u8]);

/// How many bytes are kept of a change.
const BYTES: usize = 4;

impl<'a> Gap<'a> {
    /// Takes the bytes of a gap. Returns `None` if they are not a whole number of changes.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.len().is_multiple_of(BYTES).then_some(Self(bytes))
    }

    /// Returns the bytes.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns whether nothing was dropped.
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many changes were dropped.
    pub(crate) fn len(self) -> i64 {
        i64::try_from(self.0.len() / BYTES).unwrap_or(i64::MAX)
    }

    /// Returns whether all numbers between that of one change and that of the change after the gap were
    /// dropped.
    pub(crate) fn reaches(self, before: ChangeNumber, number: ChangeNumber) -> bool {
        before < number && number.get().saturating_sub(before.get()) - 1 <= self.len()
    }

    /// Returns the number and the bits of each change, given the number of the change after the gap.
    pub(crate) fn changes(self, number: ChangeNumber) -> impl Iterator<Item = Dropped> + use<'a> {
        let first = number.get().saturating_sub(self.len());
        let (chunks, _) = self.0.as_chunks();
        chunks.iter().zip(first..).map(|(bits, number)| Dropped {
            number: ChangeNumber::new(number),
            bits: u32::from_be_bytes(*bits),
        })
    }

    /// Returns the last changes of the gap.
    pub(crate) fn last(self, changes: i64) -> Self {
        let bytes = usize::try_from(changes).unwrap_or_default().saturating_mul(BYTES);
        Self(self.0.get(self.0.len().saturating_sub(bytes)..).unwrap_or_default())
    }
}

/// A change that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Dropped {
    number: ChangeNumber,
    bits: u32,
}

impl Dropped {
    /// Returns what would be kept of a change.
    pub(crate) fn of(number: ChangeNumber, hash: u64) -> Self {
        Self { number, bits: hash as u32 }
    }

    /// Appends the change to the bytes of a gap.
    pub(crate) fn put(self, gap: &mut Vec<u8>) {
        gap.extend(self.bits.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changes_of_a_gap_come_back() {
        let dropped: Vec<_> = (7..12)
            .map(|at| Dropped::of(ChangeNumber::new(at), 0xffff_0000_0000 + at as u64))
            .collect();
        let mut bytes = Vec::new();
        dropped.iter().for_each(|dropped| dropped.put(&mut bytes));
        let gap = Gap::new(&bytes).expect("is whole");
        let after = ChangeNumber::new(12);
        assert_eq!(gap.changes(after).collect::<Vec<_>>(), dropped);
        assert_eq!(gap.last(2).changes(after).collect::<Vec<_>>(), dropped[3..]);
        assert_eq!((gap.len(), gap.last(9), gap.last(0).is_empty()), (5, gap, true));
        for (before, reaches) in [(5, false), (6, true), (11, true), (12, false), (13, false)] {
            assert_eq!(gap.reaches(ChangeNumber::new(before), after), reaches);
        }
        assert!(Gap::default().reaches(ChangeNumber::new(11), after));
        assert_eq!(Gap::new(&bytes[1..]), None);
    }
}
