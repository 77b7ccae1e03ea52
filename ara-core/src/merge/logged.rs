//! Writing changes of others into the log.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::change::{Compacted, Packed, PackedCells};
use crate::log::clock::Time;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::recorder::WholeLog;
use crate::log::statements::bind;
use crate::log::transactions::rewrite;
use crate::merge::dropped::{Even, lacking};
use crate::merge::hashes::Hashes;
use crate::rows::rebuild::{RowKey, rebuild_rows};

/// The log, as changes of others are written into it.
pub(crate) struct Log<'c> {
    connection: &'c Connection,
    insert: Statement<'c>,
    find: Statement<'c>,
    hashes: Hashes<'c>,
    /// The rows of changes that count no more, as they gave way to their twins or are void: they are to be
    /// folded anew.
    pub(crate) outdated: BTreeSet<RowKey>,
}

/// A change on its way into the log.
pub(crate) struct Arriving<'a> {
    pub(crate) node: NodeOrdinal,
    pub(crate) node_id: NodeId,
    pub(crate) time: Time,
    /// As it was first written.
    pub(crate) hash: u64,
    pub(crate) table: i64,
    pub(crate) row: &'a [u8; 16],
    /// Its cells, and the parts that are not known.
    pub(crate) packed: Packed,
    pub(crate) compacted: Compacted,
    /// The node's digest, if it ends a transaction.
    pub(crate) mark: Option<u64>,
}

/// What the log made of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is new, and is to be folded in. It adds this to the digest.
    New(u64),
    /// It is there.
    Known,
    /// It was there, and was dropped.
    Dropped,
    /// It is there, but that changes before it were dropped is news. They add this to the digest.
    Stands(u64),
    /// Another change has its node and time: of the two, the one with the greater hash counts. Both are
    /// kept, and the rows that they are of are folded anew. It adds this to the digest.
    Twin(u64),
}

impl<'c> Log<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            connection,
            insert: connection.prepare(
                "INSERT INTO ara_change (node, time, tbl, row, cells) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            find: connection
                .prepare("SELECT tbl, row, cells FROM ara_change WHERE node = ?1 AND time = ?2")?,
            hashes: Hashes::new(connection),
            outdated: BTreeSet::new(),
        })
    }

    /// Writes a change that follows all that are known of its node. What it adds to the digest.
    pub(crate) fn append(&mut self, change: Arriving<'_>) -> Result<u64> {
        let counts = change.hash ^ change.compacted.dropped;
        let (node, time) = (change.node, change.time.bits());
        let (table, row) = (change.table, change.row);
        let packed = change.packed.finished(change.compacted, change.mark);
        let insert = &mut self.insert;
        bind(insert, 1, ValueRef::Integer(node.get()))?;
        bind(insert, 2, ValueRef::Integer(time))?;
        bind(insert, 3, ValueRef::Integer(table))?;
        bind(insert, 4, ValueRef::Blob(row))?;
        bind(insert, 5, ValueRef::Blob(packed.bytes()))?;
        insert.raw_execute()?;
        Ok(counts)
    }

    /// Writes a change, unless it is there.
    pub(crate) fn unite(&mut self, mut change: Arriving<'_>, since: Even) -> Result<Arrival> {
        let key = (change.node, change.time.bits());
        let held = self
            .find
            .query_row(key, |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()?;
        let Some((table, row, packed)) = held else {
            change.compacted.dropped = lacking(self.connection, &mut self.hashes, &change, since)?;
            return Ok(Arrival::New(self.append(change)?));
        };
        let told = change.packed.clone().finished(change.compacted, change.mark);
        if (table, &row, &*packed) == (change.table, change.row, told.bytes()) {
            return Ok(Arrival::Known);
        }
        let stamp = Stamp { time: change.time, node: change.node_id };
        let held_hash = self.hashes.of(stamp, (table, &row), &packed)?;
        if held_hash == change.hash {
            return self.stand(&change, &packed, since);
        }
        if self.has_twin(&change)? {
            return Ok(Arrival::Known);
        }
        change.compacted.dropped = lacking(self.connection, &mut self.hashes, &change, since)?;
        let counts = change.hash ^ change.compacted.dropped;
        let (hash, of) = (change.hash, (change.table, *change.row));
        let packed = change.packed.finished(change.compacted, change.mark);
        if held_hash < hash {
            self.connection
                .prepare_cached(
                    "INSERT INTO ara_twin SELECT node, time, ?3, tbl, row, cells FROM ara_change \
                     WHERE node = ?1 AND time = ?2",
                )?
                .execute((key.0, key.1, held_hash.cast_signed()))?;
            self.connection
                .prepare_cached(
                    "UPDATE ara_change SET tbl = ?3, row = ?4, cells = ?5 \
                     WHERE node = ?1 AND time = ?2",
                )?
                .execute((key.0, key.1, of.0, of.1, packed.bytes()))?;
            self.outdated.extend([(table, row), of]);
        } else {
            self.connection
                .prepare_cached(
                    "INSERT INTO ara_twin (node, time, hash, tbl, row, cells) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((key.0, key.1, hash.cast_signed(), of.0, of.1, packed.bytes()))?;
        }
        Ok(Arrival::Twin(counts))
    }

    /// Has a change that is held stand for those that were dropped before it elsewhere, as far as they are
    /// not here.
    fn stand(&mut self, change: &Arriving<'_>, held: &[u8], since: Even) -> Result<Arrival> {
        let held = PackedCells::open(held).ok_or(Error::Corrupt)?;
        let dropped = match held.compacted.dropped {
            0 => lacking(self.connection, &mut self.hashes, change, since)?,
            _ => 0,
        };
        if dropped == 0 {
            return Ok(Arrival::Known);
        }
        let compacted = Compacted { dropped, ..held.compacted };
        let packed = held.repacked(compacted).ok_or(Error::Corrupt)?;
        rewrite(self.connection, (change.node, change.time), packed.bytes())?;
        Ok(Arrival::Stands(dropped))
    }

    /// Folds the rows anew of changes that count no more. What counts of each node must be noted before.
    pub(crate) fn fold_outdated(&self, log: &WholeLog<'_>) -> Result<()> {
        if self.outdated.is_empty() {
            return Ok(());
        }
        rebuild_rows(log, &Registry::load(self.connection)?, &self.outdated)
    }

    fn has_twin(&self, change: &Arriving<'_>) -> Result<bool> {
        let key = (change.node, change.time.bits(), change.hash.cast_signed());
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM ara_twin WHERE node = ?1 AND time = ?2 AND hash = ?3")?
            .exists(key)?)
    }
}
