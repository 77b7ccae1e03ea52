//! What is written into replaced columns, so that older versions of the app see it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Result;
use crate::model::lens::{Given, WriteBy, WriteLens};
use crate::model::table_ref::TableRef;

/// The values of columns, by their positions in the table's definition.
pub(crate) type Values = HashMap<usize, Given<'static>>;

/// Returns what is written into replaced columns once some of those that replace them were set, which `set` tells.
/// `values` is what the columns show then. A column that cannot get a value is cleared, so that no older version goes
/// on showing what is out of date.
///
/// `key_of` returns the key of the row with an id.
pub(crate) fn written_through(
    table: &TableRef,
    mut values: Values,
    set: &[usize],
    key_of: &dyn Fn(TableRef, &Given<'_>) -> Result<Given<'static>>,
) -> Result<Values> {
    let mut written = Values::new();
    let mut set = set.to_vec();
    let mut pending: Vec<&WriteLens> = table.lenses.writes.iter().collect();
    // Of a chain, the newest column comes first. There are no cycles.
    while let Some(at) = pending.iter().position(|lens| is_next(lens, &pending)) {
        let lens = pending.swap_remove(at);
        if !lens.from.iter().any(|from| set.contains(from)) {
            continue;
        }
        let given = lens.from.iter().map(|from| values.get(from).cloned().flatten());
        let given: Vec<_> = given.collect();
        let made = match lens.by {
            WriteBy::Function(write) => call(write, &given),
            WriteBy::Key(table) => match given.first() {
                Some(id @ Some(_)) => Some(vec![key_of(table(), id)?]),
                _ => None,
            },
        };
        let mut made = made.unwrap_or_default().into_iter();
        for to in lens.to {
            let value = made.next().flatten();
            values.insert(*to, value.clone());
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

/// Calls a function of the app's. One that panics gives no values.
pub(crate) fn call(
    write: fn(&[Given<'_>]) -> Option<Vec<Given<'static>>>,
    given: &[Given<'static>],
) -> Option<Vec<Given<'static>>> {
    catch_unwind(AssertUnwindSafe(|| write(given))).ok().flatten()
}
