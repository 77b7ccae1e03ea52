//! Changes of a device whose clock is ahead.

use ara::prelude::*;

use crate::merge::{Todo, at, same, send};
use support::Outcome;

const NOW: i64 = 1_700_000_000_000;
const YEAR: i64 = 365 * 24 * 3_600_000;

#[test]
fn five_minutes_are_nothing() -> Outcome {
    let (phone, fast) = (at(NOW, 1)?, at(NOW + 5 * 60_000, 2)?);
    let milk = fast.create(Todo::draft().title("Buy milk"))?;
    assert_eq!(send(&fast, &phone)?[0].set_aside, 0);
    assert!(phone.update(Todo::patch(milk).done(true))?);
    send(&phone, &fast)?;
    same(&phone, &fast)
}

/// Nor does a year keep them waiting, or win over who has seen them.
#[test]
fn a_year_is_seen_and_written_over_at_once() -> Outcome {
    let (phone, fast) = (at(NOW, 1)?, at(NOW + YEAR, 2)?);
    let milk = fast.create(Todo::draft().title("Buy milk"))?;
    let report = send(&fast, &phone)?.remove(0);
    assert_eq!((report.changes, report.written, report.set_aside), (1, 2, 0));
    assert!(phone.update(Todo::patch(milk).title("Buy oat milk"))?);
    // What the phone writes besides is of its own time.
    let tea = phone.create(Todo::draft().title("Make tea"))?;
    assert_eq!(phone.get(tea)?.ok_or("is there")?.created_at.millis(), NOW);
    send(&phone, &fast)?;
    let todo = fast.get(milk)?.ok_or("is there")?;
    assert_eq!(todo.title.as_deref(), Some("Buy oat milk"));
    assert_eq!(todo.created_at.millis(), NOW + YEAR);
    same(&phone, &fast)
}
