//! Changes that are dated ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use ara::Timestamp;
use ara::prelude::*;

use crate::merge::{Todo, at, same, send};
use support::{File, Outcome, Wall, verified};

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

/// A file that knows of a row which is dated ahead, and is closed; and the row.
fn waiting(wall: &Wall) -> Outcome<(File, Id<Todo>)> {
    let file = File::new()?;
    let fast = at(wall.millis() + HOUR, 1)?;
    let milk = fast.create(Todo::draft().title("Buy milk"))?;
    send(&fast, &file.open_at(wall)?)?;
    Ok((file, milk))
}

/// The first thing that is asked is told it, whatever it is.
#[test]
fn who_only_reads_sees_them_when_their_time_comes() -> Outcome {
    type Ask = fn(&Database, Id<Todo>, Timestamp) -> ara::Result<bool>;
    let asks: [Ask; 5] = [
        |db, milk, _| Ok(db.get(milk)?.is_some()),
        |db, _, _| Ok(db.query::<Todo>().count()? == 1),
        |db, _, now| Ok(db.at(now).query::<Todo>().count()? == 1),
        |db, _, _| Ok(db.set_aside()?.is_empty()),
        |db, _, _| Ok(db.sql::<(i64,)>("SELECT count(*) FROM todo").one()? == (1,)),
    ];
    for ask in asks {
        // Both when it is opened then, and where it was open all the time.
        for is_opened_then in [true, false] {
            let wall = Wall::new();
            let (file, milk) = waiting(&wall)?;
            let mut db = file.open_at(&wall)?;
            let then = Timestamp::from_millis(wall.millis() + 48 * HOUR);
            assert!(!ask(&db, milk, then)?);
            wall.advance(HOUR - 6 * 60_000);
            assert!(!ask(&db, milk, then)?);
            wall.advance(47 * HOUR);
            if is_opened_then {
                drop(db);
                db = file.open_at(&wall)?;
            }
            assert!(ask(&db, milk, then)?);
            verified(&db)?;
        }
    }
    Ok(())
}

#[test]
fn a_watch_sees_them_when_their_time_comes() -> Outcome {
    let wall = Wall::new();
    let (file, _) = waiting(&wall)?;
    let db = file.open_at(&wall)?;
    let mut watch = db.query::<Todo>().watch()?;
    assert!(watch.recv()?.is_empty());
    assert!(watch.recv_timeout(Duration::from_millis(200))?.is_none());
    wall.advance(HOUR);
    let seen = watch.recv_timeout(Duration::from_secs(60))?;
    assert_eq!(seen.map(|rows| rows.len()), Some(1));
    Ok(())
}

/// It is another one that has to apply them.
#[test]
fn who_may_not_write_sees_them_once_they_are_applied() -> Outcome {
    let wall = Wall::new();
    let (file, milk) = waiting(&wall)?;
    file.open_at(&wall)?.ensure::<Todo>()?;
    wall.advance(HOUR);
    let reads = wall.options().read_only().open(file.path())?;
    assert_eq!(reads.get(milk)?, None);
    assert_eq!(reads.set_aside()?.len(), 1);
    let db = file.open_at(&wall)?;
    assert!(db.get(milk)?.is_some());
    assert!(reads.get(milk)?.is_some());
    Ok(())
}

/// A read does not wait for who writes.
#[test]
fn they_wait_on_while_somebody_writes() -> Outcome {
    let wall = Wall::new();
    let (file, milk) = waiting(&wall)?;
    let db = file.open_at(&wall)?;
    assert_eq!(db.get(milk)?, None);
    let sqlite = file.sqlite()?;
    sqlite.execute_batch("BEGIN IMMEDIATE")?;
    wall.advance(HOUR);
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(db.get(milk)?, None);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "waited for {:?}", start.elapsed());
    sqlite.execute_batch("ROLLBACK")?;
    db.create(Todo::draft().title("Make tea"))?;
    assert!(db.get(milk)?.is_some());

    // Another thread of this process.
    let (other, tea) = (at(wall.millis() + HOUR, 2)?, "other");
    let coffee = other.create(Todo::draft().title(tea))?;
    send(&other, &db)?;
    thread::scope(|scope| -> Outcome {
        let ((has_begun, begun), (go_on, may_go_on)) = (channel(), channel());
        let writer = scope.spawn({
            let db = &db;
            move || {
                db.transaction(|_| {
                    let _ = has_begun.send(());
                    let _ = may_go_on.recv_timeout(Duration::from_secs(60));
                    Ok(())
                })
            }
        });
        begun.recv_timeout(Duration::from_secs(60))?;
        wall.advance(HOUR);
        assert_eq!(db.get(coffee)?, None);
        go_on.send(())?;
        writer.join().map_err(|_| "panicked")??;
        assert!(db.get(coffee)?.is_some());
        Ok(())
    })
}
