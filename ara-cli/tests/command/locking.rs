//! `cargo ara lock` and `list`.

use std::fs;

use serde_json::json;

use crate::support::{Folder, TODO};

#[test]
fn releases_are_recorded_and_listed() {
    let app = Folder::app(&[("src/lib.rs", TODO), (".gitattributes", "*.png binary")]);
    let listed = app.ara(&["list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.starts_with("nothing is released yet"), "{listed:?}");

    let first = app.ara(&["lock", "-m", " first release "]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let expected = "recorded release 1 in ara.lock: first release\n\n  + table todo\n      \
                    + title  text 1..=100\n\n";
    assert!(first.stdout.starts_with(expected), "{}", first.stdout);
    assert!(first.stdout.contains("added `ara.lock merge=union` to .gitattributes"));
    assert_eq!(app.read(".gitattributes"), "*.png binary\nara.lock merge=union\n");

    app.write(
        "src/lib.rs",
        &TODO.replace("pub title", "pub mood: Option<Mood>, pub title").replace(
            "ara::schema!",
            "#[derive(Debug, Clone, PartialEq, Value)] pub enum Mood { Calm, Wild }\nara::schema!",
        ),
    );
    let second = app.ara(&["lock", "-m", "moods", "--json"]);
    let expected = json!({
        "recorded": true,
        "version": 2,
        "file": app.path().canonicalize().expect("it is there").join("ara.lock"),
        "added": [
            {"kind": "column", "table": "todo", "column": "mood", "type": "enum", "range": null,
             "required": false},
            {"kind": "variant", "table": "todo", "column": "mood", "variant": "Calm"},
            {"kind": "variant", "table": "todo", "column": "mood", "variant": "Wild"},
        ],
        "retired": [],
        "joins": [],
        "broken": [],
        "gitattributes": false,
    });
    assert_eq!(second.json(), expected);

    // Nothing is compiled for it.
    app.write("src/lib.rs", "this does not compile");
    let listed = app.ara(&["list", "--json"]).json();
    let releases = listed["releases"].as_array().expect("releases");
    let counts = |at: usize| {
        let release = &releases[at];
        let words = ["version", "date", "message", "tables", "columns", "variants"];
        words.map(|word| release[word].clone())
    };
    let date = json!("2026-11-23");
    assert_eq!(releases.len(), 2);
    assert_eq!(
        counts(0),
        [json!(1), date.clone(), json!("first release"), json!(1), json!(1), json!(0)]
    );
    assert_eq!(counts(1), [json!(2), date, json!("moods"), json!(0), json!(1), json!(2)]);
    let id = releases[0]["id"].as_str().expect("an id");
    let text = app.ara(&["list"]).stdout;
    assert!(text.contains(id) && text.contains("1 column, 2 variants  moods\n"), "{text}");
}

#[test]
fn there_may_be_nothing_to_record() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.ara(&["lock", "-m", "first"]);
    let lock = app.read("ara.lock");
    // Required or not, and the order of the columns: none of it is recorded.
    app.write("src/lib.rs", &TODO.replace("NonEmptyString<100>", "Option<NonEmptyString<100>>"));
    let again = app.ara(&["lock", "-m", "second"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.starts_with("there is nothing to record"), "{again:?}");
    assert_eq!(app.read("ara.lock"), lock);
    let again = app.ara(&["lock", "-m", "second", "--json"]).json();
    assert_eq!((&again["recorded"], &again["version"]), (&json!(false), &json!(1)));
}

#[test]
fn what_was_released_is_neither_renamed_nor_forgotten() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.ara(&["lock", "-m", "first"]);
    let lock = app.read("ara.lock");
    app.write("src/lib.rs", &TODO.replace("title", "name"));
    let refused = app.ara(&["lock", "-m", "second"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let text = &refused.stdout;
    assert!(text.contains("column `todo.title` was released as text, and is gone"), "{text}");
    assert!(text.contains("#[table(column = \"title\")]"), "{text}");
    assert_eq!(app.read("ara.lock"), lock);
    let refused = app.ara(&["lock", "-m", "second", "--json"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(refused.json()["broken"][0]["tables"], json!(["todo"]));

    app.write("src/lib.rs", &TODO.replace("Todo", "Other"));
    let refused = app.ara(&["lock", "-m", "second"]);
    let text = &refused.stdout;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        text.contains("table `todo` was released, and schema `App` does not name it"),
        "{text}"
    );
}

#[test]
fn a_message_is_required() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let told = app.error(&["lock"]);
    assert!(told.contains("--message <TEXT>"), "{told}");
    let told = app.error(&["lock", "-m", " "]);
    assert!(told.contains("say in a few words what is new"), "{told}");
    assert!(!app.at("ara.lock").exists());
}

#[test]
fn what_somebody_else_records_meanwhile_is_not_lost() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.ara(&["lock", "-m", "first"]);
    let first = app.read("ara.lock");
    app.write("src/lib.rs", &TODO.replace("pub title", "pub stars: Option<i64>, pub title"));
    app.ara(&["lock", "-m", "stars"]);
    app.write("theirs", &app.read("ara.lock"));
    app.write("ara.lock", &first);

    // Their lock comes while ours compiles.
    app.write("src/lib.rs", &TODO.replace("pub title", "pub due: Option<Timestamp>, pub title"));
    app.write("build.rs", "fn main() { std::fs::copy(\"theirs\", \"ara.lock\").unwrap(); }");
    let told = app.error(&["lock", "-m", "due"]);
    assert!(told.starts_with("error: ara.lock has changed while the app was compiled"), "{told}");
    assert_eq!(app.read("ara.lock"), app.read("theirs"));
}

#[test]
fn a_lock_that_cannot_be_used_is_left_alone() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.ara(&["lock", "-m", "first"]);
    let edited = app.read("ara.lock").replace("\"title\"", "\"name\"");
    app.write("ara.lock", &edited);
    for arguments in [&["lock", "-m", "second"][..], &["diff"], &["list"]] {
        let told = app.error(arguments);
        assert!(told.contains("ara.lock cannot be used: line "), "{told}");
    }
    assert_eq!(app.read("ara.lock"), edited);

    fs::remove_file(app.at("ara.lock")).expect("it is there");
    fs::create_dir(app.at("ara.lock")).expect("it can be made");
    let told = app.error(&["lock", "-m", "second"]);
    assert!(told.contains("ara.lock cannot be read"), "{told}");
}

#[test]
fn the_versions_of_a_document_are_locked_in_their_order() {
    let doc = |versions: &str| {
        TODO.replace("pub title: NonEmptyString<100>", "pub doc: Doc")
            + &format!("\n#[derive(Versioned)]\npub enum Doc {{ {versions} }}\n")
    };
    let app = Folder::app(&[("src/lib.rs", &doc("V1(String)"))]);
    assert_eq!(app.ara(&["lock", "-m", "first"]).code, Some(0));
    assert!(app.read("ara.lock").contains(r#""column": "doc", "type": "versioned","#));
    assert!(app.read("ara.lock").contains(r#""column": "doc", "variant": "1 V1","#));

    app.write("src/lib.rs", &doc("V1(String), V2(Box<str>)"));
    let added = app.ara(&["lock", "-m", "second", "--json"]).json();
    let expected = json!([
        {"kind": "variant", "table": "todo", "column": "doc", "variant": "2 V2"},
    ]);
    assert_eq!(added["added"], expected);

    app.write("src/lib.rs", &doc("V1(String), Between(Box<str>), V2(Box<[u8]>)"));
    let refused = app.cargo(&["check"]);
    let told =
        "version 2 of the document in column `todo.doc` was released as `V2`, and is version 3 now";
    assert!(refused.stderr.contains(told), "{refused:?}");
    app.write("src/lib.rs", &doc("V2(Box<str>)"));
    let refused = app.cargo(&["check"]);
    let told = "version 1 of the document in column `todo.doc` was released as `V1`, and is gone";
    assert!(refused.stderr.contains(told), "{refused:?}");
    app.write("src/lib.rs", &doc("V1(String), V2(Box<str>), V3(Box<[u8]>)"));
    assert_eq!(app.cargo(&["check"]).code, Some(0));
}
