//! Pieces, in which the log of a node lies: some changes that follow one another, packed.
//!
//! A small transaction is a piece of its own. Once there are many of them, or a transaction is large, they lie
//! in chunks of some 32 KB. A piece begins with a [head](head::Head), which tells how far the log of the node
//! has come with it. Each change follows with its length, and leaves out what it has in common with the
//! one before. A chunk also has a [filter](filter::Filter) over the ids of its rows.

pub(crate) mod filter;
pub(crate) mod head;
pub(crate) mod packing;
pub(crate) mod unpacking;

/// The flags of what is told of a transaction that ends.
mod end_flags {
    /// It has a date of its own.
    pub(super) const DATED: u8 = 1;
    /// It has other changes, whose hashes are told.
    pub(super) const OTHERS: u8 = 1 << 1;
    /// Those that this version knows.
    pub(super) const ALL: u8 = DATED | OTHERS;
}

/// The flags of a packed change.
mod flags {
    /// The change ends a transaction.
    pub(super) const ENDS: u8 = 1;
    /// Its number is not the one that follows: a varint tells by how much it is off.
    pub(super) const NUMBER: u8 = 1 << 1;
    /// Its stamp is the one that follows. Otherwise the difference is told.
    pub(super) const NEXT_STAMP: u8 = 1 << 2;
    /// It is of the same table and row as the change before.
    pub(super) const SAME_ROW: u8 = 1 << 3;
    /// More is told of the transaction that it ends, as the byte that follows says.
    pub(super) const HAS_END: u8 = 1 << 4;
    /// Cells of it were dropped: the hash of the change as it was first written follows.
    pub(super) const REDUCED: u8 = 1 << 5;
    /// Changes before it were dropped: the XOR of their hashes follows, and the gap.
    pub(super) const FOLLOWS_DROPPED: u8 = 1 << 6;
    /// It has parts that this version does not know, which follow.
    pub(super) const HAS_MORE: u8 = 1 << 7;
}
