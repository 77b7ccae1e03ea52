//! Changes that do not follow one another, that lie in one place, or are not what their digests say.

use ara::Reason;
use ara::prelude::*;

use crate::wire::START;
use crate::wire::hostile::{change, ill, merged, merged_into, refused, three};
use support::wire::{Batch, Cell, Change, Point};
use support::{Outcome, verified};

#[test]
fn a_node_has_an_id() -> Outcome {
    for node in [&[][..], &[1; 15], &[1; 17], &[0; 16]] {
        let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
        batch.runs[0].node = node.to_vec();
        refused(batch.seal(), 0, Reason::Damaged)?;
    }
    Ok(())
}

#[test]
fn numbers_follow_one_another() -> Outcome {
    for number in [0, -1, i64::MIN, 1, 3, 1000, (1 << 62) + 1, i64::MAX] {
        let mut batch = ill(three());
        batch.runs[0].changes[1].number = number;
        batch.runs[0].changes[2].number = number.saturating_add(1);
        refused(batch.seal(), 1, Reason::Number)?;
    }
    // Nor is one beyond where the run is said to end.
    let mut batch = ill(three());
    batch.runs[0].to.number = 2;
    refused(batch, 2, Reason::Number)
}

/// Only what tells of dropped changes may follow a gap, and it tells of all of them.
#[test]
fn a_gap_is_told() -> Outcome {
    let after = |number, dropped, gap: usize| {
        let mut batch = ill(three()[..2].to_vec());
        let last = &mut batch.runs[0].changes[1];
        (last.number, last.dropped, last.gap) = (number, dropped, vec![7; gap]);
        batch.seal()
    };
    for (number, dropped, gap) in [(3, 5, 4), (3, 0, 4), (1000, 5, 998 * 4)] {
        let report = merged(after(number, dropped, gap))?;
        assert_eq!((report.changes, report.refused.len()), (3, 0));
    }
    for (number, dropped, gap) in
        [(2, 5, 0), (2, 5, 4), (3, 5, 0), (3, 5, 8), (1000, 5, 997 * 4), (1 << 62, 5, 4)]
    {
        refused(after(number, dropped, gap), 1, Reason::Number)?;
    }
    refused(after(3, 5, 5), 1, Reason::Damaged)
}

/// What was dropped on either side of a fork may be told where it does not fit, but not without a gap, and not
/// before the first change.
#[test]
fn a_gap_of_a_node_that_forked_begins_at_the_first_change() -> Outcome {
    let after = |dropped, gap: usize| {
        let changes = [twin(1), Change { number: 5, dropped, gap: vec![7; gap], ..twin(2) }];
        forked(changes.into(), true)
    };
    for (dropped, gap) in [(0, 0), (5, 4), (5, 12), (5, 16)] {
        let report = merged(after(dropped, gap))?;
        assert_eq!((report.changes, report.refused.len()), (3, 0));
    }
    for (dropped, gap) in [(5, 0), (5, 20), (0, 20)] {
        refused(after(dropped, gap), 1, Reason::Number)?;
    }
    Ok(())
}

#[test]
fn a_transaction_ends() -> Outcome {
    let mut changes: Vec<_> =
        (START..START + 5000).map(|stamp| change(stamp, vec![Cell::text(0, "x")])).collect();
    for change in &mut changes[1..] {
        change.ends = false;
    }
    refused(ill(changes), 1, Reason::OpenTransaction)
}

#[test]
fn a_node_has_one_run() -> Outcome {
    let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
    let mut second = batch.runs[0].clone();
    second.changes[0].stamp += 1;
    batch.runs.push(second);
    let report = merged(batch.seal())?;
    assert_eq!(report.changes, 1);
    assert!(report.refused.iter().all(|refused| refused.reason == Reason::Damaged));
    Ok(())
}

#[test]
fn a_digest_is_that_of_the_changes() -> Outcome {
    let sealed = ill(three());
    let mut batch = sealed.clone();
    batch.runs[0].changes[1].cells = vec![Cell::text(0, "y")];
    refused(batch.clone(), 1, Reason::Digest)?;
    // Where it is told at the end alone.
    refused(batch.clone().without_marks(), 0, Reason::Digest)?;
    // What it follows, nobody has.
    batch.runs[0].from = Point { number: 5, digest: 5 };
    refused(batch, 0, Reason::Unconnected)?;
    // Where it is wrong, though the changes are right.
    let mut batch = sealed.clone();
    batch.runs[0].changes[1].mark = Some(5);
    refused(batch, 1, Reason::Digest)?;
    let mut batch = sealed.clone();
    batch.runs[0].to.digest ^= 1;
    refused(batch, 3, Reason::Digest)?;
    // Each of these is hashed.
    let flips: [fn(&mut Change); 8] = [
        |change| change.stamp += 1,
        |change| change.row[3] ^= 1,
        |change| change.date = Some(5),
        |change| change.cells[0].column = 1,
        |change| change.cells.push(Cell::null(1)),
        |change| change.cells[0].marks = vec![9, 0],
        |change| change.original = Some(5),
        |change| change.dropped = 5,
    ];
    for flip in flips {
        let mut batch = sealed.clone();
        flip(&mut batch.runs[0].changes[1]);
        refused(batch, 1, Reason::Digest)?;
    }
    Ok(())
}

#[test]
fn what_is_apart_from_the_known_is_united_also_where_the_rest_is_refused() -> Outcome {
    let db = Database::memory()?;
    db.merge(&ill(vec![change(START + 2, vec![Cell::text(0, "x")])]).changes()?)?;
    let mut batch = ill(["y", "z"].map(|text| change(START + 1, vec![Cell::text(0, text)])).into());
    batch.runs[0].changes[1].number = 1;
    let report = merged_into(&db, batch.seal())?;
    assert_eq!((report.changes, report.forked.len(), report.refused.len()), (2, 1, 1));
    Ok(())
}

/// Changes in one place, whose content tells them apart.
fn twin(n: u32) -> Change {
    Change { number: 1, ..change(START, vec![Cell::blob(0, &n.to_le_bytes())]) }
}

/// Transactions of a node that forked, in the order in which a log has them or in another one.
fn forked(changes: Vec<Change>, is_in_order: bool) -> Batch {
    let mut batch = ill(vec![]);
    batch.runs[0].changes = changes;
    batch.runs[0].is_forked = true;
    let batch = if is_in_order { batch.in_order() } else { batch };
    batch.seal()
}

/// Two changes of a transaction are never in one place, though two transactions may be.
#[test]
fn a_transaction_has_each_number_once() -> Outcome {
    let mut changes: Vec<_> = (0..40).map(twin).collect();
    changes[..39].iter_mut().for_each(|change| change.ends = false);
    refused(forked(changes, false), 0, Reason::Number)?;
    // Nor do its numbers descend.
    let mut changes = [2, 1].map(|number| Change { number, ..twin(5) });
    changes[0].ends = false;
    refused(forked(changes.into(), false), 0, Reason::Number)
}

#[test]
fn a_transaction_is_not_there_twice() -> Outcome {
    refused(forked(vec![twin(1), twin(1)], true), 1, Reason::Number)
}

#[test]
fn more_twins_than_are_read_at_once_are_passed_on() -> Outcome {
    let report = merged(forked((0..3000).map(twin).collect(), true))?;
    assert_eq!((report.changes, report.refused.len()), (3001, 0));
    Ok(())
}

/// A sender that forked may tell them in any order: they are taken in theirs, or refused, but never stored in
/// another one.
#[test]
fn twins_in_another_order_do_no_harm() -> Outcome {
    let db = Database::memory()?;
    let mut changes: Vec<_> = (0..40).map(twin).collect();
    let after = Change { number: 2, ..twin(7) };
    changes.insert(20, after);
    let report = merged_into(&db, forked(changes, false))?;
    let fresh = Database::memory()?;
    for changes in db.changes_since(&ara::VersionVector::default())?.in_batches_of(1) {
        assert!(fresh.merge(&changes?)?.refused.is_empty());
        verified(&fresh)?;
    }
    assert!(report.changes > 1 && fresh.version_vector()? == db.version_vector()?);
    Ok(())
}

#[test]
fn a_change_in_the_place_of_a_known_one_is_of_another_device() -> Outcome {
    let db = Database::memory()?;
    let text = |stamp, text| change(stamp, vec![Cell::text(0, text)]);
    let known = vec![text(START + 1, "x"), text(START + 2, "y")];
    assert!(db.merge(&ill(known).changes()?)?.forked.is_empty());
    let report = merged_into(&db, ill(vec![text(START + 1, "x"), text(START + 3, "z")]))?;
    assert_eq!((report.changes, report.known, report.forked.len()), (2, 1, 1));
    Ok(())
}

/// One device never stamps two changes of a row alike.
#[test]
fn a_change_with_the_stamp_of_a_known_one_is_of_another_device() -> Outcome {
    let text = |text| change(START, vec![Cell::text(0, text)]);
    let (at_once, one_by_one) = (Database::memory()?, Database::memory()?);
    let batch = ill(vec![text("x"), text("y"), text("z")]);
    let mut first = batch.clone();
    first.runs[0].changes.truncate(1);
    assert_eq!(at_once.merge(&batch.changes()?)?.forked.len(), 1);
    assert!(one_by_one.merge(&first.seal().changes()?)?.forked.is_empty());
    let report = merged_into(&one_by_one, batch)?;
    assert_eq!((report.changes, report.known, report.forked.len()), (3, 1, 1));
    Ok(())
}

/// Who tells what the hash of a change was may tell that of another one.
#[test]
fn what_ends_like_a_known_transaction_is_left_out() -> Outcome {
    let first = |date, row: u8| {
        let change = |number, row| Change { number, row: vec![row; 16], ..twin(7) };
        let mut changes = vec![change(1, row), change(2, 1)];
        (changes[0].ends, changes[1].date) = (false, Some(date));
        (changes[1].original, changes[1].gap) = (Some(5), vec![]);
        changes
    };
    for is_forked in [false, true] {
        let db = Database::memory()?;
        let batch = |date, row| {
            let mut batch = ill(first(date, row));
            batch.runs[0].changes.push(Change { row: vec![row; 16], ..twin(9) });
            batch.runs[0].is_forked = is_forked;
            batch.numbered().seal()
        };
        assert_eq!(db.merge(&batch(3, 1).changes()?)?.changes, 3);
        // The transaction has another date, and another row. What follows it is taken.
        let report = merged_into(&db, batch(4, 2))?;
        assert_eq!((report.changes, report.refused.len()), (2, 0), "{report:?}");
        assert_eq!(merged_into(&Database::memory()?, batch(4, 2))?.changes, 4);
    }
    Ok(())
}
