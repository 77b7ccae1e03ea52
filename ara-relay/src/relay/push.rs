//! Taking what is pushed.

use std::collections::{BTreeMap, BTreeSet};

use ara_protocol::access::Members;
use ara_protocol::message::sync::{PlaceInRequest, PushOutcome, PushedSegment};
use ara_protocol::segment::Head;
use ara_protocol::{Error, NodeId, SegmentId};

use crate::relay::order::check_node;
use crate::relay::placing::{NoPlace, Placing, place};
use crate::store::{NewSegment, Result, Space, Transaction};

/// How many bytes a stub counts: what it has on the disk.
pub(crate) const STUB_SIZE: u64 = 128;

/// How much larger than what it replaces a replacement of a part of a node may be: twice as large, and this.
const GRACE: u64 = 4096;

/// A segment that was read and is whole, as far as can be told without the store.
pub(super) struct Pushed {
    head: Head,
    part: Option<Vec<u8>>,
}

/// Segments that are taken together or not at all, or that what was pushed are none.
pub(super) type Push = Option<Vec<Pushed>>;

/// Reads a push, and checks its signatures and the parts that are with it.
pub(super) fn read(push: Vec<PushedSegment>) -> Push {
    let is_large = push.iter().any(|segment| segment.head.len() > LONGEST_HEAD);
    if push.is_empty() || is_large {
        return None;
    }
    push.into_iter().map(Pushed::read).collect()
}

/// The most bytes that a head may have: what its lists of replaced segments and of parts can need.
const LONGEST_HEAD: usize = 1024 * 1024;

impl Pushed {
    fn read(segment: PushedSegment) -> Option<Self> {
        let head = Head::read(&segment.head).ok()?;
        if let Some(part) = &segment.part
            && (head.part_count() != 1 || head.check_part(0, part).is_err())
        {
            return None;
        }
        Some(Self { head, part: segment.part })
    }

    pub(super) const fn id(&self) -> SegmentId {
        self.head.id()
    }

    pub(super) const fn node(&self) -> NodeId {
        self.head.header().node
    }

    fn size(&self, staged: u64) -> u64 {
        (self.head.as_bytes().len() + self.part.as_ref().map_or(0, Vec::len)) as u64 + staged
    }
}

/// What takes the pushes of one request.
pub(super) struct Taking<'a> {
    pub(super) space: &'a mut Space,
    pub(super) members: &'a Members,
    pub(super) quota: u64,
    pub(super) now: u64,
    /// Which segments were taken, or were there, and where they are in the request.
    pub(super) taken: BTreeMap<SegmentId, PlaceInRequest>,
    /// Whether something was written.
    pub(super) has_written: bool,
}

impl Taking<'_> {
    /// Takes a push, the one of this index, or tells why not. It is written only if it is taken whole.
    pub(super) fn take(
        &mut self,
        transaction: &mut dyn Transaction,
        (index, push): (u16, &Push),
    ) -> Result<PushOutcome> {
        let Some(push) = push else { return Ok(PushOutcome::Refused) };
        let ids: Vec<_> = push.iter().map(Pushed::id).collect();
        let known = transaction.count_known(self.space.key, &ids)?;
        let outcome = if known == push.len() {
            PushOutcome::Taken
        } else if known > 0 {
            PushOutcome::Conflict
        } else {
            self.take_new(transaction, push)?
        };
        if outcome == PushOutcome::Taken {
            for (segment, at) in push.iter().zip(0..) {
                let at = PlaceInRequest { push: index, segment: at };
                self.taken.entry(segment.head.id()).or_insert(at);
            }
        }
        Ok(outcome)
    }

    fn take_new(
        &mut self,
        transaction: &mut dyn Transaction,
        push: &[Pushed],
    ) -> Result<PushOutcome> {
        for segment in push {
            match self.members.check_write(&segment.head) {
                Ok(()) => {}
                Err(Error::NotAMember | Error::OtherEpoch | Error::RotateFirst) => {
                    return Ok(PushOutcome::OtherEpoch);
                }
                Err(_) => return Ok(PushOutcome::Refused),
            }
        }
        let heads: Vec<_> = push.iter().map(|segment| &segment.head).collect();
        let placing = match place(transaction, self.space.key, &heads) {
            Ok(placing) => placing,
            Err(NoPlace::Conflict) => {
                if let Some(head) = heads.first() {
                    check_node(transaction, self.space.key, head.header().node)?;
                }
                return Ok(PushOutcome::Conflict);
            }
            Err(NoPlace::Never) => return Ok(PushOutcome::Refused),
            Err(NoPlace::Store(error)) => return Err(error),
        };
        let Some(staged) = self.staged(transaction, push)? else {
            return Ok(PushOutcome::PartMissing);
        };
        let sizes: Vec<_> =
            push.iter().zip(&staged).map(|(segment, staged)| segment.size(*staged)).collect();
        let new: u64 = sizes.iter().sum();
        let old: u64 = placing.replaced.iter().map(|live| live.size).sum();
        // One that forked has what two wrote, of whom one may have sent little.
        let is_whole_node = placing.before.is_none() && placing.after.is_none();
        let is_bound = !placing.replaced.is_empty() && !is_whole_node;
        if is_bound && new > old.saturating_mul(2).saturating_add(GRACE) {
            return Ok(PushOutcome::Refused);
        }
        // What is staged counts already.
        let stubs = STUB_SIZE * placing.replaced.len() as u64;
        let freed = old + staged.iter().sum::<u64>();
        let used = (self.space.used + new + stubs).saturating_sub(freed);
        if used > self.quota && used > self.space.used {
            return Ok(PushOutcome::Full);
        }
        self.space.used = used;
        self.write(transaction, push, &placing, &sizes)?;
        Ok(PushOutcome::Taken)
    }

    /// Returns how many bytes of each segment were staged, or `None` if some of its parts were not.
    fn staged(
        &self,
        transaction: &mut dyn Transaction,
        push: &[Pushed],
    ) -> Result<Option<Vec<u64>>> {
        let mut named = BTreeSet::new();
        let mut sizes = vec![];
        for segment in push {
            let mut size = 0;
            let hashes = if segment.part.is_some() { &[] } else { segment.head.part_hashes() };
            for hash in hashes {
                let staged = transaction.staged(self.space.key, hash, self.now)?;
                let Some(staged) = staged.filter(|_| named.insert(hash)) else {
                    return Ok(None);
                };
                size += staged;
            }
            sizes.push(size);
        }
        Ok(Some(sizes))
    }

    fn write(
        &mut self,
        transaction: &mut dyn Transaction,
        push: &[Pushed],
        placing: &Placing,
        sizes: &[u64],
    ) -> Result<()> {
        let key = self.space.key;
        for replaced in &placing.replaced {
            transaction.leave_stub(key, replaced.number)?;
        }
        let replaced_to = placing.replaced.iter().map(|live| live.number).max().unwrap_or(0);
        let mut before = placing.before;
        for (segment, size) in push.iter().zip(sizes) {
            let head = &segment.head;
            self.space.end = self.space.end.after(head.id());
            let number = self.space.end.number;
            transaction.add_segment(
                key,
                &NewSegment {
                    place: self.space.end,
                    id: head.id(),
                    alias: head.header().replaces.last().copied(),
                    node: head.header().node,
                    before,
                    replaced_to,
                    size: *size,
                    part_count: u16::try_from(head.part_count()).unwrap_or(u16::MAX),
                    head: head.as_bytes(),
                    part: segment.part.as_deref(),
                },
            )?;
            if segment.part.is_none() {
                for (index, hash) in (0..).zip(head.part_hashes()) {
                    transaction.adopt(key, hash, number, index)?;
                }
            }
            before = Some(number);
        }
        match (placing.after, before, push.first()) {
            (Some(after), _, _) => transaction.set_before(key, after, before)?,
            (None, Some(last), Some(segment)) => {
                transaction.set_last(key, segment.head.header().node, last)?;
            }
            _ => {}
        }
        self.has_written = true;
        Ok(())
    }
}
