//! Writing changes of others into the log.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

use crate::change::PackedCells;
use crate::changes::{Changes, Sent};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::merge::hashes::Hashes;
use crate::rebuild::{RowKey, rebuild_rows};
use crate::registry::Registry;
use crate::statements::bind;
use crate::vector::Known;

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arriving<'a> {
    pub(crate) node: i64,
    pub(crate) node_id: &'a [u8; 16],
    pub(crate) time: Time,
    pub(crate) hash: u64,
    pub(crate) table: i64,
    pub(crate) row: &'a [u8; 16],
    pub(crate) packed: &'a [u8],
}

/// What the log made of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is new, and is to be folded in.
    New,
    /// It was there.
    Known,
    /// Another change has its node and time: of the two, the one with the greater hash counts. Both are
    /// kept, and the rows that they are of are folded anew.
    Twin,
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

    /// Writes a change that follows all that are known of its node.
    pub(crate) fn append(&mut self, change: Arriving<'_>) -> Result<()> {
        let insert = &mut self.insert;
        bind(insert, 1, ValueRef::Integer(change.node))?;
        bind(insert, 2, ValueRef::Integer(change.time.bits()))?;
        bind(insert, 3, ValueRef::Integer(change.table))?;
        bind(insert, 4, ValueRef::Blob(change.row))?;
        bind(insert, 5, ValueRef::Blob(change.packed))?;
        insert.raw_execute()?;
        Ok(())
    }

    /// Writes a change, unless it is there.
    pub(crate) fn unite(&mut self, change: Arriving<'_>) -> Result<Arrival> {
        let key = (change.node, change.time.bits());
        let held = self
            .find
            .query_row(key, |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()?;
        let Some((table, row, packed)) = held else {
            self.append(change)?;
            return Ok(Arrival::New);
        };
        if (table, &row, &*packed) == (change.table, change.row, change.packed) {
            return Ok(Arrival::Known);
        }
        let written = (change.time, change.node_id);
        let held_hash = self.hashes.of(written, (table, &row), &packed)?;
        if held_hash == change.hash || self.has_twin(change)? {
            return Ok(Arrival::Known);
        }
        if held_hash < change.hash {
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
                .execute((key.0, key.1, change.table, change.row, change.packed))?;
            self.outdated.extend([(table, row), (change.table, *change.row)]);
        } else {
            self.connection
                .prepare_cached(
                    "INSERT INTO ara_twin (node, time, hash, tbl, row, cells) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    key.0,
                    key.1,
                    change.hash.cast_signed(),
                    change.table,
                    change.row,
                    change.packed,
                ))?;
        }
        Ok(Arrival::Twin)
    }

    /// Writes a change where one of the two logs is compacted, so that the same change can differ. The one
    /// that is held stays, unless the whole log arrives and this one is to add up to its digest.
    pub(crate) fn complete(&mut self, change: Arriving<'_>, of_whole: bool) -> Result<Arrival> {
        let key = (change.node, change.time.bits());
        let held: Option<Vec<u8>> = self.find.query_row(key, |row| row.get(2)).optional()?;
        match held {
            None => self.append(change)?,
            Some(held) if !of_whole || held == change.packed => return Ok(Arrival::Known),
            Some(held) => {
                self.connection
                    .prepare_cached(
                        "UPDATE ara_change SET cells = ?3 WHERE node = ?1 AND time = ?2",
                    )?
                    .execute((key.0, key.1, change.packed))?;
                if !has_cells(change.packed, &held).ok_or(Error::Corrupt)? {
                    self.outdated.insert((change.table, *change.row));
                }
            }
        }
        Ok(Arrival::New)
    }

    /// Whether what is held of some changes is of the same rows; and where nothing was dropped here,
    /// whether all of them are held up to where this log ends.
    pub(crate) fn agrees(&self, known: &Known, changes: &Changes, some: &[Sent]) -> Result<bool> {
        let mut find = self.connection.prepare_cached(
            "SELECT t.name, c.row FROM ara_change c JOIN ara_table t ON t.ordinal = c.tbl \
             WHERE c.node = ?1 AND c.time = ?2",
        )?;
        for change in some {
            let mut held = find.query((known.node, change.time.bits()))?;
            let agrees = match held.next()? {
                Some(held) => {
                    let table = changes.tables.get(change.table as usize).map(String::as_str);
                    held.get_ref(0)?.as_str().ok() == table
                        && held.get_ref(1)?.as_blob().ok() == Some(changes.get(&change.row))
                }
                None => known.is_arriving() || change.time > known.end.time,
            };
            if !agrees {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Folds the rows anew of changes that count no more. What counts of each node must be noted before.
    pub(crate) fn fold_outdated(&self) -> Result<()> {
        if self.outdated.is_empty() {
            return Ok(());
        }
        rebuild_rows(self.connection, &Registry::load(self.connection)?, &self.outdated)
    }

    fn has_twin(&self, change: Arriving<'_>) -> Result<bool> {
        let key = (change.node, change.time.bits(), change.hash.cast_signed());
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM ara_twin WHERE node = ?1 AND time = ?2 AND hash = ?3")?
            .exists(key)?)
    }
}

/// Whether a change has all the cells of what should be a part of it.
fn has_cells(whole: &[u8], part: &[u8]) -> Option<bool> {
    let mut part = PackedCells::open(part)?;
    while let Some(cell) = part.next_cell()? {
        let mut whole = PackedCells::open(whole)?;
        loop {
            match whole.next_cell()? {
                None => return Some(false),
                Some(other) if other == cell => break,
                Some(_) => {}
            }
        }
    }
    Some(true)
}
