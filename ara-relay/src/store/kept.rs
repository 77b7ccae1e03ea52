//! What is kept, as the relay reads and writes it.

use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, MailboxId, NodeId, RecordHash, SegmentId, SpaceId};

/// In what there is something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A space.
    Space(SpaceId),
    /// A mailbox.
    Mailbox(MailboxId),
}

/// How far a topic is, as numbers of which one is another after each news.
pub type Mark = [u64; 4];

/// By what a store finds what a space has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceKey {
    /// The id of the space.
    pub id: SpaceId,
    /// The number that the store has given the space, or 0 if it gives none.
    pub row: i64,
}

/// A space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// By what the store finds what it has.
    pub key: SpaceKey,
    /// The end of its log.
    pub end: Cursor,
    /// How many access records it has.
    pub records: u64,
    /// How many bytes these have.
    pub records_size: u64,
    /// The last of them.
    pub access: RecordHash,
    /// The recovery member.
    pub recovery: Option<MemberKey>,
    /// How many times a slot was written.
    pub slots: u64,
    /// How many bytes it has in all.
    pub used: u64,
    /// When something was last written, or read for the first time on a day, in seconds of Unix time.
    pub last_use: u64,
    /// Whether a member has deleted it. Then it has a [`Tombstone`] and its access records, and nothing else.
    pub is_deleted: bool,
    /// How many bytes it may have, if the operator has decided so for this space alone.
    pub quota: Option<u64>,
    /// Whether it is served.
    pub state: SpaceState,
}

impl Space {
    /// A space that has nothing yet.
    #[must_use]
    pub fn new(key: SpaceKey) -> Self {
        Self {
            key,
            end: Cursor::start(key.id),
            records: 0,
            records_size: 0,
            access: RecordHash::from_bytes([0; 32]),
            recovery: None,
            slots: 0,
            used: 0,
            last_use: 0,
            is_deleted: false,
            quota: None,
            state: SpaceState::Open,
        }
    }

    /// Returns how far it is.
    #[must_use]
    pub fn mark(&self) -> Mark {
        mark([self.end.number, self.records, self.slots], self.is_deleted, self.state)
    }
}

/// Returns how far a space is.
pub(super) fn mark(
    [number, records, slots]: [u64; 3],
    is_deleted: bool,
    state: SpaceState,
) -> Mark {
    [number, records, slots, u64::from(is_deleted) + 2 * u64::from(state != SpaceState::Open)]
}

/// Whether a space is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpaceState {
    /// It is.
    Open,
    /// The operator has closed it: all that is there stays.
    Closed,
    /// It is being copied from another store, and not all of it is here.
    Arriving,
}

/// Which spaces are listed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Those that have most bytes.
    Size,
    /// Those that were used last the longest time ago.
    Age,
    /// Those whose ids come after one, or all, in the order of the ids.
    After(Option<SpaceId>),
}

/// What a job is going to ask of a space, as far as that is known before.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Who asks.
    pub asked_by: Option<MemberKey>,
    /// Segments that may be there.
    pub ids: Vec<SegmentId>,
    /// Nodes whose last segments are asked for.
    pub nodes: Vec<NodeId>,
    /// The author of a slot.
    pub slot_of: Option<MemberKey>,
    /// A number at which the chain is asked for.
    pub chain_at: Option<u64>,
    /// The number as the relay counts slots after which they are asked for.
    pub slots_after: Option<u64>,
    /// The number after which the log is listed.
    pub list_after: Option<u64>,
}

/// How large a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceSize {
    /// How many bytes it has.
    pub bytes: u64,
    /// How many segments it has that were not replaced.
    pub segments: u64,
}

/// The connections to a database that jobs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// How many there may be.
    pub most: usize,
    /// How many there are.
    pub open: usize,
    /// How many of them are in use.
    pub used: usize,
    /// How many jobs wait for one.
    pub waiting: usize,
}

/// The request that deleted a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The origin of the relay that it was signed for.
    pub audience: String,
    /// The bytes of the signed request.
    pub request: Vec<u8>,
}

/// A segment that was not replaced, as much as is needed to put another one behind it or in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Its number in the log.
    pub number: u64,
    /// Its id.
    pub id: SegmentId,
    /// The last segment that it replaced, by which the next one of its node may name it too.
    pub alias: Option<SegmentId>,
    /// Its node.
    pub node: NodeId,
    /// The number of the one before it, of its node.
    pub before: Option<u64>,
    /// How many bytes its head and its parts have.
    pub size: u64,
}

impl Live {
    /// Returns whether the next segment of the node names this one so.
    #[must_use]
    pub fn is_named(&self, name: SegmentId) -> bool {
        self.id == name || self.alias == Some(name)
    }
}

/// A segment that is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewSegment<'a> {
    /// The place of the log after it.
    pub place: Cursor,
    /// Its id.
    pub id: SegmentId,
    /// The last segment that it replaces.
    pub alias: Option<SegmentId>,
    /// Its node.
    pub node: NodeId,
    /// The number of the one before it, of its node.
    pub before: Option<u64>,
    /// The greatest number of those that it takes the place of, or 0.
    pub replaced_to: u64,
    /// How many bytes its head and its parts have.
    pub size: u64,
    /// How many parts it has.
    pub part_count: u16,
    /// Its head.
    pub head: &'a [u8],
    /// Its only part, or `None` if its parts were staged.
    pub part: Option<&'a [u8]>,
}

/// A segment of the log, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number in the log.
    pub number: u64,
    /// Its id.
    pub id: SegmentId,
    /// The hash of the log's chain there.
    pub chain: [u8; 32],
    /// Its node.
    pub node: NodeId,
    /// The greatest number of those that it took the place of, or 0.
    pub replaced_to: u64,
    /// How many bytes its head and its parts have.
    pub size: u64,
    /// How many parts it has.
    pub part_count: u16,
    /// Its head.
    pub head: Vec<u8>,
}

/// What is known of a slot without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSlot {
    /// The number that its author gave it.
    pub number: u64,
    /// How many bytes it has.
    pub size: u64,
}

/// A mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptMailbox {
    /// The space whose member opened it.
    pub space: SpaceKey,
    /// Who signs the requests for it.
    pub signer: MemberKey,
    /// When it is gone, in seconds of Unix time.
    pub expires: u64,
}

/// A place of a log as it is stored, of a segment or of a stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlace {
    /// By what the store finds the segment wherever its number is, or `None` for a stub.
    pub row: Option<i64>,
    /// Its number.
    pub number: i64,
    /// The id.
    pub id: SegmentId,
    /// The hash of the chain there.
    pub chain: [u8; 32],
}

/// A segment as it is stored, without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSegment {
    /// Its id.
    pub id: SegmentId,
    /// The last segment that it replaces.
    pub alias: Option<SegmentId>,
    /// Its node.
    pub node: NodeId,
    /// The number of the one before it, of its node.
    pub before: Option<u64>,
    /// How many bytes its head and its parts have.
    pub size: u64,
    /// How many parts it has.
    pub part_count: u16,
    /// Its head.
    pub head: Vec<u8>,
}

/// An access record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: RecordHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
