//! The columns of a table that replace others or are replaced, and what is known of them in a row.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::catalog::edit_columns::EditColumns;
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::owned_write::owned_value;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::names::{name_list, stored_table_name};
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Known, Row, Written};
use crate::rows::folded_change::FoldedChange;
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
    /// The names of the columns that tell what is known of a row: the clock, and then these columns, each followed by
    /// the one that holds its last edit, if there is one.
    pub(crate) names: Vec<String>,
    /// The names of the hidden columns that a merge writes with the columns themselves. None, if columns refer to rows by
    /// their keys, as these rows are to be made, too.
    pub(crate) at_once: Vec<String>,
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
    pub(crate) known: ByPosition<Known>,
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
        let (mut columns, mut names) = (Vec::new(), vec!["ara_clock".to_owned()]);
        for position in positions {
            let Slot { name, ordinal, .. } = slot(position)?;
            let edits = edits.get(ordinal);
            names.push((*name).to_owned());
            names.extend(edits.map(|edits| edits.name.clone()));
            let edits = edits.map(|edits| edits.ordinal);
            columns.push(Column { position, ordinal: *ordinal, edits });
        }
        let selected = name_list(std::iter::once("id").chain(names.iter().map(String::as_str)));
        let stored = stored_table_name(table.def);
        let select = |key| format!("SELECT {selected} FROM \"{stored}\" WHERE \"{key}\" = ?1");
        let (by_row, by_id) = (select("ara_row"), select("id"));
        let shown = Shown::all_of(table);
        let has_keys = table.lenses.key_tables().next().is_some();
        let at_once = shown.iter().filter(|_| !has_keys).flat_map(Shown::columns).collect();
        Some(Self { table, columns, shown, names, at_once, by_row, by_id })
    }

    /// Notes that all rows are to be worked out.
    pub(crate) fn note_all(&self, connection: &Connection) -> Result<()> {
        self.shown.iter().try_for_each(|shown| shown.note_all(connection))
    }

    /// Returns the columns by their positions and ordinals.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, u32)> {
        self.columns.iter().map(|column| (column.position, column.ordinal))
    }

    /// Returns the names of the columns that hold the values: all but the clock.
    pub(crate) fn held(&self) -> &[String] {
        self.names.get(1..).unwrap_or_default()
    }

    /// Returns the ordinals of those that replace others.
    pub(crate) fn shown_columns(&self) -> impl Iterator<Item = u32> {
        self.shown.iter().filter_map(|shown| self.ordinal(shown.position))
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
        let Some(row) = rows.next()? else { return Ok(None) };
        let values = (2..=self.names.len()).map(|at| row.get_ref(at).unwrap_or(ValueRef::Null));
        // Of a row whose clock cannot be read, nothing is known.
        let clock = RowClock::read(row.get_ref(1)?, (None, None)).unwrap_or_default();
        let known = self.known(&clock, values, id_of);
        let latest = clock.latest().map_or(Stamp::default(), |(stamp, _)| stamp);
        Ok(Some(LensedRow { id: row.get(0)?, latest, known }))
    }

    /// Returns what is known of a row, from its clock and its [columns](Self::names).
    pub(crate) fn known<'v>(
        &self,
        clock: &RowClock,
        mut values: impl Iterator<Item = ValueRef<'v>>,
        id_of: IdOf<'_>,
    ) -> ByPosition<Known> {
        let mut known = ByPosition::with_capacity(self.columns.len());
        let mut next = |column| {
            let held = values.next().unwrap_or(ValueRef::Null);
            written(clock, column, Stored::from_sql(held).map(owned_value), id_of)
        };
        for Column { position, ordinal, edits } in &self.columns {
            let newest = next(*ordinal);
            let beside = edits.map(&mut next);
            let edit = match clock.is_marked(*ordinal) {
                true => beside.flatten(),
                false => newest.clone(),
            };
            known.insert(*position, Known { newest, edit });
        }
        known
    }

    /// Returns what is known of a row that a change makes.
    pub(crate) fn known_of_new(&self, change: &FoldedChange<'_>) -> ByPosition<Known> {
        let at = (change.tick.stamp, change.tick.node.1);
        let known = self.columns.iter().filter_map(|Column { position, ordinal, .. }| {
            let cell = change.cells.iter().find(|cell| cell.column.0 == *ordinal)?;
            let value = Stored::from_sql(cell.value()).map(owned_value);
            let newest = Some(Written { value, at });
            let edit = newest.clone().filter(|_| !cell.is_written_through);
            Some((*position, Known { newest, edit }))
        });
        known.collect()
    }

    /// Returns what is written into the columns [`at_once`](Self::at_once) of a row. `None` if more is to be done for it.
    pub(crate) fn shown_at_once(&self, known: ByPosition<Known>) -> Option<Vec<Given<'static>>> {
        let row = self.row(known);
        let mut values = Vec::with_capacity(self.at_once.len());
        for shown in &self.shown {
            values.extend(shown.at_once(self, &row)?.into_iter().flatten());
        }
        Some(values)
    }

    /// Returns what a row shows.
    pub(crate) fn row(&self, known: ByPosition<Known>) -> Row<'_> {
        Row::new(&self.table, known)
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
