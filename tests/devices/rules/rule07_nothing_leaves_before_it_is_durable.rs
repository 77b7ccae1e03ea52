//! Rule 7: nothing leaves the device before it is durable. That the disk keeps it no test can see; that nothing is
//! given if it cannot be flushed to the disk, one can.
#![cfg(unix)]

use std::fs;

use ara::prelude::*;
use ara::{Error, VersionVector};

use crate::rules::Todo;
use support::{File, Outcome};

#[test]
fn what_cannot_be_flushed_is_not_given() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    let log = file.path().with_extension("db-wal");
    let aside = log.with_extension("aside");
    let start = VersionVector::default();
    // SQLite goes on with the log that it has open; it cannot be found to be flushed.
    for is_something_else in [false, true] {
        fs::rename(&log, &aside)?;
        if is_something_else {
            fs::create_dir(&log)?;
        }
        assert!(matches!(db.changes_since(&start), Err(Error::Io { .. })));
        // Where nothing is given, nothing is flushed.
        assert!(db.changes_since(&db.version_vector()?)?.next().is_none());
        if is_something_else {
            fs::remove_dir(&log)?;
        }
        fs::rename(&aside, &log)?;
    }
    assert_eq!(db.changes_since(&start)?.count(), 1);
    Ok(())
}

/// Giving writes nothing, and so waits for nobody who writes.
#[test]
fn who_writes_for_long_does_not_keep_it_back() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    let sqlite = file.sqlite()?;
    sqlite.execute_batch("BEGIN IMMEDIATE")?;
    let before = file.bytes()?;
    assert_eq!(db.changes_since(&VersionVector::default())?.count(), 1);
    assert!(file.bytes()? == before);
    Ok(())
}
