//! Filling columns that another program had dropped.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::log::cells::{Standing, Write, is_written_through};
use crate::log::counters::{CounterCell, Counters};
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::PieceReader;
use crate::log::recorder::WholeLog;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::log::texts::{TextCell, Texts};
use crate::names::quoted;
use crate::rows::rebuild::rebuild_rows;
use crate::rows::table_rows::execute;
use crate::value::Stored;

/// Fills columns that another program had dropped with the values that were last written into them, or, if they hold the
/// last edits of others, with those. The
/// clocks of the rows, which still contain the columns, tell which these are, and are left as they are.
pub(crate) fn refill_columns(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    columns: &[(u32, &str)],
) -> Result<()> {
    let connection = log.connection();
    let mut refill = Refill::new(connection, table, columns)?;
    let mut pieces = PieceReader::all(connection)?;
    // Of changes of one node with equal stamps, which a fork may have, the clock does not tell which won. Nor does one
    // that cannot be read. And a row may have become too large while it lacked the columns.
    let mut unclear = BTreeSet::new();
    while let Some(piece) = pieces.next()? {
        let is_forked = registry.nodes.get(&piece.node()).is_some_and(|node| node.is_forked);
        for change in piece.changes().filter(|change| change.record.table == table.ordinal) {
            let is_unclear = match refill.change(change) {
                Err(Error::Corrupt | Error::TooLarge { .. }) => true,
                has_written => has_written? && is_forked,
            };
            if is_unclear {
                unclear.insert((table.ordinal, change.record.row));
            }
        }
    }
    rebuild_rows(log, registry, &unclear, None)
}

/// The statements that fill the columns of a table.
struct Refill<'c, 't> {
    connection: &'c Connection,
    table: &'t RegisteredTable,
    probe: Statement<'c>,
    columns: Vec<Column<'c>>,
    counters: Counters<'c>,
    texts: Texts<'c>,
}

/// A column to be filled.
struct Column<'c> {
    /// Its ordinal, and that of the column whose last edits it holds, if it is such a one.
    ordinal: u32,
    edits_of: Option<u32>,
    /// The statement that writes it.
    update: Statement<'c>,
}

impl<'c, 't> Refill<'c, 't> {
    fn new(
        connection: &'c Connection,
        table: &'t RegisteredTable,
        columns: &[(u32, &str)],
    ) -> Result<Self> {
        let name = quoted(&table.name);
        let mut probe = String::from("SELECT \"ara_clock\" FROM ");
        let _ = write!(probe, "{name} WHERE \"id\" = ?1");
        let update = |&(ordinal, column): &(u32, &str)| {
            let column = quoted(column);
            let sql = format!("UPDATE {name} SET {column} = ?2 WHERE \"id\" = ?1");
            let mut edits = table.edits.iter();
            let edits_of = edits.find(|(_, edits)| edits.ordinal == ordinal).map(|(of, _)| *of);
            Ok(Column { ordinal, edits_of, update: connection.prepare(&sql)? })
        };
        let columns = columns.iter().map(update).collect::<Result<_>>()?;
        let probe = connection.prepare(&probe)?;
        let (counters, texts) = (Counters::new(connection), Texts::new(connection));
        Ok(Self { connection, table, probe, columns, counters, texts })
    }

    /// Writes what a change wrote into the columns, as far as nothing was written later. Returns whether it
    /// has written anything. What cannot be read is passed over.
    fn change(&mut self, LoggedChange { node, record, .. }: LoggedChange<'_>) -> Result<bool> {
        let mut clock: Option<RowClock> = None;
        let mut has_written = false;
        for cell in record.cells.judged() {
            let Ok((cell, Standing::Counts(write))) = cell else { continue };
            let is_edit = !is_written_through(cell.column, &write, cell.marks);
            for Column { ordinal, edits_of, update } in &mut self.columns {
                if let Write::Update(update) = &write {
                    if *ordinal == cell.column {
                        let (table, row) = (self.table.ordinal, record.row);
                        let text = TextCell { table, row, column: cell.column };
                        self.texts.add(text, (record.stamp, node), update)?;
                    }
                    continue;
                }
                if !(*ordinal == cell.column || is_edit && *edits_of == Some(cell.column)) {
                    continue;
                }
                let clock: &RowClock = match &mut clock {
                    Some(clock) => clock,
                    none => none.insert(clock_of(&mut self.probe, &record.row)?),
                };
                if clock.last_write(*ordinal) != Some((record.stamp, node)) || clock.lacks(*ordinal)
                {
                    continue;
                }
                let (row, table) = (&record.row[..], self.table.ordinal);
                let sum = match write {
                    Write::Addition(_) => {
                        let counter = CounterCell { table, row, column: cell.column };
                        self.counters.get(counter)?.map(|sum| Stored::Integer(sum.value()))
                    }
                    _ => None,
                };
                let value = match &write {
                    Write::Value(value) => value.as_ref(),
                    Write::Forgotten(_) => Some(&Stored::Integer(1)),
                    Write::Addition(_) => sum.as_ref(),
                    Write::Update(_) => None,
                };
                bind(update, 1, ValueRef::Blob(row))?;
                bind(update, 2, value.map_or(ValueRef::Null, Stored::to_sql))?;
                execute(self.connection, update, &self.table.name)?;
                has_written = true;
            }
        }
        Ok(has_written)
    }
}

/// Returns the clock of a row, which is empty if the row does not exist.
fn clock_of(probe: &mut Statement<'_>, row: &[u8; 16]) -> Result<RowClock> {
    let unpack = |row: &rusqlite::Row<'_>| Ok(RowClock::read(row.get_ref(0)?, (None, None)));
    match probe.query_row([row], unpack).optional()? {
        Some(clock) => clock.ok_or(Error::Corrupt),
        None => Ok(RowClock::default()),
    }
}
