//! The columns of a table that replace others or are replaced, and what is known of them in a row.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqliteRow};

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
    /// Their positions in the table's definition, and their ordinals in the file.
    columns: Vec<(usize, u32)>,
    /// Those that replace others.
    pub(crate) shown: Vec<Shown>,
    /// Selects what is known of a row by its row id.
    pub(crate) by_row: String,
    /// Selects what is known of a row by its id.
    pub(crate) by_id: String,
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
    pub(crate) fn of(table: TableRef, slots: &[Slot]) -> Option<Self> {
        if table.lenses.reads.is_empty() {
            return None;
        }
        let mut positions: Vec<usize> = table.lenses.reads.iter().map(|lens| lens.column).collect();
        positions.extend(table.lenses.reads.iter().flat_map(|lens| lens.from));
        positions.sort_unstable();
        positions.dedup();
        let slot = |position: usize| slots.get(position + 1);
        let columns = positions.into_iter().filter_map(|at| Some((at, slot(at)?.ordinal)));
        let columns: Vec<_> = columns.collect();
        let names = columns.iter().filter_map(|(at, _)| Some(slot(*at)?.name));
        let selected = name_list(["id", "ara_clock"].into_iter().chain(names));
        let stored = stored_table_name(table.def);
        let select = |key| format!("SELECT {selected} FROM \"{stored}\" WHERE \"{key}\" = ?1");
        let (by_row, by_id) = (select("ara_row"), select("id"));
        Some(Self { table, columns, shown: Shown::all_of(table), by_row, by_id })
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
        for ((position, ordinal), at) in self.columns.iter().zip(2..) {
            let value = Stored::from_sql(row.get_ref(at)?).map(owned_value);
            let newest = written(&clock, *ordinal, value, id_of);
            known.insert(*position, Known { edit: newest.clone(), newest });
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
