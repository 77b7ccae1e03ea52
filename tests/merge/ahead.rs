//! Changes that are dated ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ara::Timestamp;
use ara::prelude::*;

use crate::support::Outcome;
use crate::{Todo, at, same, send};

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

#[test]
fn they_wait_for_their_time() -> Outcome {
    let clock = Arc::new(AtomicI64::new(NOW));
    let now = Arc::clone(&clock);
    let phone = Database::options()
        .clock(move || Timestamp::from_millis(now.load(Ordering::SeqCst)))
        .memory()?;
    let fast = at(NOW + HOUR, 1)?;
    let milk = fast.create(Todo::draft().title("Buy milk"))?;
    let report = send(&fast, &phone)?.remove(0);
    assert_eq!((report.changes, report.written, report.set_aside), (1, 0, 1));
    assert_eq!(phone.get(milk)?, None);
    assert!(phone.verify()?.holds());
    // It is passed on, and does not move the clock.
    let tablet = at(NOW + HOUR, 2)?;
    send(&phone, &tablet)?;
    assert!(tablet.get(milk)?.is_some());
    let tea = phone.create(Todo::draft().title("Make tea"))?;
    assert_eq!(phone.get(tea)?.ok_or("is there")?.created_at.millis(), NOW);

    clock.store(NOW + HOUR, Ordering::SeqCst);
    phone.create(Todo::draft().title("Later"))?;
    assert!(phone.get(milk)?.is_some());
    send(&phone, &fast)?;
    same(&phone, &fast)
}

#[test]
fn five_minutes_are_nothing() -> Outcome {
    let (phone, fast) = (at(NOW, 1)?, at(NOW + 5 * 60_000, 2)?);
    let milk = fast.create(Todo::draft().title("Buy milk"))?;
    assert_eq!(send(&fast, &phone)?[0].set_aside, 0);
    assert!(phone.update(Todo::patch(milk).done(true))?);
    send(&phone, &fast)?;
    same(&phone, &fast)
}
