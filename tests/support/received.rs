//! A second reader of changes as bytes, for tests that look at what a device sends, or send it on changed.

use crate::bytes::{bytes, integer, of_zigzag, take};
use crate::wire::{Batch, Cell, Change, Point, Run};
use crate::{Outcome, There};

impl Batch {
    /// Reads what [`Batch::encode`] or a database wrote. Fields that no version knows yet are kept.
    pub fn decode(record: &[u8]) -> Outcome<Self> {
        batch(record.get(24..).there()?).there()
    }
}

/// The value of a field.
enum Field<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn integer(&self) -> Option<u64> {
        if let Self::Integer(integer) = self { Some(*integer) } else { None }
    }

    fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Calls `each` with the number and the value of each field, and with the field as it is encoded.
fn fields<'a>(
    mut message: &'a [u8],
    mut each: impl FnMut(u64, Field<'a>, &'a [u8]) -> Option<()>,
) -> Option<()> {
    while !message.is_empty() {
        let start = message;
        let key = integer(&mut message)?;
        let value = match key % 8 {
            0 => Field::Integer(integer(&mut message)?),
            1 => Field::Integer(u64::from_le_bytes(take(&mut message, 8)?.try_into().ok()?)),
            2 => Field::Bytes(bytes(&mut message)?),
            5 => Field::Bytes(take(&mut message, 4)?),
            _ => return None,
        };
        each(key / 8, value, &start[..start.len() - message.len()])?;
    }
    Some(())
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn batch(payload: &[u8]) -> Option<Batch> {
    let mut batch = Batch::default();
    fields(payload, |field, value, _| {
        match field {
            1 => batch.tables.push(text(value.bytes()?)?),
            2 => batch.columns.push(text(value.bytes()?)?),
            _ => batch.runs.push(run(value.bytes()?)?),
        }
        Some(())
    })?;
    Some(batch)
}

fn run(message: &[u8]) -> Option<Run> {
    let mut run = Run::default();
    let mut before = None;
    fields(message, |field, value, _| {
        match field {
            1 => run.node = value.bytes()?.to_vec(),
            2 => run.from = point(value.bytes()?)?,
            3 => run.to = point(value.bytes()?)?,
            4 => run.is_forked = value.integer()? == 1,
            _ => {
                let change = change(value.bytes()?, before.unwrap_or((run.from.number, 0)))?;
                before = Some((change.number, change.stamp));
                run.changes.push(change);
            }
        }
        Some(())
    })?;
    Some(run)
}

fn point(message: &[u8]) -> Option<Point> {
    let mut point = Point::default();
    fields(message, |field, value, _| {
        match field {
            1 => point.number = value.integer()?.cast_signed(),
            _ => point.digest = value.integer()?,
        }
        Some(())
    })?;
    Some(point)
}

fn change(message: &[u8], (number, stamp): (i64, i64)) -> Option<Change> {
    let mut change = Change {
        number: number.saturating_add(1),
        stamp: stamp.saturating_add(1),
        ..Change::default()
    };
    let off = |next: i64, by: u64| next.wrapping_add(of_zigzag(by));
    fields(message, |field, value, encoded| {
        match field {
            1 => change.number = off(change.number, value.integer()?),
            2 => change.stamp = off(change.stamp, value.integer()?),
            3 => change.table = usize::try_from(value.integer()?).ok()?,
            4 => change.row = value.bytes()?.to_vec(),
            5 => change.cells = cells(value.bytes()?)?,
            6 => change.ends = value.integer()? == 1,
            7 => change.date = Some(value.integer()?.cast_signed()),
            8 => change.mark = Some(value.integer()?),
            9 => change.original = Some(value.integer()?),
            10 => change.dropped = value.integer()?,
            12 => change.gap = value.bytes()?.to_vec(),
            11 => change.others = Some(u32::from_le_bytes(value.bytes()?.try_into().ok()?)),
            _ => change.more.extend(encoded),
        }
        Some(())
    })?;
    Some(change)
}

fn cells(mut packed: &[u8]) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    while !packed.is_empty() {
        let head = integer(&mut packed)?;
        let column = usize::try_from(head >> 5).ok()?;
        let marks = if head & 16 == 0 { vec![] } else { bytes(&mut packed)?.to_vec() };
        let (tag, before) = ((head % 16) as u8, packed);
        match tag {
            0 | 5 | 6 => {}
            1 => drop(integer(&mut packed)?),
            2 => drop(take(&mut packed, 8)?),
            _ => drop(bytes(&mut packed)?),
        }
        let payload = before[..before.len() - packed.len()].to_vec();
        cells.push(Cell { column, tag, marks, payload });
    }
    Some(cells)
}
