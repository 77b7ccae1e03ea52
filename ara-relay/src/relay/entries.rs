//! Reading the log of a space.

use std::collections::{BTreeSet, HashMap};

use ara_protocol::message::sync::Entry;
use ara_protocol::{Cursor, NodeId, SegmentId};

use crate::store::{Listed, Result, Space, SpaceKey, StoreError, Transaction};

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
    /// What the reader has pushed itself, and so needs no parts of.
    pub(super) pushed: &'a BTreeSet<SegmentId>,
    /// Whether the parts are wanted.
    pub(super) with_parts: bool,
    /// How many bytes the reader wants. It gets one segment at least.
    pub(super) budget: usize,
    /// How many bytes there is room for.
    pub(super) room: usize,
}

/// What was read.
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    /// Whether there is more.
    pub(super) is_more: bool,
}

impl Reading<'_> {
    /// Reads the log, until there is enough.
    pub(super) fn read(&self, transaction: &mut dyn Transaction, space: &Space) -> Result<Read> {
        let mut read = Read { entries: vec![], is_more: false };
        // Up to where the log was seen, and up to where it is told.
        let (mut seen, mut told, mut size) = (self.after, self.after, 0);
        while seen < space.end.number && !read.is_more {
            let page = transaction.list(space.key, seen, self.node, PAGE)?;
            let is_last = page.len() < PAGE;
            let mut whole = vec![];
            for listed in page {
                seen = listed.number;
                let cost = self.cost(&listed, self.room.saturating_sub(size));
                let is_too_much = size + cost > self.budget && !read.entries.is_empty();
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
                if cost > listed.head.len() + OVERHEAD {
                    whole.push(told);
                }
                read.entries.push(Entry::Head { number: told, head: listed.head });
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

    /// Returns how many bytes a segment takes in the answer: with its part, if that is wanted and there is room.
    fn cost(&self, listed: &Listed, room: usize) -> usize {
        let head = listed.head.len() + OVERHEAD;
        let whole = usize::try_from(listed.size).unwrap_or(usize::MAX).saturating_add(OVERHEAD);
        // Who is past all that it takes the place of has likely read that, and finds out by the head. It is not left out:
        // the reader may have been told to pass over what was replaced by then, and have got no further.
        let is_likely_known = listed.replaced_to > 0 && listed.replaced_to <= self.after;
        let is_whole = self.with_parts
            && listed.part_count == 1
            && !is_likely_known
            && !self.pushed.contains(&listed.id)
            && whole <= room;
        if is_whole { whole } else { head }
    }
}

/// Makes entries of some numbers, which have only their heads yet, whole.
fn add_parts(
    transaction: &mut dyn Transaction,
    space: SpaceKey,
    numbers: &[u64],
    entries: &mut [Entry],
) -> Result<()> {
    let parts = transaction.first_parts(space, numbers)?;
    let mut parts: HashMap<_, _> = parts.into_iter().collect();
    if numbers.iter().any(|number| !parts.contains_key(number)) {
        return Err(StoreError::Damaged { what: "a part of a segment" });
    }
    for entry in entries {
        if let Entry::Head { number, head } = entry
            && let Some(part) = parts.remove(number)
        {
            *entry = Entry::Whole { number: *number, head: std::mem::take(head), part };
        }
    }
    Ok(())
}

/// Returns the entry that passes over what is before a segment.
fn skip(transaction: &mut dyn Transaction, space: &Space, number: u64) -> Result<Entry> {
    let chain = transaction.chain_at(space.key, number)?;
    let chain = chain.ok_or(StoreError::Damaged { what: "the chain of a log" })?;
    Ok(Entry::Skip { to: Cursor { number, chain } })
}
