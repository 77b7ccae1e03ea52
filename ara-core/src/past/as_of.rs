//! Queries of the database as it was at a time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use crate::catalog::ddl::{add_column, create_table};
use crate::catalog::edit_columns::edit_columns;
use crate::catalog::own_tables::{
    COLUMN_TABLE, COUNTER_TABLE, FORGOTTEN_TABLE, NODE_TABLE, TABLE_TABLE, TEXT_FAULT_TABLE,
    TEXT_TABLE, TEXT_UPDATE_TABLE,
};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::database::source::{Handle, Reading, Source};
use crate::error::{Error, Result};
use crate::file::open::configure;
use crate::growth::shown_columns::{has_shown, make_edits, make_shown};
use crate::log::entropy::Entropy;
use crate::log::forgotten::ForgottenCount;
use crate::log::journal::Journal;
use crate::log::node::NodeOrdinal;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::place::ChangeNumber;
use crate::log::recorder::WholeLog;
use crate::log::row_changes::RowKey;
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::names::quoted;
use crate::rows::insert::OnConflict;
use crate::rows::last_writer::Rows;
use crate::rows::plan::Plan;
use crate::rows::rebuild::{fold_log, whole_rows};
use crate::rows::shown_values::Step;
use crate::rows::texts::{Documents, unite_due};
use crate::value::Timestamp;

/// The database as it was at a time, returned by [`Database::at`]. It can be queried like the database.
pub struct Past {
    database: Database,
    time: Timestamp,
    past: Mutex<Option<PastTables>>,
}

/// The tables as they were, in a temporary database of their own.
struct PastTables {
    connection: Connection,
    is_in_memory: bool,
    scope: Scope,
    /// The stored names of the tables that were built so far.
    tables: HashSet<String>,
    /// What the file knew of forgotten rows before the first of them was built.
    forgotten: ForgottenCount,
}

/// Which changes of the log are part of the past.
struct Scope {
    /// The last date of a transaction that is, or `None` if that is the present, so that all are.
    until: Option<Timestamp>,
    /// The last change of each node when the past was first read.
    ends: HashMap<NodeOrdinal, ChangeNumber>,
}

impl Scope {
    fn has(&self, change: &LoggedChange<'_>) -> bool {
        let end = self.ends.get(&change.node);
        end.is_some_and(|end| change.record.number <= *end)
            && self.until.is_none_or(|until| change.date <= until.millis())
    }
}

impl Database {
    /// Returns the database as it was at a time, to be queried. It includes what other devices had written by
    /// then, even if this database received it later: all transactions that are dated up to that time, by the
    /// clocks of the devices that made them. A row is there if its `created_at` is not after that time.
    ///
    /// A time is past if the clock of this database shows a later one when the result is first queried: that
    /// of its device, or the one that [`Options::clock`](crate::Options::clock) sets. Of any other time, this
    /// returns the database as it is then: with all that is known, whatever its date, and whether the log was
    /// compacted or not.
    ///
    /// The first query of a table builds it from the whole change log. It is kept until the result is
    /// dropped, or rows are [forgotten](Self::forget). Rows that were deleted later are there, and `created_at` and
    /// `updated_at` are those of that time. Values that were forgotten are not.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// let then = Timestamp::now();
    /// # std::thread::sleep(std::time::Duration::from_millis(2));
    /// db.update(Todo::patch(milk).title("Buy oat milk"))?;
    /// let past = db.at(then);
    /// assert_eq!(past.query::<Todo>().narrow(Todo::title).one()?.title, "Buy milk");
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// This method does not fail. A query of the result returns the errors of a query of the database, and
    /// besides:
    ///
    /// - [`Error::Compacted`] if that time is in the past, and the log has been [compacted](Self::compact)
    ///   beyond it: up to a transaction of a later date. If a device whose clock was ahead wrote that
    ///   transaction, this is so until its date has come.
    /// - [`Error::OnlyNow`] if the query searches, or reads a local table.
    /// - [`Error::WatchedTransaction`] if the query is watched.
    pub fn at(&self, time: Timestamp) -> Past {
        Past { database: self.clone(), time, past: Mutex::new(None) }
    }
}

/// Makes a database of the past, without the tables of the app, in memory or in a temporary file.
fn empty(is_in_memory: bool) -> Result<Connection> {
    let mut connection = if is_in_memory {
        Connection::open_in_memory()?
    } else {
        // An empty name makes a temporary database, which SQLite keeps in memory, or in a temporary file if it is large.
        // With the feature `encryption`, SQLite is built to keep it in memory.
        Connection::open("")?
    };
    configure(&mut connection, Duration::ZERO)?;
    connection.execute_batch(NODE_TABLE)?;
    connection.execute_batch(TABLE_TABLE)?;
    connection.execute_batch(COLUMN_TABLE)?;
    connection.execute_batch(COUNTER_TABLE)?;
    connection.execute_batch(FORGOTTEN_TABLE)?;
    connection.execute_batch(TEXT_TABLE)?;
    connection.execute_batch(TEXT_UPDATE_TABLE)?;
    connection.execute_batch(TEXT_FAULT_TABLE)?;
    Ok(connection)
}

/// Notes what the ordinals of a table and of its columns stand for, so that the columns that hold the last edits of
/// others can be made beside them, and the clocks of the rows can be read.
fn name_columns(made: &Connection, table: &RegisteredTable) -> Result<()> {
    made.prepare_cached("INSERT INTO ara_table (ordinal, name) VALUES (?1, ?2)")?
        .execute((table.ordinal, &table.name))?;
    let mut name =
        made.prepare_cached("INSERT INTO ara_column (tbl, ordinal, name) VALUES (?1, ?2, ?3)")?;
    for (ordinal, column) in &table.columns {
        name.execute((table.ordinal, ordinal, column))?;
    }
    Ok(())
}

impl PastTables {
    /// Begins without any table.
    fn begin(database: &Database, time: Timestamp) -> Result<Self> {
        let connection = empty(false)?;
        let until = Some(time).filter(|time| *time < database.now());
        let (ends, forgotten) = database.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let nodes = Journal::load(&snapshot)?.nodes(&snapshot)?;
            let ends = nodes.into_values().map(|node| (node.ordinal, node.end.number)).collect();
            Ok((ends, ForgottenCount::load(&snapshot)?))
        })?;
        let (scope, tables) = (Scope { until, ends }, HashSet::new());
        Ok(Self { connection, is_in_memory: false, scope, tables, forgotten })
    }

    /// Drops all tables if rows were forgotten since they were built, of which they have the values.
    fn drop_if_forgotten(&mut self, database: &Database) -> Result<()> {
        let now = database.with_reader(|reading| ForgottenCount::load(reading.connection))?;
        if now != self.forgotten {
            self.tables.clear();
            self.connection = empty(self.is_in_memory)?;
            self.forgotten = now;
        }
        Ok(())
    }

    /// Makes tables ready, or all that the log knows if there are none. Where there is no room for a temporary
    /// file, this begins again in memory.
    fn make_ready(&mut self, database: &Database, tables: &[TableRef]) -> Result<()> {
        let make = |past: &mut Self| {
            // Which tables SQL written by hand reads is not known here, so it gets all of them.
            past.build(database, Some(tables).filter(|tables| !tables.is_empty()))?;
            past.unite_texts()?;
            tables.iter().try_for_each(|table| {
                past.add_declared(*table)?;
                past.work_out(database, *table)
            })
        };
        match make(self) {
            Err(Error::Io { .. } | Error::DiskFull) if !self.is_in_memory => {
                self.connection = empty(true)?;
                self.is_in_memory = true;
                self.tables.clear();
                make(self)
            }
            made => made,
        }
    }

    /// Builds the tables that are not built yet, or all that the log knows if `only` is `None`.
    fn build(&mut self, database: &Database, only: Option<&[TableRef]>) -> Result<()> {
        let is_wanted =
            |name: &str| only.is_none_or(|only| only.iter().any(|table| table.def.name == name));
        let is_there = |name: &str| self.tables.contains(name);
        if only.is_some_and(|only| only.iter().all(|table| is_there(table.def.name))) {
            return Ok(());
        }
        let built = database.with_reader(|reading| {
            let log = reading.snapshot()?;
            let registry = Registry::load(&log)?;
            let is_wanted = |name: &str| is_wanted(name) && !is_there(name);
            let tables: Vec<_> = registry.synced().filter(|table| is_wanted(&table.name)).collect();
            if tables.is_empty() {
                return Ok(Vec::new());
            }
            self.check_compacted(&registry)?;
            let made = self.connection.unchecked_transaction()?;
            for table in &tables {
                let columns = table.columns.values().map(String::as_str);
                let columns = columns.filter(|name| *name != "is_deleted");
                made.execute_batch(&create_table(&table.name, columns))?;
                name_columns(&made, table)?;
            }
            let past =
                Building { log: &WholeLog::committed(&log), registry: &registry, made: &made };
            past.fold(&self.scope, &tables)?;
            if let Some(until) = self.scope.until {
                tables.iter().try_for_each(|table| past.drop_later(table, until))?;
            }
            made.commit()?;
            Ok(tables.iter().map(|table| table.name.clone()).collect())
        })?;
        self.tables.extend(built);
        Ok(())
    }

    /// Returns [`Error::Compacted`] if values that were overwritten by then may be missing.
    fn check_compacted(&self, registry: &Registry) -> Result<()> {
        let compacted =
            registry.nodes.values().filter(|node| node.is_compacted(ChangeNumber::new(1)));
        let compacted = compacted.map(|node| Timestamp::from_millis(node.compacted_date)).max();
        match (self.scope.until, compacted) {
            (Some(until), Some(compacted)) if compacted > until => {
                Err(Error::Compacted { until: compacted })
            }
            _ => Ok(()),
        }
    }

    /// Adds the table of a struct, and its columns, if nobody had written them by then.
    fn add_declared(&mut self, table: TableRef) -> Result<()> {
        let name = table.def.name;
        let present = columns_in_file(&self.connection, name)?;
        if present.is_none() {
            self.connection.execute_batch(&create_table(name, []))?;
            self.tables.insert(name.to_owned());
        }
        let is_there = |name: &str| present.as_ref().is_some_and(|there| there.contains_key(name));
        for column in table.def.columns.iter().filter(|column| !is_there(column.name)) {
            self.connection.execute_batch(&add_column(name, column.name))?;
        }
        Ok(())
    }
}

impl PastTables {
    /// Unites all texts with the updates of then.
    fn unite_texts(&mut self) -> Result<()> {
        let united = self.connection.unchecked_transaction()?;
        let tables = united
            .prepare_cached(
                "SELECT ordinal, name FROM ara_table \
                 WHERE ordinal IN (SELECT tbl FROM ara_text_update)",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
        let (mut documents, mut entropy) = (Documents::default(), Entropy::system());
        for (table, name) in tables {
            while unite_due((&united, &mut documents, &mut entropy), (table, &name))? {}
        }
        Ok(united.commit()?)
    }

    /// Works out what the columns of a table showed that replace others.
    fn work_out(&mut self, database: &Database, table: TableRef) -> Result<()> {
        if table.lenses.reads.is_empty() || has_shown(&self.connection, table.def)? {
            return Ok(());
        }
        let worked_out = self.connection.unchecked_transaction()?;
        let registry =
            database.with_reader(|reading| Ok(Registry::load(&*reading.snapshot()?)?))?;
        let known = registry.synced().find(|known| known.name == table.def.name);
        let number = known.map_or(0, |known| known.ordinal);
        name_nodes(&worked_out, &registry)?;
        let ordinals = ordinals(&worked_out, number, table)?;
        make_edits(&worked_out, table.def, number, &ordinals)?;
        make_shown(&worked_out, table.def)?;
        let edits = edit_columns(&worked_out, number)?;
        let plan =
            Plan::new(table.def, number, &ordinals).showing(table, &edits, OnConflict::Abort);
        let id_of = |node| registry.id_of(node);
        // Nothing is written through here.
        let no_key = |_, _: &Given<'_>| Ok(None);
        for (lensed, shown) in
            plan.lensed.iter().flat_map(|of| of.shown.iter().map(move |it| (of, it)))
        {
            let mut step = Step { after: i64::MIN, ..Step::new(&worked_out, &id_of, &no_key) };
            loop {
                shown.step(lensed, &mut step)?;
                if !std::mem::take(&mut step.due).is_more {
                    break;
                }
            }
        }
        Ok(worked_out.commit()?)
    }
}

/// Notes what the ordinals of the nodes stand for in the clocks of rows.
fn name_nodes(made: &Connection, registry: &Registry) -> Result<()> {
    let mut name =
        made.prepare_cached("INSERT OR IGNORE INTO ara_node (ordinal, id) VALUES (?1, ?2)")?;
    for node in registry.nodes.values() {
        name.execute((node.ordinal, node.id))?;
    }
    Ok(())
}

/// Returns the ordinals of the columns of a table. Those that the log does not know get new ones, which no row has
/// in its clock.
fn ordinals(made: &Connection, number: i64, table: TableRef) -> Result<Vec<u32>> {
    let mut known =
        made.prepare_cached("SELECT ordinal FROM ara_column WHERE tbl = ?1 AND name = ?2")?;
    let mut add = made.prepare_cached(
        "INSERT INTO ara_column (tbl, ordinal, name) \
         SELECT ?1, 1 + coalesce(max(ordinal), 0), ?2 FROM ara_column WHERE tbl = ?1 \
         RETURNING ordinal",
    )?;
    let mut ordinals = Vec::with_capacity(table.def.columns.len());
    for column in table.def.columns {
        let name = (number, column.name);
        let known = known.query_row(name, |row| row.get(0)).optional()?;
        ordinals.push(match known {
            Some(known) => known,
            None => add.query_row(name, |row| row.get(0))?,
        });
    }
    Ok(ordinals)
}

/// Tables of the past that are being built.
struct Building<'b> {
    log: &'b WholeLog<'b>,
    registry: &'b Registry,
    made: &'b Connection,
}

/// How many rows are folded in again at once, as what they hold is kept in memory.
const MOST_ROWS: usize = 1000;

impl Building<'_> {
    /// Folds the changes of the past into the tables.
    fn fold(&self, scope: &Scope, tables: &[&RegisteredTable]) -> Result<()> {
        let wanted: BTreeSet<i64> = tables.iter().map(|table| table.ordinal).collect();
        let mut rows = Rows::new(self.made)?;
        fold_log(self.log, self.registry, &mut rows, |change| {
            Ok(wanted.contains(&change.record.table) && scope.has(change))
        })?;
        let unclear: Vec<RowKey> = rows.unclear.iter().copied().collect();
        unclear.chunks(MOST_ROWS).try_for_each(|rows| self.fold_again(scope, rows))
    }

    /// Makes some rows anew, of which the fold did not know which changes win, or which are too large.
    fn fold_again(&self, scope: &Scope, rows: &[RowKey]) -> Result<()> {
        let rows = rows.iter().copied().collect();
        let names = (self.registry, NodeOrdinal::NONE);
        let rows = whole_rows(self.log.connection(), names, &rows, |change| scope.has(change))?;
        for ((table, id), row) in rows {
            if let Some(name) = self.registry.tables.get(&table).map(|table| &table.name) {
                row.put(self.made, (table, name), &id)?;
            }
        }
        Ok(())
    }

    /// Drops the rows of a table that are created later, as their earliest change is dated later. The rows of
    /// the present tell, which are the fold of the whole log.
    fn drop_later(&self, table: &RegisteredTable, until: Timestamp) -> Result<()> {
        let log = self.log.connection();
        let columns = columns_in_file(log, &table.name)?;
        if !columns.is_some_and(|columns| columns.contains_key("created_at")) {
            return Ok(());
        }
        let sql = format!("SELECT \"id\" FROM {} WHERE \"created_at\" > ?1", quoted(&table.name));
        let mut later = log.prepare(&sql)?;
        let mut later = later.query([until.millis()])?;
        while let Some(row) = later.next()? {
            self.drop_row(&table.name, row.get_ref(0)?.as_blob().unwrap_or_default())?;
        }
        Ok(())
    }

    fn drop_row(&self, table: &str, row: &[u8]) -> Result<()> {
        let delete = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(table));
        self.made.prepare_cached(&delete)?.execute([row])?;
        Ok(())
    }
}

impl Source for Past {
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()> {
        for table in tables {
            let name = table.def.name;
            if table.def.local {
                return Err(Error::OnlyNow { what: format!("local table `{name}`") });
            }
            if table.is_searched {
                return Err(Error::OnlyNow { what: format!("the search of table `{name}`") });
            }
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let past = match &mut *past {
            Some(past) => past,
            none => none.insert(PastTables::begin(&self.database, self.time)?),
        };
        past.drop_if_forgotten(&self.database)?;
        past.make_ready(&self.database, tables)?;
        read(Reading { connection: &past.connection, is_private: false })
    }

    fn handle(&self) -> Handle<'_> {
        Handle::shared(self)
    }
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past").field("time", &self.time).finish_non_exhaustive()
    }
}
