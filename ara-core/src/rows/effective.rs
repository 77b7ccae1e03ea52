//! What a column shows that replaces others: the newest edit of them all.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::types::ValueRef;

use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::model::lens::{Given, Lenses, ReadBy, ReadLens, WriteBy, WriteLens};
use crate::model::table_ref::TableRef;
use crate::rows::by_position::ByPosition;
use crate::value::{AsRead, Stored, is_same, uuid_of_key};

/// When a value was written: the stamp and the node of the change.
pub(crate) type WrittenAt = (Stamp, NodeId);

/// A value of a column, or that it was cleared, and when that was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    // It comes first, so that two are compared by it before their values are.
    pub(crate) at: WrittenAt,
    pub(crate) value: Given<'static>,
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
    table: &'r TableRef,
    pub(crate) known: ByPosition<Known>,
    /// What was read so far from columns that others replace, so that each function is called once.
    read: RefCell<Vec<(Asked, Option<Written>)>>,
    panicked: RefCell<Vec<Panicked>>,
}

/// What a column is asked for: its position, and whether it is for its edits alone.
type Asked = (usize, bool);

/// A column that has no value because a function panicked, by its position, and the name of the function.
pub(crate) type Panicked = (usize, &'static str);

impl<'r> Row<'r> {
    pub(crate) fn new(table: &'r TableRef, known: ByPosition<Known>) -> Self {
        Self { table, known, read: RefCell::default(), panicked: RefCell::default() }
    }

    /// Takes over what was written into a column.
    pub(crate) fn set(&mut self, column: usize, written: Written) {
        self.known.insert(column, Known { edit: Some(written.clone()), newest: Some(written) });
        self.read.get_mut().clear();
    }

    /// Returns which functions have panicked so far. One is told as often as it did.
    pub(crate) fn into_panicked(self) -> Vec<Panicked> {
        self.panicked.into_inner()
    }

    /// Returns what a column shows, and when that was written: the newest of what was written into it and of the
    /// edits of what it replaces. A clear is an edit, too.
    pub(crate) fn shown(&self, column: usize) -> Option<Written> {
        let own = self.known.get(&column).and_then(|known| known.newest.as_ref());
        self.newest((column, false), own)
    }

    /// Returns the newest edit of a column and of what it replaces, as a value of the column.
    pub(crate) fn edit(&self, column: usize) -> Option<Written> {
        let known = self.known.get(&column);
        // Mostly an edit was written last.
        if known.is_none_or(|known| known.edit == known.newest) {
            return self.shown(column);
        }
        self.newest((column, true), known.and_then(|known| known.edit.as_ref()))
    }

    /// Returns whether a column shows what was written into a column that it replaces.
    pub(crate) fn is_replaced_newer(&self, column: usize) -> bool {
        let Some(lens) = lens_of(self.table.lenses, column) else { return false };
        let own = self.known.get(&column).and_then(|known| known.newest.as_ref());
        let edited = lens.from.iter().filter_map(|from| self.edit(*from)).map(|edit| edit.at).max();
        edited.is_some_and(|edited| own.is_none_or(|own| own.at < edited))
    }

    fn newest(&self, asked: Asked, own: Option<&Written>) -> Option<Written> {
        let Some(lens) = lens_of(self.table.lenses, asked.0) else { return own.cloned() };
        if let Some((_, known)) = self.read.borrow().iter().find(|(known, _)| *known == asked) {
            return known.clone();
        }
        let newest = self.newest_of(lens, own);
        self.read.borrow_mut().push((asked, newest.clone()));
        newest
    }

    fn newest_of(&self, lens: &ReadLens, own: Option<&Written>) -> Option<Written> {
        let edits: Vec<_> = lens.from.iter().map(|from| self.edit(*from)).collect();
        let edited = edits.iter().flatten().map(|edit| edit.at).max();
        match (own, edited) {
            (None, None) => None,
            (Some(own), edited) if edited.is_none_or(|edited| edited <= own.at) => {
                Some(self.as_older(lens, own).unwrap_or_else(|| own.clone()))
            }
            (_, edited) => {
                let value = self.read(lens, &self.given(lens, edits));
                edited.map(|at| Written { value, at })
            }
        }
    }

    /// Returns the values that a column is read from, of the newest edits of those that it replaces.
    fn given(&self, lens: &ReadLens, edits: Vec<Option<Written>>) -> Vec<Given<'static>> {
        let parts = self.parts(lens);
        let given = edits.into_iter().enumerate().map(|(at, edit)| {
            // Beside the one that was edited, the others are as the column itself was last set.
            let parts =
                parts.as_ref().filter(|(set, _)| edit.as_ref().is_none_or(|it| it.at < *set));
            match parts {
                Some((_, parts)) => parts.get(at)?.clone(),
                None => edit?.value,
            }
        });
        given.collect()
    }

    /// Returns the edits that a column is to be read from: the columns that hold them, and their values. They are of
    /// those that it replaces, or of what these replace in turn. There are none if the column itself was written later.
    pub(crate) fn sources(&self, column: usize) -> Vec<(usize, Given<'static>)> {
        let own = self.known.get(&column).and_then(|known| known.newest.as_ref());
        self.sources_after(column, own).unwrap_or_default()
    }

    fn sources_after(
        &self,
        column: usize,
        own: Option<&Written>,
    ) -> Option<Vec<(usize, Given<'static>)>> {
        let lens = lens_of(self.table.lenses, column)?;
        let edits: Vec<_> = lens.from.iter().map(|from| self.edit(*from)).collect();
        let edited = edits.iter().flatten().map(|edit| edit.at).max()?;
        if own.is_some_and(|own| edited <= own.at) {
            return None;
        }
        let set = self.parts(lens).map(|(set, _)| set);
        let ats: Vec<_> = edits.iter().map(|edit| edit.as_ref().map(|edit| edit.at)).collect();
        let given = self.given(lens, edits).into_iter().zip(ats);
        let sources = lens.from.iter().zip(given).flat_map(|(from, (value, at))| {
            let is_edit = at >= set;
            let own = self.known.get(from).and_then(|known| known.edit.as_ref());
            let further = if is_edit { self.sources_after(*from, own) } else { None };
            further.unwrap_or_else(|| vec![(*from, value)])
        });
        Some(sources.collect())
    }

    /// Returns what was written into several columns when the one that replaces them was last set, and when that was.
    /// It is made again from that one: what the replaced ones hold may have been written by a device that had not heard
    /// of an edit yet.
    fn parts(&self, lens: &ReadLens) -> Option<(WrittenAt, Vec<Given<'static>>)> {
        let own = self.last_set(lens.column)?;
        let writes = |write: &&WriteLens| write.from == [lens.column] && write.to.len() > 1;
        let write = self.table.lenses.writes.iter().find(writes)?;
        let made = self.write(write, std::slice::from_ref(&own.value))?;
        let of =
            |from| write.to.iter().position(|to| to == from).and_then(|at| made.get(at)?.clone());
        Some((own.at, lens.from.iter().map(of).collect()))
    }

    /// Returns what a column itself was last set to: by its newest edit, or by a later one of a column that replaces it,
    /// of which it is made again. What it holds may have been written to keep it right, by a device that had not heard
    /// of that edit yet.
    ///
    /// Of a column that none replaces, it is what it holds: what was written through into it comes from a version that
    /// this one does not know.
    fn last_set(&self, column: usize) -> Option<Written> {
        let Known { newest, edit } = self.known.get(&column)?;
        let mut writes = self.table.lenses.writes.iter();
        let Some(write) = writes.find(|write| write.to.contains(&column)) else {
            return newest.clone();
        };
        let set = write.from.iter().filter_map(|from| Some((*from, self.last_set(*from)?)));
        let set = set.max_by_key(|(_, set)| set.at);
        let (from, set) = match set {
            Some((from, set)) if edit.as_ref().is_none_or(|edit| edit.at < set.at) => (from, set),
            _ => return edit.as_ref().or(newest.as_ref()).cloned(),
        };
        if write.from.len() > 1 || !self.can_read(from, &set.value) {
            return newest.clone();
        }
        let Some(made) = self.write(write, &[set.value]) else { return newest.clone() };
        let made = write.to.iter().zip(made).find(|(to, _)| **to == column);
        Some(Written { value: made.and_then(|(_, value)| value), at: set.at })
    }

    /// Returns whether a replaced column holds a value, and shows it to a version that knows no newer columns: that one
    /// sees a later edit of what the column replaces in its place.
    pub(crate) fn is_kept_right(&self, column: usize, value: &Given<'_>) -> bool {
        let newest = self.known.get(&column).and_then(|known| known.newest.as_ref());
        let is_it = |written: Option<&Written>| {
            let sql =
                written.and_then(|it| it.value.as_ref()).map_or(ValueRef::Null, Stored::to_sql);
            is_same(sql, value.as_ref())
        };
        is_it(newest) && is_it(self.shown(column).as_ref())
    }

    /// Returns whether the app can read a value of a column.
    fn can_read(&self, column: usize, value: &Given<'_>) -> bool {
        let as_read = self.table.as_read.get(column);
        value.as_ref().is_none_or(|it| as_read.is_some_and(|as_read| as_read.can_read(it.to_sql())))
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

    /// Returns what a function of the app's makes of values for replaced columns. Returns `None` if these are written
    /// by their keys.
    pub(crate) fn write(
        &self,
        lens: &WriteLens,
        given: &[Given<'static>],
    ) -> Option<Vec<Given<'static>>> {
        let WriteBy::Function(write) = lens.by else { return None };
        let panicked = || lens.to.iter().for_each(|to| self.note_panic(*to, lens.name));
        Some(call(|| write(given), panicked).unwrap_or_default())
    }

    fn note_panic(&self, column: usize, name: &'static str) {
        self.panicked.borrow_mut().push((column, name));
    }

    /// Reads a column from the values of those that it replaces.
    fn read(&self, lens: &ReadLens, given: &[Given<'static>]) -> Given<'static> {
        if given.iter().all(Option::is_none) {
            return None;
        }
        match lens.by {
            ReadBy::Function(read) => {
                let last = lens.is_with.then(|| self.last_set(lens.column)).flatten();
                let last = last.and_then(|last| last.value);
                call(|| read(given, &last), || self.note_panic(lens.column, lens.name))
            }
            ReadBy::Key(table) => match given.first() {
                Some(Some(Stored::Text(key))) if !key.is_empty() => {
                    let id = uuid_of_key(table().def.name, key.as_bytes());
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

/// Returns whether a column replaces another, or what replaces that.
pub(crate) fn is_newer(lenses: Lenses, column: usize, than: usize) -> bool {
    let replaced = lens_of(lenses, column).map_or(&[][..], |lens| lens.from);
    replaced.iter().any(|from| *from == than || is_newer(lenses, *from, than))
}

/// Calls a function of the app's. One that panics gives nothing.
pub(crate) fn call<R>(function: impl FnOnce() -> Option<R>, panicked: impl FnOnce()) -> Option<R> {
    catch_unwind(AssertUnwindSafe(function)).unwrap_or_else(|_| {
        panicked();
        None
    })
}
