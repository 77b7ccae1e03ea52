//! Verifying a table: looking up the row of each change, and counting what must be there once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};

use crate::care::verification::{Verification, What};
use crate::care::verify::sums::Sums;
use crate::care::verify::ties::Ties;
use crate::catalog::registry::RegisteredTable;
use crate::error::{Error, Result};
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::names::quoted;

/// A table that is verified.
pub(super) struct Table<'c, 'r> {
    connection: &'c Connection,
    pub(super) table: &'r RegisteredTable,
    /// The registered columns that are in the file.
    pub(super) columns: BTreeMap<u32, &'r str>,
    /// The statements that look a row up, by the columns that they read.
    probes: HashMap<Box<[u32]>, Statement<'c>>,
    /// What the log has of the rows, as they say themselves, and of the counters.
    pub(super) logged: Tally,
    pub(super) sums: Sums,
}

/// How much of what the clocks of rows list there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// The columns that were written, each of a row.
    pub(super) columns: u64,
    /// The earliest changes, and the latest ones: one of each row.
    pub(super) earliest: u64,
    pub(super) latest: u64,
}

/// A row that was looked up or read: what all statements here select first.
pub(super) struct RowHead {
    pub(super) clock: Option<RowClock>,
    pub(super) created_at: Option<i64>,
    pub(super) updated_at: Option<i64>,
}

/// How many columns the statements here select before those of the app.
pub(super) const HEAD: usize = 4;

impl RowHead {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let created_at = row.get_ref(2)?.as_i64().ok();
        let updated_at = row.get_ref(3)?.as_i64().ok();
        let clock = RowClock::read(row.get_ref(1)?, (created_at, updated_at));
        Ok(Self { clock, created_at, updated_at })
    }
}

impl<'c, 'r> Table<'c, 'r> {
    /// Compares the columns of a table with those that are registered. Returns `None` if ara's table is not in
    /// the file.
    pub(super) fn new(
        connection: &'c Connection,
        table: &'r RegisteredTable,
        found: &mut Verification,
    ) -> Result<Option<Self>> {
        let mut present = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let present = present.query_map([&table.name], |row| row.get(0))?;
        let present = present.collect::<rusqlite::Result<HashSet<String>>>()?;
        if SYSTEM_COLUMNS.iter().any(|column| !present.contains(*column)) {
            found.differ(Some(&table.name), None, What::MissingTable);
            return Ok(None);
        }
        let mut columns = BTreeMap::new();
        for (ordinal, name) in table.all_columns() {
            if present.contains(name) {
                columns.insert(ordinal, name);
            } else {
                found.differ(Some(&table.name), Some(name), What::MissingColumn);
            }
        }
        // Edits are compared together with the columns that they are of.
        for (of, edits) in &table.edits {
            if !columns.contains_key(of) {
                columns.remove(&edits.ordinal);
            }
        }
        let (probes, logged, sums) = Default::default();
        Ok(Some(Self { connection, table, columns, probes, logged, sums }))
    }

    /// Returns the column that holds the last edits of another one, if both are in the file.
    pub(super) fn edits_of(&self, column: u32) -> Option<u32> {
        let edits = self.table.edits.get(&column)?.ordinal;
        self.columns.contains_key(&edits).then_some(edits)
    }

    /// Looks a row up, and calls `read` with it, or with `None` if there is none. After its head, these columns
    /// are selected.
    pub(super) fn look_up<T>(
        &mut self,
        row: &[u8; 16],
        columns: &[u32],
        read: impl FnOnce(Option<&Row<'_>>) -> Result<T>,
    ) -> Result<T> {
        let probe = self.probe(columns)?;
        bind(probe, 1, ValueRef::Blob(row))?;
        let mut rows = probe.raw_query();
        read(rows.next()?)
    }

    fn probe(&mut self, columns: &[u32]) -> Result<&mut Statement<'c>> {
        /// Changes can write any set of columns: without a bound, there could be a statement for each.
        const MOST: usize = 16;
        if !self.probes.contains_key(columns) {
            if self.probes.len() >= MOST {
                self.probes.clear();
            }
            let names = columns.iter().filter_map(|column| self.columns.get(column));
            let mut sql = select(names.map(|name| quoted(name)), &self.table.name);
            sql.push_str(" WHERE \"id\" = ?1");
            self.probes.insert(columns.into(), self.connection.prepare(&sql)?);
        }
        self.probes.get_mut(columns).ok_or(Error::Corrupt)
    }

    /// Calls `each` with every row: its id, its head, and the row, which tells after the head of each column
    /// whether it holds a value.
    pub(super) fn for_each_row(
        &self,
        mut each: impl FnMut(&[u8], &RowHead, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let is_held = |name: &&str| format!("{} IS NOT NULL", quoted(name));
        let sql = select(self.columns.values().map(is_held), &self.table.name);
        let mut rows = self.connection.prepare(&sql)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_blob().unwrap_or_default();
            each(id, &RowHead::of(row)?, row)?;
        }
        Ok(())
    }

    /// Returns what the clock of a row lists. What a tie has written is left out: the log leaves it out as
    /// well.
    pub(super) fn listed(&self, row: &[u8], clock: &RowClock, ties: &Ties) -> Tally {
        let ordinal = self.table.ordinal;
        let is_clear = |change| !ties.may_be((ordinal, row), change);
        let is_there = |column: &u64| {
            let column = u32::try_from(*column).unwrap_or(u32::MAX);
            // What a missing column holds cannot be compared.
            self.columns.contains_key(&column)
                || self.table.all_columns().all(|(registered, _)| registered != column)
        };
        let groups = clock.groups().filter(|(_, stamp, node)| is_clear((*stamp, *node)));
        Tally {
            columns: groups.map(|(set, ..)| set.ordinals().filter(is_there).count() as u64).sum(),
            earliest: u64::from(clock.earliest().is_some_and(is_clear)),
            latest: u64::from(clock.latest().is_some_and(is_clear)),
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.columns += other.columns;
        self.earliest += other.earliest;
        self.latest += other.latest;
    }
}

/// Returns the statement that selects the head of a row, and more.
fn select(more: impl Iterator<Item = String>, table: &str) -> String {
    let mut sql = String::from("SELECT \"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
    for column in more {
        let _ = write!(sql, ", {column}");
    }
    let _ = write!(sql, " FROM {}", quoted(table));
    sql
}
