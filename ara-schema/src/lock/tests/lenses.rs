//! Keys, and what columns replace.

use super::*;

/// A column of a table that replaces these columns.
fn body(replaces: &str, revision: u32) -> BTreeSet<Fact> {
    let lens = format!(r#""json","replaces":{{"columns":[{replaces}],"revision":{revision}}}"#);
    todo(&[("body", &lens), ("memo", r#""text""#), ("note", r#""text""#)])
}

const NOTE: &str = r#""note""#;
const BOTH: &str = r#""note","memo""#;

fn lines(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(Fact::to_string).collect()
}

fn replaced(lock: &Lock) -> Option<(u32, Vec<String>)> {
    let schema = lock.schema();
    let lens = schema.table("todo")?.column("body")?.replaces.clone()?;
    Some((lens.revision, lens.columns))
}

#[test]
fn the_text_is_stable() {
    let mut lock = Lock::default();
    lock.record(
        &facts(
            r#"[{"name":"kind","local":true,"key":"name","columns":[{"name":"name","type":"text"}]},
                {"name":"todo","columns":[{"name":"kind","type":"text"},{"name":"note","type":"text"},
                {"name":"kind_id","type":{"id":"kind"},
                 "replaces":{"columns":["kind"],"revision":1,"by_key":true}},
                {"name":"body","type":"json","replaces":{"columns":["note"],"revision":1}}]}]"#,
        ),
        "first",
        "2026-11-22",
    );
    lock.record(&body(BOTH, 2), "memos", "2026-12-01");
    assert_eq!(lock.to_string(), include_str!("lenses.lock"));
    assert_eq!(parsed(include_str!("lenses.lock")).to_string(), lock.to_string());
}

/// So that an older ara can read it.
#[test]
fn what_has_neither_lenses_nor_keys_is_written_as_before() {
    for (facts, format) in [
        (todo(&[("title", r#""text""#)]), 2),
        (body(NOTE, 1), 3),
        (facts(r#"[{"name":"a","key":"b","columns":[{"name":"b","type":"text"}]}]"#), 3),
    ] {
        let text = recorded(Lock::default(), &facts).to_string();
        assert!(text.contains(&format!("\"format\": {format},")), "{text}");
        parsed(&text);
    }
}

#[test]
fn a_lens_may_come_at_any_time_and_its_revision_only_rises() {
    let before = todo(&[("body", r#""json""#), ("memo", r#""text""#), ("note", r#""text""#)]);
    let mut lock = recorded(Lock::default(), &before);
    assert_eq!(replaced(&lock), None);
    assert_eq!(lines(&lock.unrecorded(&body(NOTE, 2))), ["lens todo.body 2 note"]);

    lock = parsed(&recorded(lock, &body(NOTE, 2)).to_string());
    assert_eq!(replaced(&lock), Some((2, vec!["note".to_owned()])));
    // Whoever records has checked that nothing is broken, and all of these are.
    for broken in [before, body(NOTE, 1), body(BOTH, 2), body(BOTH, 1)] {
        assert!(lock.unrecorded(&broken).is_empty());
    }
    lock = parsed(&recorded(lock, &body(BOTH, 5)).to_string());
    assert_eq!(replaced(&lock), Some((5, vec!["memo".to_owned(), "note".to_owned()])));
    assert_eq!(lock.verify_all(), Ok(()));
    let [_, second, third] = lock.releases() else { panic!("{lock}") };
    assert_eq!((lock.additions(second).len(), lock.renewals(second).len()), (1, 0));
    assert_eq!((lock.additions(third).len(), lock.renewals(third).len()), (0, 1));
}

#[test]
fn of_two_branches_the_higher_revision_counts() {
    let base = recorded(Lock::default(), &body(NOTE, 1));
    let ours = recorded(base.clone(), &body(NOTE, 2));
    let both = united(&ours, &recorded(base, &body(BOTH, 3)));
    assert_eq!(replaced(&both).map(|(revision, _)| revision), Some(3));
    assert!(both.unrecorded(&body(BOTH, 3)).is_empty());
}

#[test]
fn two_branches_agree_on_what_a_revision_replaces() {
    let base = recorded(Lock::default(), &body(NOTE, 1));
    let mut lock = recorded(base.clone(), &body(NOTE, 2));
    let theirs = recorded(base, &body(BOTH, 2));
    lock.releases.extend(theirs.releases);
    lock.released.extend(theirs.released);
    let error = Lock::parse(&lock.to_string()).expect_err("two lenses of one revision");
    for part in [
        "`lens todo.body 2 memo,note`",
        "`lens todo.body 2 note`",
        "two branches released it differently",
        "raise the revision in the code (`replaces(.., revision = ..)`)",
    ] {
        assert!(error.reason.contains(part), "{error}");
    }
}

#[test]
fn two_branches_agree_on_the_key_of_a_table() {
    let of = |key: &str| {
        let table = format!(r#"[{{"name":"a"{key},"columns":[{{"name":"b","type":"text"}}]}}]"#);
        recorded(linear(), &facts(&table))
    };
    let mut lock = of("");
    let theirs = of(r#","key":"b""#);
    lock.releases.extend(theirs.releases);
    lock.released.extend(theirs.released);
    let error = Lock::parse(&lock.to_string()).expect_err("two kinds of ids");
    assert!(error.reason.contains("`table a key b`"), "{error}");
    assert!(error.reason.contains("two branches released it differently"), "{error}");
}

#[test]
fn what_a_key_or_a_lens_names_was_released() {
    for (gone, named) in [
        ("column category.name text", "category.name"),
        ("column todo.title text", "todo.title"),
        ("column todo.category_id id category", "todo.category_id"),
    ] {
        let mut lock = linear();
        lock.released.retain(|line| line.fact.to_string() != gone);
        let error = Lock::parse(&lock.to_string()).expect_err("an orphan");
        let expected = format!("no line releases column `{named}`, it was removed");
        assert!(error.reason.contains(&expected), "{error}");
    }
}
