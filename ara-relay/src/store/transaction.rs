//! What a job can do in a transaction.
//!
//! All of these return the error of the store if that fails. Sizes that are read are bounded: who asks for a list says
//! how many bytes it may have, and gets one item at least.

use ara_protocol::keys::MemberKey;
use ara_protocol::{MailboxId, NodeId, RecordHash, SegmentId, SpaceId};

use crate::store::error::Result;
use crate::store::kept::{
    KeptMailbox, KeptSlot, Listed, Listing, Live, Mark, NewSegment, Questions, Space, SpaceKey,
    SpaceSize, Tombstone, Topic,
};
use crate::store::mending::Mending;

/// A transaction of a store.
pub trait Transaction: Spaces + Log + Parts + Slots + Mailboxes + Mending {}

impl<T: Spaces + Log + Parts + Slots + Mailboxes + Mending> Transaction for T {}

/// Spaces and their access logs.
#[allow(clippy::missing_errors_doc)] // The module says it.
pub trait Spaces {
    /// Returns the key under which the relay makes challenges.
    fn secret(&mut self) -> Result<Option<[u8; 32]>>;
    /// Keeps that key.
    fn put_secret(&mut self, secret: &[u8; 32]) -> Result<()>;
    /// Returns how many spaces there are, deleted ones not counted.
    fn count_spaces(&mut self) -> Result<u64>;
    /// Returns how large each space is, deleted ones not counted.
    fn space_sizes(&mut self) -> Result<Vec<SpaceSize>>;
    /// Lists spaces, deleted ones too, at most `most` of them.
    fn spaces(&mut self, listing: Listing, most: usize) -> Result<Vec<Space>>;
    /// Returns how far those topics are that are there.
    fn marks(&mut self, topics: &[Topic]) -> Result<Vec<(Topic, Mark)>>;
    /// Finds a space. In a job that writes, no other one changes it until this one has ended.
    fn space(&mut self, id: SpaceId) -> Result<Option<Space>>;
    /// Is told what is going to be asked of a space, so that a store that is far away asks for all of it at once.
    fn expect(&mut self, _space: SpaceId, _questions: &Questions) -> Result<()> {
        Ok(())
    }
    /// Makes a space that has nothing yet.
    fn found(&mut self, id: SpaceId) -> Result<Space>;
    /// Keeps what was changed of a space.
    fn put_space(&mut self, space: &Space) -> Result<()>;
    /// Returns the spaces that have this recovery member, at most `most`.
    fn recovered_by(&mut self, recovery: MemberKey, most: usize) -> Result<Vec<SpaceId>>;
    /// Returns the number of an access record, counted from 1.
    fn record_number(&mut self, space: SpaceKey, hash: RecordHash) -> Result<Option<u64>>;
    /// Returns the access records after a number, up to another, in their order. Fails if one is not what was written.
    fn records(
        &mut self,
        space: SpaceKey,
        after: u64,
        until: u64,
        most_bytes: usize,
    ) -> Result<Vec<Vec<u8>>>;
    /// Adds the access record of a number, in the place of one that is damaged.
    fn add_record(
        &mut self,
        space: SpaceKey,
        number: u64,
        hash: RecordHash,
        record: &[u8],
    ) -> Result<()>;
    /// Keeps the tombstone of a space that is deleted, and notes that what else it has is to be dropped.
    fn put_tombstone(&mut self, space: SpaceKey, tombstone: &Tombstone) -> Result<()>;
    /// Drops some of what deleted spaces have besides their tombstones and their access records, so that others need
    /// not wait for long. Returns whether there may be more.
    fn drop_some(&mut self) -> Result<bool>;
    /// Drops some of what a space has, or the space itself once it has nothing else. Returns whether there is more.
    fn drop_some_of(&mut self, space: SpaceKey) -> Result<bool>;
    /// Returns the tombstone of a space that was deleted.
    fn tombstone(&mut self, space: SpaceKey) -> Result<Option<Tombstone>>;
}

/// The log of a space: segments, and stubs of those that were replaced.
#[allow(clippy::missing_errors_doc)]
pub trait Log {
    /// Returns the hash of the chain at a number, which is that of a segment or a stub.
    fn chain_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<[u8; 32]>>;
    /// Returns how many segments of some are in the log, as themselves or as stubs.
    fn count_known(&mut self, space: SpaceKey, ids: &[SegmentId]) -> Result<usize>;
    /// Returns how many segments there are that were not replaced.
    fn count_segments(&mut self, space: SpaceKey) -> Result<u64>;
    /// Finds a segment that was not replaced, by its id or its alias.
    fn live(&mut self, space: SpaceKey, name: SegmentId) -> Result<Option<Live>>;
    /// Returns the segment of a number, if it was not replaced.
    fn live_at(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>>;
    /// Returns the segment of the same node that comes after the one of a number.
    fn live_after(&mut self, space: SpaceKey, number: u64) -> Result<Option<Live>>;
    /// Returns the first segment of a node. This reads all of the log.
    fn first_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>>;
    /// Returns the last segment of a node.
    fn last_of(&mut self, space: SpaceKey, node: NodeId) -> Result<Option<Live>>;
    /// Returns a segment's head.
    fn head(&mut self, space: SpaceKey, number: u64) -> Result<Vec<u8>>;
    /// Adds a segment.
    fn add_segment(&mut self, space: SpaceKey, segment: &NewSegment<'_>) -> Result<()>;
    /// Leaves a stub in the place of a segment, and drops its head and its parts.
    fn leave_stub(&mut self, space: SpaceKey, number: u64) -> Result<()>;
    /// Says which segment of its node comes before one.
    fn set_before(&mut self, space: SpaceKey, number: u64, before: Option<u64>) -> Result<()>;
    /// Says which segment of a node is its last.
    fn set_last(&mut self, space: SpaceKey, node: NodeId, last: u64) -> Result<()>;
    /// Lists the segments after a number that were not replaced, of one node or of all, at most `most` of them.
    fn list(
        &mut self,
        space: SpaceKey,
        after: u64,
        node: Option<NodeId>,
        most: usize,
    ) -> Result<Vec<Listed>>;
}

/// Parts of segments, and parts that are staged.
#[allow(clippy::missing_errors_doc)]
pub trait Parts {
    /// Returns a part of the segment of a number.
    fn part(&mut self, space: SpaceKey, segment: u64, index: u16) -> Result<Option<Vec<u8>>>;
    /// Returns the first parts of segments of these numbers, with the numbers.
    fn first_parts(&mut self, space: SpaceKey, segments: &[u64]) -> Result<Vec<(u64, Vec<u8>)>>;
    /// Stages a part.
    fn stage(&mut self, space: SpaceKey, hash: &[u8; 32], part: &[u8], expires: u64) -> Result<()>;
    /// Returns how many bytes a staged part has, if it is there at a time.
    fn staged(&mut self, space: SpaceKey, hash: &[u8; 32], now: u64) -> Result<Option<u64>>;
    /// Keeps a staged part until a later time.
    fn renew_staged(&mut self, space: SpaceKey, hash: &[u8; 32], expires: u64) -> Result<()>;
    /// Makes a staged part one of the segment of a number.
    fn adopt(&mut self, space: SpaceKey, hash: &[u8; 32], segment: u64, index: u16) -> Result<()>;
    /// Drops some of a space's staged parts that have expired, and returns how many bytes they had.
    fn drop_expired_parts(&mut self, space: SpaceKey, now: u64) -> Result<u64>;
    /// Returns spaces that have staged parts which have expired, at most `most`.
    fn with_expired_parts(&mut self, now: u64, most: usize) -> Result<Vec<SpaceId>>;
}

/// Slots.
#[allow(clippy::missing_errors_doc)]
pub trait Slots {
    /// Returns what is known of a member's slot. Fails if it is not what was written.
    fn slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<Option<KeptSlot>>;
    /// Returns whose slots there are.
    fn slot_authors(&mut self, space: SpaceKey) -> Result<Vec<MemberKey>>;
    /// Keeps a member's slot in the place of the one before. `count` is its number as the relay counts them.
    fn put_slot(
        &mut self,
        space: SpaceKey,
        author: MemberKey,
        count: u64,
        number: u64,
        slot: &[u8],
    ) -> Result<()>;
    /// Drops a member's slot.
    fn drop_slot(&mut self, space: SpaceKey, author: MemberKey) -> Result<()>;
    /// Returns the slots above a number as the relay counts them, each with its number, in their order. Fails if one is
    /// not what was written.
    fn slots_after(
        &mut self,
        space: SpaceKey,
        count: u64,
        most_bytes: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>>;
}

/// Mailboxes.
#[allow(clippy::missing_errors_doc)]
pub trait Mailboxes {
    /// Finds a mailbox. In a job that writes, no other one changes it until this one has ended.
    fn mailbox(&mut self, id: MailboxId) -> Result<Option<KeptMailbox>>;
    /// Makes a mailbox.
    fn open_mailbox(&mut self, id: MailboxId, mailbox: &KeptMailbox) -> Result<()>;
    /// Returns the mailboxes that a space has at a time, and when each is gone, the first first.
    fn mailboxes(&mut self, space: SpaceKey, now: u64) -> Result<Vec<(MailboxId, u64)>>;
    /// Returns what is in a box.
    fn boxed(&mut self, id: MailboxId, index: u8) -> Result<Option<Vec<u8>>>;
    /// Fills a box that is empty.
    fn put_box(&mut self, id: MailboxId, index: u8, sealed: &[u8]) -> Result<()>;
    /// Drops a mailbox, with what is in it.
    fn drop_mailbox(&mut self, id: MailboxId) -> Result<()>;
    /// Drops the mailboxes that have expired.
    fn drop_expired_mailboxes(&mut self, now: u64) -> Result<()>;
}
