//! Writing changes of others into the log.

use std::collections::{BTreeSet, HashSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

use crate::change::{Compacted, Packed, PackedCells};
use crate::changes::Sent;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::merge::run::Even;
use crate::rebuild::rebuild_row;
use crate::registry::{Registry, hash};
use crate::statements::bind;

/// The log, as changes of others are written into it.
pub(crate) struct Log<'c> {
    connection: &'c Connection,
    insert: Statement<'c>,
    find: Statement<'c>,
    /// The rows of changes that gave way to their twins, by table: they are to be folded anew.
    outdated: BTreeSet<(i64, [u8; 16])>,
}

/// A change on its way into the log.
pub(crate) struct Arriving<'a> {
    pub(crate) node: i64,
    pub(crate) node_id: &'a [u8; 16],
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
        bind(insert, 1, ValueRef::Integer(node))?;
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
            change.compacted.dropped = self.lacking(&change, since)?;
            return Ok(Arrival::New(self.append(change)?));
        };
        let told = change.packed.clone().finished(change.compacted, change.mark);
        if (table, &row, &*packed) == (change.table, change.row, told.bytes()) {
            return Ok(Arrival::Known);
        }
        let cells = PackedCells::open(&packed).ok_or(Error::Corrupt)?;
        let registry = Registry::load(self.connection)?;
        let held_hash = held_hash(&registry, (change.time, change.node_id), (table, &row), &cells);
        let held_hash = held_hash.ok_or(Error::Corrupt)?;
        if held_hash == change.hash {
            return self.stand(&change, &cells, since);
        }
        if self.has_twin(&change)? {
            return Ok(Arrival::Known);
        }
        change.compacted.dropped = self.lacking(&change, since)?;
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
    fn stand(&self, change: &Arriving<'_>, held: &PackedCells<'_>, since: Even) -> Result<Arrival> {
        let dropped = match held.compacted.dropped {
            0 => self.lacking(change, since)?,
            _ => 0,
        };
        if dropped == 0 {
            return Ok(Arrival::Known);
        }
        let packed =
            held.repacked(Compacted { dropped, ..held.compacted }).ok_or(Error::Corrupt)?;
        rewrite(self.connection, (change.node, change.time), &packed)?;
        Ok(Arrival::Stands(dropped))
    }

    /// The times of the changes of a transaction that were here and were dropped. A log may lack some up to
    /// its horizon. What lies where changes were dropped is taken to be of them.
    pub(crate) fn dropped_of(
        &mut self,
        node: i64,
        horizon: Time,
        transaction: &[Sent],
    ) -> Result<HashSet<Time>> {
        let mut dropped = HashSet::new();
        let (Some(first), Some(last)) = (transaction.first(), transaction.last()) else {
            return Ok(dropped);
        };
        if first.time > horizon {
            return Ok(dropped);
        }
        let is_end_held = self.holds(node, last.time)?;
        let is_end_dropped = !is_end_held && is_dropped(self.connection, node, last.time)?;
        for sent in transaction {
            // Where the end was never here, nothing of it was.
            let is_of_dropped =
                is_end_dropped || (is_end_held && is_dropped(self.connection, node, sent.time)?);
            if is_of_dropped && !self.holds(node, sent.time)? {
                dropped.insert(sent.time);
            }
        }
        Ok(dropped)
    }

    fn holds(&mut self, node: i64, time: Time) -> Result<bool> {
        Ok(self.find.exists((node, time.bits()))?)
    }

    /// Of the changes that were dropped before a change, elsewhere, what is not held here either. What is
    /// held of that time is taken to be among them.
    fn lacking(&self, change: &Arriving<'_>, since: Even) -> Result<u64> {
        let dropped = change.compacted.dropped;
        if dropped == 0 {
            return Ok(0);
        }
        let mut changes = self.connection.prepare_cached(
            "SELECT time, tbl, row, cells FROM ara_change WHERE node = ?1 AND time > ?2 AND time < ?3 \
             UNION ALL SELECT time, tbl, row, cells FROM ara_twin \
             WHERE node = ?1 AND time > ?2 AND time < ?3",
        )?;
        let range = (change.node, since.time.bits(), change.time.bits());
        let mut changes = changes.query(range)?;
        let registry = Registry::load(self.connection)?;
        let mut lacking = dropped ^ since.dropped_here;
        while let Some(held) = changes.next()? {
            let time = Time::from_bits(held.get(0)?);
            let blob = |at| held.get_ref(at)?.as_blob().map_err(|_| Error::Corrupt);
            let (row, cells) = (blob(2)?, PackedCells::open(blob(3)?).ok_or(Error::Corrupt)?);
            let of = (held.get(1)?, row);
            let hash = held_hash(&registry, (time, change.node_id), of, &cells);
            lacking ^= hash.ok_or(Error::Corrupt)? ^ cells.compacted.dropped;
        }
        Ok(lacking)
    }

    /// Folds the rows anew of changes that gave way to their twins. What is folded in of each node must
    /// be noted before.
    pub(crate) fn fold_outdated(&self) -> Result<()> {
        if self.outdated.is_empty() {
            return Ok(());
        }
        let registry = Registry::load(self.connection)?;
        for (table, row) in &self.outdated {
            if let Some(registered) = registry.tables.get(table) {
                rebuild_row(self.connection, &registry, (*table, registered), row)?;
            }
        }
        Ok(())
    }

    fn has_twin(&self, change: &Arriving<'_>) -> Result<bool> {
        let key = (change.node, change.time.bits(), change.hash.cast_signed());
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM ara_twin WHERE node = ?1 AND time = ?2 AND hash = ?3")?
            .exists(key)?)
    }
}

/// The hash of a change that is held, as it was first written.
fn held_hash(
    registry: &Registry,
    (time, node): (Time, &[u8; 16]),
    (table, row): (i64, &[u8]),
    cells: &PackedCells<'_>,
) -> Option<u64> {
    let of_rest = hash(time, node, registry.tables.get(&table)?, row, cells)?;
    Some(cells.compacted.hash(of_rest))
}

/// Writes another form of a change into its place.
pub(crate) fn rewrite(
    connection: &Connection,
    (node, time): (i64, Time),
    packed: &Packed,
) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_change SET cells = ?3 WHERE node = ?1 AND time = ?2")?
        .execute((node, time.bits(), packed.bytes()))?;
    Ok(())
}

/// Whether a change of this time was dropped, if the node has none.
pub(crate) fn is_dropped(connection: &Connection, node: i64, time: Time) -> Result<bool> {
    let next = connection
        .prepare_cached(
            "SELECT cells FROM ara_change WHERE node = ?1 AND time > ?2 ORDER BY time LIMIT 1",
        )?
        .query_row((node, time.bits()), |row| row.get::<_, Vec<u8>>(0))
        .optional()?;
    let next = next.as_deref().and_then(PackedCells::open);
    Ok(next.is_some_and(|cells| cells.compacted.dropped != 0))
}

/// The last change of a node before a time: its own time, and the digest that it notes if it ends a
/// transaction.
pub(crate) fn last_before(
    connection: &Connection,
    node: i64,
    time: Time,
) -> Result<(Time, Option<u64>)> {
    let last = connection
        .prepare_cached(
            "SELECT time, cells FROM ara_change WHERE node = ?1 AND time < ?2 \
             ORDER BY time DESC LIMIT 1",
        )?
        .query_row((node, time.bits()), |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((time, packed)) = last else { return Ok((Time::default(), Some(0))) };
    Ok((Time::from_bits(time), PackedCells::open(&packed).and_then(|cells| cells.digest)))
}
