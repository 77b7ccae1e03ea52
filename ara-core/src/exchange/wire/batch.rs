//! Encodes and decodes batches of changes.

use std::ops::Range;

use prost::Message;
use prost::bytes::Bytes;

use crate::error::Result;
use crate::exchange::changes::{Changes, Run, Sent};
use crate::exchange::wire::fields::{are_too_many, fields_above};
use crate::exchange::wire::message::{BatchMessage, ChangeMessage, LAST_OF_CHANGE, RunMessage};
use crate::exchange::wire::record;
use crate::exchange::wire::record::Kind;
use crate::log::change::{Compacted, End};
use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::log::place::{ChangeNumber, Point};

impl Changes {
    /// Returns the changes as bytes, which [`from_bytes`](Self::from_bytes) reads.
    ///
    /// They suit a message, or a file for each batch; [`write_to`](Self::write_to) writes several
    /// batches into one file. The guide describes the format.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record::write(Kind::Changes, &encode(self))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) returned, on this or on another device.
    ///
    /// The other device may have another version of ara. What this version does not know is kept, and
    /// passed on unchanged.
    ///
    /// This checks only that the bytes are complete and undamaged. [`merge`](crate::Database::merge)
    /// checks the changes themselves, node by node, so that an invalid change of one node does not stop
    /// the others.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::{Changes, VersionVector};
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let (laptop, phone) = (Database::memory()?, Database::memory()?);
    /// laptop.create(Todo::draft().title("Buy milk"))?;
    /// // From the phone:
    /// let lacking = phone.version_vector()?.to_bytes();
    /// // From the laptop:
    /// for changes in laptop.changes_since(&VersionVector::from_bytes(&lacking)?)? {
    ///     let bytes = changes?.to_bytes();
    ///     phone.merge(&Changes::from_bytes(&bytes)?)?;
    /// }
    /// assert_eq!(phone.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreadable`](crate::Error::Unreadable) if the bytes are not those of changes,
    /// are cut off or are damaged, and [`Error::NewerChanges`](crate::Error::NewerChanges) if a newer
    /// version of ara wrote them in a format that this version cannot read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        decode(record::read(Kind::Changes, bytes)?)
    }
}

/// The index of no name.
const NOWHERE: u32 = u32::MAX;

/// What a change is told relative to: the number and the stamp of the one before.
#[derive(Clone, Copy)]
struct Before {
    number: ChangeNumber,
    stamp: Stamp,
}

impl Before {
    /// Begins after a point.
    fn of(point: Point) -> Self {
        Self { number: point.number, stamp: Stamp::default() }
    }
}

fn encode(changes: &Changes) -> BatchMessage {
    let bytes = Bytes::copy_from_slice(&changes.bytes);
    let message = |&Run { node, from, to, is_forked }: &Run| RunMessage {
        node: Bytes::copy_from_slice(node.as_bytes()),
        from: Some(from.into()),
        to: Some(to.into()),
        is_forked,
        changes: Vec::new(),
    };
    let mut runs: Vec<_> =
        changes.runs.iter().map(|run| (Before::of(run.from), message(run))).collect();
    for sent in &changes.changes {
        let Some((before, run)) = runs.get_mut(sent.run as usize) else { continue };
        let change = ChangeMessage {
            number: sent.number.get().wrapping_sub(before.number.next().get()),
            stamp: sent.stamp.bits().wrapping_sub(before.stamp.next().bits()),
            table: sent.table,
            row: part(&bytes, &sent.row),
            cells: part(&bytes, &sent.cells),
            ends: sent.end.is_some(),
            date: sent.end.and_then(|end| end.date),
            mark: sent.mark,
            original: sent.compacted.original,
            dropped: sent.compacted.dropped,
            others: sent.end.and_then(|end| end.others),
            gap: part(&bytes, &sent.gap),
        };
        *before = Before { number: sent.number, stamp: sent.stamp };
        let mut change = change.encode_to_vec();
        change.extend_from_slice(changes.get(&sent.more));
        run.changes.push(change.into());
    }
    let runs = runs.into_iter().map(|(_, run)| run.encode_to_vec().into()).collect();
    BatchMessage { tables: changes.tables.clone(), columns: changes.columns.clone(), runs }
}

/// Returns a part of the bytes without copying it.
fn part(bytes: &Bytes, range: &Range<usize>) -> Bytes {
    bytes.get(range.clone()).map(|part| bytes.slice_ref(part)).unwrap_or_default()
}

/// Returns the changes of a payload.
pub(super) fn decode(payload: Bytes) -> Result<Changes> {
    let length = payload.len();
    if are_too_many(&payload) {
        return Err(Kind::Changes.unreadable("they have more parts than changes have"));
    }
    let batch = BatchMessage::decode(payload)
        .map_err(|_| Kind::Changes.unreadable("they are not laid out as changes are"))?;
    let BatchMessage { tables, columns, runs } = batch;
    let mut changes = Changes { tables, columns, ..Changes::default() };
    changes.bytes.reserve_exact(length);
    let mut are_readable = true;
    for run in runs {
        are_readable &= decode_run(&mut changes, run).is_some();
    }
    if !are_readable {
        let (from, to) = Default::default();
        changes.runs.push(Run { node: NodeId::NOBODY, from, to, is_forked: false });
    }
    Ok(changes)
}

/// Adds a run. Returns `None` if the id of its node cannot be read, or it is none.
fn decode_run(changes: &mut Changes, run: Bytes) -> Option<()> {
    if are_too_many(&run) {
        return None;
    }
    let RunMessage { node, from, to, is_forked, changes: sent } = RunMessage::decode(run).ok()?;
    let node = NodeId::from_bytes((*node).try_into().ok()?);
    let from = from.map_or_else(Point::default, Point::from);
    let to = to.map_or_else(Point::default, Point::from);
    let run = u32::try_from(changes.runs.len()).ok()?;
    changes.runs.push(Run { node, from, to, is_forked });
    let mut before = Before::of(from);
    for change in sent {
        let change = decode_change(changes, (run, before), change);
        let is_readable = change.is_some();
        let sent = change.unwrap_or_else(|| unreadable(run));
        before = Before { number: sent.number, stamp: sent.stamp };
        let has_id = sent.row.len() == 16;
        changes.changes.push(sent);
        if !is_readable || !has_id {
            // The merge refuses this change and all that follow it, so these are not kept.
            break;
        }
    }
    Some(())
}

fn decode_change(changes: &mut Changes, (run, before): (u32, Before), raw: Bytes) -> Option<Sent> {
    let change = ChangeMessage::decode(raw.clone()).ok()?;
    let more = if change.encoded_len() == raw.len() {
        Vec::new()
    } else {
        fields_above(LAST_OF_CHANGE, &raw).ok()?
    };
    let ChangeMessage { number, stamp, table, row, cells, ends, date, mark, .. } = change;
    let ChangeMessage { original, dropped, others, gap, .. } = change;
    if !ends && (date.is_some() || others.is_some()) {
        // It would not be written as it was read.
        return None;
    }
    Some(Sent {
        run,
        number: ChangeNumber::new(before.number.next().get().wrapping_add(number)),
        stamp: Stamp::from_bits(before.stamp.next().bits().wrapping_add(stamp)),
        table,
        row: changes.put(&row),
        cells: changes.put(&cells),
        gap: changes.put(&gap),
        more: changes.put(&more),
        end: ends.then_some(End { date, others }),
        mark,
        compacted: Compacted { original, dropped },
    })
}

/// Returns what takes the place of a change that cannot be read. The merge refuses it.
fn unreadable(run: u32) -> Sent {
    let (number, stamp, row, cells, gap, more, compacted) = Default::default();
    let (table, end, mark) = (NOWHERE, None, None);
    Sent { run, number, stamp, table, row, cells, gap, more, end, mark, compacted }
}
