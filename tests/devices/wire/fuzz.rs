//! Bytes that nobody thought of: none makes the codec or a merge panic, or leaves a database other than
//! its log says. (`fuzz/` goes on where this ends.)

use ara::prelude::*;
use ara::{Changes, VersionVector};

use crate::wire::{START, Todo, exported, forgotten, sample};
use support::cases::scaled;
use support::random::Random;
use support::wire::{Batch, Cell, Change, Point, Run, record};
use support::{Outcome, verified};

/// Bytes before the payload.
const HEAD: usize = 24;

/// Payloads of batches of all kinds: what databases write, and what none would.
fn corpus() -> Outcome<Vec<Vec<u8>>> {
    let mut records = vec![sample().encode()];
    let mut forked = sample();
    forked.runs[0].is_forked = true;
    let twin = Change { row: vec![5; 16], ..forked.runs[0].changes[2].clone() };
    forked.runs[0].changes.push(twin);
    forked.runs[0].changes[1].more = vec![0x82, 0x01, 2, 7, 7];
    records.push(forked.in_order().seal().encode());
    let mut odd = sample();
    odd.columns = ["is_deleted", "id", "A\"b", "later"].map(str::to_owned).into();
    odd.runs[0].node = vec![8; 16];
    odd.runs[0].changes[1].cells.push(Cell::unknown(3, 10, b"new").marked(1, &[8; 24]));
    odd.runs[0].changes[2].cells.push(Cell::addition(2, 4, 5).marked(2, &[]));
    records.push(odd.clone().seal().encode());
    records.push(forgotten().encode());
    let mut beside = forgotten();
    beside.runs[0].changes[0].cells.push(Cell::text(1, "beside it"));
    beside.runs[0].changes[1].cells.push(Cell::forgotten(0, b"newer"));
    beside.runs[0].changes[2].cells = vec![Cell::forgotten(1, &[])];
    beside.runs[0].changes[3].cells.push(Cell::integer(0, 0));
    records.push(beside.seal().encode());
    let several = Batch { runs: [sample().runs, odd.runs].concat(), ..sample() };
    records.push(several.seal().encode());

    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    for db in [&laptop, &phone] {
        db.transaction(|tx| {
            let milk = tx.create(Todo::draft().title("Buy milk").stars(0.5))?;
            tx.update(Todo::patch(milk).done(true))?;
            tx.delete(milk)
        })?;
    }
    for bytes in exported(&laptop)? {
        phone.merge(&Changes::from_bytes(&bytes)?)?;
    }
    records.extend(exported(&phone)?);
    laptop.compact(&[laptop.version_vector()?])?;
    records.extend(exported(&laptop)?);
    laptop.forget_deleted(Timestamp::from_millis(i64::MAX))?;
    records.extend(exported(&laptop)?);
    Ok(records.into_iter().map(|record| record[HEAD..].to_vec()).collect())
}

/// Changes some bytes of it.
fn mutate(random: &mut Random, payload: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(payload.len() + 1);
        let rest = payload.len() - at;
        let (length, byte) = (random.below(rest.min(24) + 1), random.next() as u8);
        match random.below(6) {
            0 if rest > 0 => payload[at] ^= 1 << (byte % 8),
            1 if rest > 0 => payload[at] = byte,
            2 => payload.insert(at, byte),
            3 => drop(payload.drain(at..at + length)),
            4 => {
                let again = payload[at..at + length].to_vec();
                payload.splice(at..at, again);
            }
            _ => {
                let from = random.below(other.len());
                let length = random.below(other.len() - from + 1);
                payload.splice(at..at, other[from..from + length].iter().copied());
            }
        }
    }
}

fn mutated(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = corpus[random.below(corpus.len())].clone();
    let other = &corpus[random.below(corpus.len())];
    mutate(random, &mut payload, other);
    payload
}

/// A batch of a few nodes that write the same few rows under the same few stamps, and not always as a
/// database would.
fn quarrel(random: &mut Random) -> Batch {
    let mut batch = sample();
    batch.tables = ["todo", "plant", "Odd\""].map(str::to_owned).into();
    batch.columns.extend(["is_deleted", "Odd\"", "more"].map(str::to_owned));
    batch.runs.clear();
    for node in 7..8 + random.below(3) {
        let (mut number, mut step) = (0, 1 + random.below(2) as i64);
        let mut changes = Vec::new();
        for _ in 0..=random.below(5) {
            number += step;
            let row = vec![random.below(3) as u8; 16];
            let cells = (0..random.below(4)).map(|_| cell(random)).collect();
            let stamp = START + random.below(4) as i64;
            let ends = random.below(3) > 0;
            let date = (random.below(4) == 0).then(|| random.next() as i64 >> random.below(64));
            let others = (random.below(4) == 0).then(|| random.next() as u32);
            let mark = (random.below(3) == 0).then_some(0);
            let table = random.below(12) / 5;
            // What is told of dropped changes cannot be held against them.
            let original = (random.below(6) == 0).then(|| random.next() % 3);
            let dropped = random.next().checked_rem(3 * (random.next() % 2)).unwrap_or(0);
            // Most often, as many as there are numbers left out.
            let gap: Vec<u8> = match random.below(8) {
                0 => (0..random.below(9)).map(|_| random.next() as u8).collect(),
                _ => (1..step).flat_map(|_| [0, 0, 0, random.below(3) as u8]).collect(),
            };
            let dropped = if gap.is_empty() && random.below(8) > 0 { 0 } else { dropped };
            let number = if random.below(50) == 0 { number + (1 << 50) } else { number };
            changes.push(Change {
                number,
                stamp,
                table,
                row,
                cells,
                ends,
                date,
                others,
                mark,
                original,
                dropped,
                gap,
                more: vec![],
            });
            step = [1, 1, 1, 1, 2, 3, 0][random.below(7)];
        }
        if let Some(last) = changes.last_mut() {
            last.ends = true;
        }
        let is_forked = random.below(3) == 0;
        batch.runs.push(Run { node: vec![node as u8; 16], changes, is_forked, ..Run::default() });
    }
    let batch = if random.below(3) > 0 { batch.in_order() } else { batch };
    let mut batch = batch.seal();
    if let (0, Some(run)) = (random.below(4), batch.runs.first_mut()) {
        let odd = Point { number: random.below(4) as i64, digest: random.next() };
        match random.below(4) {
            0 => run.from = odd,
            1 => run.to = odd,
            2 => run.changes[0].ends = false,
            _ => run.changes[0].stamp += 1,
        }
    }
    batch
}

fn cell(random: &mut Random) -> Cell {
    let column = random.below(7);
    match random.below(8) {
        7 => Cell::forgotten(column, [&[][..], &[1], b"newer"][random.below(3)]),
        0 => Cell::null(column),
        1 => Cell::integer(column, random.below(4) as i64 - 1),
        2 => Cell::real(column, random.next()),
        3 => Cell::unknown(column, 10, b"new"),
        4 => Cell::addition(column, random.below(9) as i64 - 4, random.next() as i64),
        5 => Cell::text(column, "marked")
            .marked(random.below(4) as u64, &random.next().to_le_bytes()),
        _ => Cell::text(column, "some text"),
    }
}

#[test]
fn no_bytes_are_too_bad_to_be_read() -> Outcome {
    let (mut random, corpus) = (Random::new(), corpus()?);
    let mut read = 0;
    for _ in 0..20_000 {
        let payload = mutated(&mut random, &corpus);
        // A checksum that is not right, and one that is.
        let _ = Changes::from_bytes(&payload);
        let _ = VersionVector::from_bytes(&record(b'v', &payload));
        let Ok(changes) = Changes::from_bytes(&record(b'c', &payload)) else { continue };
        let again = Changes::from_bytes(&changes.to_bytes())?;
        assert_eq!(again.to_bytes(), changes.to_bytes());
        read += 1;
    }
    assert!(read > 2000, "{read}");
    Ok(())
}

#[test]
fn no_changes_are_too_bad_to_be_merged() -> Outcome {
    let (mut random, corpus) = (Random::new(), corpus()?);
    let mut taken = 0;
    for _ in 0..scaled(20) {
        let db = Database::memory()?;
        db.create(Todo::draft().title("Mine"))?;
        for _ in 0..24 {
            let payload = match random.below(2) {
                0 => mutated(&mut random, &corpus),
                _ => quarrel(&mut random).encode().split_off(HEAD),
            };
            let Ok(changes) = Changes::from_bytes(&record(b'c', &payload)) else { continue };
            let before = db.version_vector()?;
            let report = db.merge(&changes)?;
            taken += report.changes;
            // That changes were dropped before a known one can be news.
            if report.changes + report.known == 0 {
                assert_eq!(db.version_vector()?, before);
            }
            verified(&db)?;
        }
        let id = db.create(Todo::draft().title("Still mine"))?;
        assert!(db.get(id)?.is_some());
        // It is all passed on, and nothing of it is refused elsewhere.
        let mut last = db;
        for bytes in [1, 300, 1 << 20] {
            let next = Database::memory()?;
            for changes in last.changes_since(&VersionVector::default())?.in_batches_of(bytes) {
                let report = next.merge(&Changes::from_bytes(&changes?.to_bytes())?)?;
                assert_eq!(report.refused, []);
            }
            assert_eq!(next.version_vector()?, last.version_vector()?);
            verified(&next)?;
            next.rebuild()?;
            verified(&next)?;
            last = next;
        }
    }
    assert!(taken > 20, "{taken}");
    Ok(())
}
