//! What is written into replaced columns, so that older versions of the app see it.

use rusqlite::types::ValueRef;
use smallvec::SmallVec;

use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::model::lens::{Given, WriteBy, WriteLens};
use crate::model::table_ref::TableRef;
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Row, Written, WrittenAt, call};
use crate::rows::lensed::Lensed;
use crate::value::{AsRead, Stored, is_same};

/// The values of columns, by their positions in the table's definition.
pub(crate) type Values = ByPosition<Given<'static>>;

/// Returns the key of the row of a table with an id.
pub(crate) type KeyOf<'k> = &'k dyn Fn(TableRef, &Given<'_>) -> Result<Given<'static>>;

/// Returns what is written into replaced columns once some of those that replace them were set, which `set` tells.
/// `values` is what the columns show then. A column that cannot get a value is cleared, so that no older version goes
/// on showing what is out of date.
///
/// `key_of` returns the key of the row with an id.
pub(crate) fn written_through(
    table: &TableRef,
    mut values: ByPosition<Given<'_>>,
    set: &[usize],
    key_of: KeyOf<'_>,
) -> Result<Values> {
    let mut written = Values::default();
    let mut set: SmallVec<[usize; 8]> = set.into();
    let mut pending: SmallVec<[&WriteLens; 4]> = table.lenses.writes.iter().collect();
    // Of a chain, the newest column comes first. There are no cycles.
    while let Some(at) = pending.iter().position(|lens| is_next(lens, &pending)) {
        let lens = pending.swap_remove(at);
        if !lens.from.iter().any(|from| set.contains(from)) {
            continue;
        }
        let given = lens.from.iter().map(|from| values.get(from)?.as_ref().map(Stored::borrowed));
        let given: SmallVec<[Given<'_>; 4]> = given.collect();
        // Another version wrote what this one cannot read: the older column stays as that version has left it.
        let is_read = |(from, value): (&usize, &Given<'_>)| {
            let as_read = table.as_read.get(*from);
            value
                .as_ref()
                .is_none_or(|it| as_read.is_some_and(|as_read| as_read.can_read(it.to_sql())))
        };
        if !lens.from.iter().zip(&given).all(is_read) {
            continue;
        }
        let made = match lens.by {
            WriteBy::Function(write) => call(|| write(&given), || ()),
            WriteBy::Key(table) => match given.first() {
                Some(id @ Some(_)) => Some(vec![key_of(table(), id)?]),
                _ => None,
            },
        };
        drop(given);
        let mut made = made.unwrap_or_default().into_iter();
        for to in lens.to {
            let value = made.next().flatten();
            // What is replaced itself is written through in turn.
            if pending.iter().any(|lens| lens.from.contains(to)) {
                values.insert(*to, value.clone());
            }
            written.insert(*to, value);
            set.push(*to);
        }
    }
    Ok(written)
}

/// Returns whether no other lens writes what a lens takes.
fn is_next(lens: &WriteLens, pending: &[&WriteLens]) -> bool {
    let is_written = |from: &usize| pending.iter().any(|other| other.to.contains(from));
    !lens.from.iter().any(is_written)
}

/// A value that is to be written into a column, by its position, and whether it is written through.
pub(crate) type WrittenValue = (usize, Given<'static>, bool);

/// A value that a column that replaces others is set to, and how the app sees what is there.
pub(crate) type SetValue = (usize, Given<'static>, Option<AsRead>);

/// The precedence of a write that comes after all others.
const LATEST: WrittenAt = (Stamp::LAST, NodeId::from_bytes([0xff; 16]));

/// Returns what is to be written into a row whose columns are set: the edits, as far as they change what is shown, and
/// what is written through, as far as the replaced columns show something else.
pub(crate) fn edits(
    lensed: &Lensed,
    row: &mut Row<'_>,
    given: &[SetValue],
    key_of: KeyOf<'_>,
) -> Result<Vec<WrittenValue>> {
    let mut all = Vec::with_capacity(given.len() + 1);
    for (column, value, as_read) in given {
        let shown = row.shown(*column).and_then(|shown| shown.value);
        let is_seen = |it: AsRead| it.is_seen(sql(&shown), value.as_ref());
        if !is_same(sql(&shown), value.as_ref()) && !as_read.is_some_and(is_seen) {
            row.set(*column, Written { value: value.clone(), at: LATEST });
            all.push((*column, value.clone(), false));
        }
    }
    let reads = lensed.table.lenses.reads.iter();
    let values = reads.map(|lens| (lens.column, row.shown(lens.column).and_then(|it| it.value)));
    // What an older version wrote stays as it wrote it, if the column is set to what it shows of that.
    let set = given.iter().map(|(column, ..)| *column);
    let set: Vec<usize> = set.filter(|column| !row.is_replaced_newer(*column)).collect();
    let through = written_through(&lensed.table, values.collect(), &set, key_of)?;
    all.extend(differing(row, through));
    Ok(all)
}

/// Returns the values that replaced columns do not show.
fn differing(row: &Row<'_>, through: Values) -> impl Iterator<Item = WrittenValue> {
    let differs = |(column, value): &(usize, Given<'static>)| !row.is_kept_right(*column, value);
    through.into_iter().filter(differs).map(|(column, value)| (column, value, true))
}

fn sql<'v>(value: &'v Given<'_>) -> ValueRef<'v> {
    value.as_ref().map_or(ValueRef::Null, Stored::to_sql)
}

/// Returns what is to be written so that a row shows what it would show otherwise.
pub(crate) fn set_back(
    lensed: &Lensed,
    now: &Row<'_>,
    then: &Row<'_>,
    key_of: KeyOf<'_>,
) -> Result<Vec<WrittenValue>> {
    let value = |row: &Row<'_>, column| row.shown(column).and_then(|shown| shown.value);
    let (mut all, mut values) = (Vec::new(), Values::default());
    for lens in lensed.table.lenses.reads {
        let shown = value(then, lens.column);
        values.insert(lens.column, shown.clone());
        let is_replaced =
            lensed.table.lenses.reads.iter().any(|other| other.from.contains(&lens.column));
        if !is_replaced && !is_same(sql(&value(now, lens.column)), shown.as_ref()) {
            all.push((lens.column, shown, false));
        }
    }
    let set: Vec<usize> = all.iter().map(|(column, ..)| *column).collect();
    all.extend(differing(now, written_through(&lensed.table, values, &set, key_of)?));
    all.sort_by_key(|(column, ..)| *column);
    Ok(all)
}
