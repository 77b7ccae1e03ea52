//! The ranges of columns, which get wider.

use super::*;

/// A column of a table with this range.
fn stars(range: &str) -> BTreeSet<Fact> {
    todo(&[("stars", &format!(r#""integer","range":"{range}""#))])
}

/// The range of a column that was released.
fn released(lock: &Lock, column: &str) -> Option<Range> {
    lock.schema().table("todo").expect("it is there").column(column).expect("it is there").range
}

fn lines(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(Fact::to_string).collect()
}

#[test]
fn a_range_that_gets_wider_is_a_line_of_its_own() {
    let mut lock = recorded(Lock::default(), &stars("0..=255"));
    assert_eq!(lock.record(&stars("0..=255"), "the same", "2026-11-22"), None);
    // Whoever records has checked that nothing is broken, and a column that is narrower is.
    assert_eq!(lock.record(&stars("0..=9"), "narrower", "2026-11-22"), None);
    assert_eq!(lock.record(&stars("-128..=127"), "shifted", "2026-11-22"), None);

    assert_eq!(lines(&lock.unrecorded(&stars(".."))), ["column todo.stars integer .."]);
    lock = parsed(&recorded(lock, &stars("..")).to_string());
    assert_eq!(lock.to_string().matches(r#""column": "stars""#).count(), 2);
    assert_eq!(released(&lock, "stars"), Some(Range::ALL));
    assert_eq!(lock.verify_all(), Ok(()));
    let [first, second] = lock.releases() else { panic!("{lock}") };
    assert_eq!((lock.additions(first).len(), lock.renewals(first).len()), (2, 0));
    assert_eq!((lock.additions(second).len(), lock.renewals(second).len()), (0, 1));
}

#[test]
fn two_branches_make_a_column_as_wide_as_both() {
    let base = recorded(Lock::default(), &stars("0..=9"));
    let ours = recorded(base.clone(), &stars("-9..=9"));
    let mut both = united(&ours, &recorded(base, &stars("0..=99")));
    assert_eq!(released(&both, "stars"), Some(Range::new(-9, 99)));
    // Each branch alone is narrower now.
    assert!(both.unrecorded(&stars("-9..=9")).is_empty());
    assert!(both.unrecorded(&stars("-9..=99")).is_empty());
    assert_eq!(
        both.record(&stars("-9..=99"), "merge", "2026-11-22").map(|join| join.version),
        Some(3)
    );
    assert_eq!(parsed(&both.to_string()).verify_all(), Ok(()));
}

#[test]
fn two_branches_with_two_types_do_not_agree_whatever_the_ranges() {
    let mut lock = recorded(linear(), &stars("0..=9"));
    let theirs = recorded(linear(), &todo(&[("stars", r#""real","range":"0..=9""#)]));
    lock.releases.extend(theirs.releases);
    lock.released.extend(theirs.released);
    let error = Lock::parse(&lock.to_string()).expect_err("two types");
    assert!(error.reason.contains("two branches released it differently"), "{error}");
}

#[test]
fn a_range_that_was_edited_is_found() {
    let text = recorded(linear(), &stars("0..=9")).to_string();
    for edit in [("0..=9", "0..=8"), (r#", "range": "0..=9""#, "")] {
        let error = Lock::parse(&text.replace(edit.0, edit.1)).expect_err("edited");
        assert!(error.reason.contains("was edited or added by hand"), "{error}");
    }
}

/// A lock of format 1, which had no ranges, refuses none; the next release records them.
#[test]
fn a_lock_without_ranges_gets_them_with_the_next_release() {
    let mut lock = parsed(include_str!("format_1.lock"));
    assert_eq!((lock.verify_all(), released(&lock, "title")), (Ok(()), None));
    let code = todo(&[("title", r#""text","range":"1..=100""#), ("state", r#"{"enum":["Open"]}"#)]);
    assert_eq!(lines(&lock.unrecorded(&code)), ["column todo.title text 1..=100"]);

    let before = lock.clone();
    lock = parsed(&recorded(lock, &code).to_string());
    assert!(lock.to_string().contains("\"format\": 2,"), "{lock}");
    assert_eq!((lock.version(), lock.verify_all()), (3, Ok(())));
    assert_eq!(lock.check_superset_of(&before), Ok(()));
    assert_eq!(released(&lock, "title"), Some(Range::new(1, 100)));
    assert_eq!(released(&lock, "state"), None);
    assert_eq!(lines(&lock.unrecorded(&todo(&[("title", r#""text","range":"..""#)]))).len(), 1);
}
