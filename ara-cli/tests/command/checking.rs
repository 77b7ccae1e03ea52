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
        "against": null, "not_a_superset": null, "invalid": null,
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
    let due = json!([{"kind": "column", "table": "todo", "column": "due", "type": "timestamp"}]);
    assert_eq!(app.ara(&["check", "--json"]).json()["unrecorded"], due);
    assert_eq!(app.ara(&["diff", "--json"]).json()["unrecorded"], due);
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

#[test]
fn against_another_revision() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.git(&["init", "--quiet", "-b", "main"]);
    app.commit();
    app.ara(&["lock", "-m", "first"]);
    // At that revision nothing was released.
    let checked = app.ara(&["check", "--against", "main"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    app.commit();
    let first = app.read("ara.lock");

    app.write("src/lib.rs", &with_due());
    app.ara(&["lock", "-m", "due date"]);
    assert_eq!(app.ara(&["check", "--against", "main"]).code, Some(0));
    app.commit();

    // The later release is forgotten.
    app.write("src/lib.rs", TODO);
    app.write("ara.lock", &first);
    assert_eq!(app.ara(&["check", "--against", "main~1"]).code, Some(0));
    assert_eq!(app.ara(&["check"]).code, Some(0));
    let checked = app.ara(&["check", "--against", "main"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.starts_with("changed: ara.lock lacks what it had at `main`: "));
    let json = app.ara(&["check", "--against", "main", "--json"]).json();
    assert_eq!((&json["holds"], &json["against"]), (&json!(false), &json!("main")));
    assert!(json["not_a_superset"].is_string(), "{json}");

    std::fs::remove_file(app.at("ara.lock")).expect("it is there");
    let checked = app.ara(&["check", "--against", "main"]);
    assert!(checked.stdout.starts_with("changed: ara.lock lacks"), "{checked:?}");

    let told = app.error(&["check", "--against", "made-up"]);
    assert!(told.contains("git does not find the revision `made-up`"), "{told}");
    let told = app.error(&["check", "--against=--help"]);
    assert!(told.contains("git does not find the revision `--help`"), "{told}");
}

#[test]
fn against_a_revision_where_it_was_in_another_folder() {
    let app = released();
    let first = app.read("ara.lock");
    app.write("src/lib.rs", &with_due());
    app.ara(&["lock", "-m", "due date"]);
    app.git(&["init", "--quiet", "-b", "main"]);
    // This is of another package, that is gone.
    app.write("other/ara.lock", "not a lock");
    app.commit();

    std::fs::remove_dir_all(app.at("other")).expect("it is there");
    std::fs::create_dir(app.at("moved")).expect("it can be made");
    for name in ["Cargo.toml", "Cargo.lock", "src", "ara.lock"] {
        std::fs::rename(app.at(name), app.at("moved").join(name)).expect("it is there");
    }
    let against = ["check", "--against", "main"];
    let checked = app.ara_in("moved", &against);
    assert_eq!(checked.code, Some(0), "{checked:?}");

    app.write("moved/src/lib.rs", TODO);
    app.write("moved/ara.lock", &first);
    let checked = app.ara_in("moved", &against);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.starts_with("changed: ara.lock lacks what it had at `main`: "));
}

#[test]
fn against_a_revision_there_must_be_git() {
    let app = released();
    let told = app.error(&["check", "--against", "main"]);
    assert!(told.contains("not a git repository"), "{told}");

    let cargo = std::env::var("CARGO").expect("cargo runs the tests");
    let mut without_git = app.command("", env!("CARGO_BIN_EXE_cargo-ara"));
    // rustc is found beside cargo.
    let beside = std::path::Path::new(&cargo).parent().expect("a folder");
    without_git.env("PATH", beside).args(["check", "--against", "main"]);
    let ran = crate::support::ran(&mut without_git);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("git is not found"), "{ran:?}");
}
