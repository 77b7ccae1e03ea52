//! The clocks of a row: the column `ara_clock`.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ffi};

use crate::log::clock::Time;
use crate::log::codec::{Reader, put_bytes, put_varint};
use crate::log::node::{NodeId, NodeOrdinal, Stamp};

/// For each column of a row, the time and the node (by its ordinal in the file) of the change that
/// wrote it last.
///
/// The columns that one change wrote last form a group. Packed, the clock is a list of groups, newest
/// first: 8 bytes of time, the node's ordinal, and the columns as a bit set over their ordinals. A row
/// that was not changed since it was created has a single group of about 11 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RowClock(Vec<Group>);

/// The columns that one change wrote last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    time: Time,
    node: NodeOrdinal,
    columns: ColumnSet,
}

impl RowClock {
    /// Appends the packed clock of a row all of whose columns were written by one change.
    pub(crate) fn pack_one(out: &mut Vec<u8>, time: Time, node: NodeOrdinal, columns: &ColumnSet) {
        out.extend(time.bits().to_be_bytes());
        put_varint(out, node.get().cast_unsigned());
        put_bytes(out, &columns.0);
    }

    /// Appends the packed clock.
    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        for group in &self.0 {
            Self::pack_one(out, group.time, group.node, &group.columns);
        }
    }

    /// Reads a packed clock. Returns `None` if the bytes are not one.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut groups = Vec::new();
        while !reader.is_empty() {
            let time = Time::from_bits(i64::from_be_bytes(reader.array()?));
            let node = NodeOrdinal::new(reader.varint()?.cast_signed());
            let columns = ColumnSet(reader.bytes()?.to_vec());
            groups.push(Group { time, node, columns });
        }
        Some(Self(groups))
    }

    /// Records that a change wrote these columns. It must be newer than all others of the row.
    pub(crate) fn write(&mut self, time: Time, node: NodeOrdinal, columns: ColumnSet) {
        for group in &mut self.0 {
            group.columns.remove(&columns);
        }
        self.0.retain(|group| !group.columns.is_empty());
        self.0.insert(0, Group { time, node, columns });
    }

    /// Records that a change was the last that wrote these columns. Other columns may have been written
    /// later. `node` is the ordinal of the node that made it, and `id_of` returns the ids of the others.
    pub(crate) fn insert(
        &mut self,
        stamp: Stamp,
        node: NodeOrdinal,
        columns: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) {
        for group in &mut self.0 {
            group.columns.remove(columns);
        }
        self.0.retain(|group| !group.columns.is_empty());
        if !columns.is_empty() {
            let is_later =
                |group: &Group| (group.time, id_of(group.node)) > (stamp.time, Some(stamp.node));
            let at = self.0.partition_point(is_later);
            self.0.insert(at, Group { time: stamp.time, node, columns: columns.clone() });
        }
    }

    /// Returns the groups, newest first: the columns that a change wrote last, its time and its node.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&ColumnSet, Time, NodeOrdinal)> {
        self.0.iter().map(|group| (&group.columns, group.time, group.node))
    }

    /// Returns the ordinal of each column that has a clock, with the time and the node of its last change.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (u64, Time, NodeOrdinal)> + '_ {
        self.0.iter().flat_map(|group| {
            group.columns.ordinals().map(|column| (column, group.time, group.node))
        })
    }
}

impl FromIterator<(Time, NodeOrdinal, ColumnSet)> for RowClock {
    /// Makes a clock of its groups, newest first.
    fn from_iter<I: IntoIterator<Item = (Time, NodeOrdinal, ColumnSet)>>(groups: I) -> Self {
        let group = |(time, node, columns)| Group { time, node, columns };
        Self(groups.into_iter().map(group).collect())
    }
}

/// Registers the SQL function `ara_stamp(clock, time, node, columns)`, which returns the clock of a row
/// after a change that is newer than all others of the row wrote these columns.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("ara_stamp", 4, flags, |context| {
        let clock = context.get_raw(0).as_blob().ok().and_then(RowClock::unpack);
        let corrupt = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None);
        let mut clock = clock.ok_or_else(corrupt)?;
        let time = Time::from_bits(context.get(1)?);
        let node = context.get(2)?;
        clock.write(time, node, ColumnSet(context.get_raw(3).as_blob()?.to_vec()));
        let mut packed = Vec::with_capacity(32);
        clock.pack(&mut packed);
        Ok(packed)
    })
}

/// A set of columns by ordinal. A column is bit `ordinal % 8` of byte `ordinal / 8`, and the last byte
/// is never zero, so that equal sets have equal bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ColumnSet(Vec<u8>);

impl ColumnSet {
    /// Inserts a column.
    pub(crate) fn insert(&mut self, ordinal: u32) {
        let at = (ordinal / 8) as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        if let Some(byte) = self.0.get_mut(at) {
            *byte |= 1 << (ordinal % 8);
        }
    }

    /// Inserts a column, and returns whether the set did not contain it.
    pub(crate) fn add(&mut self, ordinal: u32) -> bool {
        let is_new = !self.has(ordinal);
        self.insert(ordinal);
        is_new
    }

    /// Returns whether the set contains a column.
    pub(crate) fn has(&self, ordinal: u32) -> bool {
        self.0.get((ordinal / 8) as usize).is_some_and(|byte| byte >> (ordinal % 8) & 1 == 1)
    }

    /// Returns the bit set as bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Inserts the columns of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (byte, more) in self.0.iter_mut().zip(&other.0) {
            *byte |= more;
        }
    }

    /// Returns whether the sets have a column in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(byte, other)| byte & other != 0)
    }

    fn remove(&mut self, columns: &Self) {
        for (byte, gone) in self.0.iter_mut().zip(&columns.0) {
            *byte &= !gone;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn ordinals(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().zip(0u64..).flat_map(|(byte, at)| {
            (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| at * 8 + bit)
        })
    }
}

impl FromIterator<u32> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = u32>>(ordinals: I) -> Self {
        let mut set = Self::default();
        for ordinal in ordinals {
            set.insert(ordinal);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn each_column_keeps_its_last_writer(
            writes in prop::collection::vec(
                (prop::collection::vec(0u32..40, 1..6), 1i64..300), 1..12,
            )
        ) {
            let mut model = BTreeMap::new();
            let mut packed = Vec::new();
            let mut time = Time::default();
            for (columns, node) in writes {
                let node = NodeOrdinal::new(node);
                time = time.next(0);
                for column in &columns {
                    model.insert(u64::from(*column), (time, node));
                }
                let mut clock = RowClock::unpack(&packed).expect("was packed so");
                clock.write(time, node, columns.into_iter().collect());
                packed.clear();
                clock.pack(&mut packed);
            }
            let clock = RowClock::unpack(&packed).expect("was packed so");
            let found: BTreeMap<_, _> =
                clock.columns().map(|(column, time, node)| (column, (time, node))).collect();
            prop_assert_eq!(found, model);
        }

        #[test]
        fn no_bytes_are_too_bad(bytes: Vec<u8>) {
            if let Some(clock) = RowClock::unpack(&bytes) {
                let mut packed = Vec::new();
                clock.pack(&mut packed);
                prop_assert_eq!(packed, bytes);
            }
        }
    }

    #[test]
    fn a_clock_that_is_none_is_a_damaged_file() {
        let connection = Connection::open_in_memory().expect("opens");
        register_functions(&connection).expect("registers");
        let stamp = "SELECT ara_stamp(x'00ff', 1, 1, x'01')";
        let error = connection.query_row(stamp, [], |_| Ok(())).expect_err("is no clock");
        assert!(matches!(crate::Error::from(error), crate::Error::Corrupt));
    }

    #[test]
    fn a_new_row_has_a_short_clock() {
        let mut packed = Vec::new();
        let columns = (0..6).collect();
        let time = Time::default().next(1_700_000_000_000);
        RowClock::pack_one(&mut packed, time, NodeOrdinal::new(1), &columns);
        assert_eq!(packed.len(), 11);
    }
}
