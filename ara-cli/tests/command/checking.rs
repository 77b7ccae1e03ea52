//! `cargo ara check` and `diff`.

use serde_json::json;

use crate::support::{Folder, TODO};

fn released() -> Folder {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let locked = app.ara(&["lock", "-m", "first"]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    app
}

fn with_due() -> String {
    TODO.replace("pub title", "pub due: Option<Timestamp>,\n    pub title")
}

#[test]
fn all_is_recorded() {
    let app = released();
    let checked = app.ara(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_eq!(checked.stdout, "fine: schema `App` is what ara.lock records up to release 1\n");
    let expected = json!({
        "holds": true, "schema": "App", "version": 1, "unrecorded": [], "broken": [],
        "against": null, "not_a_superset": null, "behind": false,
        "invalid": null,
    });
    assert_eq!(app.ara(&["check", "--json"]).json(), expected);
    let same = app.ara(&["diff"]);
    assert_eq!((same.code, &*same.stdout), (Some(0), "the schema is what ara.lock records\n"));
    let expected = json!({"same": true, "unrecorded": [], "broken": [], "retired": []});
    assert_eq!(app.ara(&["diff", "--json"]).json(), expected);
}

#[test]
fn something_is_not_recorded() {
    let app = released();
    app.write("src/lib.rs", &with_due());
    let checked = app.ara(&["check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let expected = "not recorded: `cargo ara lock -m \"..\"` records it as release 2\n\n    \
                    table todo\n      + due  timestamp\n";
    assert_eq!(checked.stdout, expected);
    let diff = app.ara(&["diff"]);
    assert_eq!((diff.code, &*diff.stdout), (Some(1), "    table todo\n      + due  timestamp\n"));
    let due = json!([{
        "kind": "column", "table": "todo", "column": "due", "type": "timestamp", "range": null,
        "required": false,
    }]);
    assert_eq!(app.ara(&["check", "--json"]).json()["unrecorded"], due);
    assert_eq!(app.ara(&["diff", "--json"]).json()["unrecorded"], due);
}

#[test]
fn what_is_required_is_marked() {
    let app = released();
    let stars = "pub stars: i64,\n    pub due: Option<Timestamp>,\n    pub title";
    app.write("src/lib.rs", &TODO.replace("pub title", stars));
    let expected = "    table todo\n      + due    timestamp\n      + stars  integer  required\n\n\
                    required: `narrow_all` leaves out rows of older versions that show nothing in it\n";
    assert_eq!(app.ara(&["diff"]).stdout, expected);
    let json = app.ara(&["diff", "--json"]).json();
    let required: Vec<_> = json["unrecorded"]
        .as_array()
        .expect("facts")
        .iter()
        .map(|fact| &fact["required"])
        .collect();
    assert_eq!(required, [&json!(false), &json!(true)]);
    let recorded = app.ara(&["lock", "-m", "stars"]).stdout;
    let expected = format!("recorded release 2 in ara.lock: stars\n\n{expected}\ncommit ara.lock");
    assert!(recorded.starts_with(&expected), "{recorded}");
}

#[test]
fn something_is_broken() {
    let app = released();
    app.write("src/lib.rs", &TODO.replace("NonEmptyString<100>", "i64"));
    for command in ["check", "diff"] {
        let ran = app.ara(&[command]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let expected = "refused: column `todo.title` was released as text, and is integer now\n";
        assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
        let json = app.ara(&[command, "--json"]).json();
        assert_eq!(json["broken"][0]["tables"], json!(["todo"]));
        assert_eq!(json["unrecorded"], json!([]));
    }
}

#[test]
fn a_type_may_only_get_wider() {
    let app = released();
    // Longer texts are new, and older apps do not see them.
    app.write("src/lib.rs", &TODO.replace("NonEmptyString<100>", "NonEmptyString<1000>"));
    let wider = "    table todo\n        title  + text 1..=1000, was text 1..=100\n\n\
                 wider: older versions of the app keep a value beyond their range, and do not see it\n";
    let checked = app.ara(&["check"]);
    let expected = "not recorded: `cargo ara lock -m \"..\"` records it as release 2\n\n";
    assert_eq!((checked.code, &*checked.stdout), (Some(1), &*format!("{expected}{wider}")));
    let diff = app.ara(&["diff"]);
    assert_eq!((diff.code, &*diff.stdout), (Some(1), wider));
    let recorded = app.ara(&["lock", "-m", "longer titles"]).stdout;
    let expected =
        format!("recorded release 2 in ara.lock: longer titles\n\n{wider}\ncommit ara.lock");
    assert!(recorded.starts_with(&expected), "{recorded}");
    assert_eq!(app.ara(&["check"]).code, Some(0));
    let listed = app.ara(&["list"]).stdout;
    assert!(listed.contains("1 table, 1 column  first\n"), "{listed}");
    assert!(listed.contains("1 range            longer titles\n"), "{listed}");

    // Back to what it was is narrower.
    app.write("src/lib.rs", TODO);
    let refusal = "column `todo.title` was released as text of 1 to 1000 characters and may only get \
                   wider: it is text of 1 to 100 characters now\n  \
                   keep it:               pub title: ara::NonEmptyString<1000>,\n  \
                   and add beside it:     pub title_new: Option<ara::NonEmptyString<100>>,\n";
    for command in [&["check"][..], &["diff"], &["lock", "-m", "shorter titles"]] {
        let ran = app.ara(command);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stdout.starts_with(&format!("refused: {refusal}")), "{}", ran.stdout);
    }
    let sql = app.ara(&["sql"]);
    assert!(sql.code == Some(0) && sql.stderr.contains(refusal), "{sql:?}");
}

/// The lock of a release of [`TODO`], from before ranges were recorded.
const OF_FORMAT_1: &str = r#"{
  "format": 1,
  "about": "",
  "releases": [
    { "version": 1, "checksum": "5811bdb926819622a26e8458ee818ffac4b9a536b4f4a9fe507a8ad01baed86c", "after": [], "date": "2026-11-22", "message": "first", "seal": "c367" },
    "end"
  ],

  "schema": [
    { "table": "todo", "since": "5811bdb9", "seal": "97ee" },
    { "table": "todo", "column": "title", "type": "text", "since": "5811bdb9", "seal": "cd21" },
    "end"
  ]
}
"#;

#[test]
fn a_lock_without_ranges_gets_them() {
    let app = released();
    // As an older version of the command has written it.
    app.write("ara.lock", OF_FORMAT_1);
    app.write("src/lib.rs", &TODO.replace("NonEmptyString<100>", "NonEmptyString<10>"));
    let ranges = "    table todo\n        title  + text 1..=10, had no range recorded\n";
    assert_eq!(app.ara(&["diff"]).stdout, ranges);
    assert_eq!(app.ara(&["lock", "-m", "ranges"]).code, Some(0));
    app.write("src/lib.rs", &TODO.replace("NonEmptyString<100>", "NonEmptyString<9>"));
    let refused = app.ara(&["check"]).stdout;
    assert!(
        refused.starts_with("refused: column `todo.title` was released as text of 1 to 10"),
        "{refused}"
    );
}

#[test]
fn the_lock_is_invalid() {
    let app = released();
    app.write("ara.lock", &app.read("ara.lock").replace("first", "fourth"));
    let checked = app.ara(&["check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.starts_with("invalid: ara.lock: line 5: "), "{checked:?}");
    let json = app.ara(&["check", "--json"]).json();
    assert_eq!(json["holds"], false);
    assert!(json["invalid"].as_str().is_some_and(|told| told.starts_with("line 5: ")), "{json}");
}
