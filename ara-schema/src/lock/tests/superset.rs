//! The comparison of an older lock with a newer one.

use super::*;

#[test]
fn a_lock_holds_what_it_grew_from() {
    let linear = linear();
    assert_eq!(linear.check_superset_of(&Lock::default()), Ok(()));
    assert_eq!(linear.check_superset_of(&linear), Ok(()));
    assert_eq!(branched().check_superset_of(&linear), Ok(()));
}

#[track_caller]
fn refused(lock: &Lock, older: &Lock, line: Option<usize>, parts: &[&str]) {
    let error = lock.check_superset_of(older).expect_err("something is missing");
    assert_eq!(error.line, line, "{error}");
    for part in parts.iter().chain(&["version control"]) {
        assert!(error.reason.contains(part), "{error}");
    }
}

#[test]
fn a_release_that_is_gone_is_named() {
    refused(
        &Lock::default(),
        &linear(),
        None,
        &["version 1 (\"release 1\", 2026-11-22)", "missing"],
    );
    refused(&linear(), &branched(), None, &["version 4", "missing"]);
}

#[test]
fn a_release_that_has_changed_is_named() {
    for edit in [
        |release: &mut Release| release.message = "what it brings".to_owned(),
        |release: &mut Release| release.date = "2026-11-23".to_owned(),
        |release: &mut Release| release.version = 7,
        |release: &mut Release| release.after.clear(),
    ] {
        let older = parsed(&linear().to_string());
        let mut lock = older.clone();
        edit(&mut lock.releases[1]);
        refused(&lock, &older, Some(6), &["version 2", "is another one now"]);
    }
}

#[test]
fn a_line_that_is_gone_or_has_changed_is_named() {
    let older = linear();
    let at = older.released.len() - 1;
    let title = &["`column todo.title text` was released"][..];

    let mut lock = older.clone();
    lock.released.pop();
    refused(&lock, &older, None, &[title, &["is missing"]].concat());

    let mut lock = older.clone();
    lock.released[at].since = "01234567".to_owned();
    refused(&lock, &older, None, &[title, &["since `01234567` now"]].concat());

    let mut lock = older.clone();
    if let Fact::Column { ty, .. } = &mut lock.released[at].fact {
        *ty = TypeSnapshot::Json;
    }
    refused(&lock, &older, None, &[title, &["is `column todo.title json` now"]].concat());
}
