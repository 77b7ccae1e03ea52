//! Importing whole tables from JSON Lines.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;
use std::sync::Arc;

use ara_schema::{NameFault, check_column_name};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::care::import_report::{ImportReport, LineProblem, OnProblem};
use crate::care::json_line::{Line, LineCell, read_line};
use crate::care::json_lines::{Kinds, table};
use crate::care::json_value::{FromJson, Kind, failed, is_same_number, read_value};
use crate::care::json_versions::{levels_of, outdated};
use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::transaction::{State, Transaction};
use crate::error::{Error, Result};
use crate::growth::make::column_of;
use crate::log::cells::{self, IS_DELETED};
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::marks::Marks;
use crate::log::nodes;
use crate::log::row_clock::RowClock;
#[cfg(feature = "text")]
use crate::log::texts::TextCell;
use crate::model::lens::Given;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::{is_ara_s, name_list, quoted, stored_table_name};
use crate::rows::any_rows::{AnyRows, MarkedCell};
use crate::rows::effective::lens_of;
use crate::rows::folded_change::FoldedCell;
use crate::rows::key_of::key_of;
use crate::rows::plan::Plan;
use crate::rows::writing::Writing;
use crate::rows::written_through::edits;
use crate::value::{Stored, is_same};

impl Database {
    /// Imports JSON Lines that [`export_json`](Self::export_json) wrote, or that have the same form, in one
    /// transaction.
    ///
    /// If a row with the id exists, the values that differ are written, and `null` clears a column, also of a value
    /// that this version of the app cannot read. A deleted row is restored unless the line says `"is_deleted":1`.
    /// Columns that the line does not name are left alone.
    ///
    /// - A line may also use `true` and `false` for 1 and 0, and text for a UUID if the struct declares the
    ///   column as an `Id` or a `Uuid`. Where the struct declares floats, 5 is 5.0; where it declares integers,
    ///   3.0 is 3; where it declares [`Json`](crate::Json), an array or an object is a document. Text there is
    ///   taken as it is.
    /// - A column that the table lacks is created, as by a merge.
    /// - A value that this version of the app cannot read is imported, because another version may have written
    ///   it. It is missing in a query, and `narrow` leaves the row out. The report counts such values;
    ///   [`import_json_with`](Self::import_json_with) tells their lines.
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
    /// assert_eq!(db.import_json::<Todo>(lines.as_bytes())?.rows, 1);
    /// assert!(matches!(db.import_json::<Todo>(&b"[]"[..]), Err(ara::Error::Line { line: 1, .. })));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Line`] if a line is not a row, [`Error::Io`] if `from` cannot be read,
    /// [`Error::EndOfTime`] if a row cannot be changed any more, and [common errors](Self#common-errors).
    /// Nothing is imported then.
    pub fn import_json<T: Table>(&self, from: impl BufRead) -> Result<ImportReport> {
        self.import_json_with::<T>(from, |problem| {
            if problem.can_be_kept { OnProblem::Keep } else { OnProblem::Stop }
        })
    }

    /// Imports JSON Lines like [`import_json`](Self::import_json), and asks how to go on where a line is not a
    /// row, or holds a value that this version of the app cannot read.
    ///
    /// `on_problem` is called inside the transaction of the import, so it must not use the database: a call to it
    /// is [`Error::InsideTransaction`].
    ///
    /// ```
    /// use ara::OnProblem;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let lines = r#"{"id":"0194c1c2-9f3e-7d4e-8f00-0123456789ab","title":"Buy milk","stars":"two"}
    /// {"id":"0194c1c2-9f3e-7d4e-8f00-0123456789ac","title":"Bake bread"}"#;
    /// let db = Database::memory()?;
    /// let mut told = Vec::new();
    /// let report = db.import_json_with::<Todo>(lines.as_bytes(), |problem| {
    ///     told.push(problem.to_string());
    ///     OnProblem::Skip
    /// })?;
    /// assert_eq!((report.rows, report.skipped), (1, 1));
    /// assert_eq!(told, ["line 1 has a value that this version of the app cannot read, in column `stars`"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Line`] if `on_problem` returns [`OnProblem::Stop`], [`Error::Io`] if `from` cannot be
    /// read, [`Error::EndOfTime`] if a row cannot be changed any more, and
    /// [common errors](Self#common-errors). Nothing is imported then.
    pub fn import_json_with<T: Table>(
        &self,
        mut from: impl BufRead,
        mut on_problem: impl FnMut(&LineProblem) -> OnProblem,
    ) -> Result<ImportReport> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        self.transaction(|tx| tx.import::<T>(&mut from, &mut on_problem))
    }
}

impl Transaction<'_> {
    /// Imports lines in a transaction that has written nothing yet.
    fn import<T: Table>(
        &self,
        from: &mut dyn BufRead,
        on_problem: &mut dyn FnMut(&LineProblem) -> OnProblem,
    ) -> Result<ImportReport> {
        let plan = self.plan(TableRef::of::<T>())?;
        let registry = Registry::load(self.connection)?;
        let table = table(&registry, &stored_table_name(T::TABLE))?;
        // What a line has is compared with what the rows show.
        self.read_up_to_date(&[TableRef::of::<T>()], &mut |_| Ok(()))?;
        let mut state = self.state.borrow_mut();
        if plan.is_to_be_followed_up() {
            state.written.insert(TypeId::of::<T>(), Arc::clone(&plan));
        }
        let mut import = Import {
            connection: self.connection,
            plan: Arc::clone(&plan),
            table: T::TABLE.name,
            kinds: Kinds::load(self.connection, TableRef::of::<T>(), table)?,
            columns: HashMap::new(),
            writing: AnyRows::new(self.connection, &registry)?,
            on_problem,
            report: ImportReport::default(),
        };
        let (mut number, mut line) = (0, Vec::new());
        while from.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            number += 1;
            if !line.trim_ascii().is_empty() {
                import.line(&mut state, number, &line)?;
            }
            line.clear();
        }
        Ok(import.report)
    }
}

/// An import that is running.
struct Import<'c, 'r> {
    connection: &'c Connection,
    plan: Arc<Plan>,
    /// The name that the app gave the table.
    table: &'static str,
    kinds: Kinds<'r>,
    /// The ordinals of the columns that earlier lines named.
    columns: HashMap<String, u32>,
    writing: AnyRows<'c, 'r>,
    on_problem: &'c mut dyn FnMut(&LineProblem) -> OnProblem,
    report: ImportReport,
}

impl Import<'_, '_> {
    /// Imports a line, or leaves it out.
    fn line(&mut self, state: &mut State<'_>, line: u64, bytes: &[u8]) -> Result<()> {
        let (id, mut cells) = match self.read(line, bytes) {
            Err(Error::Line { line, reason }) => {
                self.ask(LineProblem { line, reason, can_be_kept: false })?;
                self.report.skipped += 1;
                return Ok(());
            }
            read => read?,
        };
        let unreadable = cells.iter().filter(|cell| cell.is_unreadable);
        for LineCell { name, .. } in unreadable.clone() {
            let reason =
                format!("has a value that this version of the app cannot read, in column `{name}`");
            if self.ask(LineProblem { line, reason, can_be_kept: true })? == OnProblem::Skip {
                self.report.skipped += 1;
                return Ok(());
            }
        }
        let unreadable = unreadable.count() as u64;
        let mut levels = HashMap::new();
        if let Some(lensed) = &self.plan.lensed {
            let outdated = outdated(lensed, self.connection, &cells)?;
            cells.retain(|cell| !outdated.contains(&cell.ordinal));
            levels = levels_of(lensed, &cells);
        }
        let level = |cell: &LineCell| levels.get(&cell.ordinal).copied();
        cells.sort_by_key(level);
        let mut steps = cells.chunk_by(|one, other| level(one) == level(other));
        if let Err(error) = steps.try_for_each(|cells| self.write(state, id, cells)) {
            let Error::Forgotten { .. } = error else { return Err(error) };
            let reason = "is of a row that was forgotten".to_owned();
            self.ask(LineProblem { line, reason, can_be_kept: false })?;
            self.report.skipped += 1;
            return Ok(());
        }
        self.report.unreadable += unreadable;
        self.report.rows += 1;
        Ok(())
    }

    /// Asks how to go on after a problem. The error ends the import.
    fn ask(&mut self, problem: LineProblem) -> Result<OnProblem> {
        match (self.on_problem)(&problem) {
            OnProblem::Stop => Err(Error::Line { line: problem.line, reason: problem.reason }),
            others => Ok(others),
        }
    }

    /// Writes what differs into a row.
    fn write(&mut self, state: &mut State<'_>, id: [u8; 16], cells: &[LineCell]) -> Result<()> {
        let Writing { recorder, touched, .. } = &mut state.writing;
        let table = self.kinds.table;
        let mut differing = self.differing(id, cells);
        let may_be_damaged = match &differing {
            Ok((_, latest)) => latest.is_none_or(|latest| recorder.stamp_after(latest).is_none()),
            Err(error) => matches!(error, Error::Corrupt),
        };
        if may_be_damaged && !table.is_local {
            // Another program has damaged the clock of the row.
            let row = BTreeSet::from([(table.ordinal, id)]);
            self.writing.rebuild(recorder, &row, touched.as_mut())?;
            differing = self.differing(id, cells);
        }
        let (mut differing, latest) = differing?;
        self.through_lenses(id, cells, &mut differing)?;
        #[cfg(feature = "text")]
        self.merge_texts(&mut state.writing, id, &mut differing)?;
        let Writing { recorder, touched, .. } = &mut state.writing;
        let mut cells = differing;
        if !cells.is_empty() {
            cells.sort_by_key(|marked| marked.cell.column.0);
            let latest = latest.unwrap_or_default();
            if recorder.stamp_after(latest).is_none() {
                return Err(Error::EndOfTime { table: self.table.to_owned() });
            }
            let row = (table, id, latest);
            let written = self.writing.write(recorder, row, cells, touched.as_mut());
            written.inspect_err(|_| state.writing.documents.forget_row(table.ordinal, &id))?;
        }
        Ok(())
    }

    /// Puts in the place of whole texts that devices edit at the same time what changes in them.
    #[cfg(feature = "text")]
    fn merge_texts(
        &self,
        Writing { connection, documents, entropy, .. }: &mut Writing<'_>,
        id: [u8; 16],
        differing: &mut Vec<MarkedCell<'_>>,
    ) -> Result<()> {
        let texts = &self.plan.texts();
        let mut merged = Vec::with_capacity(differing.len());
        for mut marked in differing.drain(..) {
            let column = marked.cell.column.0;
            let is_text = texts.contains(&column) && !self.kinds.table.is_local;
            if let (true, cells::Write::Value(value)) = (is_text, &marked.cell.write) {
                let cell = TextCell { table: self.kinds.table.ordinal, row: id, column };
                let text = match value {
                    Some(Stored::Text(text)) => Some(&**text),
                    _ => None,
                };
                let held = documents.open(connection, entropy, cell)?;
                let Some(update) = held.become_text(text) else { continue };
                marked.cell.write = cells::Write::Update(update.into());
            }
            merged.push(marked);
        }
        *differing = merged;
        Ok(())
    }

    /// Puts in the place of what differs in columns that replace others what changes what the row shows, and what is
    /// written through then.
    fn through_lenses<'v>(
        &self,
        id: [u8; 16],
        cells: &'v [LineCell],
        differing: &mut Vec<MarkedCell<'v>>,
    ) -> Result<()> {
        let Some(lensed) = &self.plan.lensed else { return Ok(()) };
        let position_of = |ordinal| {
            let mut columns = lensed.columns();
            let position = columns.find(|(_, known)| *known == ordinal).map(|(at, _)| at);
            position.filter(|at| lens_of(lensed.table.lenses, *at).is_some())
        };
        let set = cells.iter().filter_map(|cell| {
            let as_read = self.kinds.as_read(&cell.name);
            Some((position_of(cell.ordinal)?, cell.value.clone(), as_read))
        });
        let set: Vec<_> = set.collect();
        if set.is_empty() {
            return Ok(());
        }
        let connection = self.connection;
        let id_of = |node| nodes::id(connection, node).ok().flatten();
        let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
        let held = lensed.read(connection, (&lensed.by_id, ValueRef::Blob(&id)), &id_of)?;
        let mut row = lensed.row(held.map(|held| held.known).unwrap_or_default());
        let written = edits(lensed, &mut row, &set, &key_of)?;
        differing.retain(|marked| position_of(marked.cell.column.0).is_none());
        for (position, value, is_through) in written {
            let slot = self.plan.slots.get(position + 1);
            let Some(slot) = slot else { continue };
            let marks = if is_through { Marks::OF_WRITTEN_THROUGH } else { Marks::default() };
            let cell =
                FoldedCell::new((slot.ordinal, slot.name), cells::Write::Value(value), marks);
            differing.push(MarkedCell { cell, marks: marks.0.to_vec() });
        }
        Ok(())
    }

    /// Reads the id and the cells of a line.
    fn read(&mut self, line: u64, bytes: &[u8]) -> Result<([u8; 16], Vec<LineCell>)> {
        let wrong = |reason: &str| Error::Line { line, reason: reason.to_owned() };
        let row = read_line(bytes).map_err(|reason| wrong(&reason))?;
        let id = row.entries.iter().find(|(name, _)| name == "id").map(|(_, id)| id);
        let id = id.and_then(Json::as_str).and_then(|id| Uuid::parse_str(id).ok());
        let id = *id.ok_or_else(|| wrong("has no `id` that is a UUID"))?.as_bytes();
        Ok((id, self.cells(line, row)?))
    }

    /// Reads the cells of a line. The last one is `is_deleted`, which is 0 if the line does not name it.
    fn cells(&mut self, line: u64, row: Line) -> Result<Vec<LineCell>> {
        let mut cells = Vec::with_capacity(row.entries.len() + 1);
        let mut is_marked = false;
        for (at, (name, json)) in (1_usize..).zip(row.entries) {
            let wrong = |reason| Error::Line { line, reason };
            if name == "id" {
                continue;
            }
            if name == "is_deleted" {
                is_marked = read_is_deleted(&json)
                    .ok_or_else(|| wrong("has an `is_deleted` that is neither 0 nor 1".into()))?;
                continue;
            }
            let ordinal = self.column(line, (at, &name))?;
            let kind = self.kinds.of(ordinal, &name);
            let FromJson { value, is_counted } = read_value(json, kind)
                .map_err(|reason| wrong(format!("{reason}, in column `{name}`")))?;
            let is_counter = is_counted || kind == Kind::Counter;
            if is_counter {
                self.kinds.counters.insert(ordinal);
            }
            let as_read = self.kinds.as_read(&name);
            let is_unreadable = as_read
                .zip(value.as_ref())
                .is_some_and(|(as_read, value)| !as_read.can_read(value.to_sql()));
            cells.push(LineCell { ordinal, name, value, is_counter, is_unreadable });
        }
        cells.push(is_deleted(is_marked));
        Ok(cells)
    }

    /// Returns the ordinal of a column, which is created if the table lacks it. `at` is the place of its key in the
    /// line.
    fn column(&mut self, line: u64, (at, name): (usize, &str)) -> Result<u32> {
        if let Some(known) = self.columns.get(name) {
            return Ok(*known);
        }
        let wrong = |reason| Error::Line { line, reason };
        check_column_name(name).map_err(|fault| wrong(no_column((at, name), fault)))?;
        let table = self.kinds.table;
        let column = column_of(self.connection, (table.ordinal, &table.name), name)?;
        let column = column.ok_or_else(|| {
            wrong(format!(
                "has `{name}`, which is no column and cannot be made one: the table is full, or another program \
                 has added a column of this name"
            ))
        })?;
        self.columns.insert(name.to_owned(), column);
        if !table.columns.values().any(|known| known == name) {
            self.report.columns.push(name.to_owned());
        }
        Ok(column)
    }

    /// Returns the cells that differ from what the row holds, without the counters of a row that exists, and
    /// the stamp of the latest change of the row, or `None` if its clock lists none.
    fn differing<'v>(
        &self,
        id: [u8; 16],
        cells: &'v [LineCell],
    ) -> Result<(Vec<MarkedCell<'v>>, Option<Stamp>)> {
        let list = name_list(cells.iter().map(|cell| cell.name.as_str()));
        let table = self.kinds.table;
        let name = quoted(&table.name);
        let sql = format!("SELECT {list}, \"ara_clock\" FROM {name} WHERE \"id\" = ?1");
        let mut held = self.connection.prepare_cached(&sql)?;
        let mut held = held.query([id])?;
        let held = held.next()?;
        let latest = match held {
            Some(row) if !table.is_local => latest(row.get_ref(cells.len())?)?,
            _ => Some(Stamp::default()),
        };
        let mut differing = Vec::with_capacity(cells.len());
        for (at, LineCell { ordinal, name, value, is_counter, .. }) in cells.iter().enumerate() {
            let is_left = *is_counter && held.is_some();
            let held = held.map_or(Ok(ValueRef::Null), |row| row.get_ref(at))?;
            if !is_left && !is_same(held, value.as_ref()) && !is_same_number(held, value.as_ref()) {
                let write = match value {
                    // In a new row, the value itself is what this node has added.
                    Some(Stored::Integer(by)) if *is_counter && !table.is_local => {
                        cells::Write::Addition(Addition { by: *by, total: *by })
                    }
                    value => cells::Write::Value(value.clone()),
                };
                let cell = FoldedCell::plain((*ordinal, name.as_str()), write);
                differing.push(MarkedCell { cell, marks: Vec::new() });
            }
        }
        Ok((differing, latest))
    }
}

/// Returns what marks a row as deleted, or as not deleted.
fn is_deleted(is_deleted: bool) -> LineCell {
    LineCell {
        ordinal: IS_DELETED,
        name: "is_deleted".to_owned(),
        value: Some(Stored::Integer(is_deleted.into())),
        is_counter: false,
        is_unreadable: false,
    }
}

/// Reads what a line says of whether its row is deleted.
fn read_is_deleted(json: &Json) -> Option<bool> {
    match (json, json.as_f64()) {
        (Json::Bool(is_deleted), _) => Some(*is_deleted),
        (_, Some(0.0)) => Some(false),
        (_, Some(1.0)) => Some(true),
        _ => None,
    }
}

/// Says why a key of a line is no column. A key that is not a name may be a value, so only its place is told.
fn no_column((at, name): (usize, &str), fault: NameFault) -> String {
    match fault {
        NameFault::SystemColumn | NameFault::RowId => {
            format!("has `{name}`, which is no column that an app can write: {fault}")
        }
        _ => format!("has a key that cannot be a column, number {at} in the line: {fault}"),
    }
}

/// Returns the stamp of the latest change that the clock of a row lists, or `None` if it lists none.
fn latest(clock: ValueRef<'_>) -> Result<Option<Stamp>> {
    let clock = clock.as_blob().ok();
    let clock = clock.and_then(|clock| RowClock::unpack(clock, (None, None)));
    Ok(clock.ok_or(Error::Corrupt)?.latest().map(|(stamp, _)| stamp))
}
