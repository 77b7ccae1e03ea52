//! Bytes that were damaged or cut off, or that something else wrote, are refused whole.

use ara::prelude::*;
use ara::{Changes, Error, VersionVector};
use xxhash_rust::xxh3::xxh3_64;

use crate::wire::{forgotten, sample};
use support::wire::{Batch, record};
use support::{Outcome, verified};

#[track_caller]
fn refused<T>(read: ara::Result<T>) -> String {
    match read {
        Err(error @ (Error::Unreadable { .. } | Error::NewerChanges { .. })) => error.to_string(),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it was read"),
    }
}

#[test]
fn every_truncation_is_refused() -> Outcome {
    let changes = sample().encode();
    let vector = vector()?;
    for end in 0..changes.len() {
        refused(Changes::from_bytes(&changes[..end]));
    }
    for end in 0..vector.len() {
        refused(VersionVector::from_bytes(&vector[..end]));
    }
    for more in [&[0][..], &changes] {
        refused(Changes::from_bytes(&[&changes, more].concat()));
    }
    Ok(())
}

#[test]
fn every_bit_that_flips_is_noticed() -> Outcome {
    fn flipped(bytes: &[u8], read: impl Fn(&[u8])) {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            read(&flipped);
        }
    }
    flipped(&sample().encode(), |bytes| drop(refused(Changes::from_bytes(bytes))));
    flipped(&vector()?, |bytes| drop(refused(VersionVector::from_bytes(bytes))));
    Ok(())
}

/// What flips and what is cut off, though the checksum is right: if it can be read at all, it does no harm.
#[test]
fn no_bit_that_was_changed_on_purpose_does_harm() -> Outcome {
    [sample(), forgotten()].iter().try_for_each(changed_on_purpose)
}

fn changed_on_purpose(sample: &Batch) -> Outcome {
    let payload = sample.encode().split_off(24);
    let mut payloads: Vec<_> = (0..payload.len()).map(|end| payload[..end].to_vec()).collect();
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        payloads.push(flipped);
    }
    for payloads in payloads.chunks(100) {
        let db = Database::memory()?;
        for payload in payloads {
            let Ok(changes) = Changes::from_bytes(&record(b'c', payload)) else { continue };
            db.merge(&changes)?;
            verified(&db)?;
        }
        db.merge(&sample.changes()?)?;
        verified(&db)?;
        db.rebuild()?;
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn the_first_format_is_refused() -> Outcome {
    let of_first = |mut bytes: Vec<u8>| {
        bytes[4] = 1;
        let checksum = xxh3_64(&[&bytes[..16], &bytes[24..]].concat());
        bytes[16..24].copy_from_slice(&checksum.to_le_bytes());
        bytes
    };
    let (changes, vector) = (of_first(sample().encode()), of_first(vector()?));
    let told = [
        refused(Changes::from_bytes(&changes)),
        refused(Changes::read_from(&*changes).collect::<ara::Result<Vec<_>>>()),
        refused(VersionVector::from_bytes(&vector)),
    ];
    for told in told {
        let expected = "an ara from before its first release wrote them: update that app";
        assert!(told.ends_with(expected), "{told}");
    }
    Ok(())
}

fn vector() -> ara::Result<Vec<u8>> {
    let db = Database::memory()?;
    db.merge(&sample().changes()?)?;
    Ok(db.version_vector()?.to_bytes())
}

#[test]
fn a_refusal_says_what_to_do() -> ara::Result<()> {
    let changes = sample().encode();
    let cut = "these bytes are no changes of ara's: they are cut off: send them again";
    assert_eq!(refused(Changes::from_bytes(&changes[..100])), cut);

    let mut damaged = changes.clone();
    damaged[100] ^= 1;
    let expected = "these bytes are no changes of ara's: they are damaged: send them again";
    assert_eq!(refused(Changes::from_bytes(&damaged)), expected);

    let mut newer = changes.clone();
    newer[4] = 3;
    let expected = "these bytes are no changes of ara's: they are damaged, or a newer ara wrote them: send them again, \
                    or update the app";
    assert_eq!(refused(Changes::from_bytes(&newer)), expected);
    let checksum = xxh3_64(&[&newer[..16], &newer[24..]].concat());
    newer[16..24].copy_from_slice(&checksum.to_le_bytes());
    let expected = "the changes came in format 3, and this version of ara reads formats up to 2: update the app";
    assert_eq!(refused(Changes::from_bytes(&newer)), expected);
    assert_eq!(refused(Changes::read_from(&*newer).collect::<ara::Result<Vec<_>>>()), expected);

    let foreign =
        "these bytes are no changes of ara's: another program wrote them, or they are damaged";
    assert_eq!(refused(Changes::from_bytes(b"SQLite format 3\0, and some more")), foreign);
    assert_eq!(refused(Changes::from_bytes(b"foobar")), foreign);
    assert_eq!(refused(Changes::from_bytes(b"arab")), cut);
    assert_eq!(
        refused(Changes::read_from(&b"foobar"[..]).collect::<ara::Result<Vec<_>>>()),
        foreign
    );
    let mut end = Vec::new();
    Changes::write_end(&mut end)?;
    let vector = VersionVector::default().to_bytes();
    let expected = "these bytes are no version vector of ara's: they are changes: read them by `Changes::from_bytes`";
    assert_eq!(refused(VersionVector::from_bytes(&changes)), expected);
    let expected = "these bytes are no changes of ara's: they are a version vector: read them by `VersionVector::from_bytes`";
    assert_eq!(refused(Changes::from_bytes(&vector)), expected);
    assert_eq!(refused(Changes::read_from(&*vector).collect::<ara::Result<Vec<_>>>()), expected);
    let expected = "these bytes are no changes of ara's: they are the end of changes: read these by `Changes::read_from`";
    assert_eq!(refused(Changes::from_bytes(&end)), expected);
    let more =
        "these bytes are no changes of ara's: more follows: read a file of them by `read_from`";
    assert_eq!(refused(Changes::from_bytes(&[&*changes, b"more"].concat())), more);
    let vector = [vector, b"more".to_vec()].concat();
    let more = "these bytes are no version vector of ara's: bytes follow that do not belong to it";
    assert_eq!(refused(VersionVector::from_bytes(&vector)), more);
    let empty = record(b'c', &[0xff]);
    let laid_out = "these bytes are no changes of ara's: they are not laid out as changes are";
    assert_eq!(refused(Changes::from_bytes(&empty)), laid_out);
    Ok(())
}

#[test]
fn a_vector_names_each_node_once() {
    let point = [1 << 3, 1];
    let node = |id: &[u8]| {
        let mut node = Vec::new();
        support::wire::put_bytes(&mut node, 1, id);
        support::wire::put_bytes(&mut node, 2, &point);
        let mut field = Vec::new();
        support::wire::put_bytes(&mut field, 1, &node);
        field
    };
    let read = |nodes: &[Vec<u8>]| VersionVector::from_bytes(&record(b'v', &nodes.concat()));
    assert_eq!(read(&[node(&[1; 16]), node(&[2; 16])]).map(|vector| vector.len()).ok(), Some(2));
    refused(read(&[node(&[1; 16]), node(&[1; 16])]));
    refused(read(&[node(&[1; 15])]));
    refused(read(&[node(&[])]));
}
