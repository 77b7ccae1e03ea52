//! The clocks of a row: the column `ara_clock`.

pub(crate) mod last_edit;
pub(crate) mod stamping;

use rusqlite::types::ValueRef;

use crate::log::clock::Stamp;
use crate::log::codec::{Reader, put_bytes, put_varint};
use crate::log::column_set::ColumnSet;
use crate::log::node::{NodeId, NodeOrdinal};

/// For each column of a row, the stamp and the node (by its ordinal in the file) of the change that wrote it
/// last; and the dates of the earliest and the latest change of the row.
///
/// The columns that one change wrote last form a group. The groups of the earliest and of the latest change
/// stay even if all their columns were overwritten, so that the dates depend on the set of changes
/// alone.
///
/// Packed, the clock is the stamp of the earliest change, and the groups, newest first: the difference
/// between its stamp and that of the earliest change, the node's ordinal, and the columns as a bit set over
/// their ordinals. A row that was not changed since it was created has a single group, and a clock of about
/// 12 bytes. The dates are those of the columns `created_at` and `updated_at`, and so need no room, but if
/// the latest change is dated before the earliest one.
///
/// A row that would be larger than SQLite holds lacks some of its values. Its clock tells which: such a row is
/// *oversized*, and any change of it makes it anew from the log.
///
/// It also tells in which columns the last write was written through from another one. Beside such a column lies one
/// that holds its last edit, and that the clock lists as any other, as long as that is not the last write itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RowClock {
    groups: Vec<Group>,
    earliest_date: i64,
    latest_date: i64,
}

/// The columns that one change wrote last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    stamp: Stamp,
    node: NodeOrdinal,
    columns: ColumnSet,
    /// Which of the columns were written through from others.
    marked: ColumnSet,
    /// Which of the columns the row lacks, and how many bytes each of their values has.
    left_out: Vec<LeftOut>,
}

/// A column whose value a row lacks, and the bytes of that value.
pub(crate) type LeftOut = (u32, u64);

/// A change of a row, as its clock knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    pub(crate) stamp: Stamp,
    /// The ordinal and the id of the node that made it.
    pub(crate) node: (NodeOrdinal, NodeId),
    /// The date of its transaction, in milliseconds since 1970.
    pub(crate) date: i64,
}

/// The bit of the stamp of the earliest change that tells that the date of the latest one follows. Stamps are
/// never negative.
const DATED: u64 = 1 << 63;

/// The bit of a group's node that tells that fields follow. Each is a kind and bytes.
const HAS_FIELDS: u64 = 1;

/// The kind of the field that lists what is left out.
const LEFT_OUT: u64 = 1;

/// The kind of the field that lists which columns were written through. This version ignores all other kinds.
const MARKED: u64 = 2;

impl RowClock {
    /// Appends the packed clock of a row that one change has written. Some of the columns may be
    /// [marked](Self::mark).
    pub(crate) fn pack_one(
        out: &mut Vec<u8>,
        (stamp, node): (Stamp, NodeOrdinal),
        columns: &ColumnSet,
        marked: &ColumnSet,
    ) {
        out.extend(stamp.bits().to_be_bytes());
        put_group(out, stamp, (stamp, node, columns), (marked, &[]));
    }

    /// Appends the packed clock.
    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        let Some(earliest) = self.groups.last() else { return };
        put_base(out, earliest.stamp, (self.earliest_date, self.latest_date));
        for group in &self.groups {
            group.put(out, earliest.stamp);
        }
    }

    /// Reads the clock of a row as it is stored, and the dates of the row. Returns `None` if it is not a clock.
    pub(crate) fn read(clock: ValueRef<'_>, dates: (Option<i64>, Option<i64>)) -> Option<Self> {
        Self::unpack(clock.as_blob().ok()?, dates)
    }

    /// Reads a packed clock, and the dates of its row. Returns `None` if the bytes are not a clock. No bytes
    /// are the clock of a row that no change has written.
    pub(crate) fn unpack(
        bytes: &[u8],
        (created_at, updated_at): (Option<i64>, Option<i64>),
    ) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let mut reader = Reader(bytes);
        let (earliest, latest_date) = base(&mut reader)?;
        let mut groups = Vec::new();
        while !reader.is_empty() {
            groups.push(group(&mut reader, earliest)?);
        }
        if groups.last()?.stamp != earliest {
            return None;
        }
        let earliest_date = created_at.unwrap_or_default();
        let of_single = (groups.len() == 1).then_some(earliest_date);
        let latest_date = latest_date.or(of_single).or(updated_at).unwrap_or_default();
        Some(Self { groups, earliest_date, latest_date })
    }

    /// Records that a change wrote these columns. `id_of` returns the ids of the nodes that made the others.
    ///
    /// Of changes of one node with equal stamps, the one that was recorded last wins.
    pub(crate) fn insert(
        &mut self,
        change: Tick,
        columns: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) {
        let Tick { stamp, node: (node, id), date } = change;
        let is_later = |group: &Group| (group.stamp, id_of(group.node)) > (stamp, Some(id));
        let at = self.groups.partition_point(is_later);
        for group in &mut self.groups {
            group.remove(columns);
        }
        if at == 0 {
            self.latest_date = date;
        }
        if at == self.groups.len() {
            self.earliest_date = date;
        }
        self.groups.insert(at, Group::new(stamp, node, columns.clone()));
        let last = self.groups.len() - 1;
        let mut at = 0..;
        self.groups.retain(|group| {
            let at = at.next().unwrap_or_default();
            at == 0 || at == last || !group.columns.is_empty()
        });
    }

    /// Notes that the last write of a column was written through from another one, until it is written again.
    pub(crate) fn mark(&mut self, column: u32) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.columns.has(column)) {
            group.marked.insert(column);
        }
    }

    /// Returns whether the last write of a column was written through from another one.
    pub(crate) fn is_marked(&self, column: u32) -> bool {
        self.groups.iter().any(|group| group.marked.has(column))
    }

    /// Returns whether the last write of any column was written through from another one.
    pub(crate) fn has_marked(&self) -> bool {
        self.groups.iter().any(|group| !group.marked.is_empty())
    }

    /// Lists a column as written by the change that wrote another one last.
    pub(crate) fn list_beside(&mut self, column: u32, other: u32) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.columns.has(other)) {
            group.columns.insert(column);
        }
    }

    /// Takes a column out. The group that it was in stays until the next change is inserted.
    pub(crate) fn take_out(&mut self, column: u32) {
        let column = std::iter::once(column).collect();
        self.groups.iter_mut().for_each(|group| group.remove(&column));
    }

    /// Returns the stamp and the node of the latest change of the row.
    pub(crate) fn latest(&self) -> Option<(Stamp, NodeOrdinal)> {
        self.groups.first().map(|group| (group.stamp, group.node))
    }

    /// Returns the stamp and the node of the earliest change of the row.
    pub(crate) fn earliest(&self) -> Option<(Stamp, NodeOrdinal)> {
        self.groups.last().map(|group| (group.stamp, group.node))
    }

    /// Returns the date of the earliest change, in milliseconds since 1970.
    pub(crate) fn created_at(&self) -> i64 {
        self.earliest_date
    }

    /// Returns the later of the dates of the earliest and the latest change, in milliseconds since 1970.
    pub(crate) fn updated_at(&self) -> i64 {
        self.earliest_date.max(self.latest_date)
    }

    /// Returns the date of the latest change, in milliseconds since 1970.
    pub(crate) fn latest_date(&self) -> i64 {
        self.latest_date
    }

    /// Returns the stamp and the node of the change that wrote a column last.
    pub(crate) fn last_write(&self, column: u32) -> Option<(Stamp, NodeOrdinal)> {
        let group = self.groups.iter().find(|group| group.columns.has(column))?;
        Some((group.stamp, group.node))
    }

    /// Returns the date of the change that wrote a column last, in milliseconds since 1970. The clock knows it only if
    /// that is the latest or the earliest change of the row.
    pub(crate) fn date_of(&self, column: u32) -> Option<i64> {
        let written = Some(self.last_write(column)?);
        if written == self.latest() {
            Some(self.latest_date)
        } else {
            (written == self.earliest()).then_some(self.earliest_date)
        }
    }

    /// Notes that the row lacks the value that was last written into a column, which has this many bytes.
    pub(crate) fn leave_out(&mut self, (column, bytes): LeftOut) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.columns.has(column)) {
            group.left_out.push((column, bytes));
        }
    }

    /// Returns the columns whose values the row lacks.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = LeftOut> {
        self.groups.iter().flat_map(|group| group.left_out.iter().copied())
    }

    /// Returns whether the row lacks the value of a column.
    pub(crate) fn lacks(&self, column: u32) -> bool {
        self.left_out().any(|(left_out, _)| left_out == column)
    }

    /// Returns whether the row lacks the value of any column.
    pub(crate) fn is_oversized(&self) -> bool {
        self.left_out().next().is_some()
    }

    /// Returns the groups, newest first: the columns that a change wrote last, its stamp and its node.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&ColumnSet, Stamp, NodeOrdinal)> {
        self.groups.iter().map(|group| (&group.columns, group.stamp, group.node))
    }
}

/// Appends the stamp of the earliest change, and the date of the latest one if it is before that of the earliest.
fn put_base(out: &mut Vec<u8>, earliest: Stamp, (earliest_date, latest_date): (i64, i64)) {
    let is_dated = latest_date < earliest_date;
    let base = earliest.bits().cast_unsigned();
    out.extend((if is_dated { base | DATED } else { base }).to_be_bytes());
    if is_dated {
        put_varint(out, latest_date.cast_unsigned());
    }
}

/// Reads what [`put_base`] wrote.
fn base(reader: &mut Reader<'_>) -> Option<(Stamp, Option<i64>)> {
    let base = u64::from_be_bytes(reader.array()?);
    let latest_date = match base & DATED {
        0 => None,
        _ => Some(reader.varint()?.cast_signed()),
    };
    Some((Stamp::from_bits((base & !DATED).cast_signed()), latest_date))
}

impl Group {
    fn new(stamp: Stamp, node: NodeOrdinal, columns: ColumnSet) -> Self {
        Self { stamp, node, columns, marked: ColumnSet::default(), left_out: Vec::new() }
    }

    /// Appends the group to those of a row whose earliest change has this stamp.
    fn put(&self, out: &mut Vec<u8>, earliest: Stamp) {
        let change = (self.stamp, self.node, &self.columns);
        put_group(out, earliest, change, (&self.marked, &self.left_out));
    }

    /// Reads the fields.
    fn read_fields(&mut self, fields: &[u8]) -> Option<()> {
        let mut fields = Reader(fields);
        while !fields.is_empty() {
            let (kind, bytes) = (fields.varint()?, fields.bytes()?);
            let mut field = Reader(bytes);
            while kind == LEFT_OUT && !field.is_empty() {
                let column = u32::try_from(field.varint()?).ok()?;
                self.left_out.push((column, field.varint()?));
            }
            if kind == MARKED {
                self.marked = ColumnSet::from_bytes(bytes);
            }
        }
        self.marked.is_within(&self.columns).then_some(())
    }

    /// Removes columns, which another change has written.
    fn remove(&mut self, columns: &ColumnSet) {
        self.columns.remove(columns);
        self.marked.remove(columns);
        self.left_out.retain(|(column, _)| !columns.has(*column));
    }
}

/// Appends a group, whose stamp is told relative to that of the earliest change.
fn put_group(
    out: &mut Vec<u8>,
    earliest: Stamp,
    (stamp, node, columns): (Stamp, NodeOrdinal, &ColumnSet),
    (marked, left_out): (&ColumnSet, &[LeftOut]),
) {
    let millis = stamp.millis().wrapping_sub(earliest.millis()).cast_unsigned();
    let counter = stamp.counter().wrapping_sub(earliest.counter());
    put_varint(out, millis << 1 | u64::from(counter != 0));
    if counter != 0 {
        put_varint(out, u64::from(counter));
    }
    let flag = if left_out.is_empty() && marked.is_empty() { 0 } else { HAS_FIELDS };
    put_varint(out, node.get().cast_unsigned() << 1 | flag);
    put_bytes(out, columns.as_bytes());
    if flag != 0 {
        let mut fields = Vec::new();
        if !left_out.is_empty() {
            let mut field = Vec::new();
            for (column, bytes) in left_out {
                put_varint(&mut field, u64::from(*column));
                put_varint(&mut field, *bytes);
            }
            put_varint(&mut fields, LEFT_OUT);
            put_bytes(&mut fields, &field);
        }
        if !marked.is_empty() {
            put_varint(&mut fields, MARKED);
            put_bytes(&mut fields, marked.as_bytes());
        }
        put_bytes(out, &fields);
    }
}

/// Reads a group.
fn group(reader: &mut Reader<'_>, earliest: Stamp) -> Option<Group> {
    let head = reader.varint()?;
    let counter = match head & 1 {
        0 => 0,
        _ => u16::try_from(reader.varint()?).ok()?,
    };
    let millis = earliest.millis().checked_add((head >> 1).cast_signed())?;
    let stamp = Stamp::new(millis, earliest.counter().wrapping_add(counter));
    let node = reader.varint()?;
    let columns = ColumnSet::from_bytes(reader.bytes()?);
    let ordinal = NodeOrdinal::new((node >> 1).cast_signed());
    let mut group = Group::new(stamp, ordinal, columns);
    if node & HAS_FIELDS != 0 {
        group.read_fields(reader.bytes()?)?;
    }
    Some(group)
}

#[cfg(test)]
mod tests {
    use super::stamping::{only_group, stamped};
    use super::*;
    use proptest::prelude::*;

    fn columns(ordinals: &[u32]) -> ColumnSet {
        ordinals.iter().copied().collect()
    }

    fn id_of(node: NodeOrdinal) -> Option<NodeId> {
        Some(NodeId::from_bytes([u8::try_from(node.get()).ok()?; 16]))
    }

    fn tick(millis: i64, counter: u16, node: i64, date: i64) -> Tick {
        let node = NodeOrdinal::new(node);
        let id = id_of(node).expect("a small ordinal");
        Tick { stamp: Stamp::new(millis, counter), node: (node, id), date }
    }

    #[test]
    fn the_clock_of_a_new_row_is_short() {
        let (stamp, node) = (Stamp::new(1_795_000_000_000, 3), NodeOrdinal::new(1));
        let mut packed = Vec::new();
        RowClock::pack_one(&mut packed, (stamp, node), &columns(&[0, 1, 2]), &columns(&[]));
        assert_eq!(packed.len(), 12);
        let clock = RowClock::unpack(&packed, (Some(7), Some(7))).expect("was packed so");
        assert_eq!((clock.earliest(), clock.latest()), (Some((stamp, node)), Some((stamp, node))));
        assert_eq!((clock.created_at(), clock.updated_at()), (7, 7));
        let mut again = Vec::new();
        clock.pack(&mut again);
        assert_eq!(again, packed);
    }

    #[test]
    fn the_latest_may_be_dated_before_the_earliest() {
        let mut clock = RowClock::default();
        clock.insert(tick(100, 0, 1, 100), &columns(&[0, 1]), &id_of);
        clock.insert(tick(200, 0, 2, 5), &columns(&[1]), &id_of);
        assert_eq!((clock.created_at(), clock.updated_at(), clock.latest_date()), (100, 100, 5));
        let mut packed = Vec::new();
        clock.pack(&mut packed);
        assert_eq!(RowClock::unpack(&packed, (Some(100), Some(100))), Some(clock.clone()));
        // An earlier one comes to light.
        clock.insert(tick(50, 0, 2, 3), &columns(&[0]), &id_of);
        assert_eq!((clock.created_at(), clock.updated_at()), (3, 5));
    }

    #[test]
    fn what_is_left_out_comes_back_from_the_file_until_it_is_written_again() {
        let mut clock = RowClock::default();
        clock.insert(tick(100, 0, 1, 100), &columns(&[0, 1, 2]), &id_of);
        clock.insert(tick(200, 0, 2, 200), &columns(&[3]), &id_of);
        let plain = clock.clone();
        [(3, 700), (1, 90)].into_iter().for_each(|left_out| clock.leave_out(left_out));
        let mut packed = Vec::new();
        clock.pack(&mut packed);
        assert_eq!(RowClock::unpack(&packed, (Some(100), Some(200))).as_ref(), Some(&clock));
        assert_ne!(clock, plain);
        assert!(clock.is_oversized() && clock.lacks(1) && !clock.lacks(2));
        // A plain update would not put back what has room then.
        let change = Group::new(Stamp::LAST, NodeOrdinal::new(1), columns(&[2]));
        assert_eq!(stamped(&packed, 100, &change, 300), None);
        clock.insert(tick(300, 0, 1, 300), &columns(&[1, 3]), &id_of);
        assert!(!clock.is_oversized());
    }

    #[test]
    fn what_was_written_through_is_told_until_it_is_written_again() {
        let mut clock = RowClock::default();
        clock.insert(tick(100, 0, 1, 100), &columns(&[0, 1, 2]), &id_of);
        let mut plain = Vec::new();
        clock.pack(&mut plain);
        clock.insert(tick(200, 0, 2, 200), &columns(&[2]), &id_of);
        clock.mark(2);
        assert!(clock.has_marked() && clock.is_marked(2) && !clock.is_marked(1));
        let mut packed = Vec::new();
        clock.pack(&mut packed);
        // The latest group is 100 ms after the earliest, of node 2, with fields: of kind 2, the set of column 2.
        let latest = [200, 1, 5, 1, 4, 3, 2, 1, 4];
        assert_eq!(packed[8..17], latest);
        assert_eq!(RowClock::unpack(&packed, (Some(100), Some(200))).as_ref(), Some(&clock));
        // A column that the group does not have cannot be marked.
        let mut damaged = packed.clone();
        damaged[16] = 2;
        assert_eq!(RowClock::unpack(&damaged, (Some(100), Some(200))), None);

        // Another column is stamped, and the mark stays; this one is not.
        let node = NodeOrdinal::new(1);
        let change = |column| Group::new(Stamp::new(300, 0), node, columns(&[column]));
        assert_eq!(stamped(&packed, 100, &change(2), 300), None);
        clock.insert(tick(300, 0, 1, 300), &columns(&[1]), &id_of);
        let mut expected = Vec::new();
        clock.pack(&mut expected);
        assert_eq!(stamped(&packed, 100, &change(1), 300), Some(expected));
        clock.insert(tick(400, 0, 1, 400), &columns(&[0, 1, 2]), &id_of);
        assert!(!clock.has_marked());
    }

    #[test]
    fn a_column_beside_another_takes_its_place_and_is_taken_out() {
        let mut clock = RowClock::default();
        clock.insert(tick(100, 0, 1, 100), &columns(&[0]), &id_of);
        clock.insert(tick(200, 0, 2, 200), &columns(&[1]), &id_of);
        clock.list_beside(5, 1);
        clock.insert(tick(300, 0, 1, 300), &columns(&[1]), &id_of);
        let written = |millis, node| Some((Stamp::new(millis, 0), NodeOrdinal::new(node)));
        assert_eq!((clock.last_write(5), clock.last_write(1)), (written(200, 2), written(300, 1)));
        clock.take_out(5);
        clock.insert(tick(400, 0, 1, 400), &columns(&[1]), &id_of);
        assert_eq!(clock.last_write(5), None);
        assert_eq!(clock.groups().count(), 2);
    }

    #[test]
    fn fields_of_later_versions_are_ignored() {
        let mut packed = Vec::new();
        let (stamp, node) = (Stamp::new(100, 0), NodeOrdinal::new(1));
        RowClock::pack_one(&mut packed, (stamp, node), &columns(&[1]), &columns(&[]));
        let plain = RowClock::unpack(&packed, (None, None));
        let at = packed.len() - 3;
        packed[at] |= HAS_FIELDS as u8;
        packed.extend([6, 7, 1, 99, LEFT_OUT as u8, 1, 0]);
        assert_eq!(RowClock::unpack(&packed, (None, None)), None, "a column without its bytes");
        packed.truncate(packed.len() - 7);
        packed.extend([3, 7, 1, 99]);
        assert_eq!(RowClock::unpack(&packed, (None, None)), plain);
    }

    /// A change: its stamp and node, its date, and the columns that it writes.
    type Example = ((i64, u16, i64), (i64, Vec<u32>));

    fn fold(changes: &[Example]) -> RowClock {
        let mut clock = RowClock::default();
        for ((millis, counter, node), (date, written)) in changes {
            let columns = columns(written);
            let tick = tick(*millis, *counter, *node, *date);
            // As the rows do: what a later change wrote stays that one's.
            let is_later = |&(stamp, node): &(Stamp, NodeOrdinal)| {
                (stamp, id_of(node)) > (tick.stamp, Some(tick.node.1))
            };
            let won = |column: &u32| !clock.last_write(*column).as_ref().is_some_and(is_later);
            let won: ColumnSet = columns.ordinals().map(|c| c as u32).filter(won).collect();
            clock.insert(tick, &won, &id_of);
            let mut packed = Vec::new();
            clock.pack(&mut packed);
            let dates = (Some(clock.created_at()), Some(clock.updated_at()));
            assert_eq!(RowClock::unpack(&packed, dates).as_ref(), Some(&clock));
        }
        clock
    }

    proptest! {
        #[test]
        fn the_order_of_changes_does_not_matter(
            (sorted, shuffled) in prop::collection::btree_map(
                (1i64..5, 0u16..3, 1i64..4),
                (0i64..400, prop::collection::vec(0u32..12, 0..4)),
                1..8,
            ).prop_flat_map(|changes| {
                let changes: Vec<Example> = changes.into_iter().collect();
                (Just(changes.clone()), Just(changes).prop_shuffle())
            }),
        ) {
            let clock = fold(&sorted);
            prop_assert_eq!(&fold(&shuffled), &clock);
            prop_assert_eq!(clock.created_at(), sorted[0].1.0);
            let latest = sorted[sorted.len() - 1].1.0;
            prop_assert_eq!(clock.updated_at(), latest.max(sorted[0].1.0));
        }

        #[test]
        fn a_stamped_clock_is_that_of_all_changes(
            changes in prop::collection::btree_map(
                (1i64..5, 0u16..3, 1i64..2),
                (0i64..400, prop::collection::vec(0u32..12, 0..4)),
                1..8,
            ),
            (at, date) in ((1i64..7, 0u16..3, 1i64..2), 0i64..400),
            written in prop::collection::vec(0u32..12, 0..4),
        ) {
            let changes: Vec<Example> = changes.into_iter().collect();
            let clock = fold(&changes);
            let (mut packed, mut change) = (Vec::new(), Vec::new());
            clock.pack(&mut packed);
            let tick = tick(at.0, at.1, at.2, date);
            let by = (tick.stamp, tick.node.0);
            RowClock::pack_one(&mut change, by, &columns(&written), &columns(&[]));
            let change = only_group(&change).expect("was packed so");
            let after = stamped(&packed, clock.created_at(), &change, date);
            if changes.last().is_some_and(|(latest, _)| *latest >= at) {
                prop_assert_eq!(after, None);
            } else {
                let all: Vec<Example> = changes.into_iter().chain([(at, (date, written))]).collect();
                let mut expected = Vec::new();
                fold(&all).pack(&mut expected);
                prop_assert_eq!(after, Some(expected));
            }
        }

        #[test]
        fn no_bytes_are_too_bad(bytes: Vec<u8>) {
            let _ = RowClock::unpack(&bytes, (None, None));
            let change = Group::new(Stamp::LAST, NodeOrdinal::new(1), columns(&[1]));
            let _ = stamped(&bytes, 0, &change, 0);
        }
    }
}
