//! Rule 7: nothing leaves the device before it is durable. That the disk keeps it no test can see; that a
//! commit with a full sync comes before the changes are given, the file shows.

use ara::VersionVector;
use ara::prelude::*;

use crate::rules::Todo;
use support::{File, Outcome};

#[test]
fn a_synced_commit_comes_before_the_changes() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(Todo::draft().title("Buy milk"))?;
    let synced = || -> Outcome<i64> {
        let count = "SELECT coalesce((SELECT value FROM ara_meta WHERE key = 'synced'), 0)";
        Ok(file.sqlite()?.query_row(count, [], |row| row.get(0))?)
    };
    assert_eq!(synced()?, 0);
    let changes = db.changes_since(&VersionVector::default())?;
    assert_eq!(synced()?, 1);
    assert_eq!(changes.count(), 1);
    // Where nothing is given, nothing is written.
    assert!(db.changes_since(&db.version_vector()?)?.next().is_none());
    assert_eq!(synced()?, 1);
    Ok(())
}
