//! A change as the log holds it.

use rusqlite::{Row, Rows};

use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;

/// A change in the log, whose parts are read when they are asked for. What another program has written into
/// the log may be anything, so that a part that is read may be [`Error::Corrupt`].
///
/// The statement must select the columns `node`, `time`, `tbl`, `row` and `cells`, in this order.
#[derive(Clone, Copy)]
pub(crate) struct LoggedChange<'r>(&'r Row<'r>);

/// Iterates over the changes that a statement selects. It lends them: each is read before the next one.
pub(crate) struct LoggedChanges<'s>(Rows<'s>);

impl<'r> LoggedChange<'r> {
    /// Takes the columns of a row that a statement selected.
    pub(super) fn new(selected: &'r Row<'r>) -> Self {
        Self(selected)
    }

    /// Returns the ordinal of the node that made the change.
    pub(crate) fn node(self) -> Result<NodeOrdinal> {
        Ok(self.0.get(0)?)
    }

    /// Returns when the node made the change.
    pub(crate) fn time(self) -> Result<Time> {
        Ok(self.0.get(1)?)
    }

    /// Returns the ordinal of the table.
    pub(crate) fn table(self) -> Result<i64> {
        Ok(self.0.get(2)?)
    }

    /// Returns the id of the row, which another program may have replaced by any bytes.
    pub(crate) fn row(self) -> Result<&'r [u8]> {
        self.bytes(3)
    }

    /// Returns the id of the row. Any other bytes are [`Error::Corrupt`].
    pub(crate) fn row_id(self) -> Result<[u8; 16]> {
        self.row()?.try_into().map_err(|_| Error::Corrupt)
    }

    /// Returns what was written, as [`Packed`](crate::log::change::Packed) has packed it.
    pub(crate) fn packed(self) -> Result<&'r [u8]> {
        self.bytes(4)
    }

    /// Returns what was written. Bytes that are not a packed change are [`Error::Corrupt`].
    pub(crate) fn cells(self) -> Result<PackedCells<'r>> {
        PackedCells::open(self.packed()?).ok_or(Error::Corrupt)
    }

    fn bytes(self, column: usize) -> Result<&'r [u8]> {
        self.0.get_ref(column)?.as_blob().map_err(|_| Error::Corrupt)
    }
}

impl<'s> LoggedChanges<'s> {
    /// Takes the rows that a statement selects.
    pub(super) fn new(selected: Rows<'s>) -> Self {
        Self(selected)
    }

    /// Returns the next change, or `None` after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<LoggedChange<'_>>> {
        Ok(self.0.next()?.map(LoggedChange))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::all_changes::LogReader;
    use crate::log::tests::example;

    #[test]
    fn what_another_program_wrote_is_told_where_it_is_read() -> Result<()> {
        for (tampered, is_read) in [
            ("tbl = NULL", [false, true, true]),
            ("row = NULL", [true, false, true]),
            ("row = x'00'", [true, false, true]),
            ("cells = NULL", [true, true, false]),
            ("cells = x''", [true, true, false]),
        ] {
            let log = example()?;
            log.execute(&format!("UPDATE ara_change SET {tampered}"), [])?;
            let mut reader = LogReader::new(&log)?;
            let mut changes = reader.read()?;
            let change = changes.next()?.expect("is there");
            assert_eq!((change.node()?.get(), change.time()?.bits()), (1, 10));
            let parts = [change.table().err(), change.row_id().err(), change.cells().err()];
            for (error, is_read) in parts.into_iter().zip(is_read) {
                match error {
                    None => assert!(is_read, "{tampered}"),
                    Some(error) => {
                        assert!(!is_read && matches!(error, Error::Corrupt), "{tampered}")
                    }
                }
            }
        }
        Ok(())
    }
}
