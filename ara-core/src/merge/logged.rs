//! Writing changes of other devices into the log.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::change::{Compacted, PackedCells};
use crate::log::node_changes::ChangeFinder;
use crate::log::recorder::WholeLog;
use crate::log::twins;
use crate::log::writing::{LogWriter, NewChange, rewrite};
use crate::merge::arriving::{Arrival, Arriving};
use crate::merge::dropped::lacking;
use crate::merge::hashes::Hashes;
use crate::merge::last_common::LastCommon;
use crate::rows::rebuild::{RowKey, rebuild_rows};

/// Writes changes of other devices into the log.
pub(crate) struct Log<'c> {
    connection: &'c Connection,
    writer: LogWriter<'c>,
    finder: ChangeFinder<'c>,
    hashes: Hashes<'c>,
    /// The rows of changes that no longer count, because their twins do or because they are void. They are to
    /// be rebuilt.
    pub(crate) outdated: BTreeSet<RowKey>,
}

impl<'c> Log<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            connection,
            writer: LogWriter::new(connection),
            finder: ChangeFinder::new(connection)?,
            hashes: Hashes::new(connection),
            outdated: BTreeSet::new(),
        })
    }

    /// Writes a change that the log does not have. Returns what it adds to the digest.
    pub(crate) fn append(&mut self, change: Arriving<'_>) -> Result<u64> {
        let Arriving { node, stamp, hash, table, row, packed, compacted, mark } = change;
        let packed = packed.finished(compacted, mark);
        let packed = packed.bytes();
        self.writer.insert(NewChange { node, time: stamp.time, table, row, packed })?;
        Ok(hash ^ compacted.dropped)
    }

    /// Writes a change, unless the log has it. `since` is the last change before it that the log has in
    /// common with the run.
    pub(crate) fn unite(&mut self, mut change: Arriving<'_>, since: LastCommon) -> Result<Arrival> {
        let place = (change.node, change.stamp.time);
        let held = self
            .finder
            .find(place, |held| Ok((held.table()?, held.row_id()?, held.packed()?.to_vec())))?;
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
        if twins::is_kept(self.connection, place, change.hash)? {
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
        let Arriving { node, stamp, hash, table, row, packed, compacted, mark } = change;
        let packed = packed.finished(compacted, mark);
        let packed = packed.bytes();
        let change = NewChange { node, time: stamp.time, table, row, packed };
        if held_hash < hash {
            twins::displace(self.connection, change, held_hash)?;
            self.outdated.extend([held_row, (table, *row)]);
        } else {
            twins::keep(self.connection, change, hash)?;
        }
        Ok(Arrival::Twin(hash ^ compacted.dropped))
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
}
