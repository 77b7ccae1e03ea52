//! Reading the log of a space.

use std::collections::{BTreeMap, HashMap};

use ara_protocol::message::sync::{Entry, PlaceInRequest};
use ara_protocol::segment::Outline;
use ara_protocol::{Cursor, NodeId, SegmentId};

use crate::relay::fault::Fault;
use crate::store::{Listed, Space, SpaceKey, StoreError, Transaction};

/// How many bytes of entries or of parts an answer has, whatever the reader wants: it may ask for more, and many answers are
/// in memory at the same time. One entry that is larger is told alone.
pub(super) const MOST_AT_ONCE: usize = 4 << 20;

/// How many segments are listed at once.
const PAGE: usize = 128;

/// What an entry costs besides its bytes: its kind, its number and its lengths.
const OVERHEAD: usize = 41;

/// What is read of the log.
pub(super) struct Reading<'a> {
    /// The number after which.
    pub(super) after: u64,
    /// The node, or `None` for all.
    pub(super) node: Option<NodeId>,
    /// What the reader has just pushed itself, and where that is in its request.
    pub(super) pushed: &'a BTreeMap<SegmentId, PlaceInRequest>,
    /// Whether the parts are wanted.
    pub(super) with_parts: bool,
    /// How many bytes the reader wants. It gets one segment at least, and [`MOST_AT_ONCE`] at most.
    pub(super) budget: usize,
    /// How many bytes there is room for.
    pub(super) room: usize,
}

/// In which form a segment is told.
#[derive(Clone, Copy)]
enum Form {
    /// By its place in the request that brought it.
    Pushed(PlaceInRequest),
    /// By its head.
    Head,
    /// With its part.
    Whole,
}

/// What was read.
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    /// Whether there is more.
    pub(super) is_more: bool,
}

impl Reading<'_> {
    /// Reads the log, until there is enough.
    pub(super) fn read(
        &self,
        transaction: &mut dyn Transaction,
        space: &Space,
    ) -> Result<Read, Fault> {
        let mut read = Read { entries: vec![], is_more: false };
        // Up to where the log was seen, and up to where it is told.
        let (mut seen, mut told, mut size) = (self.after, self.after, 0);
        let budget = self.budget.min(MOST_AT_ONCE);
        let mut last = None;
        loop {
            let page = transaction.list(space.key, seen, self.node, PAGE)?;
            let is_last = page.len() < PAGE;
            let mut whole = vec![];
            for listed in page {
                seen = listed.number;
                let outline = check(transaction, space, &listed, last)?;
                last = Some(Cursor { number: listed.number, chain: listed.chain });
                let (form, cost) = self.form(&listed, self.room.saturating_sub(size));
                let is_too_much = size + cost > budget && !read.entries.is_empty();
                if is_too_much || size + cost > self.room {
                    read.is_more = true;
                    break;
                }
                if listed.number > told + 1 && self.node.is_none() {
                    let to = skip(transaction, space, listed.number - 1)?;
                    read.entries.push(to);
                    size += OVERHEAD;
                }
                size += cost;
                told = listed.number;
                let at = read.entries.len();
                read.entries.push(match form {
                    Form::Pushed(at) => Entry::Pushed { number: told, at },
                    Form::Head | Form::Whole => Entry::Head { number: told, head: listed.head },
                });
                if matches!(form, Form::Whole) {
                    whole.push(Whole { at, number: told, size: listed.size, outline });
                }
            }
            if !whole.is_empty() {
                add_parts(transaction, space.key, &whole, &mut read.entries)?;
            }
            if is_last {
                break;
            }
        }
        if read.is_more {
            return Ok(read);
        }
        if space.end.number > told && self.node.is_none() {
            read.entries.push(Entry::Skip { to: space.end });
        }
        Ok(read)
    }

    /// Returns how a segment is told, and how many bytes that takes: with its part, if that is wanted and there is room.
    fn form(&self, listed: &Listed, room: usize) -> (Form, usize) {
        if let Some(at) = self.pushed.get(&listed.id) {
            return (Form::Pushed(*at), OVERHEAD);
        }
        let whole = usize::try_from(listed.size).unwrap_or(usize::MAX).saturating_add(OVERHEAD);
        // Who is past all that it takes the place of has likely read that, and finds out by the head. It is not left out:
        // the reader may have been told to pass over what was replaced by then, and have got no further.
        let is_likely_known = listed.replaced_to > 0 && listed.replaced_to <= self.after;
        let is_whole =
            self.with_parts && listed.part_count == 1 && !is_likely_known && whole <= room;
        match is_whole {
            true => (Form::Whole, whole),
            false => (Form::Head, listed.head.len() + OVERHEAD),
        }
    }
}

/// A segment that is told with its part.
struct Whole {
    /// Where among the entries.
    at: usize,
    number: u64,
    size: u64,
    outline: Outline,
}

/// Makes entries whole that have only their heads yet.
fn add_parts(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    whole: &[Whole],
    entries: &mut [Entry],
) -> Result<(), Fault> {
    let numbers: Vec<_> = whole.iter().map(|one| one.number).collect();
    let parts = transaction.first_parts(space, &numbers)?;
    let mut parts: HashMap<_, _> = parts.into_iter().collect();
    for Whole { at, number, size, outline } in whole {
        let Some(Entry::Head { head, .. }) = entries.get(*at) else { continue };
        let is_as_noted =
            |part: &Vec<u8>| outline.is_part(0, part) && (part.len() + head.len()) as u64 == *size;
        let part = parts.remove(number).filter(is_as_noted).ok_or(Fault::Damaged(*number))?;
        if let Some(entry) = entries.get_mut(*at)
            && let Entry::Head { number, head } = entry
        {
            *entry = Entry::Whole { number: *number, head: std::mem::take(head), part };
        }
    }
    Ok(())
}

/// Checks that a segment is what was kept of it, and comes in the log where it says. `last` is a place that was checked.
fn check(
    transaction: &mut dyn Transaction,
    space: &Space,
    listed: &Listed,
    last: Option<Cursor>,
) -> Result<Outline, Fault> {
    let outline = Outline::read(&listed.head, listed.id);
    let outline = outline.map_err(|_| Fault::Damaged(listed.number))?;
    let number = listed.number.saturating_sub(1);
    let before = match last.filter(|last| last.number == number) {
        Some(last) => Some(last.chain),
        None if number == 0 => Some(Cursor::start(space.key.id).chain),
        None => transaction.chain_at(space.key, number)?,
    };
    let follows = |chain| Cursor { number, chain }.after(listed.id).chain == listed.chain;
    let is_as_noted = outline.space == space.key.id
        && outline.node == listed.node
        && outline.part_count() == usize::from(listed.part_count)
        && before.is_some_and(follows);
    if is_as_noted { Ok(outline) } else { Err(Fault::Damaged(listed.number)) }
}

/// Returns the entry that passes over what is before a segment.
fn skip(transaction: &mut dyn Transaction, space: &Space, number: u64) -> Result<Entry, Fault> {
    let chain = transaction.chain_at(space.key, number)?;
    let chain = chain.ok_or(StoreError::Damaged { what: "the chain of a log" })?;
    Ok(Entry::Skip { to: Cursor { number, chain } })
}
