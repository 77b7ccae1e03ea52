//! Tests of segments.

use proptest::prelude::*;

use super::bounds::SealedBounds;
use super::head::bound;
use super::*;
use crate::cursor::Cursor;
use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::ids::{NodeId, RecordHash, SegmentId, SpaceId};
use crate::keys::{Label, SecretKeys};
use crate::seal;
use crate::testing::{Fixed, assert_only_whole};

const MOST: usize = 1 << 20;
const BOUNDS: Bounds =
    Bounds { from: Point { number: 0, digest: 0 }, to: Point { number: 3, digest: 99 } };
const STOOD: Position = Position {
    cursor: Cursor { number: 7, chain: [8; 32] },
    access: RecordHash::from_bytes([9; 32]),
};

fn draft(changes: &[u8]) -> Draft<'_> {
    Draft {
        space: SpaceId::from_bytes([1; 16]),
        node: NodeId::from_bytes([2; 16]),
        previous: None,
        replaces: &[],
        bounds: BOUNDS,
        stood: STOOD,
        changes,
    }
}

fn keys() -> (SecretKeys, EpochKey, Fixed) {
    let mut random = Fixed::new(1);
    (SecretKeys::generate(&mut random), EpochKey::generate(&mut random), random)
}

/// Bytes that no compression makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_core::Rng::fill_bytes(&mut Fixed::new(5), &mut bytes);
    bytes
}

/// Seals a body that was not packed here.
fn seal_body(packed: &[u8]) -> Result<Sealed> {
    let (author, key, mut random) = keys();
    let sealed = draft(b"").seal(&author, &key, &mut random)?;
    let header = sealed.head.header().write()?;
    let bounds = SealedBounds::seal(BOUNDS, &key, &header, &mut random)?;
    let bound = bound(&header, &bounds, 1, 0);
    let part = seal::seal(&key.derived(Purpose::Body), &bound, packed, "part", &mut random)?;
    let parts = vec![part];
    Ok(Sealed { head: Head::write(&header, &bounds, &parts, &author)?, parts })
}

#[test]
fn what_was_sealed_opens() -> Result<()> {
    let (author, key, mut random) = keys();
    let sealed = draft(b"hello").seal(&author, &key, &mut random)?;
    let sent = [sealed.head.as_bytes(), &sealed.parts[0]].concat();
    let (head, part) = Head::read_first(&sent)?;
    assert_eq!(head, sealed.head);
    assert_eq!(head.header().author, author.public().member());
    assert_eq!(head.open_bounds(&key)?, BOUNDS);
    let content = head.open(&key, &[part], MOST)?;
    assert_eq!(content, Content { stood: STOOD, changes: b"hello".to_vec() });
    Ok(())
}

#[test]
fn only_the_whole_segment_opens() -> Result<()> {
    let (author, key, mut random) = keys();
    let replaces = [SegmentId::from_bytes([4; 32])];
    let previous = Some(SegmentId::from_bytes([3; 32]));
    let draft = Draft { previous, replaces: &replaces, ..draft(b"hello") };
    let sealed = draft.seal(&author, &key, &mut random)?;
    let sent = [sealed.head.as_bytes(), &sealed.parts[0]].concat();
    assert_only_whole(&sent, |sent| {
        Head::read_first(sent).is_ok_and(|(head, part)| head.open(&key, &[part], MOST).is_ok())
    });
    Ok(())
}

/// Every field is bound to what is sealed, so that not even the author can change one later.
#[test]
fn a_changed_head_that_the_author_signed_again_does_not_open() -> Result<()> {
    let (author, key, mut random) = keys();
    let replaces = [SegmentId::from_bytes([4; 32])];
    let sealed =
        Draft { replaces: &replaces, ..draft(b"hello") }.seal(&author, &key, &mut random)?;
    let (signed, _) = sealed.head.as_bytes().split_at(sealed.head.as_bytes().len() - 64);
    for at in 0..signed.len() {
        let mut changed = signed.to_vec();
        changed[at] ^= 1 << (at % 8);
        let signature = author.sign(Label::Segment, &changed);
        changed.extend(signature.as_bytes());
        let opened = Head::read(&changed).and_then(|head| head.open(&key, &sealed.parts, MOST));
        assert!(opened.is_err(), "byte {at}");
    }
    Ok(())
}

#[test]
fn another_key_opens_nothing() -> Result<()> {
    let (author, key, mut random) = keys();
    let sealed = draft(b"hello").seal(&author, &key, &mut random)?;
    let other = EpochKey::generate(&mut random);
    assert_eq!(sealed.head.open(&other, &sealed.parts, MOST), Err(Error::OtherEpoch));
    assert_eq!(sealed.head.open_bounds(&other), Err(Error::OtherEpoch));
    Ok(())
}

#[test]
fn a_large_one_goes_in_parts() -> Result<()> {
    let (author, key, mut random) = keys();
    let changes = noise(2 * LONGEST_PART + 5);
    let sealed = draft(&changes).seal(&author, &key, &mut random)?;
    let Sealed { head, mut parts } = sealed;
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part.len() <= LONGEST_PART));
    assert_eq!(head.open(&key, &parts, 4 * MOST)?.changes, changes);
    assert_eq!(head.open(&key, &parts, changes.len() - 1), Err(Error::TooLarge { what: WHAT }));
    assert!(head.open(&key, &parts[..2], 4 * MOST).is_err());
    // Parts of another transfer of the same changes do not fit, nor do they in another order.
    let again = draft(&changes).seal(&author, &key, &mut random)?;
    assert!(head.check_part(0, &again.parts[0]).is_err());
    assert!(head.check_part(1, &parts[0]).is_err());
    assert!(head.check_part(3, &parts[0]).is_err());
    assert!(head.check_part(usize::MAX - 1, &parts[0]).is_err());
    parts.swap(0, 1);
    assert!(head.open(&key, &parts, 4 * MOST).is_err());
    Ok(())
}

#[test]
fn how_a_body_is_cut_is_no_choice() -> Result<()> {
    let (author, key, mut random) = keys();
    let packed = body::pack(&STOOD, b"hello")?;
    let header = draft(b"").seal(&author, &key, &mut random)?.head.header().write()?;
    let bounds = SealedBounds::seal(BOUNDS, &key, &header, &mut random)?;
    let derived = key.derived(Purpose::Body);
    let parts = packed.chunks(packed.len() / 2).enumerate().map(|(index, part)| {
        seal::seal(&derived, &bound(&header, &bounds, 2, index), part, "part", &mut random)
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    assert_eq!(parts.len(), 2);
    let head = Head::write(&header, &bounds, &parts, &author)?;
    let malformed = Error::Malformed { what: WHAT };
    assert_eq!(head.check_part(0, &parts[0]), Err(malformed));
    assert_eq!(head.check_part(1, &parts[1]), Ok(()));
    assert_eq!(head.open(&key, &parts, MOST), Err(malformed));
    Ok(())
}

#[test]
fn a_member_cannot_move_a_part_to_another_place() -> Result<()> {
    let (author, key, mut random) = keys();
    let sealed = draft(b"hello").seal(&author, &key, &mut random)?;
    let other = Draft { node: NodeId::from_bytes([7; 16]), ..draft(b"hello") };
    let other = other.seal(&author, &key, &mut random)?;
    let header = other.head.header().write()?;
    let bounds = SealedBounds::seal(BOUNDS, &key, &header, &mut random)?;
    let moved = Head::write(&header, &bounds, &sealed.parts, &author)?;
    assert_eq!(moved.open(&key, &sealed.parts, MOST), Err(Error::DoesNotOpen { what: WHAT }));
    Ok(())
}

#[test]
fn a_bomb_costs_nothing() -> Result<()> {
    let (_, key, _) = keys();
    let zeros = vec![0; 64 << 20];
    let packed = body::pack(&STOOD, &zeros)?;
    assert!(packed.len() < 10_000);
    let bomb = seal_body(&packed)?;
    assert_eq!(bomb.head.open(&key, &bomb.parts, MOST), Err(Error::TooLarge { what: WHAT }));
    assert_eq!(bomb.head.open(&key, &bomb.parts, zeros.len())?.changes, zeros);
    // It claims less, or more, than its frame says, or more than there is.
    for length in [0, 1, MOST as u64, (64 << 20) + 1, u64::MAX] {
        let mut lying = packed.to_vec();
        lying[72..80].copy_from_slice(&length.to_be_bytes());
        let lying = seal_body(&lying)?;
        assert!(lying.head.open(&key, &lying.parts, 1 << 40).is_err());
    }
    for length in [0, packed.len() as u64, u64::MAX] {
        let mut lying = packed.to_vec();
        lying[80..88].copy_from_slice(&length.to_be_bytes());
        let lying = seal_body(&lying)?;
        assert!(lying.head.open(&key, &lying.parts, 1 << 40).is_err());
    }
    Ok(())
}

#[test]
fn a_body_is_one_frame_and_zeros() -> Result<()> {
    let packed = body::pack(&STOOD, b"hello")?;
    assert!(body::unpack(&packed, MOST).is_ok());
    let longer = |more: &[u8]| [&packed[..], more].concat();
    assert!(body::unpack(&longer(&[0; 64]), MOST).is_err());
    let frame_length = u64::from_be_bytes(packed[80..88].try_into().unwrap()) as usize;
    let frame = &packed[88..88 + frame_length];
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7];
    for (frame, length) in [
        ([frame, frame].concat(), 10),
        ([frame, frame].concat(), 5),
        ([frame, &skippable].concat(), 5),
        ([&skippable, frame].concat(), 5),
        (frame[..frame_length - 1].to_vec(), 5),
        (vec![], 0),
    ] {
        let lengths = [length, frame.len() as u64].map(u64::to_be_bytes);
        let mut body = [&packed[..72], lengths.as_flattened(), &frame].concat();
        body.resize(padded(body.len()), 0);
        assert_eq!(body::unpack(&body, MOST), Err(Error::Malformed { what: WHAT }));
    }
    let mut marked = body::pack(&STOOD, &noise(1000))?.to_vec();
    assert!(body::unpack(&marked, MOST).is_ok());
    *marked.last_mut().unwrap() = 1;
    assert!(body::unpack(&marked, MOST).is_err());
    Ok(())
}

#[test]
fn its_length_tells_little() -> Result<()> {
    let (author, key, mut random) = keys();
    let mut length = |changes: &[u8]| {
        draft(changes).seal(&author, &key, &mut random).map(|sealed| sealed.parts[0].len())
    };
    assert_eq!(length(&noise(1000))?, length(&noise(1010))?);
    Ok(())
}

#[test]
fn a_replacement_stands_for_the_last_one_that_it_replaces() -> Result<()> {
    let (author, key, mut random) = keys();
    let mut seal = |previous, replaces: &[SegmentId]| {
        let draft = Draft { previous, replaces, ..draft(b"hello") };
        draft.seal(&author, &key, &mut random).map(|sealed| sealed.head)
    };
    let first = seal(None, &[])?;
    let second = seal(Some(first.id()), &[])?;
    let third = seal(Some(second.id()), &[])?;
    let united = seal(None, &[first.id(), second.id()])?;
    assert!(second.header().follows(&first));
    assert!(third.header().follows(&second));
    assert!(third.header().follows(&united));
    assert!(!second.header().follows(&united));
    let again = seal(None, &[united.id(), second.id()])?;
    assert!(third.header().follows(&again));
    assert!(!united.header().follows(&first));
    assert!(!first.header().follows(&first));
    let malformed = Err(Error::Malformed { what: WHAT });
    assert_eq!(seal(None, &[first.id(), first.id()]), malformed);
    assert_eq!(seal(Some(first.id()), &[first.id()]), malformed);
    assert_eq!(seal(None, &[SegmentId::from_bytes([0; 32])]), malformed);
    let many: Vec<_> = (0..=MOST_REPLACED)
        .map(|at| SegmentId::from_bytes(std::array::from_fn(|_| 1 + (at % 255) as u8)))
        .collect();
    assert_eq!(seal(None, &many), Err(Error::TooLarge { what: WHAT }));
    Ok(())
}

#[test]
fn bounds_end_after_they_begin() {
    let (author, key, mut random) = keys();
    let bounds = Bounds { from: BOUNDS.to, to: BOUNDS.to };
    let refused = Draft { bounds, ..draft(b"") }.seal(&author, &key, &mut random);
    assert!(matches!(refused, Err(Error::Malformed { .. })));
}

#[test]
fn what_is_newer_needs_an_update() -> Result<()> {
    let (author, key, mut random) = keys();
    let sealed = draft(b"hello").seal(&author, &key, &mut random)?;
    let mut bytes = sealed.head.as_bytes().to_vec();
    bytes[0] = 2;
    assert_eq!(Head::read(&bytes), Err(Error::UpdateNeeded { what: WHAT }));
    Ok(())
}

proptest! {
    #[test]
    fn any_changes_come_back(changes: Vec<u8>, from: u32, more in 1..u32::MAX, digests: [u64; 2]) {
        let (author, key, mut random) = keys();
        let from = Point { number: from.into(), digest: digests[0] };
        let to = Point { number: from.number + u64::from(more), digest: digests[1] };
        let bounds = Bounds { from, to };
        let sealed = Draft { bounds, ..draft(&changes) }.seal(&author, &key, &mut random).unwrap();
        let head = Head::read(sealed.head.as_bytes()).unwrap();
        prop_assert_eq!(head.open_bounds(&key).unwrap(), bounds);
        let content = head.open(&key, &sealed.parts, changes.len()).unwrap();
        prop_assert_eq!(content.changes, changes);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        prop_assert!(Head::read(&bytes).is_err());
        prop_assert!(Head::read(&[&[1, 16][..], &bytes].concat()).is_err());
        let _ = body::unpack(&bytes, MOST);
    }

    #[test]
    fn no_frame_panics(start in 0_usize..72, bytes: Vec<u8>, length in 0_u64..2000) {
        let magic = [0x28, 0xb5, 0x2f, 0xfd];
        for frame in [bytes.clone(), [&magic[..], &bytes].concat()] {
            let lengths = [length, frame.len() as u64].map(u64::to_be_bytes);
            let mut body = [&[0; 72][..], lengths.as_flattened(), &frame].concat();
            body.resize(padded(body.len()), 0);
            let _ = body::unpack(&body, MOST);
            let _ = body::unpack(&body[start..], MOST);
        }
    }
}

#[test]
fn an_outline_says_what_the_head_says_and_notices_each_bit() {
    let (author, key, mut random) = keys();
    let replaces = [3, 4].map(|byte| SegmentId::from_bytes([byte; 32]));
    let previous = Some(SegmentId::from_bytes([2; 32]));
    let changes = noise(2 * LONGEST_PART);
    let draft = Draft { previous, replaces: &replaces, ..draft(&changes) };
    let Sealed { head, parts } = draft.seal(&author, &key, &mut random).unwrap();
    let outline = Outline::read(head.as_bytes(), head.id()).unwrap();
    let Header { space, node, .. } = *head.header();
    assert_eq!((outline.space, outline.node, outline.previous), (space, node, previous));
    assert_eq!((outline.alias, outline.part_count()), (Some(replaces[1]), parts.len()));
    for (at, part) in parts.iter().enumerate() {
        assert!(outline.is_part(at, part) && !outline.is_part(at + 1, part));
    }
    for at in 0..head.as_bytes().len() {
        let mut bytes = head.as_bytes().to_vec();
        bytes[at] ^= 1;
        assert_eq!(Outline::read(&bytes, head.id()), Err(Error::Malformed { what: WHAT }));
    }
}
