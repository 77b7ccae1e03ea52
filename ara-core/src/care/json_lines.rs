//! Exporting and importing whole tables as JSON Lines.
//!
//! A line is a row: an object with its id and its columns, by their stored names.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Write};
use std::sync::Arc;

use ara_schema::TableDef;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::care::json_value::{FromJson, Kind, failed, put, value};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::database::transaction::{State, Transaction};
use crate::error::{Error, Result};
use crate::growth::make::column_of;
use crate::log::cells;
use crate::log::change::is_same;
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::counters::counted_columns;
use crate::log::row_clock::RowClock;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::{is_ara_s, name_list, quoted, stored_table_name};
use crate::rows::any_rows::{AnyRows, MarkedCell};
use crate::rows::last_writer::FoldedCell;
use crate::rows::writing::Writing;
use crate::value::Stored;

impl Database {
    /// Writes a whole table as JSON Lines, and returns the number of rows. It includes deleted rows, and
    /// columns that only other versions of the app declare. [`import_json`](Self::import_json) reads it back.
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
    /// assert_eq!(other.import_json::<Todo>(&file[..])?, 1);
    /// assert_eq!(other.query::<Todo>().one()?.stars, Some(2));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, [`Error::Corrupt`] if the table holds text that is not
    /// valid UTF-8, and other [common errors](Self#common-errors).
    pub fn export_json<T: Table>(&self, mut to: impl Write) -> Result<u64> {
        self.plan(TableRef::of::<T>())?;
        let stored_name = stored_table_name(T::TABLE);
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let kinds = Kinds::load(&snapshot, T::TABLE, table(&registry, &stored_name)?)?;
            let rows = export(&snapshot, &kinds, &mut to)?;
            to.flush().map_err(failed)?;
            Ok(rows)
        })
    }

    /// Imports JSON Lines that [`export_json`](Self::export_json) wrote, or that have the same form, in one
    /// transaction. Returns the number of rows that were read.
    ///
    /// If a row with the id exists, the values that differ are written. The row is restored unless the line
    /// says `"is_deleted":1`. Columns that the line does not name are left alone.
    ///
    /// - A line may also use `true` and `false` for 1 and 0, and text for a UUID if the struct declares the
    ///   column as an `Id` or a `Uuid`.
    /// - A column that the table lacks is created, as by a merge.
    /// - Values are not checked against the struct. A value that the app cannot read is missing in a query,
    ///   and `narrow` leaves the row out.
    /// - The value of a [`Counter`](crate::Counter) is written only into a new row, and counts as added by this
    ///   device. So import a file on one of several devices only: if two import the same new row, a merge adds
    ///   up their counters.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let lines = r#"{"id":"0194c1c2-9f3e-7d4e-8f00-0123456789ab","title":"Buy milk"}"#;
    /// let db = Database::memory()?;
    /// assert_eq!(db.import_json::<Todo>(lines.as_bytes())?, 1);
    /// assert!(matches!(db.import_json::<Todo>(&b"[]"[..]), Err(ara::Error::Line { line: 1, .. })));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Line`] if a line is not a row, [`Error::Io`] if `from` cannot be read,
    /// [`Error::EndOfTime`] if a row cannot be changed any more, and [common errors](Self#common-errors).
    /// Nothing is imported then.
    pub fn import_json<T: Table>(&self, mut from: impl BufRead) -> Result<u64> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        self.transaction(|tx| tx.import::<T>(&mut from))
    }
}

/// Returns the registered table with a stored name.
fn table<'r>(registry: &'r Registry, stored_name: &str) -> Result<&'r RegisteredTable> {
    let table = registry.tables.values().find(|table| table.name == stored_name);
    table.ok_or(Error::Corrupt)
}

/// The kinds of the columns of a table.
struct Kinds<'r> {
    declared: &'static TableDef,
    table: &'r RegisteredTable,
    /// The ordinals of the columns that hold counters.
    counters: HashSet<u32>,
}

impl<'r> Kinds<'r> {
    fn load(
        connection: &Connection,
        declared: &'static TableDef,
        table: &'r RegisteredTable,
    ) -> Result<Self> {
        Ok(Self { declared, table, counters: counted_columns(connection, table.ordinal)? })
    }

    /// Returns the kind of a column.
    fn of(&self, ordinal: u32, name: &str) -> Kind {
        if self.counters.contains(&ordinal) {
            return Kind::Counter;
        }
        let declared = self.declared.columns.iter().find(|column| column.name == name);
        declared.map_or(Kind::Unknown, |column| column.ty.into())
    }
}

/// Writes the rows of a table, and returns how many there are.
fn export(connection: &Connection, kinds: &Kinds<'_>, to: &mut dyn Write) -> Result<u64> {
    let table = kinds.table;
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|(ordinal, name)| (name.as_str(), kinds.of(*ordinal, name)))
        .collect();
    let list = name_list(std::iter::once("id").chain(columns.iter().map(|(name, _)| *name)));
    let mut rows = connection
        .prepare(&format!("SELECT {list} FROM {} ORDER BY \"id\"", quoted(&table.name)))?;
    let mut rows = rows.query([])?;
    let mut line = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        line.clear();
        write!(line, "{{\"id\":\"{}\"", Uuid::from_bytes(row.get(0)?)).map_err(failed)?;
        for ((column, kind), at) in columns.iter().zip(1..) {
            let value = row.get_ref(at)?;
            // `is_deleted` is left out for the rows that are not deleted, which are most.
            if *column != "is_deleted" || value != ValueRef::Integer(0) {
                write!(line, ",\"{column}\":").map_err(failed)?;
                put(&mut line, value, *kind)?;
            }
        }
        line.extend_from_slice(b"}\n");
        to.write_all(&line).map_err(failed)?;
        count += 1;
    }
    Ok(count)
}

impl Transaction<'_> {
    /// Imports lines in a transaction that has written nothing yet, and returns the number of rows.
    fn import<T: Table>(&self, from: &mut dyn BufRead) -> Result<u64> {
        let plan = self.plan(TableRef::of::<T>())?;
        let registry = Registry::load(self.connection)?;
        let table = table(&registry, &stored_table_name(T::TABLE))?;
        let mut state = self.state.borrow_mut();
        if plan.search.is_some() {
            state.searched.insert(TypeId::of::<T>(), Arc::clone(&plan));
        }
        let mut import = Import {
            connection: self.connection,
            table: T::TABLE.name,
            kinds: Kinds::load(self.connection, T::TABLE, table)?,
            columns: HashMap::new(),
            writing: AnyRows::new(self.connection, &registry)?,
        };
        let (mut rows, mut number, mut line) = (0, 0, Vec::new());
        while from.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            number += 1;
            if !line.trim_ascii().is_empty() {
                import.line(&mut state, number, &line)?;
                rows += 1;
            }
            line.clear();
        }
        Ok(rows)
    }
}

/// An import that is running.
struct Import<'c, 'r> {
    connection: &'c Connection,
    /// The name that the app gave the table.
    table: &'static str,
    kinds: Kinds<'r>,
    /// The ordinals of the columns that earlier lines named.
    columns: HashMap<String, u32>,
    writing: AnyRows<'c, 'r>,
}

/// The value that a line gives one column.
struct LineCell {
    ordinal: u32,
    name: String,
    value: Option<Stored<'static>>,
    is_counter: bool,
}

impl Import<'_, '_> {
    /// Imports a line.
    fn line(&mut self, state: &mut State<'_>, line: u64, bytes: &[u8]) -> Result<()> {
        let wrong = |reason: &str| Error::Line { line, reason: reason.to_owned() };
        let row: Map<String, Json> =
            serde_json::from_slice(bytes).map_err(|_| wrong("is no JSON object"))?;
        let id = row.get("id").and_then(Json::as_str).and_then(|id| Uuid::parse_str(id).ok());
        let id = *id.ok_or_else(|| wrong("has no `id` that is a UUID"))?.as_bytes();
        let cells = self.cells(line, row)?;
        let (mut cells, latest) = self.differing(id, &cells)?;
        if !cells.is_empty() {
            cells.sort_by_key(|marked| marked.cell.column.0);
            let Writing { recorder, touched, .. } = &mut state.writing;
            if recorder.stamp_after(latest).is_none() {
                return Err(Error::EndOfTime { table: self.table.to_owned() });
            }
            let row = (self.kinds.table, id, latest);
            self.writing.write(recorder, row, cells, touched.as_mut())?;
        }
        Ok(())
    }

    /// Reads the cells of a line. The first one is `is_deleted`, which is 0 if the line does not name it.
    fn cells(&mut self, line: u64, row: Map<String, Json>) -> Result<Vec<LineCell>> {
        let mut cells = Vec::with_capacity(row.len() + 1);
        let not_deleted = Some(Stored::Integer(0));
        let (ordinal, name) = (0, "is_deleted".to_owned());
        cells.push(LineCell { ordinal, name, value: not_deleted, is_counter: false });
        for (name, json) in row {
            if name == "id" {
                continue;
            }
            let ordinal = match name.as_str() {
                "is_deleted" => 0,
                name => self.column(line, name)?,
            };
            let kind = self.kinds.of(ordinal, &name);
            let FromJson { value, is_counted } = value(json, kind).map_err(|reason| {
                Error::Line { line, reason: format!("{reason}, in column `{name}`") }
            })?;
            let is_counter = ordinal != 0 && (is_counted || kind == Kind::Counter);
            if is_counter {
                self.kinds.counters.insert(ordinal);
            }
            let cell = LineCell { ordinal, name, value, is_counter };
            match cells.first_mut() {
                Some(is_deleted) if ordinal == 0 => *is_deleted = cell,
                _ => cells.push(cell),
            }
        }
        Ok(cells)
    }

    /// Returns the ordinal of a column, which is created if the table lacks it.
    fn column(&mut self, line: u64, name: &str) -> Result<u32> {
        if let Some(known) = self.columns.get(name) {
            return Ok(*known);
        }
        let table = self.kinds.table;
        let column = column_of(self.connection, (table.ordinal, &table.name), name)?;
        let column = column.ok_or_else(|| Error::Line {
            line,
            reason: format!("has `{name}`, which is no column and cannot be made one"),
        })?;
        self.columns.insert(name.to_owned(), column);
        Ok(column)
    }

    /// Returns the cells that differ from what the row holds, without the counters of a row that exists, and
    /// the stamp of the latest change of the row.
    fn differing<'v>(
        &self,
        id: [u8; 16],
        cells: &'v [LineCell],
    ) -> Result<(Vec<MarkedCell<'v>>, Stamp)> {
        let list = name_list(cells.iter().map(|cell| cell.name.as_str()));
        let table = self.kinds.table;
        let name = quoted(&table.name);
        let sql = format!("SELECT {list}, \"ara_clock\" FROM {name} WHERE \"id\" = ?1");
        let mut held = self.connection.prepare_cached(&sql)?;
        let mut held = held.query([id])?;
        let held = held.next()?;
        let latest = match held {
            Some(row) => latest(row.get_ref(cells.len())?)?,
            None => Stamp::default(),
        };
        let mut differing = Vec::with_capacity(cells.len());
        for (at, LineCell { ordinal, name, value, is_counter }) in cells.iter().enumerate() {
            let is_left = *is_counter && held.is_some();
            let held = held.map_or(Ok(ValueRef::Null), |row| row.get_ref(at))?;
            if !is_left && !is_same(held, value.as_ref()) {
                let write = match value {
                    // In a new row, the value itself is what this node has added.
                    Some(Stored::Integer(by)) if *is_counter && !table.is_local => {
                        cells::Write::Addition(Addition { by: *by, total: *by })
                    }
                    value => cells::Write::Value(value.clone()),
                };
                let cell = FoldedCell { column: (*ordinal, name.as_str()), write };
                differing.push(MarkedCell { cell, marks: Vec::new() });
            }
        }
        Ok((differing, latest))
    }
}

/// Returns the stamp of the latest change that the clock of a row lists. Rows of local tables have no clock.
fn latest(clock: ValueRef<'_>) -> Result<Stamp> {
    let clock = clock.as_blob_or_null().map_err(|_| Error::Corrupt)?.unwrap_or_default();
    let clock = RowClock::unpack(clock, (None, None)).ok_or(Error::Corrupt)?;
    Ok(clock.latest().map_or(Stamp::default(), |(stamp, _)| stamp))
}
