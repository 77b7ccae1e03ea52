//! Which rows were forgotten: the table `ara_forgotten`, all of which the log tells, too.

use std::sync::{Arc, LazyLock};

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::log::cells::Forgotten;
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::row_changes::RowKey;
use crate::log::row_clock::Tick;

/// The rows that were forgotten.
pub(crate) struct ForgottenRows<'c> {
    connection: &'c Connection,
    /// Whether there is any, once it was asked for. Most files have none.
    is_any: Option<bool>,
}

/// The change that the tombstone of a forgotten row is of: the earliest of those that forgot it, or what is left
/// of one of its other changes, as long as none of those has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) forgotten: Forgotten,
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeOrdinal,
    /// The date of its transaction, in milliseconds since 1970.
    pub(crate) date: i64,
}

impl Tombstone {
    pub(crate) fn of(forgotten: Forgotten, tick: Tick) -> Self {
        let Tick { stamp, node: (node, _), date } = tick;
        Self { forgotten, stamp, node, date }
    }

    /// Returns what decides which of two tombstones counts. It is the same on every device.
    pub(crate) fn order(&self, id: Option<NodeId>) -> (Forgotten, Stamp, Option<NodeId>, i64) {
        (self.forgotten, self.stamp, id, self.date)
    }
}

const GET: &str = "SELECT act, stamp, node, date FROM ara_forgotten WHERE tbl = ?1 AND row = ?2";

const PUT: &str = "INSERT OR REPLACE INTO ara_forgotten (tbl, row, act, stamp, node, date) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

impl<'c> ForgottenRows<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, is_any: None }
    }

    /// Returns whether a row was forgotten.
    pub(crate) fn has(&mut self, row: &RowKey) -> Result<bool> {
        Ok(self.get(row)?.is_some())
    }

    /// Returns whether a change is known that forgot a row.
    pub(crate) fn is_by_act(&mut self, row: &RowKey) -> Result<bool> {
        Ok(self.get(row)?.is_some_and(|tombstone| tombstone.forgotten == Forgotten::Act))
    }

    /// Returns the tombstone of a row, if it was forgotten.
    pub(crate) fn get(&mut self, (table, row): &RowKey) -> Result<Option<Tombstone>> {
        let is_any = match self.is_any {
            Some(is_any) => is_any,
            None => is_any(self.connection)?,
        };
        self.is_any = Some(is_any);
        if !is_any {
            return Ok(None);
        }
        let mut get = self.connection.prepare_cached(GET)?;
        let held = get.query_row((table, row), |held| {
            let forgotten = if held.get(0)? { Forgotten::Act } else { Forgotten::Remains };
            let (stamp, node, date) = (held.get(1)?, held.get(2)?, held.get(3)?);
            Ok(Tombstone { forgotten, stamp, node, date })
        });
        Ok(held.optional()?)
    }

    /// Notes that a row was forgotten. Returns whether the tombstone is the one that counts from now on.
    pub(crate) fn note(
        &mut self,
        row: &RowKey,
        tombstone: Tombstone,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<bool> {
        let order = |tombstone: &Tombstone| tombstone.order(id_of(tombstone.node));
        if self.get(row)?.is_some_and(|held| order(&held) <= order(&tombstone)) {
            return Ok(false);
        }
        let Tombstone { forgotten, stamp, node, date } = tombstone;
        let is_act = forgotten == Forgotten::Act;
        let mut put = self.connection.prepare_cached(PUT)?;
        if put.execute((row.0, row.1, is_act, stamp, node, date))? == 0 {
            return Err(Error::unwritten("ara_forgotten"));
        }
        self.is_any = Some(true);
        Ok(true)
    }
}

/// How many rows were forgotten, and of how many of them the change that forgot them is known. It changes whenever
/// values are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForgottenCount(i64, i64);

impl ForgottenCount {
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let mut count = connection
            .prepare_cached("SELECT count(*), count(*) FILTER (WHERE act) FROM ara_forgotten")?;
        Ok(count.query_row([], |row| Ok(Self(row.get(0)?, row.get(1)?)))?)
    }
}

/// Selects the forgotten rows, to be asked whether there are any.
pub(crate) static ANY: LazyLock<Arc<str>> =
    LazyLock::new(|| Arc::from("SELECT 1 FROM ara_forgotten"));

/// Returns whether any row was forgotten.
pub(crate) fn is_any(connection: &Connection) -> Result<bool> {
    Ok(connection.prepare_cached(&ANY)?.exists([])?)
}

/// Returns the rows of which no change is known that forgot them, each with the stamp of its tombstone.
pub(crate) fn told_rows(connection: &Connection) -> Result<Vec<(RowKey, Stamp)>> {
    let mut rows = connection.prepare("SELECT tbl, row, stamp FROM ara_forgotten WHERE act = 0")?;
    let rows = rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Deletes what is kept of the forgotten rows of a table, which is about to be read from the log again.
pub(crate) fn clear_table(connection: &Connection, table: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM ara_forgotten WHERE tbl = ?1")?.execute([table])?;
    Ok(())
}

/// Deletes what is kept of a row.
pub(crate) fn clear_row(connection: &Connection, (table, row): &RowKey) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM ara_forgotten WHERE tbl = ?1 AND row = ?2")?
        .execute((table, row))?;
    Ok(())
}
