//! Packing changes into a piece.

use crate::log::change::{Compacted, End, Record};
use crate::log::clock::Stamp;
use crate::log::codec::{put_bytes, put_varint, put_zigzag};
use crate::log::piece::filter::filter_of;
use crate::log::piece::head::Head;
use crate::log::piece::{end_flags, flags};
use crate::log::place::ChangeNumber;

/// Changes that are being packed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    /// The number of the first change.
    first: ChangeNumber,
    /// What the next change is told relative to.
    before: Before,
    /// The rows that were written.
    rows: Vec<[u8; 16]>,
    /// Where what stands before the cells of a change is packed, so that the length of all is known.
    start: Vec<u8>,
}

/// What a packed change leaves out, as it has it in common with the change before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    pub(super) number: ChangeNumber,
    pub(super) stamp: Stamp,
    /// The table and the row, if there is a change before.
    pub(super) row: Option<(i64, [u8; 16])>,
}

impl Packer {
    /// Adds a change.
    pub(crate) fn add(&mut self, record: &Record<'_>) {
        if self.bytes.is_empty() {
            self.first = record.number;
            self.before = Before { number: record.number.before(), ..Before::default() };
        }
        self.start.clear();
        put_start(&mut self.start, record, &self.before);
        let cells = record.cells.bytes();
        put_varint(&mut self.bytes, (self.start.len() + cells.len()) as u64);
        self.bytes.extend_from_slice(&self.start);
        self.bytes.extend_from_slice(cells);
        let row = Some((record.table, record.row));
        if self.before.row != row {
            self.rows.push(record.row);
        }
        self.before = Before { number: record.number, stamp: record.stamp, row };
    }

    /// Returns whether no change was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns how many bytes the changes take.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the number of the first change.
    pub(crate) fn first(&self) -> ChangeNumber {
        self.first
    }

    /// Takes the changes out as a piece with this head.
    pub(crate) fn piece(&mut self, head: &Head) -> Vec<u8> {
        let piece = head.with(self.first, &self.bytes);
        self.bytes.clear();
        piece
    }

    /// Takes out the filter over the rows.
    pub(crate) fn filter(&mut self) -> Vec<u8> {
        filter_of(std::mem::take(&mut self.rows))
    }

    /// Removes all changes.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }
}

/// Appends what stands before the cells of a change, without the length.
fn put_start(out: &mut Vec<u8>, record: &Record<'_>, before: &Before) {
    let Record { number, stamp, table, row, end, compacted, gap, more, .. } = *record;
    let Compacted { original, dropped } = compacted;
    let follows_dropped = dropped != 0 || !gap.is_empty();
    let is_next_stamp = stamp == before.stamp.next();
    let is_same_row = before.row == Some((table, row));
    let end_flags = end.map_or(0, |End { date, others }| {
        of(end_flags::DATED, date.is_some()) | of(end_flags::OTHERS, others.is_some())
    });
    out.push(
        of(flags::ENDS, end.is_some())
            | of(flags::NUMBER, number != before.number.next())
            | of(flags::NEXT_STAMP, is_next_stamp)
            | of(flags::SAME_ROW, is_same_row)
            | of(flags::HAS_END, end_flags != 0)
            | of(flags::REDUCED, original.is_some())
            | of(flags::FOLLOWS_DROPPED, follows_dropped)
            | of(flags::HAS_MORE, !more.is_empty()),
    );
    if number != before.number.next() {
        put_zigzag(out, number.get().wrapping_sub(before.number.next().get()));
    }
    if !is_next_stamp {
        put_stamp(out, stamp, before.stamp);
    }
    if !is_same_row {
        put_varint(out, table.cast_unsigned());
        out.extend_from_slice(&row);
    }
    if let Some(End { date, others }) = end.filter(|_| end_flags != 0) {
        out.push(end_flags);
        if let Some(date) = date {
            put_varint(out, date.cast_unsigned());
        }
        out.extend(others.into_iter().flat_map(u32::to_be_bytes));
    }
    if let Some(original) = original {
        out.extend(original.to_be_bytes());
    }
    if follows_dropped {
        out.extend(dropped.to_be_bytes());
        put_bytes(out, gap.bytes());
    }
    if !more.is_empty() {
        put_bytes(out, more);
    }
}

/// Appends a stamp: the difference in milliseconds, doubled, plus 1 if a counter other than zero follows.
fn put_stamp(out: &mut Vec<u8>, stamp: Stamp, before: Stamp) {
    let difference = stamp.millis().wrapping_sub(before.millis());
    let counter = stamp.counter();
    let zigzag = ((difference << 1) ^ (difference >> 63)).cast_unsigned();
    put_varint(out, zigzag << 1 | u64::from(counter != 0));
    if counter != 0 {
        put_varint(out, u64::from(counter));
    }
}

fn of(flag: u8, is_set: bool) -> u8 {
    if is_set { flag } else { 0 }
}
