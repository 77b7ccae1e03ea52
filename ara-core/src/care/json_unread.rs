//! What an export writes where a column shows nothing as it cannot read what it replaces.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::care::json_lines::Kinds;
use crate::care::json_value::Kind;
use crate::error::Result;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::log::row_clock::RowClock;
use crate::rows::effective;
use crate::rows::lensed::Lensed;
use crate::value::Stored;

/// The columns of a table that replace others or are replaced.
pub(crate) struct Unread<'l> {
    lensed: &'l Lensed,
    /// The names and the kinds of the columns, by their positions in the table's definition.
    columns: BTreeMap<usize, (&'static str, Kind)>,
    nodes: HashMap<NodeOrdinal, NodeId>,
}

impl<'l> Unread<'l> {
    pub(crate) fn new(
        connection: &Connection,
        kinds: &Kinds<'_>,
        lensed: &'l Lensed,
    ) -> Result<Self> {
        let named = |(position, ordinal): (usize, u32)| {
            let name = lensed.table.def.columns.get(position)?.name;
            Some((position, (name, kinds.of(ordinal, name))))
        };
        let columns = lensed.columns().filter_map(named).collect();
        let nodes = nodes::kept(connection)?.into_iter().map(|node| (node.ordinal, node.id));
        Ok(Self { lensed, columns, nodes: nodes.collect() })
    }

    /// Returns the names of the columns to be selected beside those that are exported.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.lensed.names.iter().map(String::as_str)
    }

    /// Returns those of a row, in which the selected ones begin at a place.
    pub(crate) fn of<'r>(&'r self, row: &'r Row<'r>, begin: usize) -> UnreadRow<'r> {
        UnreadRow { of: self, row, begin, known: None, sources: BTreeMap::new() }
    }
}

/// The columns of a row.
pub(crate) struct UnreadRow<'r> {
    of: &'r Unread<'r>,
    row: &'r Row<'r>,
    begin: usize,
    /// What is known of the row, once that was needed.
    known: Option<effective::Row<'r>>,
    /// The values that are exported in the place of others, by their positions.
    sources: BTreeMap<usize, Stored<'static>>,
}

impl UnreadRow<'_> {
    /// Returns whether a column that shows nothing replaces what it cannot read, and notes that.
    pub(crate) fn is_unread(&mut self, column: &str) -> bool {
        let mut columns = self.of.columns.iter();
        let Some((position, _)) = columns.find(|(_, (name, _))| *name == column) else {
            return false;
        };
        let value = |at| self.row.get_ref(at).unwrap_or(ValueRef::Null);
        let values = self.begin + 1..self.begin + self.of.lensed.names.len();
        // Most rows that show nothing have nothing.
        if values.clone().all(|at| value(at) == ValueRef::Null) {
            return false;
        }
        let known = self.known.get_or_insert_with(|| {
            let id_of = |node| self.of.nodes.get(&node).copied();
            // Of a row whose clock cannot be read, nothing is known.
            let clock = RowClock::read(value(self.begin), (None, None)).unwrap_or_default();
            let known = self.of.lensed.known(&clock, values.map(value), &id_of);
            self.of.lensed.row(known)
        });
        let sources = known.sources(*position).into_iter();
        let mut sources = sources.filter_map(|(at, value)| Some((at, value?))).peekable();
        let is_unread = sources.peek().is_some();
        self.sources.extend(sources);
        is_unread
    }

    /// Returns what is exported in the place of such columns.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&'static str, &Stored<'static>, Kind)> {
        let named = |(position, value)| {
            let (name, kind) = self.of.columns.get(position)?;
            Some((*name, value, *kind))
        };
        self.sources.iter().filter_map(named)
    }
}
