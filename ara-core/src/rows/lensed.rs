//! The columns of a table that replace others or are replaced, and what is known of them in a row.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqliteRow};

use crate::catalog::edit_columns::EditColumns;
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::owned_write::owned_value;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::model::table_ref::TableRef;
use crate::names::{name_list, stored_table_name};
use crate::rows::effective::{Known, Row, Written};
use crate::rows::plan::Slot;
use crate::rows::shown_values::Shown;
use crate::value::Stored;

/// The columns of a table that replace others or are replaced.
#[derive(Debug)]
pub(crate) struct Lensed {
    pub(crate) table: TableRef,
    columns: Vec<Column>,
    /// Those that replace others.
    pub(crate) shown: Vec<Shown>,
    /// Selects what is known of a row by its row id.
    pub(crate) by_row: String,
    /// Selects what is known of a row by its id.
    pub(crate) by_id: String,
}

/// A column that replaces others or is replaced.
#[derive(Debug)]
struct Column {
    /// Its position in the table's definition.
    position: usize,
    /// Its ordinal in the file.
    ordinal: u32,
    /// The ordinal of the column beside it that holds its last edit, if there is one.
    edits: Option<u32>,
}

/// What a row holds in these columns.
pub(crate) struct LensedRow {
    pub(crate) id: [u8; 16],
    /// The stamp of its latest change.
    pub(crate) latest: Stamp,
    /// By the positions of the columns.
    pub(crate) known: HashMap<usize, Known>,
}

/// Returns the id of a node.
pub(crate) type IdOf<'i> = &'i dyn Fn(NodeOrdinal) -> Option<NodeId>;

impl Lensed {
    /// Returns those of a table, or `None` if no column replaces another one.
    pub(crate) fn of(table: TableRef, slots: &[Slot], edits: &EditColumns) -> Option<Self> {
        if table.lenses.reads.is_empty() {
            return None;
        }
        let mut positions: Vec<usize> = table.lenses.reads.iter().map(|lens| lens.column).collect();
        positions.extend(table.lenses.reads.iter().flat_map(|lens| lens.from));
        positions.sort_unstable();
        positions.dedup();
        let slot = |position: usize| slots.get(position + 1);
        let (mut columns, mut names) = (Vec::new(), vec!["id", "ara_clock"]);
        for position in positions {
            let Slot { name, ordinal, .. } = slot(position)?;
            let edits = edits.get(ordinal);
            names.push(name);
            names.extend(edits.map(|edits| edits.name.as_str()));
            let edits = edits.map(|edits| edits.ordinal);
            columns.push(Column { position, ordinal: *ordinal, edits });
        }
        let selected = name_list(names.into_iter());
        let stored = stored_table_name(table.def);
        let select = |key| format!("SELECT {selected} FROM \"{stored}\" WHERE \"{key}\" = ?1");
        let (by_row, by_id) = (select("ara_row"), select("id"));
        Some(Self { table, columns, shown: Shown::all_of(table), by_row, by_id })
    }

    /// Returns the columns by their positions and ordinals.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, u32)> {
        self.columns.iter().map(|column| (column.position, column.ordinal))
    }

    /// Returns whether the column with this ordinal is one of them.
    pub(crate) fn has(&self, column: u32) -> bool {
        self.columns.iter().any(|known| known.ordinal == column)
    }

    /// Returns the ordinal of the column at a position.
    pub(crate) fn ordinal(&self, position: usize) -> Option<u32> {
        let known = self.columns.iter().find(|known| known.position == position);
        known.map(|known| known.ordinal)
    }

    /// Reads what is known of a row by one of the statements. Returns `None` if there is no row.
    pub(crate) fn read(
        &self,
        connection: &Connection,
        (sql, key): (&str, ValueRef<'_>),
        id_of: IdOf<'_>,
    ) -> Result<Option<LensedRow>> {
        let mut select = connection.prepare_cached(sql)?;
        bind(&mut select, 1, key)?;
        let mut rows = select.raw_query();
        Ok(rows.next()?.map(|row| self.known(row, id_of)).transpose()?)
    }

    /// Of a row whose clock cannot be read, nothing is known.
    fn known(&self, row: &SqliteRow<'_>, id_of: IdOf<'_>) -> rusqlite::Result<LensedRow> {
        let clock = RowClock::read(row.get_ref(1)?, (None, None)).unwrap_or_default();
        let mut known = HashMap::with_capacity(self.columns.len());
        let mut at = 2..;
        let mut next = |column| -> rusqlite::Result<Option<Written>> {
            let held = row.get_ref(at.next().unwrap_or_default())?;
            Ok(written(&clock, column, Stored::from_sql(held).map(owned_value), id_of))
        };
        for Column { position, ordinal, edits } in &self.columns {
            let newest = next(*ordinal)?;
            let beside = edits.map(&mut next).transpose()?;
            let edit = match clock.is_marked(*ordinal) {
                true => beside.flatten(),
                false => newest.clone(),
            };
            known.insert(*position, Known { newest, edit });
        }
        Ok(LensedRow {
            id: row.get(0)?,
            latest: clock.latest().map_or(Stamp::default(), |(stamp, _)| stamp),
            known,
        })
    }

    /// Returns what a row shows.
    pub(crate) fn row(&self, known: HashMap<usize, Known>) -> Row<'_> {
        Row { table: &self.table, known }
    }
}

/// Returns what was written last into a column, if it ever was.
fn written(
    clock: &RowClock,
    column: u32,
    value: Option<Stored<'static>>,
    id_of: IdOf<'_>,
) -> Option<Written> {
    let (stamp, node) = clock.last_write(column)?;
    Some(Written { value, at: (stamp, id_of(node)?) })
}
