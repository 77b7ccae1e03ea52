//! Writing changes of other devices into the log.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::change::{Compacted, PackedCells};
use crate::log::recorder::WholeLog;
use crate::log::statements::bind;
use crate::log::transactions::rewrite;
use crate::merge::arriving::{Arrival, Arriving};
use crate::merge::dropped::lacking;
use crate::merge::hashes::Hashes;
use crate::merge::last_common::LastCommon;
use crate::rows::rebuild::{RowKey, rebuild_rows};

/// The statements that write changes of other devices into the log.
pub(crate) struct Log<'c> {
    connection: &'c Connection,
    insert: Statement<'c>,
    find: Statement<'c>,
    hashes: Hashes<'c>,
    /// The rows of changes that no longer count, because their twins do or because they are void. They are to
    /// be rebuilt.
    pub(crate) outdated: BTreeSet<RowKey>,
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

    /// Writes a change that the log does not have. Returns what it adds to the digest.
    pub(crate) fn append(&mut self, change: Arriving<'_>) -> Result<u64> {
        let counts = change.hash ^ change.compacted.dropped;
        let (node, time) = (change.node, change.stamp.time.bits());
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

    /// Writes a change, unless the log has it. `since` is the last change before it that the log has in
    /// common with the run.
    pub(crate) fn unite(&mut self, mut change: Arriving<'_>, since: LastCommon) -> Result<Arrival> {
        let key = (change.node, change.stamp.time.bits());
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
        let held_hash = self.hashes.of(change.stamp, (table, &row), &packed)?;
        if held_hash == change.hash {
            return self.stand(&change, &packed, since);
        }
        if self.has_twin(&change)? {
            return Ok(Arrival::Known);
        }
        change.compacted.dropped = lacking(self.connection, &mut self.hashes, &change, since)?;
        self.add_twin(change, (held_hash, (table, row)))
    }

    /// Writes a change although the log has another one of the same node and time, whose hash and row are
    /// given. Of the two, the one with the smaller hash is kept as a twin.
    fn add_twin(
        &mut self,
        change: Arriving<'_>,
        (held_hash, held_row): (u64, RowKey),
    ) -> Result<Arrival> {
        let (node, time) = (change.node, change.stamp.time.bits());
        let (hash, row) = (change.hash, (change.table, *change.row));
        let counts = hash ^ change.compacted.dropped;
        let packed = change.packed.finished(change.compacted, change.mark);
        if held_hash < hash {
            self.connection
                .prepare_cached(
                    "INSERT INTO ara_twin SELECT node, time, ?3, tbl, row, cells FROM ara_change \
                     WHERE node = ?1 AND time = ?2",
                )?
                .execute((node, time, held_hash.cast_signed()))?;
            self.connection
                .prepare_cached(
                    "UPDATE ara_change SET tbl = ?3, row = ?4, cells = ?5 \
                     WHERE node = ?1 AND time = ?2",
                )?
                .execute((node, time, row.0, row.1, packed.bytes()))?;
            self.outdated.extend([held_row, row]);
        } else {
            self.connection
                .prepare_cached(
                    "INSERT INTO ara_twin (node, time, hash, tbl, row, cells) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((node, time, hash.cast_signed(), row.0, row.1, packed.bytes()))?;
        }
        Ok(Arrival::Twin(counts))
    }

    /// Makes a change that the log has stand for the changes that it stands for elsewhere, as far as they are
    /// lacking here.
    fn stand(&mut self, change: &Arriving<'_>, held: &[u8], since: LastCommon) -> Result<Arrival> {
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
        rewrite(self.connection, (change.node, change.stamp.time), packed.bytes())?;
        Ok(Arrival::Stands(dropped))
    }

    /// Rebuilds the rows of changes that no longer count. The table of nodes must be up to date.
    pub(crate) fn rebuild_outdated(&self, log: &WholeLog<'_>) -> Result<()> {
        if self.outdated.is_empty() {
            return Ok(());
        }
        rebuild_rows(log, &Registry::load(self.connection)?, &self.outdated)
    }

    /// Returns whether a change is in the log as the twin of another one.
    fn has_twin(&self, change: &Arriving<'_>) -> Result<bool> {
        let key = (change.node, change.stamp.time.bits(), change.hash.cast_signed());
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM ara_twin WHERE node = ?1 AND time = ?2 AND hash = ?3")?
            .exists(key)?)
    }
}
