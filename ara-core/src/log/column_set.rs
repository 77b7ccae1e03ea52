//! Sets of columns.

use smallvec::SmallVec;

/// A set of columns by ordinal. A column is bit `ordinal % 8` of byte `ordinal / 8`, and the last byte
/// is never zero, so that equal sets have equal bytes. The columns of most tables need no memory of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ColumnSet(SmallVec<[u8; 16]>);

impl ColumnSet {
    /// Inserts a column.
    pub(crate) fn insert(&mut self, ordinal: u32) {
        let at = (ordinal / 8) as usize;
        let bit = 1 << (ordinal % 8);
        match self.0.get_mut(at) {
            Some(byte) => *byte |= bit,
            None => {
                self.0.resize(at, 0);
                self.0.push(bit);
            }
        }
    }

    /// Inserts a column, and returns whether the set did not contain it.
    pub(crate) fn add(&mut self, ordinal: u32) -> bool {
        let is_new = !self.has(ordinal);
        self.insert(ordinal);
        is_new
    }

    /// Returns whether the set contains a column.
    pub(crate) fn has(&self, ordinal: u32) -> bool {
        self.0.get((ordinal / 8) as usize).is_some_and(|byte| byte >> (ordinal % 8) & 1 == 1)
    }

    /// Returns the bit set as bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Inserts the columns of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (byte, more) in self.0.iter_mut().zip(&other.0) {
            *byte |= more;
        }
    }

    /// Returns whether the sets have a column in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(byte, other)| byte & other != 0)
    }

    /// Returns whether another set contains all of the columns.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let both = self.0.iter().zip(&other.0);
        self.0.len() <= other.0.len() && both.into_iter().all(|(byte, other)| byte & !other == 0)
    }

    /// Takes the bytes of a bit set.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }

    /// Removes the columns of another set.
    pub(crate) fn remove(&mut self, columns: &Self) {
        for (byte, gone) in self.0.iter_mut().zip(&columns.0) {
            *byte &= !gone;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Returns whether there is no column.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the columns.
    pub(crate) fn ordinals(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().zip(0u64..).flat_map(|(byte, at)| {
            (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| at * 8 + bit)
        })
    }
}

impl FromIterator<u32> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = u32>>(ordinals: I) -> Self {
        let mut set = Self::default();
        for ordinal in ordinals {
            set.insert(ordinal);
        }
        set
    }
}
