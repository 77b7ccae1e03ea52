//! What a commit has written, for those who watch.

use uuid::Uuid;

use crate::log::column_set::ColumnSet;

/// What a commit has written: the tables, and the columns and rows of each.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) tables: Vec<TouchedTable>,
    /// Whether anything may have been written, also what is not listed.
    pub(crate) everything: bool,
    /// Whether changes were written into the log, which other devices lack.
    pub(crate) is_logged: bool,
}

/// What was written of one table.
#[derive(Debug)]
pub(crate) struct TouchedTable {
    /// The table's ordinal.
    pub(crate) ordinal: i64,
    /// The columns that were written.
    pub(crate) columns: ColumnSet,
    /// Whether a row may have been added, which concerns every column.
    pub(crate) has_new_rows: bool,
    /// The rows that were written, or `None` if there are more than [`MOST_ROWS`].
    pub(crate) rows: Option<Vec<Uuid>>,
}

/// The most rows of a table that are listed.
const MOST_ROWS: usize = 64;

impl Touched {
    /// Returns that anything may have been written.
    pub(crate) fn everything() -> Self {
        Self { tables: Vec::new(), everything: true, is_logged: true }
    }

    /// Returns whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty() && !self.everything && !self.is_logged
    }

    /// Adds a row that was written.
    pub(crate) fn write(&mut self, table: i64, row: Uuid, columns: &ColumnSet, is_new: bool) {
        let touched = self.table(table);
        touched.columns.extend(columns);
        touched.has_new_rows |= is_new;
        touched.add_row(row);
    }

    /// Returns what was written of a table, which is added if it is not listed yet.
    pub(crate) fn table(&mut self, ordinal: i64) -> &mut TouchedTable {
        let at = match self.tables.iter().position(|table| table.ordinal == ordinal) {
            Some(at) => at,
            None => {
                self.tables.push(TouchedTable {
                    ordinal,
                    columns: ColumnSet::default(),
                    has_new_rows: false,
                    rows: Some(Vec::new()),
                });
                self.tables.len() - 1
            }
        };
        &mut self.tables[at]
    }
}

impl TouchedTable {
    /// Adds a row.
    pub(crate) fn add_row(&mut self, row: Uuid) {
        let Some(rows) = &mut self.rows else { return };
        // A row that is written in several steps is most often the last one added.
        if rows.last() == Some(&row) {
            return;
        }
        if rows.len() < MOST_ROWS {
            rows.push(row);
        } else {
            self.rows = None;
        }
    }

    /// Returns whether this row may be among those that were written.
    pub(crate) fn may_have(&self, row: Uuid) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.contains(&row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_listed_up_to_a_bound() {
        let mut touched = Touched::default();
        let columns: ColumnSet = [1].into_iter().collect();
        for row in 0..MOST_ROWS as u128 {
            touched.write(3, Uuid::from_u128(row), &columns, false);
            touched.write(3, Uuid::from_u128(row), &columns, false);
        }
        assert!(!touched.table(3).may_have(Uuid::max()));
        touched.write(3, Uuid::max(), &columns, false);
        assert!(touched.table(3).may_have(Uuid::from_u128(1 << 90)));
        assert_eq!(touched.tables.len(), 1);
    }
}
