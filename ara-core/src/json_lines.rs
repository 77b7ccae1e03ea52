//! Whole tables as JSON Lines.
//!
//! A line is a row: an object of its id and its columns, by their stored names. Numbers, text and `null`
//! are what they are in the file, so that they come back to the bit. What JSON has not is an object of one
//! entry, which says what it is: `{"uuid": ".."}`, `{"blob": "cafe"}`, `{"real": "inf"}`.

use std::any::TypeId;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::Arc;

use ara_schema::{TableDef, Type};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::any_rows::AnyRows;
use crate::change::is_same;
use crate::database::Database;
use crate::ddl::{name_list, quoted};
use crate::error::{Error, Result};
use crate::merge::{FoldedCell, column_of};
use crate::record::stored_table_name;
use crate::registry::{RegisteredTable, Registry};
use crate::source::TableRef;
use crate::table::Table;
use crate::transaction::{State, Transaction, is_ara_s};
use crate::value::Stored;

impl Database {
    /// Writes a whole table as JSON Lines, a row a line: deleted rows too, and columns that only other
    /// versions of the app declare. [`import_json`](Self::import_json) reads it. How many rows there are.
    ///
    /// When rows were made and changed is not told: it is in the change log, of which a
    /// [`backup`](Self::backup) is a copy.
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
    /// [`Error::Io`] where it cannot be written, [`Error::Corrupt`] for text that is none, and what SQLite
    /// refuses.
    pub fn export_json<T: Table>(&self, mut to: impl Write) -> Result<u64> {
        self.plan(TableRef::of::<T>())?;
        let stored_name = stored_table_name(T::TABLE);
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let (_, table) = table(&registry, &stored_name)?;
            let rows = export(&snapshot, table, &mut to)?;
            to.flush().map_err(failed)?;
            Ok(rows)
        })
    }

    /// Reads what [`export_json`](Self::export_json) wrote, or what was written like it, in one
    /// transaction: how many rows it has. A row whose id is there gets the values that differ, and is
    /// restored unless the line says `"is_deleted":1`; a column that the line does not name is left alone,
    /// and so is a [`Counter`](crate::Counter), which only a new row gets.
    ///
    /// A column that the table lacks is made, as by a merge. Values are taken as they are, also those that
    /// this version of the app cannot read.
    ///
    /// # Errors
    ///
    /// [`Error::Line`] for a line that is no row, [`Error::Io`] where it cannot be read, and what SQLite
    /// refuses. Nothing is imported then.
    pub fn import_json<T: Table>(&self, mut from: impl BufRead) -> Result<u64> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        self.transaction(|tx| tx.import::<T>(&mut from))
    }
}

fn table<'r>(registry: &'r Registry, stored_name: &str) -> Result<(i64, &'r RegisteredTable)> {
    let table = registry.tables.iter().find(|(_, table)| table.name == stored_name);
    table.map(|(ordinal, table)| (*ordinal, table)).ok_or(Error::Corrupt)
}

fn failed(error: std::io::Error) -> Error {
    Error::Io { reason: error.to_string() }
}

fn export(connection: &Connection, table: &RegisteredTable, to: &mut dyn Write) -> Result<u64> {
    let columns: Vec<_> = table.columns.values().map(String::as_str).collect();
    let list = name_list(std::iter::once("id").chain(columns.iter().copied()));
    let mut rows = connection
        .prepare(&format!("SELECT {list} FROM {} ORDER BY \"id\"", quoted(&table.name)))?;
    let mut rows = rows.query([])?;
    let mut line = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        line.clear();
        write!(line, "{{\"id\":\"{}\"", Uuid::from_bytes(row.get(0)?)).map_err(failed)?;
        for (column, at) in columns.iter().zip(1..) {
            let value = row.get_ref(at)?;
            // Most rows are there.
            if *column != "is_deleted" || value != ValueRef::Integer(0) {
                write!(line, ",\"{column}\":").map_err(failed)?;
                put(&mut line, value)?;
            }
        }
        line.extend_from_slice(b"}\n");
        to.write_all(&line).map_err(failed)?;
        count += 1;
    }
    Ok(count)
}

fn put(line: &mut Vec<u8>, value: ValueRef<'_>) -> Result<()> {
    match value {
        ValueRef::Null => line.write_all(b"null"),
        ValueRef::Integer(integer) => write!(line, "{integer}"),
        ValueRef::Real(real) if real.is_finite() => {
            serde_json::to_writer(line, &real).map_err(std::io::Error::from)
        }
        ValueRef::Real(real) => write!(line, "{{\"real\":\"{real}\"}}"),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| Error::Corrupt)?;
            serde_json::to_writer(line, text).map_err(std::io::Error::from)
        }
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(uuid) => write!(line, "{{\"uuid\":\"{uuid}\"}}"),
            Err(_) => {
                line.extend_from_slice(b"{\"blob\":\"");
                bytes
                    .iter()
                    .try_for_each(|byte| write!(line, "{byte:02x}"))
                    .and_then(|()| line.write_all(b"\"}"))
            }
        },
    }
    .map_err(failed)
}

/// The value, or what is wrong with it.
fn value(json: Json) -> Result<Option<Stored<'static>>, &'static str> {
    const NO_NUMBER: &str = "has a number that is neither an integer of 64 bits nor a real one";
    const NO_VALUE: &str =
        "has neither a number, text, null, {\"uuid\": ..}, {\"blob\": ..} nor {\"real\": ..}";
    Ok(Some(match json {
        Json::Null => return Ok(None),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Stored::Integer(integer),
            (None, Some(real)) if number.is_f64() => Stored::Real(real),
            _ => return Err(NO_NUMBER),
        },
        Json::String(text) => Stored::Text(text.into()),
        Json::Object(object) if object.len() == 1 => {
            let (kind, text) = object.into_iter().next().ok_or(NO_VALUE)?;
            let text = text.as_str().ok_or(NO_VALUE)?;
            match kind.as_str() {
                "uuid" => {
                    let uuid = Uuid::parse_str(text).map_err(|_| "has a UUID that is none")?;
                    Stored::Blob(uuid.as_bytes().to_vec().into())
                }
                "blob" => {
                    Stored::Blob(bytes(text).ok_or("has bytes that are not in hexadecimal")?.into())
                }
                "real" if text == "inf" => Stored::Real(f64::INFINITY),
                "real" if text == "-inf" => Stored::Real(f64::NEG_INFINITY),
                _ => return Err(NO_VALUE),
            }
        }
        Json::Bool(_) | Json::Array(_) | Json::Object(_) => return Err(NO_VALUE),
    }))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| (*digit as char).to_digit(16);
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(high)? * 16 + digit(low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

impl Transaction<'_> {
    /// Of a transaction that has done nothing else.
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
            table,
            columns: HashMap::new(),
            counters: counters(T::TABLE),
            writing: AnyRows::new(self.connection, &registry),
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

/// The names of the counters of a table.
fn counters(table: &TableDef) -> Vec<&'static str> {
    let counters = table.columns.iter().filter(|column| column.ty == Type::Counter);
    counters.map(|column| column.name).collect()
}

/// An import on its way.
struct Import<'c, 'r> {
    connection: &'c Connection,
    table: (i64, &'r RegisteredTable),
    /// The ordinals of the columns that were met, by name.
    columns: HashMap<String, u32>,
    /// The names of the columns that are counters.
    counters: Vec<&'static str>,
    writing: AnyRows<'c, 'r>,
}

impl Import<'_, '_> {
    fn line(&mut self, state: &mut State<'_>, line: u64, bytes: &[u8]) -> Result<()> {
        let wrong = |reason: &str| Error::Line { line, reason: reason.to_owned() };
        let row: Map<String, Json> =
            serde_json::from_slice(bytes).map_err(|_| wrong("is no JSON object"))?;
        let id = row.get("id").and_then(Json::as_str).and_then(|id| Uuid::parse_str(id).ok());
        let id = *id.ok_or_else(|| wrong("has no `id` that is a UUID"))?.as_bytes();
        let mut cells = Vec::with_capacity(row.len());
        let mut is_deleted = Some(Stored::Integer(0));
        for (name, json) in row {
            let value =
                value(json).map_err(|reason| wrong(&format!("{reason}, in column `{name}`")));
            match name.as_str() {
                "id" => {}
                "is_deleted" => is_deleted = value?,
                _ => cells.push((self.column(line, &name)?, name, value?)),
            }
        }
        cells.push((0, "is_deleted".to_owned(), is_deleted));
        let mut cells = self.differing(id, &cells)?;
        if !cells.is_empty() {
            cells.sort_by_key(|cell| cell.column.0);
            let State { recorder, touched, .. } = state;
            self.writing.write(recorder, self.table, id, cells, touched.as_mut())?;
        }
        Ok(())
    }

    /// The ordinal of a column, which is made if it is not there.
    fn column(&mut self, line: u64, name: &str) -> Result<u32> {
        if let Some(known) = self.columns.get(name) {
            return Ok(*known);
        }
        let (ordinal, table) = self.table;
        let column = column_of(self.connection, (ordinal, &table.name), name)?;
        let column = column.ok_or_else(|| Error::Line {
            line,
            reason: format!("has `{name}`, which is no column and cannot be made one"),
        })?;
        self.columns.insert(name.to_owned(), column);
        Ok(column)
    }

    /// The cells that the row does not hold yet.
    fn differing<'v>(
        &self,
        id: [u8; 16],
        cells: &'v [(u32, String, Option<Stored<'static>>)],
    ) -> Result<Vec<FoldedCell<'v>>> {
        let list = name_list(cells.iter().map(|(_, name, _)| name.as_str()));
        let table = quoted(&self.table.1.name);
        let sql = format!("SELECT {list} FROM {table} WHERE \"id\" = ?1");
        let mut held = self.connection.prepare_cached(&sql)?;
        let mut held = held.query([id])?;
        let held = held.next()?;
        let (is_there, is_synced) = (held.is_some(), !self.table.1.is_local);
        let mut differing = Vec::with_capacity(cells.len());
        for (at, (ordinal, name, value)) in cells.iter().enumerate() {
            let held = held.map_or(Ok(ValueRef::Null), |row| row.get_ref(at))?;
            let is_counter = self.counters.contains(&name.as_str());
            let is_left = is_counter && is_there;
            if !is_left && !is_same(held, value.as_ref()) {
                let (column, value) = ((*ordinal, name.as_str()), value.clone());
                let is_total = is_counter && is_synced && matches!(value, Some(Stored::Integer(_)));
                differing.push(FoldedCell { column, value, is_total });
            }
        }
        Ok(differing)
    }
}
