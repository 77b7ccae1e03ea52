//! Which package of a workspace is meant.

use crate::support::{Folder, TODO, manifest};

/// The library of a package with a schema of one table.
fn schema_of(table: &str) -> String {
    TODO.replace("Todo", table)
}

#[test]
fn of_several_with_a_schema_one_is_named() {
    let members = [("first", &*schema_of("First")), ("second", &*schema_of("Second"))];
    let workspace = Folder::workspace(&members);
    let told = workspace.error(&["diff"]);
    assert!(told.contains("depend on ara: `first`, `second`\n"), "{told}");
    assert!(told.contains("`-p <NAME>`"), "{told}");
    assert_eq!(workspace.tables(&["-p", "first"]), ["first"]);
    assert_eq!(workspace.tables(&["--package", "second"]), ["second"]);
    let within = workspace.ara_in("second/src", &["diff", "--json"]);
    assert_eq!(within.json()["unrecorded"][0]["table"], "second");
    let told = workspace.error(&["diff", "-p", "third"]);
    assert!(told.contains("no package `third`; it has `first`, `second`"), "{told}");
}

#[test]
fn the_only_one_that_uses_ara_is_meant() {
    let workspace = Folder::workspace(&[("with", TODO), ("without", "")]);
    let without = "[package]\nname = \"without\"\nedition = \"2024\"\n";
    workspace.write("without/Cargo.toml", without);
    assert_eq!(workspace.tables(&[]), ["todo"]);
    let told = workspace.error(&["diff", "-p", "without"]);
    assert!(told.contains("these of the workspace do: `with`"), "{told}");
}

#[test]
fn a_dependency_with_a_schema_of_its_own_is_not_asked() {
    let upper = format!("pub use below::App as Below;\n{}", schema_of("Upper"));
    let workspace = Folder::workspace(&[("below", &*schema_of("Below")), ("upper", &*upper)]);
    workspace.write("upper/Cargo.toml", &manifest("upper", "below = { path = \"../below\" }\n"));
    assert_eq!(workspace.tables(&["-p", "upper"]), ["upper"]);
    assert_eq!(workspace.tables(&["-p", "below"]), ["below"]);
    let checked = workspace.cargo(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_eq!(workspace.tables(&["-p", "upper"]), ["upper"]);
}

#[test]
fn a_dependency_that_does_not_compile_is_shown() {
    let workspace = Folder::workspace(&[("below", "pub fn a() -> i64 { true }"), ("upper", TODO)]);
    workspace.write("upper/Cargo.toml", &manifest("upper", "below = { path = \"../below\" }\n"));
    let told = workspace.error(&["diff", "-p", "upper"]);
    assert!(told.contains("mismatched types") && told.contains("below/src/lib.rs"), "{told}");
}

#[test]
fn each_package_has_a_lock_of_its_own() {
    let workspace = Folder::workspace(&[("first", TODO), ("second", TODO)]);
    let locked = workspace.ara(&["lock", "-m", "first", "-p", "first"]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    assert!(workspace.at("first/ara.lock").exists());
    assert!(!workspace.at("second/ara.lock").exists() && !workspace.at("ara.lock").exists());
    let checked = workspace.ara_in("second", &["check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
}
