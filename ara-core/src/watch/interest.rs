//! What a query reads, to be compared with what commits touch.

use uuid::Uuid;

use crate::log::column_set::ColumnSet;
use crate::rows::touched::TouchedTable;

/// What a query reads.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    pub(crate) tables: Vec<TableInterest>,
    /// Whether it reads a local table. What other processes write there is not in the change log.
    pub(crate) has_local: bool,
    /// Whether it reads something that any commit may touch, such as a table that ara did not create.
    pub(crate) anything: bool,
}

/// What a query reads of one table. A new row always touches it.
#[derive(Debug)]
pub(crate) struct TableInterest {
    /// The table's ordinal.
    pub(crate) ordinal: i64,
    /// The ordinals of the columns.
    pub(crate) columns: ColumnSet,
    /// Whether it reads what every change of a row changes: `updated_at`, or the row's clock.
    pub(crate) every_change: bool,
    /// The only rows that it reads, if the query names them.
    pub(crate) rows: Option<Vec<Uuid>>,
}

impl TableInterest {
    /// Returns whether the query reads anything of what was touched.
    pub(crate) fn meets(&self, touched: &TouchedTable) -> bool {
        let is_read =
            self.every_change || touched.has_new_rows || self.columns.meets(&touched.columns);
        let names = |rows: &[Uuid]| rows.iter().any(|row| touched.may_have(*row));
        is_read && self.rows.as_deref().is_none_or(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::touched::Touched;

    fn touched(row: u128, columns: &[u32], is_new: bool) -> Touched {
        let mut touched = Touched::default();
        let columns = columns.iter().copied().collect();
        touched.write(1, Uuid::from_u128(row), &columns, is_new);
        touched
    }

    fn interest(columns: &[u32], every_change: bool, rows: Option<&[u128]>) -> TableInterest {
        let rows = rows.map(|rows| rows.iter().copied().map(Uuid::from_u128).collect());
        let columns = columns.iter().copied().collect();
        TableInterest { ordinal: 1, columns, every_change, rows }
    }

    #[test]
    fn columns_rows_and_new_rows_count() {
        let meets =
            |interest: &TableInterest, mut touched: Touched| interest.meets(touched.table(1));
        let title = interest(&[0, 9], false, None);
        assert!(meets(&title, touched(5, &[9, 12], false)));
        assert!(!meets(&title, touched(5, &[8], false)));
        assert!(meets(&title, touched(5, &[8], true)));
        assert!(meets(&interest(&[0], true, None), touched(5, &[8], false)));
        let one = interest(&[0], true, Some(&[7]));
        assert!(!meets(&one, touched(5, &[8], true)));
        assert!(meets(&one, touched(7, &[8], false)));
        assert!(!meets(&interest(&[0], false, Some(&[7])), touched(7, &[8], false)));
    }
}
