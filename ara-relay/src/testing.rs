//! What the tests share: a relay whose clock and randomness are fixed, and members of a space that talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ara_protocol::access::{Members, Record};
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::message::segments::{
    HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest,
};
use ara_protocol::message::sync::{Entry, PushOutcome, PushedSegment, SyncAnswer, SyncRequest};
use ara_protocol::message::{Answer, Endpoint, Refusal, SignedRequest};
use ara_protocol::rand_core::{Rng, SeedableRng};
use ara_protocol::segment::{Bounds, Draft, Point, Position, Sealed};
use ara_protocol::slot::{Slot, SlotContent};
use ara_protocol::{Cursor, NodeId, SegmentId, SpaceId};
use chacha20::ChaCha20Rng;

use crate::options::RelayOptions;
use crate::relay::Relay;
use crate::testing::stores::test_store;

pub(crate) mod failing;
pub(crate) mod stores;

pub(crate) const ORIGIN: &str = "http://relay.example";

/// When the clock of a test starts.
pub(crate) const START: u64 = 1_700_000_000;

/// Returns a generator that gives the same bytes each time.
pub(crate) fn fixed(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn copy(keys: &SecretKeys) -> SecretKeys {
    SecretKeys::from_bytes(&keys.to_bytes())
}

pub(crate) const fn node(number: u8) -> NodeId {
    NodeId::from_bytes([number; 16])
}

/// The options of a test, and its clock.
pub(crate) fn options() -> (RelayOptions, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(START));
    let shown = clock.clone();
    let options = RelayOptions {
        origins: vec!["http://other.example".to_owned(), ORIGIN.to_owned()],
        clock: Arc::new(move || shown.load(Ordering::SeqCst)),
        entropy: Arc::new(|bytes| {
            bytes.fill(7);
            true
        }),
        ..RelayOptions::default()
    };
    (options, clock)
}

/// A space at a relay, as its members know it.
pub(crate) struct TestSpace {
    pub(crate) relay: Arc<Relay>,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) members: Members,
    pub(crate) log: Vec<Record>,
    pub(crate) laptop: SecretKeys,
    pub(crate) random: ChaCha20Rng,
}

impl TestSpace {
    /// Founds a space at a new relay.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Founds a space at a new relay of other options.
    pub(crate) fn with(change: impl FnOnce(&mut RelayOptions)) -> Self {
        let space = Self::with_unfounded(change);
        space.put_records(&space.laptop, &space.log).unwrap();
        space
    }

    /// Makes a space of which a new relay of other options knows nothing.
    pub(crate) fn with_unfounded(change: impl FnOnce(&mut RelayOptions)) -> Self {
        let (mut options, clock) = options();
        change(&mut options);
        let relay = Arc::new(Relay::new(test_store(), options).unwrap());
        Self::unfounded(relay, clock, 1)
    }

    /// Makes a space of which the relay knows nothing.
    pub(crate) fn unfounded(relay: Arc<Relay>, clock: Arc<AtomicU64>, seed: u64) -> Self {
        let mut random = fixed(seed);
        let laptop = SecretKeys::generate(&mut random);
        let genesis = Record::genesis(&laptop, None, &mut random).unwrap();
        let members = Members::found(&genesis).unwrap();
        Self { relay, clock, members, log: vec![genesis], laptop, random }
    }

    pub(crate) fn id(&self) -> SpaceId {
        self.members.space()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Signs a request.
    pub(crate) fn signed(&self, endpoint: Endpoint, content: &[u8], keys: &SecretKeys) -> Vec<u8> {
        let challenge = self.relay.answer(Endpoint::Challenge, &content[..16], None);
        let challenge = Answer::read(&challenge.body).unwrap().challenge;
        SignedRequest::sign(endpoint, ORIGIN, &challenge, content, keys).unwrap()
    }

    /// Sends a request.
    pub(crate) fn ask(
        &self,
        endpoint: Endpoint,
        content: &[u8],
        keys: &SecretKeys,
    ) -> Result<Vec<u8>, Refusal> {
        let answer = self.relay.answer(endpoint, &self.signed(endpoint, content, keys), None);
        let read = Answer::read(&answer.body).unwrap();
        let status = read.outcome.as_ref().map_or_else(Refusal::status, |_| 200);
        assert_eq!(answer.status, status);
        read.outcome
    }

    pub(crate) fn put_records(
        &self,
        keys: &SecretKeys,
        records: &[Record],
    ) -> Result<AccessAnswer, Refusal> {
        let records = records.iter().map(|record| record.as_bytes().to_vec()).collect();
        self.access(keys, AccessRequest { records, ..self.access_request() })
    }

    /// A request that sends no records, from somebody who has read all.
    pub(crate) fn access_request(&self) -> AccessRequest {
        AccessRequest {
            space: self.id(),
            after: None,
            cursor: self.end(),
            admission: String::new(),
            records: vec![],
        }
    }

    pub(crate) fn access(
        &self,
        keys: &SecretKeys,
        request: AccessRequest,
    ) -> Result<AccessAnswer, Refusal> {
        let answer = self.ask(Endpoint::Access, &request.to_bytes().unwrap(), keys)?;
        Ok(AccessAnswer::read(&answer).unwrap())
    }

    /// Takes a record over here, without telling the relay.
    pub(crate) fn apply(&mut self, record: Record) -> Record {
        self.members.apply(&record).unwrap();
        self.log.push(record.clone());
        record
    }

    /// Adds a device, here and at the relay.
    pub(crate) fn add_device(&mut self) -> SecretKeys {
        let device = SecretKeys::generate(&mut self.random);
        let record = self.members.add(&self.laptop, &device.public(), &mut self.random).unwrap();
        self.apply_there(record);
        device
    }

    pub(crate) fn rotate(&mut self) {
        let record = self.members.rotate(&self.laptop, &mut self.random).unwrap();
        self.apply_there(record);
    }

    pub(crate) fn remove(&mut self, out: &SecretKeys) {
        let out = [out.public().member()];
        let record = self.members.remove(&self.laptop, &out, &mut self.random).unwrap();
        self.apply_there(record);
    }

    pub(crate) fn set_recovery(&mut self) -> SecretKeys {
        let words = SecretKeys::generate(&mut self.random);
        let record = self.members.set_recovery(&self.laptop, &words, &mut self.random).unwrap();
        self.apply_there(record);
        words
    }

    pub(crate) fn apply_there(&mut self, record: Record) {
        let record = self.apply(record);
        assert!(self.put_records(&self.laptop, &[record]).unwrap().are_taken);
    }

    /// Seals a segment of a node.
    pub(crate) fn seal(
        &mut self,
        author: &SecretKeys,
        node: NodeId,
        previous: Option<SegmentId>,
        replaces: &[SegmentId],
        changes: &[u8],
    ) -> Sealed {
        let keys = self.members.epoch_keys(author).unwrap();
        let bounds = Bounds { from: Point::default(), to: Point { number: 1, digest: 2 } };
        let stood = Position { cursor: Cursor::start(self.id()), access: self.members.head() };
        Draft { space: self.id(), node, previous, replaces, bounds, stood, changes }
            .seal(author, keys.newest(), &mut self.random)
            .unwrap()
    }

    /// Seals and pushes a segment, which must be taken.
    pub(crate) fn append(&mut self, node: NodeId, previous: Option<SegmentId>) -> SegmentId {
        let author = copy(&self.laptop);
        let sealed = self.seal(&author, node, previous, &[], b"changes");
        assert_eq!(self.push(&[&sealed]), PushOutcome::Taken);
        sealed.head.id()
    }

    /// Appends several segments of a node, and returns their ids.
    pub(crate) fn append_many(&mut self, node: NodeId, count: usize) -> Vec<SegmentId> {
        let mut ids: Vec<SegmentId> = vec![];
        for _ in 0..count {
            ids.push(self.append(node, ids.last().copied()));
        }
        ids
    }

    /// Pushes segments together.
    pub(crate) fn push(&self, push: &[&Sealed]) -> PushOutcome {
        self.sync(&self.laptop, self.pushing(&[push])).unwrap().pushes[0]
    }

    /// A request that pushes, and wants nothing back.
    pub(crate) fn pushing(&self, pushes: &[&[&Sealed]]) -> SyncRequest {
        let pushes = pushes.iter().map(|push| push.iter().map(|it| pushed(it)).collect());
        SyncRequest { pushes: pushes.collect(), ..self.request() }
    }

    /// A request that asks for nothing.
    pub(crate) fn request(&self) -> SyncRequest {
        SyncRequest {
            space: self.id(),
            cursor: Cursor::start(self.id()),
            access: self.members.head(),
            slots_seen: 0,
            budget: 0,
            slot: vec![],
            pushes: vec![],
        }
    }

    pub(crate) fn sync(
        &self,
        keys: &SecretKeys,
        request: SyncRequest,
    ) -> Result<SyncAnswer, Refusal> {
        let answer = self.ask(Endpoint::Sync, &request.to_bytes().unwrap(), keys)?;
        Ok(SyncAnswer::read(&answer).unwrap())
    }

    /// What follows a cursor.
    pub(crate) fn read(&self, cursor: Cursor, budget: u32) -> SyncAnswer {
        self.sync(&self.laptop, SyncRequest { cursor, budget, ..self.request() }).unwrap()
    }

    /// The end of the log at the relay, or its start if it is not there.
    pub(crate) fn end(&self) -> Cursor {
        let answer = self.sync(&self.laptop, self.request());
        answer.map_or(Cursor::start(self.id()), |answer| answer.end)
    }

    pub(crate) fn heads(&self, after: u64, node: Option<NodeId>) -> HeadsAnswer {
        let request = HeadsRequest { space: self.id(), after, node };
        let answer = self.ask(Endpoint::Heads, &request.to_bytes(), &self.laptop).unwrap();
        HeadsAnswer::read(&answer).unwrap()
    }

    pub(crate) fn parts(&self, segment: SegmentId, from: u16) -> Vec<Vec<u8>> {
        let request = PartsRequest { space: self.id(), segment, from };
        let answer = self.ask(Endpoint::Parts, &request.to_bytes(), &self.laptop).unwrap();
        PartsAnswer::read(&answer).unwrap().parts
    }

    pub(crate) fn stage(&self, part: &[u8]) -> Result<(), Refusal> {
        let request = StageRequest { space: self.id(), part: part.to_vec() };
        self.ask(Endpoint::Stage, &request.to_bytes().unwrap(), &self.laptop).map(|_| ())
    }

    pub(crate) fn slot(&mut self, author: &SecretKeys, number: u64) -> Slot {
        let content = SlotContent { name: "a".repeat(200), ..SlotContent::default() };
        let keys = self.members.epoch_keys(author).unwrap();
        Slot::seal(&content, self.id(), number, author, keys.newest(), &mut self.random).unwrap()
    }
}

/// A segment as it is pushed: with its part, if it has only one.
pub(crate) fn pushed(sealed: &Sealed) -> PushedSegment {
    let part = if let [part] = &sealed.parts[..] { Some(part.clone()) } else { None };
    PushedSegment { head: sealed.head.as_bytes().to_vec(), part }
}

/// Bytes that no compression makes shorter.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fixed(5).fill_bytes(&mut bytes);
    bytes
}

/// Entries in short: `s3` skips to 3, `w4` and `h5` are segments with and without their part, and the request brought `p6`.
pub(crate) fn short(entries: &[Entry]) -> String {
    let short = |entry: &Entry| {
        let kind = match entry {
            Entry::Skip { .. } => 's',
            Entry::Whole { .. } => 'w',
            Entry::Head { .. } => 'h',
            Entry::Pushed { .. } => 'p',
            _ => '?',
        };
        format!("{kind}{}", entry.number())
    };
    entries.iter().map(short).collect::<Vec<_>>().join(" ")
}
