//! What a device does not know it passes on, bit for bit.

use ara::prelude::*;
use proptest::prelude::*;

use crate::wire::{START, exported, sample, sent};
use support::cases::scaled;
use support::wire::{Batch, Cell, Change, Run, integer_of, led};
use support::{Outcome, verified};

/// A value of any kind, of those that no version knows yet too, with any mark.
fn cell(column: usize) -> BoxedStrategy<Cell> {
    let real = prop_oneof![
        any::<u64>(),
        Just((-0.0_f64).to_bits()),
        Just(5e-324_f64.to_bits()),
        // Three of the many NaNs.
        Just(f64::NAN.to_bits()),
        Just(0x7ff0_0000_0000_0001),
        Just(u64::MAX),
    ];
    let integer = prop_oneof![any::<i64>(), -2..3_i64, Just((1 << 53) + 1), Just(i64::MIN)];
    let cell = prop_oneof![
        Just(Cell::null(column)),
        integer.prop_map(move |integer| Cell::integer(column, integer)),
        real.prop_map(move |bits| Cell::real(column, bits)),
        any::<String>().prop_map(move |text| Cell::text(column, &text)),
        any::<Vec<u8>>().prop_map(move |bytes| Cell::blob(column, &bytes)),
        (7..16_u8, any::<Vec<u8>>())
            .prop_map(move |(tag, bytes)| Cell::unknown(column, tag, &bytes)),
    ];
    let marks = prop::option::weighted(0.2, (0..5_u64, any::<Vec<u8>>()));
    (cell, marks)
        .prop_map(|(cell, mark)| match mark {
            Some((kind, bytes)) => cell.marked(kind, &bytes),
            None => cell,
        })
        .boxed()
}

/// A field that no version knows yet, of a number from 13 on, and of any type but a group.
fn field() -> impl Strategy<Value = (u64, Vec<u8>)> {
    let number = prop_oneof![13..20_u64, 16..(1_u64 << 29)];
    let value = prop_oneof![
        any::<u64>().prop_map(|integer| (0, integer_of(integer))),
        any::<[u8; 8]>().prop_map(|bytes| (1, bytes.to_vec())),
        any::<Vec<u8>>().prop_map(|bytes| (2, led(&bytes))),
        any::<[u8; 4]>().prop_map(|bytes| (5, bytes.to_vec())),
    ];
    (number, value).prop_map(|(number, (wire_type, value))| {
        (number, [integer_of(number << 3 | wire_type), value].concat())
    })
}

fn change() -> impl Strategy<Value = Change> {
    let cells = (any::<bool>(), prop::collection::vec(any::<bool>(), 4)).prop_flat_map(
        |(is_made, columns)| {
            let is_made = is_made.then(|| Just(Cell::integer(0, 0)).boxed());
            let columns = columns.into_iter().zip(1..).filter(|(has, _)| *has);
            is_made.into_iter().chain(columns.map(|(_, at)| cell(at))).collect::<Vec<_>>()
        },
    );
    let more = prop::collection::vec(field(), 0..3).prop_map(|mut fields| {
        fields.sort_by_key(|(number, _)| *number);
        fields.into_iter().flat_map(|(_, field)| field).collect()
    });
    let original = prop::option::weighted(0.2, any::<u64>());
    let nothing = Just((0, vec![]));
    let some = (any::<u64>(), prop::collection::vec(any::<[u8; 4]>(), 1..4));
    let dropped = prop_oneof![4 => nothing, 1 => some];
    let date = prop_oneof![Just(None), (0..1_i64 << 46).prop_map(Some)];
    let head = (any::<bool>(), date, any::<bool>(), original, dropped);
    (-1_i64 << 24..1 << 24, 0..4_u8, cells, head, more).prop_map(
        |(stamp, row, cells, (ends, date, is_marked, original, (dropped, gap)), more)| Change {
            stamp,
            row: vec![row; 16],
            cells,
            ends,
            date: date.filter(|_| ends),
            mark: is_marked.then_some(0),
            original,
            dropped,
            gap: gap.concat(),
            more,
            ..Change::default()
        },
    )
}

/// Changes of one node, in whole transactions.
fn batch() -> impl Strategy<Value = Batch> {
    prop::collection::vec(change(), 1..12).prop_map(|mut changes| {
        let (mut number, mut stamp) = (0, START);
        for change in &mut changes {
            number += 1 + change.gap.len() as i64 / 4;
            change.number = number;
            stamp += change.stamp;
            change.stamp = stamp;
        }
        if let Some(last) = changes.last_mut() {
            last.ends = true;
        }
        // The names that are used, in the order in which they first are.
        let all = ["is_deleted", "title", "done", "stars", "later"];
        let mut used = Vec::new();
        for cell in changes.iter_mut().flat_map(|change| &mut change.cells) {
            let known = used.iter().position(|at| *at == cell.column);
            let place = known.unwrap_or(used.len());
            if known.is_none() {
                used.push(cell.column);
            }
            cell.column = place;
        }
        let columns = used.into_iter().map(|at| all[at].to_owned()).collect();
        let run = Run { node: vec![7; 16], changes, ..Run::default() };
        Batch { tables: vec!["todo".to_owned()], columns, runs: vec![run] }.seal()
    })
}

/// Through two databases, and back to bytes.
#[track_caller]
fn passed_on(batch: &Batch) -> Outcome {
    let bytes = batch.encode();
    let changes = batch.changes()?;
    assert!(changes.to_bytes() == bytes, "they are not written as they were read");
    let (old, older) = (Database::memory()?, Database::memory()?);
    let report = old.merge(&changes)?;
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    for bytes in exported(&old)? {
        older.merge(&ara::Changes::from_bytes(&bytes)?)?;
    }
    for db in [&old, &older] {
        let verification = db.verify()?;
        assert!(verification.holds(), "{:?}", verification.differences);
        let [exported] = &exported(db)?[..] else { return Err("one batch".into()) };
        assert_eq!(sent(exported)?, batch.clone().without_marks());
    }
    assert_eq!(old.version_vector()?, older.version_vector()?);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: scaled(64), ..ProptestConfig::default() })]
    #[test]
    fn changes_are_passed_on_to_the_bit(batch in batch()) {
        passed_on(&batch).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

#[test]
fn large_and_odd_values_are_passed_on() -> Outcome {
    let planes: String = (0..17_u32)
        .flat_map(|plane| [plane << 16 | 0x20, plane << 16 | 0x1234, plane << 16 | 0xfffd])
        .filter_map(char::from_u32)
        .collect();
    assert_eq!(planes.chars().count(), 17 * 3);
    let large = "ä".repeat(1 << 19);
    let mut batch = sample();
    let cells = &mut batch.runs[0].changes[2].cells;
    *cells = vec![
        Cell::integer(2, (1 << 53) + 1),
        Cell::real(3, f64::NAN.to_bits() | 0xbeef),
        Cell::text(1, &large),
    ];
    let cells = &mut batch.runs[0].changes[1].cells;
    *cells =
        vec![Cell::integer(0, 0), Cell::text(1, &planes), Cell::text(2, ""), Cell::blob(3, &[])];
    passed_on(&batch.seal())
}

#[test]
fn what_a_newer_version_adds_to_a_change_comes_through() -> Outcome {
    let mut batch = sample();
    // A field 16 that is an integer, and a field 17 that is a text.
    batch.runs[0].changes[1].more =
        [integer_of(16 << 3), integer_of(300), integer_of(17 << 3 | 2), led(b"why")].concat();
    passed_on(&batch.seal())
}

/// Two devices wrote under one id: the rows of both are there, wherever their changes arrive together for the
/// first time.
#[test]
fn two_transactions_of_one_place_arrive_together() -> Outcome {
    for row in [0, 5, 255] {
        let mut batch = sample();
        let twins: Vec<_> = batch.runs[0].changes[..2]
            .iter()
            .map(|change| Change { row: vec![row; 16], ..change.clone() })
            .collect();
        batch.runs[0].changes.splice(0..0, twins);
        batch.runs[0].is_forked = true;
        let batch = batch.in_order().seal();
        let (db, other) = (Database::memory()?, Database::memory()?);
        assert_eq!(db.merge(&batch.changes()?)?.changes, 5);
        verified(&db)?;
        for bytes in exported(&db)? {
            assert_eq!(sent(&bytes)?, batch.clone().without_marks());
            other.merge(&ara::Changes::from_bytes(&bytes)?)?;
        }
        verified(&other)?;
        assert_eq!(other.version_vector()?, db.version_vector()?);
    }
    Ok(())
}
