//! How the schema of one package is found.

use std::process::Command;

use crate::support::{Folder, TODO, main_of_todo, ran};

#[test]
fn of_a_binary() {
    assert_eq!(Folder::app(&[("src/main.rs", &main_of_todo())]).tables(&[]), ["todo"]);
}

#[test]
fn of_a_library() {
    assert_eq!(Folder::app(&[("src/lib.rs", TODO)]).tables(&[]), ["todo"]);
}

#[test]
fn as_often_as_it_is_asked_and_cargo_check_goes_on() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    for _ in 0..2 {
        assert_eq!(app.tables(&[]), ["todo"]);
        let checked = app.cargo(&["check"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
    }
}

#[test]
fn for_a_target_that_is_named() {
    let rustc = ran(Command::new("rustc").arg("-vV")).stdout;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says so");
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    assert_eq!(app.tables(&["--target", host]), ["todo"]);
    let told = app.error(&["diff", "--target", "made-up"]);
    assert!(told.contains("made-up"), "{told}");
}

#[test]
fn with_features() {
    let code = "
        use ara::prelude::*;
        #[derive(Table)]
        pub struct Todo { pub id: Id<Todo> }
        #[derive(Table)]
        pub struct Extra { pub id: Id<Extra> }
        #[cfg(not(feature = \"extra\"))]
        ara::schema! { pub App: Todo }
        #[cfg(feature = \"extra\")]
        ara::schema! { pub App: Todo, Extra }
    ";
    let app = Folder::app(&[("src/lib.rs", code)]);
    assert_eq!(app.tables(&[]), ["todo"]);
    assert_eq!(app.tables(&["--features", "extra"]), ["extra", "todo"]);
    assert_eq!(app.tables(&["--all-features", "--profile", "dev"]), ["extra", "todo"]);
    let told = app.error(&["diff", "--features", "unknown"]);
    assert!(told.contains("unknown"), "{told}");
}

/// The compiler would refuse it from the first release on.
#[test]
fn not_of_tables_of_another_crate() {
    let foreign = TODO.replace("App: Todo", "App: Todo, ara::SchemaHistory");
    let told = Folder::app(&[("src/lib.rs", &foreign)]).error(&["lock", "-m", "first"]);
    assert!(told.contains("`ara::SchemaHistory` is declared in another crate"), "{told}");
}

#[test]
fn however_large_it_is() {
    let variants: String = (0..400).map(|at| format!("V{at:0>3}{:x<59},", "")).collect();
    let columns: String = (0..12).map(|at| format!("pub c{at}: Option<State>,")).collect();
    let code = format!(
        "use ara::prelude::*;
        #[derive(Debug, Clone, PartialEq, Value)]
        pub enum State {{ {variants} }}
        #[derive(Table)]
        pub struct Todo {{ pub id: Id<Todo>, {columns} }}
        ara::schema! {{ pub App: Todo }}",
    );
    let app = Folder::app(&[("src/lib.rs", &code)]);
    assert_eq!(app.tables(&[]), ["todo"]);

    let locked = app.ara(&["lock", "-m", "large"]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    let checked = app.cargo(&["check", "--quiet"]);
    assert_eq!((checked.code, &*checked.stderr), (Some(0), ""));
}

#[test]
fn while_the_tests_do_not_compile() {
    let broken = "#[test] fn test() { this does not compile }";
    let lib = format!("{TODO}\n#[cfg(test)] mod tests {{ {broken} }}");
    let app = Folder::app(&[("src/lib.rs", &lib), ("tests/a.rs", broken)]);
    assert_eq!(app.tables(&[]), ["todo"]);
}

#[test]
fn from_a_folder_within_it_or_by_its_manifest() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let within = app.ara_in("src", &["diff", "--json"]);
    assert_eq!(within.json()["unrecorded"][0]["table"], "todo", "{within:?}");

    let manifest = app.at("Cargo.toml").display().to_string();
    let elsewhere = Folder::empty();
    assert_eq!(elsewhere.tables(&["--manifest-path", &manifest]), ["todo"]);
}

#[test]
fn there_is_none() {
    let told = Folder::app(&[("src/lib.rs", "pub fn nothing() {}")]).error(&["diff"]);
    assert!(told.starts_with("error: `app` declares no schema\n"), "{told}");
    assert!(told.contains("ara::schema! { pub App: Todo, Category }"), "{told}");
}

#[test]
fn the_code_does_not_compile() {
    let app = Folder::app(&[("src/lib.rs", &TODO.replace("NonEmptyString<100>", "Unknown"))]);
    let told = app.error(&["diff"]);
    assert!(told.starts_with("error[E0425]: cannot find type `Unknown` in this scope\n"), "{told}");
    assert!(told.contains("pub title: Unknown,"), "{told}");
    assert!(told.contains("\nerror: `app` does not compile, and only the compiler"), "{told}");
    assert!(!told.contains("aborting"), "{told}");

    let ran = app.ara(&["lock", "-m", "first", "--json"]);
    assert_eq!(ran.code, Some(2));
    let json = ran.json();
    assert!(json["error"].as_str().is_some_and(|told| told.contains("not compile")), "{json}");
    let compiler = json["compiler"].as_str().expect("what it said");
    assert!(compiler.starts_with("error[E0425]: cannot find type"), "{compiler}");
    assert!(!app.at("ara.lock").exists());
}

#[test]
fn an_error_elsewhere_does_not_matter() {
    let broken = format!("{TODO}\npub fn count() -> i64 {{ \"one\" }}\n");
    assert_eq!(Folder::app(&[("src/lib.rs", &broken)]).tables(&[]), ["todo"]);
}

#[test]
fn the_package_does_not_use_ara() {
    let app = Folder::app(&[("src/lib.rs", "")]);
    app.write("Cargo.toml", "[package]\nname = \"app\"\nedition = \"2024\"\n[workspace]\n");
    let told = app.error(&["diff"]);
    assert!(told.starts_with("error: package `app` does not depend on ara\n"), "{told}");
    assert!(told.contains("`cargo add ara -p app`"), "{told}");
}

#[test]
fn there_is_no_package_or_none_that_can_be_read() {
    let folder = Folder::empty();
    let told = folder.error(&["check"]);
    assert!(told.starts_with("error: could not find `Cargo.toml` in "), "{told}");
    assert!(told.contains("--manifest-path"), "{told}");
    folder.write("Cargo.toml", "[package");
    let told = folder.error(&["check"]);
    assert!(told.contains("Cargo.toml"), "{told}");
    assert!(!told.contains("error: error:"), "{told}");
}
