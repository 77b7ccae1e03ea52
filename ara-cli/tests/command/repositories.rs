//! `cargo ara` where git is, and where it is not.

use std::fs;

use serde_json::json;

use crate::support::{Folder, TODO, ran};

/// With one column more.
fn with(column: &str) -> String {
    TODO.replace("pub title", &format!("pub {column},\n    pub title"))
}

/// A repository with the first release on its branch `main`.
fn released() -> Folder {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.git(&["init", "--quiet", "-b", "main"]);
    release(&app, TODO, "first");
    app
}

fn release(app: &Folder, code: &str, message: &str) {
    app.write("src/lib.rs", code);
    let locked = app.ara(&["lock", "-m", message]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    app.commit();
}

#[test]
fn what_was_released_must_be_there() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.git(&["init", "--quiet", "-b", "main"]);
    app.commit();
    app.ara(&["lock", "-m", "first"]);
    // At that revision nothing was released.
    let checked = app.ara(&["check", "--against", "main"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    app.commit();
    let first = app.read("ara.lock");

    app.write("src/lib.rs", &with("due: Option<Timestamp>"));
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
    assert!(json["not_a_superset"].is_string() && json["behind"] == false, "{json}");
}

#[test]
fn against_a_revision_where_it_was_in_another_folder() {
    let app = released();
    let first = app.read("ara.lock");
    app.write("src/lib.rs", &with("due: Option<Timestamp>"));
    app.ara(&["lock", "-m", "due date"]);
    // This is of another package, that is gone.
    app.write("other/ara.lock", "not a lock");
    app.commit();

    fs::remove_dir_all(app.at("other")).expect("it is there");
    fs::create_dir(app.at("moved")).expect("it can be made");
    for name in ["Cargo.toml", "Cargo.lock", "src", "ara.lock"] {
        fs::rename(app.at(name), app.at("moved").join(name)).expect("it is there");
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
fn a_branch_may_only_be_behind() {
    let app = released();
    app.git(&["checkout", "--quiet", "-b", "topic"]);
    let first = app.read("ara.lock");
    release(&app, &with("stars: Option<i64>"), "stars");
    let stars = app.read("ara.lock");
    app.git(&["checkout", "--quiet", "main"]);
    release(&app, &with("due: Option<Timestamp>"), "due dates");
    app.git(&["checkout", "--quiet", "topic"]);

    let checked = app.ara(&["check", "--against", "main"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let expected = "behind: this branch is behind `main`: merge it first, ara.lock lacks what was \
                    released there since\n";
    assert_eq!(checked.stdout, expected);
    let json = app.ara(&["check", "--against", "main", "--json"]).json();
    assert_eq!((&json["holds"], &json["behind"]), (&json!(false), &json!(true)));
    assert!(json["not_a_superset"].is_string(), "{json}");

    // It is behind, and has lost something of its own too.
    app.write("ara.lock", &first.replace("\"first\"", "\"1st\""));
    assert_eq!(app.ara(&["check", "--against", "main"]).code, Some(1));
    fs::remove_file(app.at("ara.lock")).expect("it is there");
    app.git(&["rm", "--quiet", "--cached", "ara.lock"]);
    app.commit();
    let checked = app.ara(&["check", "--against", "main"]).stdout;
    assert!(checked.starts_with("changed: ara.lock lacks what it had at `main`: "), "{checked}");

    app.write("ara.lock", &stars);
    app.commit();
    app.git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "merge",
        "--quiet",
        "-X",
        "ours",
        "main",
    ]);
    let both = "stars: Option<i64>,\n    pub due: Option<Timestamp>";
    app.write("src/lib.rs", &with(both));
    let checked = app.ara(&["check", "--against", "main"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");

    // Nothing is new, but what ships now is neither of the two.
    let joined = app.ara(&["lock", "-m", "merge"]);
    let expected = "recorded release 3 in ara.lock: merge\n\njoins releases 2 and 2\n\n\
                    commit ara.lock with this version of the app\n";
    assert_eq!((joined.code, &*joined.stdout), (Some(0), expected));
    let listed = app.ara(&["list"]).stdout;
    assert!(listed.contains("joins 2, 2") && listed.ends_with(" merge\n"), "{listed}");
    let again = app.ara(&["lock", "-m", "merge", "--json"]).json();
    assert_eq!((&again["recorded"], &again["version"]), (&json!(false), &json!(3)));
    assert_eq!(app.ara(&["check", "--against", "main"]).code, Some(0));
}

#[test]
fn a_release_with_something_new_joins_too() {
    let app = released();
    app.git(&["checkout", "--quiet", "-b", "topic"]);
    release(&app, &with("stars: Option<i64>"), "stars");
    app.git(&["checkout", "--quiet", "main"]);
    release(&app, &with("due: Option<Timestamp>"), "due dates");
    app.git(&["-c", "user.name=a", "-c", "user.email=a@b", "merge", "-q", "-X", "ours", "topic"]);
    let all = "stars: Option<i64>,\n    pub due: Option<Timestamp>,\n    pub done: Option<bool>";
    app.write("src/lib.rs", &with(all));
    let json = app.ara(&["lock", "-m", "done", "--json"]).json();
    assert_eq!((&json["version"], &json["joins"]), (&json!(3), &json!([2, 2])));
    assert_eq!(json["added"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_revision_that_is_not_there_is_told() {
    let app = released();
    let told = |name: &str| {
        let told = app.error(&["check", &format!("--against={name}")]);
        let expected = format!("error: git does not find the revision `{name}`\n");
        let rest = told.strip_prefix(&expected).unwrap_or_else(|| panic!("{told}"));
        rest.to_owned()
    };
    for name in ["HEAD~99", "main^7", "--help", "0123abcd"] {
        assert_eq!(told(name), "", "{name}");
    }
    assert_eq!(told("origin/main"), "fetch it first: `git fetch origin main`\n");
    let expected = "if it is a branch of a server, fetch it first: `git fetch origin made-up`, then \
                    `--against origin/made-up`\n";
    assert_eq!(told("made-up"), expected);
}

#[test]
fn a_shallow_clone_knows_little() {
    let app = released();
    app.git(&["checkout", "--quiet", "-b", "topic"]);
    app.write("notes", "");
    app.commit();
    app.git(&["checkout", "--quiet", "main"]);
    release(&app, &with("due: Option<Timestamp>"), "due dates");
    let url = format!("file://{}", app.path().display());
    let options = ["clone", "--quiet", "--depth=1", "--no-single-branch", "-b", "topic", &url];
    app.git(&[&options[..], &["clone"]].concat());
    // Its Cargo.toml begins with a workspace, so it is one of its own.
    let ran = app.ara_in("clone", &["check", "--against", "origin/main"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("as this clone is shallow: `git fetch --unshallow`"), "{ran:?}");
    let ran = app.ara_in("clone", &["check", "--against", "HEAD~1"]);
    let expected = "error: git does not find the revision `HEAD~1`\nthis clone is shallow: `git \
                    fetch --unshallow` gets the rest of its history\n";
    assert_eq!((ran.code, &*ran.stderr), (Some(2), expected));
}

#[test]
fn against_a_revision_there_must_be_git() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let told = app.error(&["check", "--against", "main"]);
    assert!(told.contains("not a git repository"), "{told}");

    let without_git = |arguments: &[&str]| {
        let cargo = std::env::var("CARGO").expect("cargo runs the tests");
        // rustc is found beside cargo.
        let beside = std::path::Path::new(&cargo).parent().expect("a folder").to_owned();
        let mut command = app.command("", env!("CARGO_BIN_EXE_cargo-ara"));
        ran(command.env("PATH", beside).args(arguments))
    };
    let against = without_git(&["check", "--against", "main"]);
    assert_eq!(against.code, Some(2), "{against:?}");
    assert!(against.stderr.contains("git is not found"), "{against:?}");
    // Nothing else needs it.
    assert_eq!(without_git(&["lock", "-m", "first"]).code, Some(0));
    assert_eq!(app.read(".gitattributes"), "ara.lock merge=union\n");
    assert_eq!(without_git(&["check"]).code, Some(0));
}

#[test]
fn a_lock_that_is_gone_is_missed() {
    let app = released();
    fs::remove_file(app.at("ara.lock")).expect("it is there");
    let gone = "ara.lock is gone, but the last commit has it: `git checkout HEAD -- ara.lock`";
    assert_eq!(app.error(&["lock", "-m", "again"]), format!("error: {gone}\n"));
    assert!(!app.at("ara.lock").exists());
    for arguments in [&["check"][..], &["check", "--against", "main"]] {
        let checked = app.ara(arguments);
        let expected = format!("gone: {gone}\n");
        assert_eq!((checked.code, &*checked.stdout), (Some(1), &*expected));
    }
    let json = app.ara(&["check", "--json"]).json();
    assert_eq!((&json["holds"], &json["invalid"]), (&json!(false), &json!(gone)));

    // What it says to do helps, though the index may have lost it too.
    app.git(&["rm", "--quiet", "--cached", "ara.lock"]);
    app.git(&["checkout", "HEAD", "--", "ara.lock"]);
    assert_eq!(app.ara(&["check"]).code, Some(0));

    // Who means it commits it.
    app.git(&["rm", "--quiet", "ara.lock"]);
    app.commit();
    assert_eq!(app.ara(&["lock", "-m", "again"]).code, Some(0));
}

#[test]
fn the_way_to_merge_is_seen_to_every_time() {
    let app = released();
    app.write(".gitattributes", "");
    let again = app.ara(&["lock", "-m", "nothing new"]);
    let expected = "\nadded `ara.lock merge=union` to .gitattributes, so that git keeps the releases \
                    of both branches where it merges two\ncommit .gitattributes\n";
    assert!(again.stdout.ends_with(expected), "{again:?}");
    assert_eq!(app.read(".gitattributes"), "ara.lock merge=union\n");
    let json = app.ara(&["lock", "-m", "nothing new", "--json"]).json();
    assert_eq!(json["gitattributes"], false);

    app.write(".gitattributes", "");
    app.write("src/lib.rs", &with("due: Option<Timestamp>"));
    let json = app.ara(&["lock", "-m", "due dates", "--json"]).json();
    assert_eq!((&json["gitattributes"], &json["recorded"]), (&json!(true), &json!(true)));
}

#[test]
fn the_root_may_say_how_all_locks_are_merged() {
    let workspace = Folder::workspace(&[("first", TODO)]);
    workspace.git(&["init", "--quiet"]);
    workspace.write(".gitattributes", "ara.lock merge=union\n");
    let locked = workspace.ara(&["lock", "-m", "first"]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    assert!(!workspace.at("first/.gitattributes").exists(), "{locked:?}");
}
