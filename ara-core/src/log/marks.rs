//! The marks of cells: what a cell tells besides the value that it writes.

use crate::log::clock::Stamp;
use crate::log::codec::{Reader, put_bytes, put_varint};
use crate::log::node::NodeId;

/// The mark of a cell that an undo wrote: whose value it puts back.
const PUTS_BACK: u64 = 1;

/// The mark of a cell that was written through from another column, with which it was written, for versions of the app
/// that know this one alone.
const WRITTEN_THROUGH: u64 = 2;

/// The mark of an update of a text that an undo wrote: what it takes back, or does again.
#[cfg(feature = "text")]
const TURNS: u64 = 3;

/// The marks of a cell as bytes: a list of kinds, each with as many bytes as its length says. They are hashed
/// and passed on as they came; kinds that this version does not know have no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks<'a>(pub(crate) &'a [u8]);

/// Which write a cell puts back: its stamp and the node that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PutBack {
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeId,
}

impl PutBack {
    /// Returns the mark as bytes.
    pub(crate) fn to_marks(self) -> Vec<u8> {
        let mut note = Vec::with_capacity(24);
        note.extend_from_slice(self.node.as_bytes());
        note.extend(self.stamp.bits().to_be_bytes());
        let mut marks = Vec::with_capacity(26);
        put_varint(&mut marks, PUTS_BACK);
        put_bytes(&mut marks, &note);
        marks
    }
}

/// A write of a text that an update takes back, or does again.
#[cfg(feature = "text")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextTurn {
    /// The last write of the transaction that is undone, or done again.
    pub(crate) of: PutBack,
    /// Whether it is undone.
    pub(crate) is_undone: bool,
}

#[cfg(feature = "text")]
impl TextTurn {
    /// Returns the mark of an update as bytes.
    pub(crate) fn to_marks(turns: &[Self]) -> Vec<u8> {
        let mut note = Vec::with_capacity(turns.len() * 25);
        for Self { of, is_undone } in turns {
            note.extend_from_slice(of.node.as_bytes());
            note.extend(of.stamp.bits().to_be_bytes());
            note.push(u8::from(*is_undone));
        }
        let mut marks = Vec::with_capacity(note.len() + 4);
        put_varint(&mut marks, TURNS);
        put_bytes(&mut marks, &note);
        marks
    }
}

impl Marks<'static> {
    /// The marks of a cell that was written through from another column.
    pub(crate) const OF_WRITTEN_THROUGH: Self = Self(&[WRITTEN_THROUGH as u8, 0]);
}

impl<'a> Marks<'a> {
    /// Returns whether the cell has none.
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns which write the cell puts back, if an undo wrote it.
    pub(crate) fn puts_back(self) -> Option<PutBack> {
        let mut note = Reader(self.find(PUTS_BACK)?);
        let node = NodeId::from_bytes(note.array()?);
        let stamp = Stamp::from_bits(i64::from_be_bytes(note.array()?));
        Some(PutBack { stamp, node })
    }

    /// Returns which writes of its text an update takes back, or does again, if an undo wrote it.
    #[cfg(feature = "text")]
    pub(crate) fn turns(self) -> Vec<TextTurn> {
        let mut note = Reader(self.find(TURNS).unwrap_or_default());
        let mut turn = || {
            let node = NodeId::from_bytes(note.array()?);
            let stamp = Stamp::from_bits(i64::from_be_bytes(note.array()?));
            let is_undone = note.byte()? == 1;
            Some(TextTurn { of: PutBack { stamp, node }, is_undone })
        };
        std::iter::from_fn(&mut turn).collect()
    }

    /// Returns whether the cell was written through from another column.
    pub(crate) fn is_written_through(self) -> bool {
        self.find(WRITTEN_THROUGH).is_some()
    }

    /// Returns the bytes of the first mark of a kind.
    fn find(self, kind: u64) -> Option<&'a [u8]> {
        let mut marks = Reader(self.0);
        while !marks.is_empty() {
            let (found, bytes) = (marks.varint()?, marks.bytes()?);
            if found == kind {
                return Some(bytes);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_and_unknown_ones_hide_none() {
        let note = PutBack { stamp: Stamp::new(7, 3), node: NodeId::from_bytes([9; 16]) };
        let mut marks = Vec::new();
        put_varint(&mut marks, 77);
        put_bytes(&mut marks, b"newer");
        assert_eq!(Marks(&marks).puts_back(), None);
        marks.extend(note.to_marks());
        assert_eq!(Marks(&marks).puts_back(), Some(note));
        assert!(!Marks(&marks).is_written_through());
        marks.extend(Marks::OF_WRITTEN_THROUGH.0);
        assert!(Marks(&marks).is_written_through());
        assert!(!Marks(&[1, 200]).is_written_through());
        assert!(Marks(&[]).is_empty());
    }

    #[cfg(feature = "text")]
    #[test]
    fn what_an_undo_did_to_a_text_comes_back() {
        let turn = |millis, is_undone| {
            let node = NodeId::from_bytes([millis as u8; 16]);
            TextTurn { of: PutBack { stamp: Stamp::new(millis, 0), node }, is_undone }
        };
        let turns = [turn(7, true), turn(9, false)];
        assert_eq!(Marks(&TextTurn::to_marks(&turns)).turns(), turns);
        assert!(Marks(&[3, 2, 1, 1]).turns().is_empty() && Marks(&[]).turns().is_empty());
    }
}
