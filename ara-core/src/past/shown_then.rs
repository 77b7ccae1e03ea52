//! What a row showed in columns that replace others, change by change.

use crate::log::cells::Write;
use crate::log::node::Precedence;
use crate::model::lens::Given;
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Known, Written, is_newer};
use crate::rows::lensed::Lensed;

/// What is known of the columns that replace others or are replaced, after some changes of a row.
pub(super) struct ShownThen<'l> {
    lensed: &'l Lensed,
    known: ByPosition<Known>,
}

/// A column that replaces others, and that a change is about.
pub(super) struct ShownChange {
    /// Its ordinal.
    pub(super) column: u32,
    /// What it showed before the change.
    pub(super) before: Given<'static>,
    /// The columns that it is read from, by their ordinals, if no other one replaces it, and it shows nothing any more
    /// since the change.
    cleared_by: Vec<u32>,
}

impl ShownChange {
    /// Returns whether the clear of a column is the reason that this one shows nothing any more.
    pub(super) fn is_cleared_by(&self, column: u32) -> bool {
        self.cleared_by.contains(&column)
    }
}

impl<'l> ShownThen<'l> {
    /// Begins before the first change.
    pub(super) fn new(lensed: &'l Lensed) -> Self {
        Self { lensed, known: ByPosition::default() }
    }

    /// Applies a change, and returns what it means to the columns that replace others.
    pub(super) fn write(
        &mut self,
        precedence: &Precedence,
        written: &[(u32, Write<'static>, bool)],
    ) -> Vec<ShownChange> {
        if !written.iter().any(|(column, ..)| self.lensed.has(*column)) {
            return Vec::new();
        }
        let before = self.shown();
        let at = (precedence.stamp, precedence.node);
        for (position, column) in self.lensed.columns() {
            let cell = written.iter().find(|(written, ..)| *written == column);
            let Some((_, Write::Value(value), is_edit)) = cell else { continue };
            let written = Some(Written { at, value: value.clone() });
            let mut known = self.known.get(&position).cloned().unwrap_or_default();
            if *is_edit {
                known.edit.clone_from(&written);
            }
            known.newest = written;
            self.known.insert(position, known);
        }
        let after = self.shown();
        let lenses = self.lensed.table.lenses;
        let shown = self.lensed.shown.iter().zip(before).zip(after);
        let changes = shown.filter_map(|((shown, before), after)| {
            let column = self.lensed.ordinal(shown.position)?;
            let is_replaced = lenses.reads.iter().any(|lens| lens.from.contains(&shown.position));
            let is_cleared = before.is_some() && after.is_none() && !is_replaced;
            let columns = self.lensed.columns().filter(|_| is_cleared);
            let sources = columns.filter(|(older, _)| is_newer(lenses, shown.position, *older));
            let cleared_by = sources.map(|(_, column)| column).collect();
            Some(ShownChange { column, before, cleared_by })
        });
        changes.collect()
    }

    /// Returns what the columns show.
    fn shown(&mut self) -> Vec<Given<'static>> {
        let row = self.lensed.row(std::mem::take(&mut self.known));
        let shown = self.lensed.shown.iter().map(|shown| row.shown(shown.position)?.value);
        let shown = shown.collect();
        self.known = row.known;
        shown
    }
}
