//! A second reader and writer of the pieces in which the log lies, from the layout that
//! `ara-core/src/log/piece.rs` describes, and sharing no code with it. It can write what no database would.
//!
//! - The position of a piece is the ordinal of its node times 2^40, and a place. `first` is the number of its
//!   first change.
//! - A piece begins with a byte 1, and 4 bytes of a checksum: the low ones of the XXH3 (64 bits) of all that
//!   follows, with the seed `first`. The head goes on with the digest and the stamp of the last change, 8
//!   bytes each, highest first, and integers: the greatest number, the greatest date, and 0, or 1 more than
//!   the date of the transaction that goes on after the piece.
//! - Each change is led by its length, and begins with a byte of flags. A stamp is told as the difference in
//!   milliseconds in zigzag, doubled, and 1 more if the count within the millisecond follows.
//! - A filter is the bits of the rows, and 4 bytes of a checksum.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

use crate::bytes::{
    byte, bytes, eight, integer, integer_of, led, of_zigzag, take, zigzag, zigzag_of,
};
use crate::{Outcome, There};

const ENDS: u8 = 1;
const NUMBER: u8 = 2;
const NEXT_STAMP: u8 = 4;
const SAME_ROW: u8 = 8;
const HAS_END: u8 = 16;
const REDUCED: u8 = 32;
const FOLLOWS_DROPPED: u8 = 64;
const HAS_MORE: u8 = 128;

/// A piece of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub pos: i64,
    pub first: i64,
    pub tail: Option<i64>,
    pub filter: Option<Vec<u8>>,
    pub head: Head,
    pub changes: Vec<Packed>,
}

/// What is known at the end of a piece.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Head {
    pub digest: u64,
    pub stamp: i64,
    pub number: i64,
    pub date: i64,
    pub open: Option<i64>,
}

/// A change in a piece. Its table and columns are ordinals of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packed {
    pub number: i64,
    pub stamp: i64,
    pub table: i64,
    pub row: Vec<u8>,
    pub ends: bool,
    /// The date of the transaction that it ends, if that is told.
    pub date: Option<i64>,
    /// The hashes of the other changes of that, if they are told.
    pub others: Option<u32>,
    pub original: Option<u64>,
    pub dropped: u64,
    /// Of each change that was dropped before it, four bytes of its hash.
    pub gap: Vec<u8>,
    pub more: Vec<u8>,
    pub cells: Vec<u8>,
}

/// The pieces of the log, in its order.
pub fn pieces(sqlite: &Connection) -> Outcome<Vec<Piece>> {
    let mut rows =
        sqlite.prepare("SELECT pos, first, tail, filter, data FROM ara_log ORDER BY pos")?;
    let mut rows = rows.query([])?;
    let mut pieces = Vec::new();
    while let Some(row) = rows.next()? {
        let (first, data): (i64, Vec<u8>) = (row.get(1)?, row.get(4)?);
        let (head, changes) = unpack(first, &data).there()?;
        let (pos, tail, filter) = (row.get(0)?, row.get(2)?, row.get(3)?);
        pieces.push(Piece { pos, first, tail, filter, head, changes });
    }
    Ok(pieces)
}

/// Writes the whole log anew, as the pieces are after `change`.
pub fn forge(sqlite: &Connection, change: impl FnOnce(&mut Vec<Piece>)) -> Outcome {
    let mut pieces = pieces(sqlite)?;
    change(&mut pieces);
    sqlite.execute_batch("BEGIN; DELETE FROM ara_log")?;
    for piece in pieces {
        let data = piece.data();
        let Piece { pos, first, tail, filter, .. } = piece;
        sqlite.execute(
            "INSERT INTO ara_log (pos, first, tail, filter, data) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![pos, first, tail, filter, data],
        )?;
    }
    Ok(sqlite.execute_batch("COMMIT")?)
}

impl Piece {
    /// The ordinal of the node.
    pub fn node(&self) -> i64 {
        self.pos >> 40
    }

    /// The piece as bytes, with the right checksum.
    pub fn data(&self) -> Vec<u8> {
        let Head { digest, stamp, number, date, open } = self.head;
        let mut checked = [digest.to_be_bytes(), stamp.to_be_bytes()].concat();
        for integer in [number, date, open.map_or(0, |date| date.wrapping_add(1))] {
            checked.extend(integer_of(integer.cast_unsigned()));
        }
        let mut before = Packed { number: self.first - 1, ..Packed::default() };
        for (at, change) in self.changes.iter().enumerate() {
            checked.extend(led(&change.pack(&before, at == 0)));
            before.clone_from(change);
        }
        [&[1][..], &checksum(self.first, &checked), &checked].concat()
    }

    /// Sets the filter right for the rows.
    pub fn set_filter(&mut self) {
        let rows: HashSet<_> = self.changes.iter().map(|change| &change.row).collect();
        let mut filter = vec![0; (rows.len() * 10).div_ceil(8).max(2)];
        for row in rows {
            for place in places(row, filter.len()) {
                filter[place / 8] |= 1 << (place % 8);
            }
        }
        filter.extend((xxh3_64(&filter) as u32).to_be_bytes());
        self.filter = Some(filter);
    }

    /// Whether the filter has all rows, if there is one.
    pub fn is_filter_right(&self) -> bool {
        let Some((bits, _)) = self.filter.as_ref().map(|filter| filter.split_at(filter.len() - 4))
        else {
            return true;
        };
        let has = |row: &Vec<u8>| {
            places(row, bits.len()).into_iter().all(|at| bits[at / 8] >> (at % 8) & 1 == 1)
        };
        self.changes.iter().all(|change| has(&change.row))
    }
}

/// The bits of a row in a filter of so many bytes.
fn places(row: &[u8], length: usize) -> Vec<usize> {
    let hash = xxh3_128(row);
    let (low, high) = ((hash as u64) >> 1, ((hash >> 64) as u64) >> 1 | 1);
    let bits = length as u64 * 8;
    (0..6).map(|at| (low.wrapping_add(high.wrapping_mul(at)) % bits) as usize).collect()
}

fn checksum(first: i64, checked: &[u8]) -> [u8; 4] {
    (xxh3_64_with_seed(checked, first.cast_unsigned()) as u32).to_be_bytes()
}

fn unpack(first: i64, data: &[u8]) -> Option<(Head, Vec<Packed>)> {
    let (mut packed, checked) = (data.get(5..)?, data.get(5..)?);
    if data[0] != 1 || data[1..5] != checksum(first, checked) {
        return None;
    }
    let (digest, stamp) = (eight(&mut packed)?, eight(&mut packed)?.cast_signed());
    let mut next = || Some(integer(&mut packed)?.cast_signed());
    let (number, date, open) = (next()?, next()?, next()?);
    let open = (open != 0).then_some(open - 1);
    let mut changes: Vec<Packed> = Vec::new();
    while !packed.is_empty() {
        let change = bytes(&mut packed)?;
        changes.push(Packed::unpack(first, changes.last(), change)?);
    }
    Some((Head { digest, stamp, number, date, open }, changes))
}

impl Packed {
    fn unpack(first: i64, before: Option<&Self>, mut packed: &[u8]) -> Option<Self> {
        let flags = byte(&mut packed)?;
        let next = before.map_or(first, |before| before.number + 1);
        let is_next = flags & NUMBER == 0;
        let number = if is_next { next } else { next + zigzag(&mut packed)? };
        let stamp_before = before.map_or(0, |before| before.stamp);
        let stamp = match flags & NEXT_STAMP {
            0 => stamp(&mut packed, stamp_before)?,
            _ => stamp_before + 1,
        };
        let (table, row) = match flags & SAME_ROW {
            0 => (integer(&mut packed)?.cast_signed(), take(&mut packed, 16)?.to_vec()),
            _ => before.map(|before| (before.table, before.row.clone()))?,
        };
        let told = if flags & HAS_END == 0 { 0 } else { take(&mut packed, 1)?[0] };
        let date = match told & 1 {
            0 => None,
            _ => Some(integer(&mut packed)?.cast_signed()),
        };
        let others = match told & 2 {
            0 => None,
            _ => Some(u32::from_be_bytes(take(&mut packed, 4)?.try_into().ok()?)),
        };
        let original = if flags & REDUCED == 0 { None } else { Some(eight(&mut packed)?) };
        let follows = flags & FOLLOWS_DROPPED != 0;
        let dropped = if follows { eight(&mut packed)? } else { 0 };
        let gap = if follows { bytes(&mut packed)?.to_vec() } else { vec![] };
        let more = if flags & HAS_MORE == 0 { vec![] } else { bytes(&mut packed)?.to_vec() };
        let (ends, cells) = (flags & ENDS != 0, packed.to_vec());
        Some(Self {
            number,
            stamp,
            table,
            row,
            ends,
            date,
            others,
            original,
            dropped,
            gap,
            more,
            cells,
        })
    }

    fn pack(&self, before: &Self, is_first: bool) -> Vec<u8> {
        let number = self.number.wrapping_sub(before.number.wrapping_add(1));
        let is_next_stamp = self.stamp == before.stamp + 1;
        let is_same_row = !is_first && (self.table, &self.row) == (before.table, &before.row);
        let flag = |flag, is_set| if is_set { flag } else { 0 };
        let told = u8::from(self.date.is_some()) | u8::from(self.others.is_some()) << 1;
        let mut packed = vec![
            flag(ENDS, self.ends)
                | flag(NUMBER, number != 0)
                | flag(NEXT_STAMP, is_next_stamp)
                | flag(SAME_ROW, is_same_row)
                | flag(HAS_END, told != 0)
                | flag(REDUCED, self.original.is_some())
                | flag(FOLLOWS_DROPPED, self.dropped != 0 || !self.gap.is_empty())
                | flag(HAS_MORE, !self.more.is_empty()),
        ];
        if number != 0 {
            packed.extend(zigzag_of(number));
        }
        if !is_next_stamp {
            packed.extend(stamp_of(self.stamp, before.stamp));
        }
        if !is_same_row {
            packed.extend(integer_of(self.table.cast_unsigned()));
            packed.extend(&self.row);
        }
        if told != 0 {
            packed.push(told);
        }
        if let Some(date) = self.date {
            packed.extend(integer_of(date.cast_unsigned()));
        }
        packed.extend(self.others.into_iter().flat_map(u32::to_be_bytes));
        packed.extend(self.original.into_iter().flat_map(u64::to_be_bytes));
        if self.dropped != 0 || !self.gap.is_empty() {
            packed.extend(self.dropped.to_be_bytes());
            packed.extend(led(&self.gap));
        }
        if !self.more.is_empty() {
            packed.extend(led(&self.more));
        }
        packed.extend(&self.cells);
        packed
    }
}

fn stamp(packed: &mut &[u8], before: i64) -> Option<i64> {
    let head = integer(packed)?;
    let millis = (before >> 16) + of_zigzag(head >> 1);
    let counter = if head & 1 == 0 { 0 } else { integer(packed)?.cast_signed() };
    Some(millis << 16 | counter)
}

fn stamp_of(stamp: i64, before: i64) -> Vec<u8> {
    let difference = (stamp >> 16).wrapping_sub(before >> 16);
    let counter = (stamp & 0xffff).cast_unsigned();
    let zigzag = ((difference << 1) ^ (difference >> 63)).cast_unsigned();
    let mut packed = integer_of(zigzag << 1 | u64::from(counter != 0));
    if counter != 0 {
        packed.extend(integer_of(counter));
    }
    packed
}
