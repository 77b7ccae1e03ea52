//! The cells of a change: what it wrote into the columns of its row.
//!
//! A change can hold several cells of one column. The first of them whose kind this version knows is what
//! the change wrote into the column; the others stay in the log and are hashed, but have no effect. A cell that
//! tells that the row was forgotten counts wherever it stands.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::log::codec::{
    ADDITION, Addition, FORGOTTEN, Reader, UPDATE, put_addition, put_bytes, put_payload,
    put_varint, tag,
};
use crate::log::column_set::ColumnSet;
use crate::log::marks::Marks;
use crate::value::Stored;
use crate::value::size::length;

/// How many of the low bits of a cell's head are the tag of its kind and the flag. The column's ordinal is
/// above them.
const HEAD_BITS: u32 = 5;

/// The flag of a cell with marks, which follow its head.
pub(crate) const HAS_MARKS: u8 = 1 << 4;

/// The column that tells whether a row is deleted.
pub(crate) const IS_DELETED: u32 = 0;

/// What a cell writes into its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write<'a> {
    /// A value; `None` is NULL. The last one wins.
    Value(Option<Stored<'a>>),
    /// An addition to a counter. All of them add up.
    Addition(Addition),
    /// An update of a text that devices edit at the same time. All of them are united.
    Update(Cow<'a, [u8]>),
    /// The row was forgotten. Such a cell is always one of `is_deleted`.
    Forgotten(Forgotten),
}

impl Write<'_> {
    /// Returns how many bytes of a text or a blob are written.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Value(value) => length(value.as_ref()),
            Self::Addition(_) | Self::Update(_) | Self::Forgotten(_) => 0,
        }
    }
}

/// What a change of a row that was forgotten is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Forgotten {
    /// It forgot the row.
    Act,
    /// Its values were removed, as the row was forgotten.
    Remains,
}

impl Forgotten {
    /// Returns the only cell of such a change, whose column has a number.
    pub(crate) fn cell(self, column: u32) -> Vec<u8> {
        let mut cell = Vec::with_capacity(4);
        self.as_cell(column).put(&mut cell, column);
        cell
    }

    /// Returns the only cell of such a change.
    pub(crate) fn as_cell(self, column: u32) -> Cell<'static> {
        let payload: &[u8] = match self {
            Self::Act => &[0],
            Self::Remains => &[1, 1],
        };
        Cell { column, tag: FORGOTTEN, marks: Marks::default(), payload }
    }

    /// Reads the payload of a cell. Bytes that only a newer version knows tell that the row was forgotten, too.
    fn read(payload: &[u8]) -> Option<Self> {
        let bytes = Reader(payload).bytes()?;
        Some(if bytes.is_empty() { Self::Act } else { Self::Remains })
    }
}

/// A cell of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell<'a> {
    /// The column: its ordinal in the file, or the position of its name in a batch.
    pub(crate) column: u32,
    /// The kind of what is written.
    pub(crate) tag: u8,
    /// What the cell tells besides.
    pub(crate) marks: Marks<'a>,
    /// What is written beyond its kind.
    pub(crate) payload: &'a [u8],
}

impl<'a> Cell<'a> {
    /// Returns what is written, or `None` if this version does not know its kind.
    pub(crate) fn write(&self) -> Option<Write<'a>> {
        if self.is_addition() {
            return Reader(self.payload).addition().map(Write::Addition);
        }
        if self.tag == UPDATE {
            return Reader(self.payload).update().map(|update| Write::Update(update.into()));
        }
        if self.tag == FORGOTTEN {
            return Forgotten::read(self.payload).map(Write::Forgotten);
        }
        let value = Reader(self.payload).payload(self.tag)?;
        // SQLite stores NaN as NULL, so the row holds NULL where the log holds the bits of a NaN.
        let is_nan = |value: &Stored<'_>| matches!(value, Stored::Real(real) if real.is_nan());
        Some(Write::Value(value.filter(|value| !is_nan(value))))
    }

    /// Returns whether the cell is an addition to a counter.
    pub(crate) fn is_addition(&self) -> bool {
        self.tag == ADDITION
    }

    /// Returns whether the cell is an update of a text.
    pub(crate) fn is_update(&self) -> bool {
        self.tag == UPDATE
    }

    /// Appends the cell, with another number for its column.
    pub(crate) fn put(&self, out: &mut Vec<u8>, column: u32) {
        let flag = if self.marks.is_empty() { 0 } else { HAS_MARKS };
        put_varint(out, u64::from(column) << HEAD_BITS | u64::from(self.tag | flag));
        if flag != 0 {
            put_bytes(out, self.marks.0);
        }
        out.extend_from_slice(self.payload);
    }
}

/// Returns whether a write of a column with these marks was written through from another column, and so is no edit of
/// its own. What is added to a counter always is an edit, and so is whether a row is deleted.
pub(crate) fn is_written_through(column: u32, write: &Write<'_>, marks: Marks<'_>) -> bool {
    !marks.is_empty()
        && column != IS_DELETED
        && matches!(write, Write::Value(_))
        && marks.is_written_through()
}

/// Appends a cell that writes a value, and returns its tag and where its payload begins.
pub(crate) fn put_value(
    out: &mut Vec<u8>,
    column: u32,
    value: Option<&Stored<'_>>,
    marks: Marks<'_>,
) -> (u8, usize) {
    let tag = tag(value);
    Cell { column, tag, marks, payload: &[] }.put(out, column);
    let payload = out.len();
    put_payload(out, value);
    (tag, payload)
}

/// Returns the payload of a cell that adds to a counter.
pub(crate) fn addition_payload(addition: Addition, salt: u32) -> Vec<u8> {
    let mut payload = Vec::with_capacity(25);
    put_addition(&mut payload, addition, salt);
    payload
}

/// The cells of a change as bytes, read from the front.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cells<'a>(Reader<'a>);

impl<'a> Cells<'a> {
    /// Takes the bytes of cells.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader(bytes))
    }

    /// Returns the bytes that were not read yet.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0.0
    }

    /// Reads the next cell. Returns `Some(None)` after the last one, and `None` if the bytes are not a
    /// cell.
    pub(crate) fn next_cell(&mut self) -> Option<Option<Cell<'a>>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let head = self.0.varint()?;
        let column = u32::try_from(head >> HEAD_BITS).ok()?;
        let tag = (head & 0xf) as u8;
        let marks = match head as u8 & HAS_MARKS {
            0 => Marks::default(),
            _ => Marks(self.0.bytes().filter(|marks| !marks.is_empty())?),
        };
        let payload = self.0.raw_payload(tag)?;
        Some(Some(Cell { column, tag, marks, payload }))
    }

    /// Returns whether one of the cells tells that the row was forgotten.
    pub(crate) fn forgotten(self) -> Option<Forgotten> {
        self.forgotten_cell().map(|(_, forgotten)| forgotten)
    }

    /// Returns the first cell that tells that the row was forgotten.
    pub(crate) fn forgotten_cell(self) -> Option<(Cell<'a>, Forgotten)> {
        self.judged().find_map(|cell| match cell.ok()? {
            (cell, Standing::Counts(Write::Forgotten(forgotten))) => Some((cell, forgotten)),
            _ => None,
        })
    }

    /// Returns whether nothing was written but what was written through from other columns.
    pub(crate) fn are_written_through(self) -> bool {
        let mut is_any = false;
        for cell in self.judged() {
            match cell {
                Ok((cell, Standing::Counts(write)))
                    if is_written_through(cell.column, &write, cell.marks) =>
                {
                    is_any = true;
                }
                _ => return false,
            }
        }
        is_any
    }

    /// Returns the cells, each with its standing. An item is [`Error::Corrupt`] if the bytes are not a
    /// cell.
    pub(crate) fn judged(self) -> JudgedCells<'a> {
        JudgedCells { cells: self, counted: ColumnSet::default() }
    }
}

/// What the cell of a change means for its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing<'a> {
    /// The cell is what the change wrote into the column.
    Counts(Write<'a>),
    /// An earlier cell of the change counts for the column.
    Repeats,
    /// The kind of the cell is one that only newer versions know.
    Unknown,
}

/// The cells of a change, each with its standing.
pub(crate) struct JudgedCells<'a> {
    cells: Cells<'a>,
    counted: ColumnSet,
}

impl<'a> Iterator for JudgedCells<'a> {
    type Item = Result<(Cell<'a>, Standing<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(next) = self.cells.next_cell() else { return Some(Err(Error::Corrupt)) };
        let cell = next?;
        let standing = match cell.write() {
            None => Standing::Unknown,
            Some(write @ Write::Forgotten(_)) => match cell.column {
                IS_DELETED => Standing::Counts(write),
                _ => Standing::Unknown,
            },
            // Whether a row is deleted is no text.
            Some(Write::Update(_)) if cell.column == IS_DELETED => Standing::Unknown,
            Some(write) if self.counted.add(cell.column) => Standing::Counts(write),
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

    /// The tags of NULL, 0 and 1, and one that this version does not know.
    const NULL: u8 = 0;
    const ZERO: u8 = 5;
    const ONE: u8 = 6;
    const NEWER: u8 = 10;

    fn packed(cells: &[(u32, u8)]) -> Vec<u8> {
        let mut packed = Vec::new();
        for &(column, tag) in cells {
            let payload: &[u8] = if tag == NEWER { &[0] } else { &[] };
            Cell { column, tag, marks: Marks::default(), payload }.put(&mut packed, column);
        }
        packed
    }

    fn standings(packed: &[u8]) -> Vec<(u32, Standing<'_>)> {
        let standing = |(cell, standing): (Cell<'_>, _)| (cell.column, standing);
        let cells = Cells::new(packed).judged();
        cells.map(|cell| cell.map(standing).expect("was packed so")).collect()
    }

    fn counts(integer: i64) -> Standing<'static> {
        Standing::Counts(Write::Value(Some(Stored::Integer(integer))))
    }

    #[test]
    fn the_first_cell_of_a_column_counts() {
        let packed = packed(&[(3, ZERO), (4, NULL), (3, ONE), (4, ONE), (0, ONE), (3, NULL)]);
        let repeats = Standing::Repeats;
        assert_eq!(
            standings(&packed),
            [
                (3, counts(0)),
                (4, Standing::Counts(Write::Value(None))),
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
    fn marks_and_additions_come_back() {
        let mut packed = Vec::new();
        put_value(&mut packed, 70, Some(&Stored::Text("milk".into())), Marks(&[9, 1, 0]));
        let addition = Addition { by: -3, total: 4 };
        let payload = addition_payload(addition, 5);
        let (tag, marks) = (ADDITION, Marks::default());
        Cell { column: 2, tag, marks, payload: &payload }.put(&mut packed, 3);
        let mut cells = Cells::new(&packed);
        let mut next = || cells.next_cell().expect("was packed so");
        let text = next().expect("a cell");
        assert_eq!((text.column, text.marks), (70, Marks(&[9, 1, 0])));
        assert_eq!(text.write(), Some(Write::Value(Some(Stored::Text("milk".into())))));
        let added = next().expect("a cell");
        assert_eq!((added.column, added.write()), (3, Some(Write::Addition(addition))));
        assert_eq!(next(), None);
    }

    #[test]
    fn damaged_cells_are_an_error() {
        // The head of a text, and a length of 200 that nothing follows.
        let mut cells = Cells::new(&[0x05, 0x43, 200]).judged();
        assert!(matches!(cells.next(), Some(Ok((_, Standing::Counts(_))))));
        assert!(matches!(cells.next(), Some(Err(Error::Corrupt))));
        // Marks that are said to follow, but do not.
        assert_eq!(Cells::new(&[0x10, 0]).next_cell(), None);
    }

    #[test]
    fn those_that_do_not_count_are_taken_out() {
        let mut cells = vec![(3, 'a'), (0, 'b'), (3, 'c'), (8, 'd'), (0, 'e')];
        let columns = keep_counting(&mut cells, |(column, _)| *column);
        assert_eq!(cells, [(3, 'a'), (0, 'b'), (8, 'd')]);
        assert_eq!(columns, [0, 3, 8].into_iter().collect());
    }
}
