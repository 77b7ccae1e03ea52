//! Processes that forget rows, and one that writes, at the same time.

use std::collections::BTreeSet;

use ara::prelude::*;
use support::child;
use support::disk;

use crate::kill::forget::{OTHERS, Page, SECRETS, check, id, make};
use crate::processes::TestResult;

#[test]
fn two_forget_and_one_writes() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pages.db");
    make(&path)?;
    let children = (0..2).map(|_| child::command("kill::forget::forgetter", &path)?.spawn());
    let mut children = children.collect::<Result<Vec<_>, _>>()?;
    let db = disk::open(&path)?;
    let before = db.verify()?;
    let (mut written, mut is_running) = (0, true);
    while is_running || written < 50 {
        let other = id(SECRETS + written % OTHERS);
        assert!(db.update(Page::patch(other).text(format!("written {written}")))?);
        written += 1;
        for child in &mut children {
            is_running = child.try_wait()?.is_none();
        }
    }
    for child in &mut children {
        let told: Vec<_> = child::told(child).collect();
        assert_eq!(told.last().map(String::as_str), Some("done"));
        assert!(child.wait()?.success());
    }
    // Each row was forgotten by one of them.
    let changes = db.verify()?.changes - before.changes;
    assert_eq!(changes, u64::from(SECRETS + written));
    drop(db);
    check(&path, &(0..SECRETS).collect::<BTreeSet<u32>>())
}
