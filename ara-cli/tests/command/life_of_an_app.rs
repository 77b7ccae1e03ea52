//! The whole life of an app's schema: what its developers type, and what they are told.

use crate::support::{Folder, Ran};

/// The app with these fields of its one table.
fn app(fields: &str) -> String {
    format!(
        "use ara::prelude::*;\n\n#[derive(Table)]\npub struct Todo {{\n    pub id: Id<Todo>,\n    \
         {fields}\n}}\n\nara::schema! {{ pub App: Todo }}\n\nfn main() {{}}\n"
    )
}

const MAIN: &str = "src/main.rs";

/// Checks the app with cargo, which must be fine.
fn compiles(folder: &Folder) {
    let ran = folder.cargo(&["check", "--quiet"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// Checks the app with cargo, and returns whether cargo saw a reason to compile it once more.
fn is_compiled_anew(folder: &Folder) -> bool {
    let ran = succeeds(folder.cargo(&["check"]));
    ran.stderr.contains("Checking app ")
}

/// What the compiler says against the app.
fn refused(folder: &Folder) -> String {
    let ran = folder.cargo(&["check", "--quiet"]);
    assert_eq!(ran.code, Some(101), "{ran:?}");
    ran.stderr
}

fn succeeds(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn from_the_first_release_on() {
    // Nothing was released: everything may change.
    let folder = Folder::app(&[(MAIN, &app("pub name: String,"))]);
    folder.git(&["init", "--quiet", "--initial-branch", "main"]);
    folder.write(".gitignore", "Cargo.lock\n");
    compiles(&folder);
    folder.write(MAIN, &app("pub title: String,"));
    compiles(&folder);

    // The first release.
    let locked = succeeds(folder.ara(&["lock", "-m", "first release"]));
    says(&locked.stdout, &["todo", "title", "ara.lock"]);
    assert_eq!(folder.read(".gitattributes"), "ara.lock merge=union\n");
    assert!(is_compiled_anew(&folder), "what was compiled before knows of no release");
    assert!(!is_compiled_anew(&folder));
    succeeds(folder.ara(&["check"]));
    folder.commit();
    folder.git(&["tag", "v1"]);

    // More is always fine, and CI tells that it was not recorded.
    folder.write(MAIN, &app("pub title: String, pub due: Timestamp,"));
    compiles(&folder);
    let unrecorded = folder.ara(&["check"]);
    assert_eq!(unrecorded.code, Some(1), "{unrecorded:?}");
    says(&unrecorded.stdout, &["due"]);
    succeeds(folder.ara(&["lock", "-m", "due dates"]));
    succeeds(folder.ara(&["check", "--against", "v1"]));
    folder.commit();

    // A renamed field is refused, and neither can it be recorded.
    let released = folder.read("ara.lock");
    folder.write(MAIN, &app("pub heading: String, pub due: Timestamp,"));
    let told = refused(&folder);
    says(
        &told,
        &[
            "column `todo.title` was released as text, and is gone. Was it renamed to `heading`?",
            "#[table(column = \"title\")]",
            "pub title: Option<String>,",
        ],
    );
    let refusal = folder.ara(&["lock", "-m", "rename"]);
    assert_eq!(refusal.code, Some(1), "{refusal:?}");
    says(&(refusal.stdout + &refusal.stderr), &["Was it renamed to `heading`?"]);
    assert_eq!(folder.read("ara.lock"), released);

    // It keeps its stored name.
    folder
        .write(MAIN, &app("#[table(column = \"title\")] pub heading: String, pub due: Timestamp,"));
    compiles(&folder);
    succeeds(folder.ara(&["check"]));

    // A removed column is refused.
    folder.write(MAIN, &app("pub title: String,"));
    says(&refused(&folder), &["column `todo.due` was released as timestamp, and is gone"]);

    // It stays, and no code has to name it.
    let kept = "pub title: String, #[deprecated] pub due: Option<ara::Timestamp>,";
    folder.write(MAIN, &app(kept));
    compiles(&folder);
    let nothing = succeeds(folder.ara(&["lock", "-m", "nothing new"]));
    assert_eq!(folder.read("ara.lock"), released, "{nothing:?}");
    folder.commit();

    // Two branches each release a column.
    for (branch, column) in [("stars", "pub stars: i64,"), ("done", "pub done: Option<bool>,")] {
        folder.git(&["checkout", "--quiet", "-b", branch, "main"]);
        folder.write(MAIN, &app(&format!("{kept} {column}")));
        succeeds(folder.ara(&["lock", "-m", branch]));
        folder.commit();
    }
    folder.git(&["checkout", "--quiet", "main"]);
    folder.git(&["merge", "--quiet", "stars"]);
    // The code of the second is merged by hand; the lock by git.
    let both = app(&format!("{kept} pub stars: i64, pub done: Option<bool>,"));
    folder.git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "merge",
        "--quiet",
        "-X",
        "theirs",
        "done",
        "-m",
        "merge",
    ]);
    folder.write(MAIN, &both);
    compiles(&folder);
    succeeds(folder.ara(&["check", "--against", "stars"]));
    succeeds(folder.ara(&["check", "--against", "done"]));
    let list = succeeds(folder.ara(&["list"])).stdout;
    says(&list, &["first release", "due dates", "stars", "done"]);
    folder.write(MAIN, &both.replace("pub stars: i64,", ""));
    says(&refused(&folder), &["column `todo.stars` was released as integer, and is gone"]);
    folder.write(MAIN, &both);
    folder.commit();

    // The past cannot be edited; cargo sees an edit of the lock alone.
    compiles(&folder);
    let merged = folder.read("ara.lock");
    folder.write("ara.lock", &merged.replace("\"type\": \"text\"", "\"type\": \"integer\""));
    says(&refused(&folder), &["line ", "was edited or added by hand"]);
    let edited = folder.ara(&["check"]);
    assert_ne!(edited.code, Some(0), "{edited:?}");

    // Nor be forgotten: the lock of the first release is whole, but it lacks what came after.
    folder.git(&["checkout", "--quiet", "v1", "ara.lock"]);
    compiles(&folder);
    succeeds(folder.ara(&["lock", "-m", "all over again"]));
    let forgotten = folder.ara(&["check", "--against", "main"]);
    assert_eq!(forgotten.code, Some(1), "{forgotten:?}");
    folder.write("ara.lock", &merged);
    succeeds(folder.ara(&["check", "--against", "main"]));
}

#[test]
fn each_package_of_a_workspace_has_its_own() {
    let table = |name: &str, field: &str| {
        format!(
            "use ara::prelude::*;\n\n#[derive(Table)]\npub struct {name} {{ pub id: Id<{name}>, {field} }}\n\n\
             ara::schema! {{ pub {name}App: {name} }}\n"
        )
    };
    let folder = Folder::workspace(&[
        ("notes", &table("Note", "pub text: String")),
        ("films", &table("Film", "pub title: String")),
    ]);
    succeeds(folder.ara(&["lock", "-m", "notes", "-p", "notes"]));
    succeeds(folder.ara(&["lock", "-m", "films", "-p", "films"]));
    compiles(&folder);

    folder.write("films/src/lib.rs", &table("Film", "pub name: String"));
    let told = refused(&folder);
    says(&told, &["column `film.title` was released as text, and is gone"]);
    assert!(!told.contains("note"), "{told}");
    succeeds(folder.ara(&["check", "-p", "notes"]));
    assert_eq!(folder.ara(&["check", "-p", "films"]).code, Some(1));
}

#[test]
fn a_lock_that_the_environment_names_must_be_there() {
    let folder = Folder::app(&[(MAIN, &app("pub title: String,"))]);
    succeeds(folder.ara(&["lock", "-m", "first"]));
    std::fs::rename(folder.at("ara.lock"), folder.at("named.lock")).expect("it is there");
    folder.write(MAIN, &app("pub name: String,"));
    let check = |lock: &str| {
        let mut cargo = folder.command("", std::env::var("CARGO").expect("cargo runs the tests"));
        let ran = crate::support::ran(cargo.args(["check", "--quiet"]).env("ARA_LOCK", lock));
        assert_eq!(ran.code, Some(101), "{ran:?}");
        ran.stderr
    };
    says(&check("mistyped.lock"), &["ARA_LOCK names ", "mistyped.lock, and there is no such file"]);
    says(&check("named.lock"), &["column `todo.title` was released as text, and is gone"]);
}
