//! What a column shows that replaces others: the newest edit of them all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::model::lens::{Given, Lenses, ReadBy, ReadLens, WriteBy, WriteLens};
use crate::model::table_ref::TableRef;
use crate::rows::by_position::ByPosition;
use crate::value::{AsRead, Stored, uuid_of_key};

/// When a value was written: the stamp and the node of the change.
pub(crate) type WrittenAt = (Stamp, NodeId);

/// A value of a column, or that it was cleared, and when that was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    pub(crate) value: Given<'static>,
    pub(crate) at: WrittenAt,
}

/// What is known of a column of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    /// What was written last into it, be it an edit or written through from another column.
    pub(crate) newest: Option<Written>,
    /// The last edit of it.
    pub(crate) edit: Option<Written>,
}

/// What a row holds in the columns that replace others, and in those that are replaced, by their positions in the
/// table's definition.
pub(crate) struct Row<'r> {
    pub(crate) table: &'r TableRef,
    pub(crate) known: ByPosition<Known>,
}

impl Row<'_> {
    /// Returns what a column shows, and when that was written: the newest of what was written into it and of the
    /// edits of what it replaces. A clear is an edit, too.
    pub(crate) fn shown(&self, column: usize) -> Option<Written> {
        let own = self.known.get(&column).and_then(|known| known.newest.as_ref());
        self.newest(column, own)
    }

    /// Returns the newest edit of a column and of what it replaces, as a value of the column.
    pub(crate) fn edit(&self, column: usize) -> Option<Written> {
        let own = self.known.get(&column).and_then(|known| known.edit.as_ref());
        self.newest(column, own)
    }

    /// Returns whether a column shows what was written into a column that it replaces.
    pub(crate) fn is_replaced_newer(&self, column: usize) -> bool {
        let Some(lens) = lens_of(self.table.lenses, column) else { return false };
        let own = self.known.get(&column).and_then(|known| known.newest.as_ref());
        let edited = lens.from.iter().filter_map(|from| self.edit(*from)).map(|edit| edit.at).max();
        edited.is_some_and(|edited| own.is_none_or(|own| own.at < edited))
    }

    fn newest(&self, column: usize, own: Option<&Written>) -> Option<Written> {
        let Some(lens) = lens_of(self.table.lenses, column) else { return own.cloned() };
        let edits: Vec<_> = lens.from.iter().map(|from| self.edit(*from)).collect();
        let edited = edits.iter().flatten().map(|edit| edit.at).max();
        match (own, edited) {
            (None, None) => None,
            (Some(own), edited) if edited.is_none_or(|edited| edited <= own.at) => {
                Some(self.as_older(lens, own).unwrap_or_else(|| own.clone()))
            }
            (_, edited) => {
                let parts = self.parts(lens);
                let given = edits.into_iter().enumerate().map(|(at, edit)| {
                    // Beside the one that was edited, the others are as the column itself was last set.
                    let parts = parts
                        .as_ref()
                        .filter(|(set, _)| edit.as_ref().is_none_or(|it| it.at < *set));
                    match parts {
                        Some((_, parts)) => parts.get(at)?.clone(),
                        None => edit?.value,
                    }
                });
                let value = self.read(lens, &given.collect::<Vec<_>>());
                edited.map(|at| Written { value, at })
            }
        }
    }

    /// Returns what was written into several columns when the one that replaces them was last set, and when that was.
    /// It is made again from that one: what the replaced ones hold may have been written by a device that had not heard
    /// of an edit yet.
    fn parts(&self, lens: &ReadLens) -> Option<(WrittenAt, Vec<Given<'static>>)> {
        let own = self.known.get(&lens.column)?.newest.as_ref()?;
        let writes = |write: &&WriteLens| write.from == [lens.column] && write.to.len() > 1;
        let write = self.table.lenses.writes.iter().find(writes)?;
        let WriteBy::Function(function) = write.by else { return None };
        let made = call(function, std::slice::from_ref(&own.value)).unwrap_or_default();
        let of =
            |from| write.to.iter().position(|to| to == from).and_then(|at| made.get(at)?.clone());
        Some((own.at, lens.from.iter().map(of).collect()))
    }

    /// Returns the value of the older shape, if this app cannot read what was written last into the column, and the
    /// older shape was not written earlier.
    fn as_older(&self, lens: &ReadLens, own: &Written) -> Option<Written> {
        let as_read: &AsRead = self.table.as_read.get(lens.column)?;
        if as_read.can_read(own.value.as_ref()?.to_sql()) {
            return None;
        }
        let newest = |from| self.known.get(from).and_then(|known: &Known| known.newest.as_ref());
        let latest = lens.from.iter().filter_map(newest).map(|newest| newest.at).max()?;
        if latest < own.at {
            return None;
        }
        let given = lens.from.iter().map(|from| newest(from)?.value.clone());
        let value = self.read(lens, &given.collect::<Vec<_>>());
        value.is_some().then_some(Written { value, at: own.at })
    }

    /// Reads a column from the values of those that it replaces.
    fn read(&self, lens: &ReadLens, given: &[Given<'static>]) -> Given<'static> {
        if given.iter().all(Option::is_none) {
            return None;
        }
        match lens.by {
            ReadBy::Function(read) => {
                let last = self.known.get(&lens.column).and_then(|known| known.newest.as_ref());
                let last = last.and_then(|last| last.value.clone());
                // A function of the app's that panics gives no value.
                catch_unwind(AssertUnwindSafe(|| read(given, &last))).ok().flatten()
            }
            ReadBy::Key(table) => match given.first() {
                Some(Some(Stored::Text(key))) if !key.is_empty() => {
                    let id = uuid_of_key(table().def.name, key);
                    Some(Stored::Blob(id.into_bytes().to_vec().into()))
                }
                _ => None,
            },
        }
    }
}

/// Returns how a column is read from those that it replaces, if it does replace any.
pub(crate) fn lens_of(lenses: Lenses, column: usize) -> Option<&'static ReadLens> {
    lenses.reads.iter().find(|lens| lens.column == column)
}

/// Calls a function of the app's. One that panics gives no values.
pub(crate) fn call(
    write: fn(&[Given<'_>]) -> Option<Vec<Given<'static>>>,
    given: &[Given<'_>],
) -> Option<Vec<Given<'static>>> {
    catch_unwind(AssertUnwindSafe(|| write(given))).ok().flatten()
}
