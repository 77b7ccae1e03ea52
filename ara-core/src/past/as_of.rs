//! Queries of the database as it was at a time.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::catalog::ddl::{add_column, create_table};
use crate::catalog::registry::Registry;
use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::database::source::{Reading, Source};
use crate::error::{Error, Result};
use crate::file::open::configure;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;
use crate::log::nodes::Node;
use crate::log::recorder::WholeLog;
use crate::log::transactions::last_end;
use crate::model::table_ref::TableRef;
use crate::rows::rebuild::fold_into;
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
    until: Time,
    /// The time up to which the changes of each node count, which is the end of a transaction.
    ends: HashMap<NodeOrdinal, Time>,
    /// The stored names of the tables that were built so far.
    tables: HashSet<String>,
}

impl Database {
    /// Returns the database as it was at a time, to be queried. It includes what other devices had written by
    /// then, even if this database received it later.
    ///
    /// The first query of a table builds it from the whole change log. It is kept until the result is
    /// dropped. Rows that were deleted later are there, and `created_at` and `updated_at` are those of that
    /// time.
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
    /// - [`Error::Compacted`] if the log has been [compacted](Self::compact) beyond that time.
    /// - [`Error::OnlyNow`] if the query searches, or reads a local table.
    /// - [`Error::WatchedTransaction`] if the query is watched.
    pub fn at(&self, time: Timestamp) -> Past {
        Past { database: self.clone(), time, past: Mutex::new(None) }
    }
}

impl PastTables {
    /// Begins without any table.
    fn begin(database: &Database, time: Timestamp) -> Result<Self> {
        // An empty name makes a temporary database, which SQLite keeps in memory, or in a temporary file
        // if it is large.
        let mut connection = Connection::open("")?;
        configure(&mut connection, Duration::ZERO)?;
        let until = Time::last_in(time.millis());
        let ends = database.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let nodes = Registry::load(&snapshot)?.nodes;
            let end = |node: Node| {
                let end = last_end(&snapshot, node.ordinal, until.min(node.folded))?;
                Ok((node.ordinal, end))
            };
            nodes.into_values().map(end).collect::<Result<_>>()
        })?;
        Ok(Self { connection, until, ends, tables: HashSet::new() })
    }

    /// Builds the tables that are not built yet, or all that the log knows if `only` is `None`.
    fn build(&mut self, database: &Database, only: Option<&[TableRef]>) -> Result<()> {
        let is_wanted =
            |name: &str| only.is_none_or(|only| only.iter().any(|table| table.def.name == name));
        let is_there = |table: &TableRef| self.tables.contains(table.def.name);
        if only.is_some_and(|only| only.iter().all(is_there)) {
            return Ok(());
        }
        database.with_reader(|reading| {
            let log = reading.snapshot()?;
            let mut registry = Registry::load(&log)?;
            let horizon = registry.horizon();
            if self.until < horizon {
                let until = Timestamp::from_millis(horizon.millis());
                return Err(Error::Compacted { until });
            }
            for (node, registered) in &mut registry.nodes {
                registered.folded = self.ends.get(node).copied().unwrap_or_default();
            }
            for table in registry.synced() {
                if is_wanted(&table.name) && !self.tables.contains(&table.name) {
                    let columns = table.columns.values().map(String::as_str);
                    let columns = columns.filter(|name| *name != "is_deleted");
                    let made = self.connection.unchecked_transaction()?;
                    made.execute_batch(&create_table(&table.name, columns))?;
                    fold_into(&made, &WholeLog::committed(&log), &registry, table, &mut |_, _| {
                        Ok(())
                    })?;
                    made.commit()?;
                    self.tables.insert(table.name.clone());
                }
            }
            Ok(())
        })
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
        // Which tables SQL written by hand reads is not known here, so it gets all of them.
        past.build(&self.database, Some(tables).filter(|tables| !tables.is_empty()))?;
        for table in tables {
            past.add_declared(*table)?;
        }
        read(Reading { connection: &past.connection, is_private: false })
    }
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past").field("time", &self.time).finish_non_exhaustive()
    }
}
