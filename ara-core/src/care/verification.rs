//! What a verification reports.

use std::fmt;

/// What a verification found, returned by [`Database::verify`](crate::Database::verify).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// The number of changes in the log.
    pub changes: u64,
    /// The number of rows of synced tables that were compared, including deleted ones.
    pub rows: u64,
    /// The places where a table or a digest differs from the log, 100 at most.
    pub differences: Vec<Difference>,
}

impl Verification {
    /// Returns whether nothing differs.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }

    /// Returns whether no more differences are told.
    pub(crate) fn is_full(&self) -> bool {
        self.differences.len() >= MOST
    }

    /// Adds a difference, unless there are 100 already.
    pub(crate) fn differ(&mut self, table: Option<&str>, column: Option<&str>, what: What) {
        if !self.is_full() {
            let [table, column] = [table, column].map(|name| name.map(str::to_owned));
            self.differences.push(Difference { table, column, what });
        }
    }
}

/// The number of differences that are told at most.
const MOST: usize = 100;

/// A place where a table or a digest differs from the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The table's stored name, if the difference concerns a table.
    pub table: Option<String>,
    /// The column's stored name, if the difference concerns a column.
    pub column: Option<String>,
    /// What differs.
    pub what: What,
}

/// What differs between a table or a digest and the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// The log has a row that the table lacks.
    MissingRow,
    /// The table has a row that is not in the log.
    UnknownRow,
    /// The log has a table that the file lacks.
    MissingTable,
    /// The log has a column that the table lacks.
    MissingColumn,
    /// A value is not the one that was written last.
    Value,
    /// The sum of a counter, or what this device has added to it, is not that of the additions.
    Total,
    /// The clock of a value is not that of the change that wrote it last, or the clock of a row is not that of
    /// its changes.
    Clock,
    /// A row that was forgotten still has values, or changes of it have, or its tombstone is not of the change that
    /// forgot it.
    Forgotten,
    /// A change in the log, or a piece of the log that holds changes, cannot be read.
    UnreadableChange,
    /// The digest of a node, or what else is noted of its log, is not that of its changes, or changes are
    /// missing between others.
    Digest,
    /// The log of a node ends within a transaction.
    OpenTransaction,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "column `{table}.{column}`: ")?,
            (Some(table), None) => write!(f, "table `{table}`: ")?,
            _ => {}
        }
        f.write_str(match self.what {
            What::MissingRow => "the log has a row that the table lacks",
            What::UnknownRow => "the table has a row that the log knows nothing of",
            What::MissingColumn => "the log has a column that the table lacks",
            What::MissingTable => "the log has a table that the file lacks",
            What::Value => "a value is not the one that was written last",
            What::Total => "the sum of a counter is not that of what was added",
            What::Clock => "a clock is not that of the last write",
            What::Forgotten => "a forgotten row is not gone as it must be",
            What::UnreadableChange => "a change of the log cannot be read",
            What::Digest => "a device's digest, or its last number, is not that of its changes",
            What::OpenTransaction => "a device's log ends within a transaction",
        })
    }
}
