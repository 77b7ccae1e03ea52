//! What a store has, as it is, whether or not it is damaged: what it takes to find damage, and to mend it.

use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, SegmentId};

use crate::store::error::Result;
use crate::store::kept::{SpaceKey, StoredPlace, StoredRecord, StoredSegment, Tombstone};

/// What is stored of a space, and what is to be stored in its place.
#[allow(clippy::missing_errors_doc)] // The module of transactions says it.
pub trait Mending {
    /// Returns the end of a log, as its last segment or stub says, or `None` if it has none.
    fn end_of_log(&mut self, space: SpaceKey) -> Result<Option<Cursor>>;
    /// Returns all places of a log, in the order of their numbers.
    fn stored_places(&mut self, space: SpaceKey) -> Result<Vec<StoredPlace>>;
    /// Returns the places of a log after a number, in the order of their numbers, at most `most` of them.
    fn places_after(
        &mut self,
        space: SpaceKey,
        number: u64,
        most: usize,
    ) -> Result<Vec<StoredPlace>>;
    /// Moves places of a log to others.
    fn move_places(&mut self, space: SpaceKey, moved: &[(StoredPlace, Cursor)]) -> Result<()>;
    /// Puts a stub where there is nothing.
    fn put_stub(&mut self, space: SpaceKey, place: Cursor, id: SegmentId) -> Result<()>;
    /// Returns the segment of a row of [`stored_places`](Self::stored_places).
    fn stored_segment(&mut self, space: SpaceKey, row: i64) -> Result<StoredSegment>;
    /// Returns how many parts of the segment of a number there are, and how many bytes these have.
    fn stored_parts(&mut self, space: SpaceKey, segment: u64) -> Result<(u64, u64)>;
    /// Writes what is noted of a segment besides its place and its head.
    fn put_segment(&mut self, space: SpaceKey, row: i64, segment: &StoredSegment) -> Result<()>;
    /// Forgets which segments are the last ones of their nodes.
    fn forget_last(&mut self, space: SpaceKey) -> Result<()>;
    /// Returns the access records, in the order of their numbers.
    fn stored_records(&mut self, space: SpaceKey) -> Result<Vec<StoredRecord>>;
    /// Returns the bytes of all slots.
    fn stored_slots(&mut self, space: SpaceKey) -> Result<Vec<Vec<u8>>>;
    /// Drops all slots.
    fn drop_slots(&mut self, space: SpaceKey) -> Result<()>;
    /// Returns how many bytes the whole store has.
    fn store_size(&mut self) -> Result<u64>;
    /// Returns how many bytes are staged.
    fn staged_size(&mut self, space: SpaceKey) -> Result<u64>;
    /// Returns the tombstones of all spaces.
    fn tombstones(&mut self) -> Result<Vec<(SpaceKey, Tombstone)>>;
    /// Says which space a tombstone is of.
    fn move_tombstone(&mut self, from: SpaceKey, to: SpaceKey) -> Result<()>;
    /// Notes that a member is to hear that something of the log was lost.
    fn put_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()>;
    /// Returns whether a member is to hear that something of the log was lost.
    fn is_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<bool>;
    /// Notes that a member has heard it.
    fn forget_unheard(&mut self, space: SpaceKey, member: MemberKey) -> Result<()>;
}
