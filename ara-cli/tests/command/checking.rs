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
    let expected = json!({"same": true, "unrecorded": [], "broken": []});
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
        "kind": "column", "table": "todo", "column": "due", "type": "timestamp", "required": false,
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
                    required: rows of older versions lack it, and `narrow_all` leaves them out\n";
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
