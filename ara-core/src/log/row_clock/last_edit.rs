//! Finding the column of a row that was edited last.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use crate::log::column_set::ColumnSet;
use crate::log::row_clock::RowClock;

impl RowClock {
    /// Returns how many groups are newer than the last edit of any of these columns, or `None` if none of them was
    /// ever edited. What was written through into a column is no edit of it.
    fn last_edit(&self, columns: &ColumnSet) -> Option<usize> {
        let is_edited = |column| columns.has(column);
        self.groups.iter().position(|group| {
            let ordinals = group.columns.ordinals().filter_map(|column| u32::try_from(column).ok());
            ordinals.filter(|column| !group.marked.has(*column)).any(is_edited)
        })
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    /// A value that the app can read.
    Readable,
    /// A value that it cannot read, or that the row lacks, as it would be too large with it.
    Unreadable,
    /// Nothing.
    Nothing,
}

/// One of the columns among which the one is sought that was edited last.
struct Sought {
    /// The ordinals of the column and of those that it replaces.
    columns: ColumnSet,
    held: Held,
}

/// Returns which of the columns speaks: the one that was edited last, or if the app cannot read what that holds, the
/// one that was edited last of those that it can read. A column that was cleared last silences the others. Of columns
/// that one change edited, the first one speaks that has a value.
fn last_of(clock: &RowClock, sought: &[Sought]) -> Option<usize> {
    let edited = sought.iter().enumerate();
    let mut edited: Vec<_> = edited
        .filter_map(|(at, sought)| Some((clock.last_edit(&sought.columns)?, sought.held, at)))
        .collect();
    edited.sort_unstable();
    match edited.first()? {
        (_, Held::Nothing, _) => None,
        _ => edited.iter().find(|(_, held, _)| *held == Held::Readable).map(|(_, _, at)| *at),
    }
}

/// Registers the SQL function `ara_last_of(clock, columns, held, ..)`, which returns the position, from 0, of the column
/// that was edited last, or NULL if none speaks. For each of them it takes the ordinals of the column and of those that
/// it replaces, separated by commas, and what it holds: 2 for a value that the app can read, 1 for another one, and 0
/// for none.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("ara_last_of", -1, flags, |context| {
        let Some(clock) = RowClock::read(context.get_raw(0), (None, None)) else { return Ok(None) };
        let sought = (1..context.len()).step_by(2).filter(|at| at + 1 < context.len());
        let sought: Vec<_> = sought
            .map(|at| {
                let columns = ordinals(context.get_raw(at));
                let is_left_out = clock.left_out().any(|(column, _)| columns.has(column));
                let held = match context.get_raw(at + 1) {
                    ValueRef::Integer(2) => Held::Readable,
                    ValueRef::Integer(0) if !is_left_out => Held::Nothing,
                    _ => Held::Unreadable,
                };
                Sought { columns, held }
            })
            .collect();
        Ok(last_of(&clock, &sought).and_then(|at| i64::try_from(at).ok()))
    })
}

/// Reads ordinals that are separated by commas. A single one may be a number.
fn ordinals(list: ValueRef<'_>) -> ColumnSet {
    match list {
        ValueRef::Text(list) => {
            let list = str::from_utf8(list).unwrap_or_default();
            list.split(',')
                .filter_map(|ordinal| ordinal.parse::<u16>().ok())
                .map(u32::from)
                .collect()
        }
        _ => ColumnSet::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::clock::Stamp;
    use crate::log::node::{NodeId, NodeOrdinal};
    use crate::log::row_clock::Tick;
    use Held::{Nothing, Readable, Unreadable};

    /// A clock of changes, oldest first, with the columns that each wrote and those that it wrote through.
    fn clock(changes: &[(&[u32], &[u32])]) -> RowClock {
        let mut clock = RowClock::default();
        let node = (NodeOrdinal::new(1), NodeId::from_bytes([1; 16]));
        for (millis, (written, through)) in (1_i64..).zip(changes) {
            let tick = Tick { stamp: Stamp::new(millis, 0), node, date: millis };
            let columns = written.iter().chain(*through).copied().collect();
            clock.insert(tick, &columns, &|_| Some(node.1));
            through.iter().for_each(|column| clock.mark(*column));
        }
        clock
    }

    fn last(clock: &RowClock, sought: &[(&[u32], Held)]) -> Option<usize> {
        let sought = sought.iter().map(|(columns, held)| {
            let columns = columns.iter().copied().collect();
            Sought { columns, held: *held }
        });
        last_of(clock, &sought.collect::<Vec<_>>())
    }

    #[test]
    fn the_last_edit_speaks() {
        let clock = clock(&[(&[0, 1, 2], &[]), (&[2], &[]), (&[5], &[])]);
        assert_eq!(last(&clock, &[(&[1], Readable), (&[2], Readable)]), Some(1));
        assert_eq!(last(&clock, &[(&[1], Readable), (&[3], Readable)]), Some(0));
        assert_eq!(last(&clock, &[(&[3], Readable)]), None);
        // The older shape of the first column was edited after the second one.
        assert_eq!(last(&clock, &[(&[1, 5], Readable), (&[2], Readable)]), Some(0));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_what_was_cleared_is_not() {
        let clock = clock(&[(&[1], &[]), (&[2], &[]), (&[3], &[])]);
        let three =
            |held: [Held; 3]| last(&clock, &[(&[1], held[0]), (&[2], held[1]), (&[3], held[2])]);
        assert_eq!(three([Readable, Readable, Unreadable]), Some(1));
        assert_eq!(three([Readable, Nothing, Unreadable]), Some(0));
        assert_eq!(three([Readable, Readable, Nothing]), None);
        assert_eq!(three([Nothing, Nothing, Unreadable]), None);
    }

    #[test]
    fn of_one_change_the_first_column_with_a_value_speaks() {
        let clock = clock(&[(&[1, 2, 3], &[])]);
        let (first, second, third) = (&[1][..], &[2][..], &[3][..]);
        assert_eq!(last(&clock, &[(second, Readable), (first, Readable)]), Some(0));
        assert_eq!(last(&clock, &[(first, Nothing), (second, Readable)]), Some(1));
        assert_eq!(
            last(&clock, &[(first, Nothing), (second, Unreadable), (third, Readable)]),
            Some(2)
        );
    }

    #[test]
    fn what_is_written_through_is_no_edit() {
        let clock = clock(&[(&[1], &[]), (&[2], &[]), (&[3], &[1])]);
        assert_eq!(last(&clock, &[(&[1], Readable), (&[2], Readable)]), Some(1));
        assert_eq!(last(&clock, &[(&[1], Readable)]), None);
    }
}
