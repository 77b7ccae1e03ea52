//! Bytes near those that count: none makes a reader panic, and what a signature or a seal covers is noticed when it is
//! changed. (`fuzz/` goes on where this ends.)

use ara_protocol::access::{Members, Record};
use ara_protocol::keys::{MemberKey, SecretKeys};
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::segments::{
    HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest,
};
use ara_protocol::message::sync::{
    Entry, PlaceInRequest, PushOutcome, PushedSegment, SyncAnswer, SyncRequest,
};
use ara_protocol::message::{Answer, Endpoint, Refusal, SignedRequest, SpaceRequest};
use ara_protocol::pairing::{Invitation, Joining, PairingCode};
use ara_protocol::rand_core::{Rng, SeedableRng};
use ara_protocol::segment::{Bounds, Draft, Head, Point, Position};
use ara_protocol::slot::{Slot, SlotContent};
use ara_protocol::{Cursor, MailboxId, NodeId, Result, SegmentId, SpaceId};
use chacha20::ChaCha20Rng;

/// How often each of the inputs is changed.
const MUTATIONS: usize = 2000;

/// Returns a generator that gives the same numbers each time.
fn fixed(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn below(random: &mut ChaCha20Rng, end: usize) -> usize {
    random.next_u64() as usize % end.max(1)
}

/// Changes some bytes: flips, replaces, inserts, cuts out, repeats, or takes some of another input.
fn mutate(random: &mut ChaCha20Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len() + 1);
        let rest = bytes.len() - at;
        let (length, byte) = (below(random, rest.min(40) + 1), random.next_u32() as u8);
        match below(random, 6) {
            0 if rest > 0 => bytes[at] ^= 1 << (byte % 8),
            1 if rest > 0 => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let again = bytes[at..at + length].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let from = below(random, other.len());
                let length = below(random, other.len() - from + 1);
                bytes.splice(at..at, other[from..from + length].iter().copied());
            }
        }
    }
}

/// What is read of bytes: those that it is written as again, or the reason why it is refused.
type Read = Box<dyn Fn(&[u8]) -> Result<Vec<u8>>>;

/// An input, how it is read, and whether it stands or falls as a whole.
struct Input {
    name: &'static str,
    bytes: Vec<u8>,
    read: Read,
    is_covered: bool,
}

fn open(name: &'static str, bytes: Vec<u8>, read: Read) -> Input {
    Input { name, bytes, read, is_covered: false }
}

fn covered(name: &'static str, bytes: Vec<u8>, read: Read) -> Input {
    Input { name, bytes, read, is_covered: true }
}

/// The life of a space: its records, and what is sealed in it.
fn sealed(random: &mut ChaCha20Rng) -> Result<Vec<Input>> {
    let [laptop, phone, words] = std::array::from_fn(|_| SecretKeys::generate(random));
    let genesis = Record::genesis(&laptop, Some(SpaceId::from_bytes([9; 16])), random)?;
    let mut members = Members::found(&genesis)?;
    let mut records = vec![genesis];
    let mut apply = |members: &mut Members, record: Record| {
        members.apply(&record)?;
        records.push(record);
        Ok(())
    };
    let added = members.add(&laptop, &phone.public(), random)?;
    apply(&mut members, added)?;
    let set = members.set_recovery(&laptop, &words, random)?;
    apply(&mut members, set)?;
    let rotated = members.rotate(&phone, random)?;
    apply(&mut members, rotated)?;
    let moved = members.move_to(&phone, "https://other.example")?;
    apply(&mut members, moved)?;
    let removed = members.remove(&phone, &[laptop.public().member()], random)?;
    apply(&mut members, removed)?;

    let key = members.epoch_keys(&phone)?.newest().clone();
    let stood = Position { cursor: Cursor::start(members.space()), access: members.head() };
    let replaces = [1, 2].map(|byte| SegmentId::from_bytes([byte; 32]));
    let bounds = Bounds { from: Point::default(), to: Point { number: 3, digest: 99 } };
    let draft = Draft {
        space: members.space(),
        node: NodeId::from_bytes([1; 16]),
        previous: Some(SegmentId::from_bytes([3; 32])),
        replaces: &replaces,
        bounds,
        stood,
        changes: &[7; 300],
    };
    let segment = draft.seal(&phone, &key, random)?;
    let content = SlotContent { name: "Pixel".to_owned(), ..SlotContent::default() };
    let slot = Slot::seal(&content, members.space(), 7, &phone, &key, random)?;

    let mut inputs: Vec<_> = records
        .iter()
        .map(|record| {
            let read = |bytes: &[u8]| Record::read(bytes).map(|it| it.as_bytes().to_vec());
            covered("record", record.as_bytes().to_vec(), Box::new(read))
        })
        .collect();
    let head = segment.head.as_bytes().to_vec();
    let read = |bytes: &[u8]| Head::read(bytes).map(|head| head.as_bytes().to_vec());
    inputs.push(covered("head", head.clone(), Box::new(read)));
    let length = head.len();
    let read_key = key.clone();
    let whole = [&head[..], &segment.parts[0]].concat();
    let read = move |bytes: &[u8]| {
        let (head, part) = Head::read_first(bytes)?;
        head.open_bounds(&read_key)?;
        let content = head.open(&read_key, &[part], 1 << 20)?;
        assert_eq!(content.changes, [7; 300]);
        Ok([head.as_bytes(), part].concat())
    };
    inputs.push(covered("segment", whole, Box::new(read)));
    // The part alone, so that its bytes are changed as often as those of the head.
    let (read_key, part) = (key.clone(), segment.parts[0].clone());
    let read = move |bytes: &[u8]| {
        let (head, _) = Head::read_first(&head)?;
        assert_eq!(head.as_bytes().len(), length);
        head.open(&read_key, &[bytes], 1 << 20).map(|_| bytes.to_vec())
    };
    inputs.push(covered("part", part, Box::new(read)));
    let read = move |bytes: &[u8]| {
        let slot = Slot::read(bytes)?;
        slot.open(&key)?;
        Ok(slot.as_bytes().to_vec())
    };
    inputs.push(covered("slot", slot.as_bytes().to_vec(), Box::new(read)));
    Ok(inputs)
}

/// The boxes of a pairing.
fn boxes(random: &mut ChaCha20Rng) -> Result<Vec<Input>> {
    let code = PairingCode::generate(random);
    let text = code.text().to_string();
    let [laptop, phone] = std::array::from_fn(|_| SecretKeys::generate(random));
    let member = laptop.public().member();
    let invitation = Invitation::new(PairingCode::parse(&text)?);
    let (joining, commitment) = Joining::begin(&code, phone.public(), "Pixel", random)?;
    let (answered, answer) = invitation.answer(&commitment, member, random)?;
    let (_, reveal) = joining.reveal(&answer, random)?;
    answered.read_reveal(&reveal)?;

    let invited = text.clone();
    let take = move |bytes: &[u8]| {
        let invitation = Invitation::new(PairingCode::parse(&invited)?);
        invitation.answer(bytes, member, &mut fixed(1)).map(|_| bytes.to_vec())
    };
    let take_answer = move |bytes: &[u8]| {
        let code = PairingCode::parse(&text)?;
        let (joining, _) = Joining::begin(&code, phone.public(), "Pixel", &mut fixed(2))?;
        joining.reveal(bytes, &mut fixed(3)).map(|_| bytes.to_vec())
    };
    Ok(vec![
        covered("commitment", commitment, Box::new(take)),
        covered("answer of a pairing", answer, Box::new(take_answer)),
    ])
}

macro_rules! message {
    ($type:ty, $value:expr) => {{
        let value: $type = $value;
        let read = |bytes: &[u8]| <$type>::read(bytes)?.to_bytes();
        open(stringify!($type), value.to_bytes()?, Box::new(read))
    }};
}

/// What goes over HTTP. Requests and answers are covered by nothing, as they are read after the signature was checked,
/// or come over TLS.
fn messages(random: &mut ChaCha20Rng) -> Result<Vec<Input>> {
    let space = SpaceId::from_bytes([1; 16]);
    let cursor = Cursor::start(space);
    let record = Record::genesis(&SecretKeys::generate(random), None, random)?;
    let entries = vec![
        Entry::Skip { to: cursor },
        Entry::Whole { number: 8, head: vec![1, 2], part: vec![3] },
        Entry::Head { number: 9, head: vec![4; 20] },
        Entry::Pushed { number: 10, at: PlaceInRequest { push: 1, segment: 2 } },
    ];
    let push = PushedSegment { head: vec![1; 30], part: Some(vec![2; 5]) };
    let staged = PushedSegment { head: vec![1; 30], part: None };
    let records = vec![record.as_bytes().to_vec(); 2];
    let keys = SecretKeys::generate(random);
    let content = SpaceRequest { space }.to_bytes();
    let signed = SignedRequest::sign(Endpoint::Find, "http://a", &[7; 40], &content, &keys)?;
    let verify = |bytes: &[u8]| {
        let request = SignedRequest::read(bytes)?;
        request.verify(Endpoint::Find, "http://a").map(|_| bytes.to_vec())
    };
    let deleted =
        Refusal::Deleted { audience: "http://a".to_owned(), request: signed.clone(), records };
    let heads_request = HeadsRequest { space, after: 3, node: Some(NodeId::from_bytes([2; 16])) };
    let parts_request = PartsRequest { space, segment: SegmentId::from_bytes([4; 32]), from: 5 };
    let read_heads = |bytes: &[u8]| HeadsRequest::read(bytes).map(|it| it.to_bytes());
    let read_parts = |bytes: &[u8]| PartsRequest::read(bytes).map(|it| it.to_bytes());
    let member: MemberKey = keys.public().member();
    Ok(vec![
        covered("signed request", signed, Box::new(verify)),
        open("request for heads", heads_request.to_bytes(), Box::new(read_heads)),
        open("request for parts", parts_request.to_bytes(), Box::new(read_parts)),
        message!(Answer, Answer { challenge: vec![1; 40], outcome: Err(deleted) }),
        message!(
            SyncRequest,
            SyncRequest {
                space,
                cursor,
                access: record.hash(),
                slots_seen: 4,
                budget: 5,
                slot: vec![6; 7],
                pushes: vec![vec![push], vec![staged; 2]],
            }
        ),
        message!(
            SyncAnswer,
            SyncAnswer {
                pushes: vec![PushOutcome::Taken, PushOutcome::Conflict],
                took_slot: true,
                knows_access: true,
                records: vec![record.as_bytes().to_vec()],
                knows_cursor: true,
                end: cursor,
                entries: entries.clone(),
                newest_slot: 9,
                slots: vec![vec![2; 30]],
                used: 10,
                limit: 11,
            }
        ),
        message!(
            AccessRequest,
            AccessRequest {
                space,
                after: Some(record.hash()),
                cursor,
                admission: "token".to_owned(),
                records: vec![record.as_bytes().to_vec()],
            }
        ),
        message!(
            AccessAnswer,
            AccessAnswer {
                are_taken: true,
                knows_after: true,
                head: Some(record.hash()),
                records: vec![record.as_bytes().to_vec()],
                is_more: false,
            }
        ),
        message!(HeadsAnswer, HeadsAnswer { entries, end: cursor, is_more: true }),
        message!(PartsAnswer, PartsAnswer { parts: vec![vec![1, 2], vec![3]] }),
        message!(StageRequest, StageRequest { space, part: vec![1; 50] }),
        message!(
            MailboxRequest,
            MailboxRequest::Open { space, mailbox: MailboxId::from_bytes([5; 16]), signer: member }
        ),
    ])
}

#[test]
fn near_what_counts_nothing_panics_and_nothing_passes_for_it() -> Result<()> {
    let seed = 1;
    let random = &mut fixed(seed);
    let mut inputs = sealed(random)?;
    inputs.extend(boxes(random)?);
    inputs.extend(messages(random)?);
    for Input { name, bytes, read, is_covered } in &inputs {
        assert_eq!(read(bytes).as_ref(), Ok(bytes), "{name}");
        for step in 0..MUTATIONS {
            let mut changed = bytes.clone();
            let other = &inputs[below(random, inputs.len())].bytes;
            mutate(random, &mut changed, other);
            let Ok(again) = read(&changed) else { continue };
            assert_eq!(again, changed, "{name}: one value has one encoding, step {step}");
            let passes = *is_covered && changed != *bytes;
            assert!(!passes, "{name}: it was changed, and passes, step {step}, seed {seed}");
        }
    }
    Ok(())
}
