//! Locks that somebody has edited.

use serde_json::{Value, json};

use super::*;

/// Returns the entries of a lock's text, each with its line, counted from 0.
fn entries(text: &str) -> Vec<(usize, Value)> {
    let entry = |line: &str| serde_json::from_str(line.trim().trim_end_matches(',')).ok();
    let entries = text.lines().enumerate().filter(|(_, line)| line.starts_with("    {"));
    entries.filter_map(|(at, line)| Some((at, entry(line)?))).collect()
}

/// Returns a text with other lines in the place of one.
fn with_line(text: &str, at: usize, new: &[String]) -> String {
    let lines = text
        .lines()
        .enumerate()
        .flat_map(|(line, old)| if line == at { new.to_vec() } else { vec![old.to_owned()] });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns an entry after each edit that somebody may make.
fn edits(entry: &Value, ids: &[String]) -> Vec<Value> {
    let mut edits = Vec::new();
    let mut edit = |field: &str, value: Value| {
        let mut edited = entry.clone();
        if edited.get(field) != Some(&value) {
            edited[field] = value;
            edits.push(edited);
        }
    };
    if entry.get("version").is_some() {
        for version in [0, 1, 2, 3, 9] {
            edit("version", json!(version));
        }
        let checksum = entry["checksum"].as_str().expect("a checksum");
        for at in [0, 7, 8, 63] {
            let digit = if &checksum[at..=at] == "0" { "1" } else { "0" };
            edit("checksum", json!([&checksum[..at], digit, &checksum[at + 1..]].concat()));
        }
        edit("after", json!([]));
        edit("after", json!(["01234567"]));
        edit("after", json!(ids));
        edit("date", json!("2027-01-01"));
        edit("message", json!("what it brings"));
    } else {
        edit("table", json!("person"));
        edit("table", json!("category"));
        if entry.get("column").is_some() {
            edit("column", json!("name"));
            edit("column", json!("surname"));
        } else {
            edit("local", json!(entry.get("local").is_none()));
            edit("key", json!("title"));
            if entry.get("key").is_some() {
                edit("key", Value::Null);
            }
        }
        if entry.get("replaces").is_some() {
            edit("replaces", json!(["title", "due"]));
            edit("replaces", json!(["state"]));
            edit("revision", json!(3));
            edit("by_key", json!(entry.get("by_key").is_none()));
        }
        if entry.get("type").is_some() {
            for ty in [json!("text"), json!("enum"), json!("zoned"), json!({ "id": "person" })] {
                edit("type", ty);
            }
        }
        if entry.get("variant").is_some() {
            edit("variant", json!("Never"));
        }
        edit("since", json!("01234567"));
    }
    for id in ids {
        let field = if entry.get("since").is_some() { "since" } else { "after" };
        edit(field, if field == "since" { json!(id) } else { json!([id]) });
    }
    edit("seal", json!("0000"));
    edits
}

#[test]
fn every_edit_of_a_line_is_refused_and_named() {
    for lock in [linear(), branched()] {
        let text = lock.to_string();
        let ids: Vec<_> = lock.releases().iter().map(|release| release.id().to_owned()).collect();
        let entries = entries(&text);
        assert_eq!(entries.len(), lock.releases.len() + lock.released.len());
        for (at, entry) in entries {
            for edited in edits(&entry, &ids) {
                let text = with_line(&text, at, &[format!("{edited},")]);
                let error = Lock::parse(&text).expect_err(&text);
                assert_eq!(error.line, Some(at + 1), "{error}\n{edited}");
                assert!(error.reason.contains("version control"), "{error}");
            }
        }
    }
}

#[test]
fn every_line_that_is_removed_is_missed() {
    for lock in [linear(), branched()] {
        let text = lock.to_string();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let error = Lock::parse(&with_line(&text, at, &[])).expect_err(line);
            assert!(error.line.is_some(), "{line}: {error}");
        }
        // The error is about the release that has lost a line, or about a line whose release is gone.
        for (at, entry) in entries(&text) {
            let text = with_line(&text, at, &[]);
            let error = Lock::parse(&text).expect_err(&text);
            let named = text.lines().nth(error.line.unwrap_or_default() - 1).unwrap_or_default();
            let id = match (entry.get("since"), entry.get("checksum")) {
                (Some(id), _) => id.as_str(),
                (_, checksum) => checksum.and_then(Value::as_str).map(|checksum| &checksum[..8]),
            };
            let names_release = id.is_some_and(|id| named.contains(id));
            let is_orphan = error.reason.contains("it was removed");
            assert!(names_release || is_orphan, "{error}\n{entry}\n{named}");
        }
    }
}

/// Either of two releases with the same id can be missing, but no line that came with them.
#[test]
fn a_line_that_two_releases_of_one_id_brought_is_missed() {
    let text = of_one_id().to_string();
    for (at, entry) in entries(&text).into_iter().filter(|(_, entry)| entry.get("table").is_some())
    {
        let error = Lock::parse(&with_line(&text, at, &[])).err();
        assert!(error.is_some(), "{entry}");
    }
}

#[test]
fn every_line_that_is_added_is_refused_and_named() {
    for lock in [linear(), branched()] {
        let text = lock.to_string();
        for (at, entry) in entries(&text) {
            let old = format!("{entry},");
            // Both sides of a merge may have brought the same line.
            let twice = with_line(&text, at, &[old.clone(), old.clone()]);
            assert_eq!(parsed(&twice).to_string(), text);
            for new in edits(&entry, &[]) {
                let text = with_line(&text, at, &[old.clone(), format!("{new},")]);
                let error = Lock::parse(&text).expect_err(&text);
                assert_eq!(error.line, Some(at + 2), "{error}\n{new}");
            }
        }
    }
}

/// Returns the line of a fact, which is written with the right seal.
fn forged(fact: &Fact, since: &str) -> Released {
    Released { fact: fact.clone(), since: since.to_owned() }
}

#[test]
fn a_line_with_a_forged_seal_breaks_the_checksum() {
    let mut lock = linear();
    let since = lock.releases[1].id().to_owned();
    let column = Fact::Column {
        table: "todo".to_owned(),
        column: "zone".to_owned(),
        ty: TypeSnapshot::Text,
        range: None,
    };
    lock.released.push(forged(&column, &since));
    let error = Lock::parse(&lock.to_string()).expect_err("a forged line");
    // Line 6 is the second release.
    assert_eq!(error.line, Some(6), "{error}");
    assert!(error.reason.contains("version 2"), "{error}");
}

#[test]
fn a_forged_past_is_found_by_the_whole_check() {
    let mut lock = linear();
    let (first, second) = (lock.releases[0].id().to_owned(), lock.releases[1].id().to_owned());
    let due = lock.released.iter_mut().find(|line| line.fact.key().1 == Some("due"));
    let due = due.expect("a line");
    assert_eq!(std::mem::replace(&mut due.since, first), second);
    // What was released is still the same, so the check of each build finds nothing.
    let read = parsed(&lock.to_string());
    let error = read.verify_all().expect_err("a forged line");
    assert_eq!(error.line, Some(5), "{error}");
}

#[test]
fn a_forged_release_is_refused() {
    let mut lock = linear();
    let head = lock.releases[2].id().to_owned();
    lock.releases.push(Release {
        version: 4,
        checksum: "01".repeat(32),
        after: vec![head],
        date: "2026-11-22".to_owned(),
        message: String::new(),
    });
    let error = Lock::parse(&lock.to_string()).expect_err("a forged release");
    assert_eq!(error.line, Some(8), "{error}");
}

#[test]
fn a_release_that_came_after_itself_is_refused() {
    for (earlier, later) in [(0, 0), (0, 1), (0, 2), (1, 2)] {
        let mut lock = linear();
        let id = lock.releases[later].id().to_owned();
        lock.releases[earlier].after = vec![id];
        let error = Lock::parse(&lock.to_string()).expect_err("a cycle");
        let line = error.line.expect("a line");
        assert!((5 + earlier..=5 + later).contains(&line), "{error}");
        assert!(error.reason.contains("came after itself"), "{error}");
    }
}

#[test]
fn a_line_without_its_owner_is_refused() {
    for (gone, named, part) in [
        ("table todo", "category_id", "no line releases table `todo`"),
        ("column todo.state enum", "\"Done\"", "column `todo.state` as an enum"),
    ] {
        let mut lock = linear();
        lock.released.retain(|line| line.fact.to_string() != gone);
        let text = lock.to_string();
        let error = Lock::parse(&text).expect_err("an orphan");
        let line = text.lines().nth(error.line.expect("a line") - 1).unwrap_or_default();
        assert!(line.contains(named), "{line}");
        assert!(error.reason.contains(part), "{error}");
    }
    let mut lock = linear();
    let title = Fact::Variant {
        table: "todo".to_owned(),
        column: "title".to_owned(),
        variant: "Done".to_owned(),
    };
    let since = lock.releases[0].id().to_owned();
    lock.released.push(forged(&title, &since));
    let error = Lock::parse(&lock.to_string()).expect_err("a variant of no enum");
    assert!(error.reason.contains("column `todo.title` as an enum"), "{error}");
}

/// Checks that the seals of a file are those that these tests compute.
#[test]
fn seals_are_those_of_the_text() {
    let lock = branched();
    let text = lock.to_string();
    let seals = lock.releases.iter().map(seal_of_release);
    let seals = seals.chain(lock.released.iter().map(|line| seal_of_fact(&line.fact, &line.since)));
    for seal in seals {
        assert!(text.contains(&format!("\"seal\": \"{seal}\" }},\n")));
    }
}
