//! Keeping replaced columns right, so that older versions of the app see what the newer columns show.

use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3;

use crate::error::Result;
use crate::model::lens::{Given, ReadBy, ReadLens, WriteLens};
use crate::model::table_ref::TableRef;
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Known, Row, WrittenAt, is_newer};
use crate::rows::lensed::Lensed;
use crate::rows::shown_values::Shown;
use crate::rows::written_through::{KeyOf, Values, written_through};

impl Shown {
    /// Returns whether a row of which the key is not known here yet is referred to.
    pub(super) fn waits(&self, of: &Lensed, row: &Row<'_>) -> bool {
        keyed(of.table, &self.group).any(|(lens, _)| {
            let key = lens.from.first().and_then(|from| row.known.get(from)?.newest.as_ref());
            let is_there = key.is_some_and(|key| key.value.is_some());
            !is_there && row.shown(lens.column).is_some_and(|shown| shown.value.is_some())
        })
    }

    /// Returns the edits of the columns that belong together.
    fn edits(&self, known: &ByPosition<Known>) -> impl Iterator<Item = (usize, WrittenAt)> {
        let edit = |column: &usize| Some((*column, known.get(column)?.edit.as_ref()?.at));
        self.group.iter().filter_map(edit)
    }

    /// Returns when the newest of them was made.
    pub(super) fn last_edit(&self, known: &ByPosition<Known>) -> Option<WrittenAt> {
        self.edits(known).map(|(_, at)| at).max()
    }

    /// Returns a number that tells them from others.
    pub(super) fn looked_at(&self, known: &ByPosition<Known>) -> i64 {
        let mut hash = Xxh3::new();
        for (column, (stamp, node)) in self.edits(known) {
            hash.update(&column.to_le_bytes());
            hash.update(&stamp.bits().to_le_bytes());
            hash.update(node.as_bytes());
        }
        hash.digest().cast_signed()
    }

    /// Returns what is to be written into replaced columns, as they are not what the newer ones show, nor the newest edit
    /// if that is one of theirs. Those for which there is no value are left.
    pub(super) fn outdated(
        &self,
        of: &Lensed,
        row: &Row<'_>,
        edited: WrittenAt,
        key_of: KeyOf<'_>,
    ) -> Result<Values> {
        let reads = of.table.lenses.reads.iter();
        let shown = reads
            .filter(|lens| self.group.contains(&lens.column))
            .map(|lens| (lens.column, row.shown(lens.column).and_then(|shown| shown.value)));
        let values: ByPosition<Given<'_>> = shown.collect();
        let gives = |lens: &&WriteLens| lens.from.contains(&self.position);
        let first = of.table.lenses.writes.iter().find(gives).and_then(|lens| lens.from.first());
        let is_cleared = first.and_then(|first| values.get(first)).is_some_and(Option::is_none);
        let mut written = written_through(&of.table, values, &[self.position], key_of)?;
        // Of several columns that are written as one, some may have no value.
        let has_value = |to: &usize| written.get(to).is_some_and(Option::is_some);
        let writes = of.table.lenses.writes.iter().filter(|lens| lens.to.iter().any(has_value));
        let said: SmallVec<[usize; 4]> = writes.flat_map(|lens| lens.to).copied().collect();
        written.retain(|column, value| {
            let Some(known) = row.known.get(&column) else { return false };
            let edit = known.edit.as_ref().filter(|edit| edit.at == edited);
            if let Some(edit) = edit {
                // It may have been covered by who had not heard of it. But what was written through into the newest
                // column since comes from an edit that this version does not know.
                let lenses = of.table.lenses;
                let is_replaced =
                    |other: &usize| lenses.reads.iter().any(|lens| lens.from.contains(other));
                let is_older = |other: &usize| {
                    let newest = row.known.get(other).and_then(|known| known.newest.as_ref());
                    newest.is_none_or(|newest| newest.at < edit.at)
                };
                let newer = self.group.iter().filter(|other| is_newer(lenses, **other, column));
                if !newer.filter(|other| !is_replaced(other)).all(is_older) {
                    return false;
                }
                value.clone_from(&edit.value);
            }
            let is_due = edit.is_some() || said.contains(&column) || is_cleared;
            is_due && !row.is_kept_right(column, value)
        });
        Ok(written)
    }
}

/// Returns those of some columns that refer to rows by their keys, with the tables of these.
pub(super) fn keyed(
    table: TableRef,
    group: &[usize],
) -> impl Iterator<Item = (&'static ReadLens, TableRef)> {
    let of_group = |lens: &&ReadLens| group.contains(&lens.column);
    table.lenses.reads.iter().filter(of_group).filter_map(|lens| match lens.by {
        ReadBy::Key(keyed) => Some((lens, keyed())),
        ReadBy::Function(_) => None,
    })
}
