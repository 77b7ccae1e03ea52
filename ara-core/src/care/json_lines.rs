//! Exporting whole tables as JSON Lines.
//!
//! A line is a row: an object with its id and its columns, by their stored names.

use std::collections::HashSet;
use std::io::Write;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::care::json_unread::{Unread, UnreadRow};
use crate::care::json_value::{Kind, failed, put};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::log::counters::counted_columns;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::{name_list, quoted, stored_table_name};
use crate::rows::lensed::Lensed;
use crate::rows::plan::is_deleted;
use crate::value::AsRead;

impl Database {
    /// Writes a whole table as JSON Lines, and returns the number of rows. It includes deleted rows, and
    /// columns that only other versions of the app declare, but no row that was [forgotten](Self::forget), as it has
    /// no values. [`import_json`](Self::import_json) reads it back.
    ///
    /// Each line is an object with the row's id and columns. Numbers, text and `null` are written as they are
    /// stored, so that a `bool` is 0 or 1. Other values are objects with one entry:
    ///
    /// | object | value |
    /// |---|---|
    /// | `{"uuid": ".."}` | a UUID |
    /// | `{"blob": "cafe"}` | other bytes, in hexadecimal |
    /// | `{"real": "inf"}` | an infinite number |
    /// | `{"counter": 13}` | the value of a [`Counter`](crate::Counter) |
    /// | `{"text": ".."}` | text that could be taken for a UUID |
    ///
    /// A column that replaces others is written as what it shows, and these are left out. Where it shows nothing as it
    /// cannot read what they hold, they are written in its place, so that no value is lost.
    ///
    /// The times at which rows were created and updated are not written. They are in the change log, which a
    /// [`backup`](Self::backup) includes.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// let milk: Id<Todo> = "0194c1c2-9f3e-7d4e-8f00-0123456789ab".parse()?;
    /// db.create(Todo::draft().id(milk).title("Buy milk").stars(2))?;
    /// let mut file = Vec::new();
    /// db.export_json::<Todo>(&mut file)?;
    /// let line = r#"{"id":"0194c1c2-9f3e-7d4e-8f00-0123456789ab","title":"Buy milk","stars":2}"#;
    /// assert_eq!(String::from_utf8_lossy(&file), format!("{line}\n"));
    ///
    /// let other = Database::memory()?;
    /// assert_eq!(other.import_json::<Todo>(&file[..])?.rows, 1);
    /// assert_eq!(other.query::<Todo>().one()?.stars, Some(2));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, [`Error::Corrupt`] if the table holds text that is not
    /// valid UTF-8, and other [common errors](Self#common-errors).
    pub fn export_json<T: Table>(&self, mut to: impl Write) -> Result<u64> {
        let plan = self.plan(TableRef::of::<T>())?;
        self.work_out_all(&[TableRef::of::<T>()])?;
        let stored_name = stored_table_name(T::TABLE);
        self.with_private_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let kinds =
                Kinds::load(&snapshot, TableRef::of::<T>(), table(&registry, &stored_name)?)?;
            let rows = export(&snapshot, &kinds, plan.lensed.as_ref(), &mut to)?;
            to.flush().map_err(failed)?;
            Ok(rows)
        })
    }
}

/// Returns the registered table with a stored name.
pub(crate) fn table<'r>(registry: &'r Registry, stored_name: &str) -> Result<&'r RegisteredTable> {
    let table = registry.tables.values().find(|table| table.name == stored_name);
    table.ok_or(Error::Corrupt)
}

/// The kinds of the columns of a table.
pub(crate) struct Kinds<'r> {
    declared: TableRef,
    pub(crate) table: &'r RegisteredTable,
    /// The ordinals of the columns that hold counters.
    pub(crate) counters: HashSet<u32>,
}

impl<'r> Kinds<'r> {
    pub(crate) fn load(
        connection: &Connection,
        declared: TableRef,
        table: &'r RegisteredTable,
    ) -> Result<Self> {
        Ok(Self { declared, table, counters: counted_columns(connection, table.ordinal)? })
    }

    /// Returns the kind of a column.
    pub(crate) fn of(&self, ordinal: u32, name: &str) -> Kind {
        if self.counters.contains(&ordinal) {
            return Kind::Counter;
        }
        let declared = self.declared.def.columns.iter().find(|column| column.name == name);
        declared.map_or(Kind::Unknown, |column| column.ty.into())
    }

    /// Returns the name of the column that holds what a column shows, or `None` if others have replaced it.
    fn shown<'a>(&self, name: &'a str) -> Option<&'a str> {
        let def = self.declared.def;
        let mut replaces = def.columns.iter().filter_map(|column| column.replaces);
        let is_replaced = replaces.any(|replaces| replaces.columns.contains(&name));
        let shown = def.column(name).map_or(name, |column| column.shown());
        (!is_replaced).then_some(shown)
    }

    /// Returns how the app sees the values of a column that it declares.
    pub(crate) fn as_read(&self, name: &str) -> Option<AsRead> {
        let TableRef { def, as_read, .. } = self.declared;
        let mut columns = def.columns.iter().zip(as_read);
        columns.find(|(column, _)| column.name == name).map(|(_, as_read)| *as_read)
    }
}

/// Writes the rows of a table, and returns how many there are. Those that were forgotten are left out: a line could
/// not say so, and a deleted row would come of it.
fn export(
    connection: &Connection,
    kinds: &Kinds<'_>,
    lensed: Option<&Lensed>,
    to: &mut dyn Write,
) -> Result<u64> {
    let table = kinds.table;
    let columns: Vec<_> = table
        .columns
        .iter()
        .filter_map(|(ordinal, name)| {
            Some((name.as_str(), kinds.shown(name)?, kinds.of(*ordinal, name)))
        })
        .collect();
    let unread = lensed.map(|lensed| Unread::new(connection, kinds, lensed)).transpose()?;
    let names = std::iter::once("id").chain(columns.iter().map(|(_, shown, _)| *shown));
    let list = name_list(names.chain(unread.iter().flat_map(Unread::names)));
    let mut rows = connection.prepare(&format!(
        "SELECT {list} FROM {} AS t WHERE NOT EXISTS (SELECT 1 FROM ara_forgotten f \
             WHERE f.tbl = ?1 AND f.row = t.\"id\") ORDER BY \"id\"",
        quoted(&table.name)
    ))?;
    let mut rows = rows.query([table.ordinal])?;
    let mut line = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        line.clear();
        write!(line, "{{\"id\":\"{}\"", Uuid::from_bytes(row.get(0)?)).map_err(failed)?;
        let mut of_row = unread.as_ref().map(|unread| unread.of(row, columns.len() + 1));
        for ((column, _, kind), at) in columns.iter().zip(1..) {
            let value = row.get_ref(at)?;
            if *column == "is_deleted" {
                // It is left out for the rows that are not deleted, which are most.
                if is_deleted(value) {
                    write!(line, ",\"is_deleted\":1").map_err(failed)?;
                }
                continue;
            }
            if value == ValueRef::Null
                && let Some(of_row) = &mut of_row
                && of_row.is_unread(column)
            {
                continue;
            }
            write!(line, ",\"{column}\":").map_err(failed)?;
            put(&mut line, value, *kind)?;
        }
        for (column, value, kind) in of_row.iter().flat_map(UnreadRow::sources) {
            write!(line, ",\"{column}\":").map_err(failed)?;
            put(&mut line, value.to_sql(), kind)?;
        }
        line.extend_from_slice(b"}\n");
        to.write_all(&line).map_err(failed)?;
        count += 1;
    }
    Ok(count)
}
