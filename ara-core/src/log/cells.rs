//! Which cells of a change count.
//!
//! A change can hold several cells of one column. The first of them whose kind this version knows is what
//! the change wrote into the column; the others stay in the log and are hashed, but have no effect.

use crate::error::{Error, Result};
use crate::log::change::{PackedCell, PackedCells};
use crate::log::row_clock::ColumnSet;
use crate::value::Stored;

/// What the cell of a change means for its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing<'a> {
    /// The cell is what the change wrote into the column; `None` is NULL.
    Counts(Option<Stored<'a>>),
    /// An earlier cell of the change counts for the column.
    Repeats,
    /// The value is of a kind that only newer versions know.
    Unknown,
}

/// The cells of a packed change, each with its standing.
pub(crate) struct JudgedCells<'a> {
    cells: PackedCells<'a>,
    counted: ColumnSet,
}

impl<'a> PackedCells<'a> {
    /// Returns the cells, each with its standing. An item is [`Error::Corrupt`] if the bytes are not a
    /// cell.
    pub(crate) fn judged(self) -> JudgedCells<'a> {
        JudgedCells { cells: self, counted: ColumnSet::default() }
    }
}

impl<'a> Iterator for JudgedCells<'a> {
    type Item = Result<(PackedCell<'a>, Standing<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(next) = self.cells.next_cell() else { return Some(Err(Error::Corrupt)) };
        let cell = next?;
        let standing = match cell.value() {
            None => Standing::Unknown,
            Some(value) if self.counted.add(cell.column) => Standing::Counts(value),
            Some(_) => Standing::Repeats,
        };
        Some(Ok((cell, standing)))
    }
}

/// Removes the cells that do not count from the cells of a change, whose kinds must all be known. Returns
/// the columns of the cells that are left.
pub(crate) fn keep_counting<C>(cells: &mut Vec<C>, column: impl Fn(&C) -> u32) -> ColumnSet {
    let mut counted = ColumnSet::default();
    cells.retain(|cell| counted.add(column(cell)));
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::change::Packed;

    /// The tags of NULL, 0 and 1, and one that this version does not know.
    const NULL: u8 = 0;
    const ZERO: u8 = 5;
    const ONE: u8 = 6;
    const NEWER: u8 = 9;

    fn packed(cells: &[(u32, u8)]) -> Packed {
        let mut packed = Packed::new();
        for &(column, tag) in cells {
            packed.cell(column, tag, if tag == NEWER { &[0] } else { &[] });
        }
        packed
    }

    fn standings(packed: &Packed) -> Vec<(u32, Standing<'_>)> {
        let cells = PackedCells::open(packed.bytes()).expect("was packed so").judged();
        let standing = |(cell, standing): (PackedCell<'_>, _)| (cell.column, standing);
        cells.map(|cell| cell.map(standing).expect("was packed so")).collect()
    }

    fn counts(integer: i64) -> Standing<'static> {
        Standing::Counts(Some(Stored::Integer(integer)))
    }

    #[test]
    fn the_first_cell_of_a_column_counts() {
        let packed = packed(&[(3, ZERO), (4, NULL), (3, ONE), (4, ONE), (0, ONE), (3, NULL)]);
        let repeats = Standing::Repeats;
        assert_eq!(
            standings(&packed),
            [
                (3, counts(0)),
                (4, Standing::Counts(None)),
                (3, repeats.clone()),
                (4, repeats.clone()),
                (0, counts(1)),
                (3, repeats),
            ]
        );
    }

    #[test]
    fn a_cell_of_an_unknown_kind_hides_no_other() {
        let packed = packed(&[(3, NEWER), (3, ONE), (3, NEWER), (3, ZERO)]);
        let unknown = Standing::Unknown;
        assert_eq!(
            standings(&packed),
            [(3, unknown.clone()), (3, counts(1)), (3, unknown), (3, Standing::Repeats)]
        );
    }

    #[test]
    fn damaged_cells_are_an_error() {
        // The head of a text, and a length of 200 that nothing follows.
        let mut cells = PackedCells::headless(&[0x05, 0x23, 200]).judged();
        assert!(matches!(cells.next(), Some(Ok((_, Standing::Counts(_))))));
        assert!(matches!(cells.next(), Some(Err(Error::Corrupt))));
    }

    #[test]
    fn those_that_do_not_count_are_taken_out() {
        let mut cells = vec![(3, 'a'), (0, 'b'), (3, 'c'), (8, 'd'), (0, 'e')];
        let columns = keep_counting(&mut cells, |(column, _)| *column);
        assert_eq!(cells, [(3, 'a'), (0, 'b'), (8, 'd')]);
        assert_eq!(columns, [0, 3, 8].into_iter().collect());
    }
}
