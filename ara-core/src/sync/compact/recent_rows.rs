//! The rows that were written lately, so that not all devices know their last writes.
//!
//! The clock of a row tells its last writes, but not whether all devices know them. Of the rows that were written
//! after the limits, of which there are few as a rule, the last writes up to there are held here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::log::cells::{Standing, is_written_through};
use crate::log::clock::Stamp;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::Node;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::PieceReader;
use crate::log::place::{ChangeNumber, Point};
use crate::log::row_changes::RowKey;
use crate::sync::compact::known_to_all::Limits;
use crate::sync::compact::written::Written;

/// How many rows, and how many of their columns, are held at most. Nothing is dropped from others.
const MOST_ROWS: usize = 100_000;
const MOST_COLUMNS: usize = 1_000_000;

/// The rows from which only some values can be dropped, or none.
pub(super) struct RecentRows {
    rows: HashMap<RowKey, Row>,
    /// How many columns of them are held.
    columns: usize,
    /// Those that are too many, and a few others, by their hashes.
    kept: Vec<u64>,
    /// How far the log of each node was read.
    seen: HashMap<NodeOrdinal, Point>,
    /// What it has.
    pub(super) written: Written,
}

enum Row {
    /// The last writes of its columns, as far as all devices know them.
    LastWrites(Vec<LastWrites>),
    /// Nothing is dropped from it.
    Kept,
}

/// What was written last into a column.
struct LastWrites {
    column: u32,
    /// The last write.
    any: (Stamp, NodeId),
    /// The last edit, which covers what was written through as well.
    edit: Option<(Stamp, NodeId)>,
}

/// How many bits there are for the rows that are too many.
const BITS: u64 = 1 << 24;

impl RecentRows {
    /// Finds the rows that were written after the limits.
    pub(super) fn find<'n>(
        connection: &Connection,
        registry: &Registry,
        limits: &Limits,
        nodes: impl Iterator<Item = &'n Node>,
    ) -> Result<Self> {
        let seen: HashMap<_, _> = nodes.map(|node| (node.ordinal, node.end)).collect();
        let changes = seen.values().fold(0, |sum: i64, end| sum.saturating_add(end.number.get()));
        let (rows, kept, written) = (HashMap::new(), Vec::new(), Written::of(changes));
        let mut recent = Self { rows, columns: 0, kept, seen, written };
        let mut pieces = PieceReader::all(connection)?;
        while let Some(piece) = pieces.next()? {
            let limit = limits.of(piece.node());
            for change in piece.changes() {
                recent.written.add(change.node, &change.record);
                let key = (change.record.table, change.record.row);
                if change.record.number > limit {
                    recent.add(key, Row::LastWrites(Vec::new()));
                }
            }
        }
        if !recent.rows.is_empty() {
            recent.find_last_writes(connection, registry, limits)?;
        }
        Ok(recent)
    }

    fn find_last_writes(
        &mut self,
        connection: &Connection,
        registry: &Registry,
        limits: &Limits,
    ) -> Result<()> {
        let mut pieces = PieceReader::all(connection)?;
        while let Some(piece) = pieces.next()? {
            let limit = limits.of(piece.node());
            let Some(id) = registry.id_of(piece.node()) else { continue };
            for change in piece.changes().take_while(|change| change.record.number <= limit) {
                self.add_writes(&change, id)?;
            }
        }
        Ok(())
    }

    /// Takes account of what a change wrote that all devices know.
    fn add_writes(&mut self, change: &LoggedChange<'_>, id: NodeId) -> Result<()> {
        let key = (change.record.table, change.record.row);
        let Some(row) = self.rows.get_mut(&key) else { return Ok(()) };
        let Row::LastWrites(writes) = row else { return Ok(()) };
        let write = (change.record.stamp, id);
        for cell in change.record.cells.judged() {
            let (cell, Standing::Counts(what)) = cell? else { continue };
            let is_edit = !is_written_through(cell.column, &what, cell.marks);
            let edit = is_edit.then_some(write);
            match writes.iter_mut().find(|last| last.column == cell.column) {
                Some(last) => {
                    last.any = last.any.max(write);
                    last.edit = last.edit.max(edit);
                }
                None => {
                    writes.push(LastWrites { column: cell.column, any: write, edit });
                    self.columns += 1;
                }
            }
        }
        if self.columns > MOST_COLUMNS {
            self.columns -= writes.len();
            *row = Row::Kept;
        }
        Ok(())
    }

    fn add(&mut self, key: RowKey, row: Row) {
        let is_full = self.rows.len() >= MOST_ROWS;
        match self.rows.entry(key) {
            Entry::Occupied(mut held) => {
                if matches!(row, Row::Kept) {
                    held.insert(row);
                }
            }
            Entry::Vacant(_) if is_full => self.keep(key),
            Entry::Vacant(new) => {
                new.insert(row);
            }
        }
    }

    /// Notes a row from which nothing is dropped, by its hash.
    fn keep(&mut self, key: RowKey) {
        if self.kept.is_empty() {
            self.kept = vec![0; (BITS / 64) as usize];
        }
        for place in places(key) {
            if let Some(word) = self.kept.get_mut((place / 64) as usize) {
                *word |= 1 << (place % 64);
            }
        }
    }

    fn is_among_kept(&self, key: RowKey) -> bool {
        let has = |place: u64| {
            self.kept.get((place / 64) as usize).is_some_and(|word| word >> (place % 64) & 1 == 1)
        };
        !self.kept.is_empty() && places(key).into_iter().all(has)
    }

    /// Takes account of what was written since the log was read last. From rows that were written meanwhile,
    /// nothing is dropped.
    pub(super) fn meet<'n>(
        &mut self,
        connection: &Connection,
        nodes: impl Iterator<Item = &'n Node>,
    ) -> Result<()> {
        for node in nodes {
            let seen = self.seen.insert(node.ordinal, node.end).unwrap_or_default();
            if seen == node.end {
                continue;
            }
            // In the log of a node that forked, what is new may lie anywhere.
            let from = if node.is_forked { ChangeNumber::default() } else { seen.number };
            let from_node = (node.ordinal, node.is_forked);
            let mut pieces = PieceReader::from_number(connection, from_node, from.next())?;
            while let Some(piece) = pieces.next()? {
                for change in piece.changes().filter(|change| change.record.number > from) {
                    self.add((change.record.table, change.record.row), Row::Kept);
                }
            }
        }
        Ok(())
    }

    /// Returns whether nothing may be dropped from a row.
    pub(super) fn keeps(&self, key: RowKey) -> bool {
        match self.rows.get(&key) {
            Some(row) => matches!(row, Row::Kept),
            None => self.is_among_kept(key),
        }
    }

    /// Returns whether all devices know all changes of a row.
    pub(super) fn is_known_to_all(&self, key: RowKey) -> bool {
        !self.rows.contains_key(&key) && !self.is_among_kept(key)
    }

    /// Returns whether all devices know a write of a column that is later than this one, given that there is
    /// one, and that the row is not one of those which are kept. Only an edit covers an edit.
    pub(super) fn is_covered(
        &self,
        key: RowKey,
        (column, is_edit): (u32, bool),
        write: (Stamp, NodeId),
    ) -> bool {
        match self.rows.get(&key) {
            Some(Row::LastWrites(writes)) => {
                let last = writes.iter().find(|last| last.column == column);
                let last = last.and_then(|it| if is_edit { it.edit } else { Some(it.any) });
                last.is_some_and(|last| last > write)
            }
            Some(Row::Kept) => false,
            None => true,
        }
    }
}

fn places((table, row): RowKey) -> [u64; 2] {
    let hash = xxh3_128_with_seed(&row, table.cast_unsigned());
    [hash as u64 % BITS, (hash >> 64) as u64 % BITS]
}
