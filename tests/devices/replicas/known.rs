//! A set of changes.

use std::ops::Range;

/// Which of the changes of the world a device has, or a writer had seen, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct Known(Vec<u64>);

impl Known {
    pub fn has(&self, change: usize) -> bool {
        self.0.get(change / 64).is_some_and(|bits| bits >> (change % 64) & 1 == 1)
    }

    pub fn add(&mut self, change: usize) {
        let place = change / 64;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= 1 << (change % 64);
    }

    pub fn add_all(&mut self, changes: Range<usize>) {
        changes.for_each(|change| self.add(change));
    }

    pub fn unite(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    /// Leaves what both have.
    pub fn intersect(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits &= more;
        }
    }

    pub fn without(&self, other: &Self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|change| self.has(*change) && !other.has(*change))
    }

    pub fn is_within(&self, other: &Self) -> bool {
        let bits_of_other = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(bits_of_other).all(|(bits, others)| bits & !others == 0)
    }
}
