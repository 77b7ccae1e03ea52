//! Reading the changes of a piece.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::log::cells::Cells;
use crate::log::change::{Compacted, End, Names, Record};
use crate::log::clock::Stamp;
use crate::log::codec::Reader;
use crate::log::gap::Gap;
use crate::log::node::NodeOrdinal;
use crate::log::piece::head::Head;
use crate::log::piece::packing::Before;
use crate::log::piece::{end_flags, flags};
use crate::log::place::{ChangeNumber, Point};

/// A piece that was read.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// Where it lies.
    pub(crate) pos: i64,
    pub(crate) head: Head,
    data: Vec<u8>,
    entries: Vec<Entry>,
}

/// A change in a piece. The bytes are ranges of those of the piece.
#[derive(Debug, Clone)]
struct Entry {
    number: ChangeNumber,
    stamp: Stamp,
    date: i64,
    table: i64,
    row: [u8; 16],
    end: Option<End>,
    compacted: Compacted,
    gap: Range<usize>,
    more: Range<usize>,
    cells: Range<usize>,
}

/// A change in the log, and what is known of it besides what it holds itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoggedChange<'a> {
    /// The node that made it.
    pub(crate) node: NodeOrdinal,
    /// The date of its transaction, in milliseconds since 1970.
    pub(crate) date: i64,
    pub(crate) record: Record<'a>,
}

impl LoggedChange<'_> {
    /// Returns the hash of the change as it was first written. Returns `None` if it cannot be read.
    pub(crate) fn hash(&self, names: &dyn Names) -> Option<u64> {
        self.record.hash(names.node(self.node)?, names)
    }
}

/// How many low bits of the position of a piece are its place within the log of its node.
pub(crate) const PLACE_BITS: u32 = 40;

impl Piece {
    /// Reads a piece from what its row in the file holds. Returns [`Error::Corrupt`] if it is damaged.
    pub(crate) fn read(&mut self, pos: i64, first: ChangeNumber, data: &[u8]) -> Result<()> {
        self.read_after(pos, first, (data, Head::of(first, data)))
    }

    /// Reads a damaged piece as far as that is possible, whatever its checksum is.
    pub(crate) fn read_damaged(
        &mut self,
        pos: i64,
        first: ChangeNumber,
        data: &[u8],
    ) -> Result<()> {
        self.read_after(pos, first, (data, Head::unchecked(data)))
    }

    /// Reads the changes of a piece, whose head has so many bytes.
    fn read_after(
        &mut self,
        pos: i64,
        first: ChangeNumber,
        (data, head): (&[u8], Option<(Head, usize)>),
    ) -> Result<()> {
        self.pos = pos;
        self.data.clear();
        self.data.extend_from_slice(data);
        self.entries.clear();
        let (head, length) = head.ok_or(Error::Corrupt)?;
        self.head = head;
        let mut before = Before { number: first.before(), ..Before::default() };
        let mut at = Cursor { reader: Reader(data.get(length..).unwrap_or_default()), data };
        while !at.reader.is_empty() {
            self.entries.push(at.entry(&mut before).ok_or(Error::Corrupt)?);
        }
        self.date_entries();
        Ok(())
    }

    /// Gives each change the date of its transaction, which is told at the end of that.
    fn date_entries(&mut self) {
        let mut date = self.head.open.unwrap_or_default();
        for entry in self.entries.iter_mut().rev() {
            if let Some(end) = entry.end {
                date = end.date(entry.stamp);
            }
            entry.date = date;
        }
    }

    /// Returns the node whose changes they are.
    pub(crate) fn node(&self) -> NodeOrdinal {
        NodeOrdinal::new(self.pos >> PLACE_BITS)
    }

    /// Returns how many changes there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the number of the first change.
    pub(crate) fn first(&self) -> ChangeNumber {
        self.entries.first().map_or(self.head.point.number, |first| first.number)
    }

    /// Returns the change at a position within the piece.
    pub(crate) fn get(&self, at: usize) -> Option<LoggedChange<'_>> {
        self.entries.get(at).map(|entry| self.change(entry))
    }

    /// Returns the changes.
    pub(crate) fn changes(
        &self,
    ) -> impl DoubleEndedIterator<Item = LoggedChange<'_>> + ExactSizeIterator {
        self.entries.iter().map(|entry| self.change(entry))
    }

    fn change(&self, entry: &Entry) -> LoggedChange<'_> {
        let bytes = |range: &Range<usize>| self.data.get(range.clone()).unwrap_or_default();
        let Entry { number, stamp, date, table, row, end, compacted, .. } = *entry;
        let (more, cells) = (bytes(&entry.more), Cells::new(bytes(&entry.cells)));
        let gap = Gap::new(bytes(&entry.gap)).unwrap_or_default();
        let record = Record { number, stamp, table, row, end, compacted, gap, more, cells };
        LoggedChange { node: self.node(), date, record }
    }

    /// Returns the point at the end of the piece.
    pub(crate) fn end(&self) -> Point {
        self.head.point
    }
}

/// Reads the changes one after the other.
struct Cursor<'a> {
    reader: Reader<'a>,
    /// All bytes of the piece.
    data: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Reads a change. Returns `None` if the bytes are not one.
    fn entry(&mut self, before: &mut Before) -> Option<Entry> {
        let bytes = self.reader.bytes()?;
        let end_at = self.data.len() - self.reader.0.len();
        let mut reader = Reader(bytes);
        let flags = reader.byte()?;
        let has = |flag| flags & flag != 0;
        let mut number = before.number.next();
        if has(flags::NUMBER) {
            number = ChangeNumber::new(number.get().checked_add(reader.zigzag()?)?);
        }
        let stamp = match has(flags::NEXT_STAMP) {
            true => before.stamp.next(),
            false => stamp(&mut reader, before.stamp)?,
        };
        let (table, row) = match (has(flags::SAME_ROW), before.row) {
            (true, same) => same?,
            (false, _) => (reader.varint()?.cast_signed(), reader.array()?),
        };
        *before = Before { number, stamp, row: Some((table, row)) };
        let mut end = End::default();
        if has(flags::HAS_END) {
            let told = reader.byte()?;
            if told & !end_flags::ALL != 0 {
                return None;
            }
            if told & end_flags::DATED != 0 {
                end.date = Some(reader.varint()?.cast_signed());
            }
            if told & end_flags::OTHERS != 0 {
                end.others = Some(u32::from_be_bytes(reader.array()?));
            }
        }
        let end = has(flags::ENDS).then_some(end);
        let mut compacted = Compacted::default();
        if has(flags::REDUCED) {
            compacted.original = Some(u64::from_be_bytes(reader.array()?));
        }
        let mut gap = 0..0;
        if has(flags::FOLLOWS_DROPPED) {
            compacted.dropped = u64::from_be_bytes(reader.array()?);
            let bytes = Gap::new(reader.bytes()?)?.bytes();
            let end = end_at - reader.0.len();
            gap = end - bytes.len()..end;
        }
        let more = if has(flags::HAS_MORE) { reader.bytes()? } else { &[] };
        let cells = end_at - reader.0.len()..end_at;
        let more = cells.start - more.len()..cells.start;
        Some(Entry { number, stamp, date: 0, table, row, end, compacted, gap, more, cells })
    }
}

/// Reads what [`put_stamp`](super::packing) wrote.
fn stamp(reader: &mut Reader<'_>, before: Stamp) -> Option<Stamp> {
    let head = reader.varint()?;
    let zigzag = head >> 1;
    let difference = (zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed());
    let counter = match head & 1 {
        0 => 0,
        _ => u16::try_from(reader.varint()?).ok()?,
    };
    Some(Stamp::new(before.millis().checked_add(difference)?, counter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::piece::packing::Packer;
    use proptest::prelude::*;

    prop_compose! {
        fn record()(
            number in prop_oneof![Just(0i64), 1i64..1 << 50],
            millis in prop_oneof![Just(0), 0i64..1 << 46],
            counter in prop_oneof![Just(0u16), any::<u16>()],
            table in 0i64..3,
            row in prop_oneof![Just([1; 16]), any::<[u8; 16]>()],
            end in prop::option::of((prop::option::of(0i64..1 << 46), any::<Option<u32>>())),
            original: Option<u64>,
            dropped in prop_oneof![Just(0), any::<u64>()],
            more in prop_oneof![Just(Vec::new()), any::<Vec<u8>>()],
            cells: Vec<u8>,
        ) -> (Entry, Vec<u8>, Vec<u8>) {
            let entry = Entry {
                number: ChangeNumber::new(number),
                stamp: Stamp::new(millis, counter),
                date: 0,
                table,
                row,
                end: end.map(|(date, others)| End { date, others }),
                compacted: Compacted { original, dropped },
                gap: 0..0,
                more: 0..0,
                cells: 0..0,
            };
            (entry, more, cells)
        }
    }

    proptest! {
        #[test]
        fn changes_come_back(
            records in prop::collection::vec(record(), 1..20),
            open in prop::option::of(0i64..1 << 46),
        ) {
            let mut packer = Packer::default();
            let mut number = ChangeNumber::new(1);
            let records: Vec<_> = records.into_iter().map(|(mut entry, more, cells)| {
                // Most follow one another.
                number = if entry.number.get() == 0 { number.next() } else { entry.number };
                entry.number = number;
                (entry, more, cells)
            }).collect();
            let record = |(entry, more, cells): &(Entry, Vec<u8>, Vec<u8>)| {
                let Entry { number, stamp, table, row, end, compacted, .. } = *entry;
                // They outlive the piece.
                let (more, cells): (&[u8], &[u8]) = (more.clone().leak(), cells.clone().leak());
                let gap = match compacted.dropped % 3 {
                    0 => Gap::default(),
                    _ => Gap::new(&more[..more.len() / 4 * 4]).unwrap_or_default(),
                };
                Record { number, stamp, table, row, end, compacted, gap, more, cells: Cells::new(cells) }
            };
            let records: Vec<Record<'_>> = records.iter().map(record).collect();
            records.iter().for_each(|record| packer.add(record));
            let first = packer.first();
            prop_assert_eq!(first, records[0].number);
            let head = Head { open, ..Head::default() };
            let data = packer.piece(&head);
            let mut piece = Piece::default();
            piece.read(7 << PLACE_BITS, first, &data)?;
            prop_assert_eq!(piece.node(), NodeOrdinal::new(7));
            let read: Vec<Record<'_>> = piece.changes().map(|change| change.record).collect();
            prop_assert_eq!(&read, &records);
            for (at, change) in piece.changes().enumerate() {
                let end = records[at..].iter().find_map(|r| r.end.map(|end| end.date(r.stamp)));
                prop_assert_eq!(change.date, end.or(open).unwrap_or_default());
            }
            let filter = packer.filter();
            let probe = crate::log::piece::filter::RowProbe::new(&records[0].row);
            prop_assert!(crate::log::piece::filter::may_have(&filter, probe));
        }

        #[test]
        fn no_bytes_are_too_bad(bytes: Vec<u8>) {
            let head = Head::default();
            let first = ChangeNumber::new(1);
            let _ = Piece::default().read(0, first, &bytes);
            let _ = Piece::default().read(0, first, &head.with(first, &bytes));
        }
    }
}
