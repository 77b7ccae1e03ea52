//! Writing what is already there changes nothing: no log entry, no message, no wake-up.

use std::time::Duration;

use ara::prelude::*;

use crate::rules::{Todo, everything, send};
use support::{File, Outcome, disk, verified};

#[test]
fn what_is_merged_again_writes_nothing_and_wakes_nobody() -> Outcome {
    let (laptop, file) = (Database::memory()?, File::new()?);
    let db = disk::options().watch_interval(Duration::from_secs(1 << 30)).open(file.path())?;
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
    laptop.create(Todo::draft().title("Make tea"))?;
    send(&laptop, &db)?;
    let mut todos = db.query::<Todo>().watch()?;
    assert_eq!(todos.try_recv()?.map(|todos| todos.len()), Some(2));
    let sqlite = file.sqlite()?;
    let version = || sqlite.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
    let before = version()?;
    for changes in everything(&laptop)? {
        let report = db.merge(&changes)?;
        assert_eq!((report.changes, report.known, report.written), (0, 2, 0));
    }
    assert_eq!(version()?, before, "a merge of nothing new has written");
    assert_eq!((todos.try_recv()?, todos.runs()), (None, 1));

    // A change that lost wakes nobody either, and one that won does.
    let stale = laptop.changes_since(&db.version_vector()?)?;
    assert_eq!(stale.count(), 0);
    db.update(Todo::patch(milk).stars(2))?;
    assert_eq!(todos.try_recv()?.and_then(|todos| todos[0].stars), Some(2));
    laptop.update(Todo::patch(milk).code("0012"))?;
    let report = send(&laptop, &db)?.remove(0);
    assert_eq!((report.changes, report.written), (1, 1));
    assert!(todos.try_recv()?.is_some());
    verified(&db)
}

#[test]
fn the_same_value_is_no_change_to_be_sent() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
    send(&laptop, &phone)?;
    let vectors = || -> ara::Result<_> { Ok((laptop.version_vector()?, phone.version_vector()?)) };
    let before = vectors()?;
    for db in [&laptop, &phone] {
        assert!(db.update(Todo::patch(milk).title("Buy milk").stars(1).code(None))?);
        assert!(db.restore(milk)?);
        db.upsert(Todo::draft().id(milk).title("Buy milk"))?;
    }
    assert_eq!(vectors()?, before);
    assert!(send(&laptop, &phone)?.is_empty() && send(&phone, &laptop)?.is_empty());
    Ok(())
}
