//! Colours, JSON and exit codes, whatever the command.

use crate::support::{Folder, TODO, ran};

const ESCAPE: char = '\u{1b}';

#[test]
fn colours_are_for_who_wants_them() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let piped = app.ara(&["diff"]);
    assert!(!piped.stdout.contains(ESCAPE), "{piped:?}");
    let always = app.ara(&["--color", "always", "diff"]);
    assert!(always.stdout.contains(ESCAPE), "{always:?}");
    let after = app.ara(&["diff", "--color=never"]);
    assert!(!after.stdout.contains(ESCAPE), "{after:?}");
    let told = app.ara(&["list", "--json", "--color", "always"]).stdout;
    assert!(!told.contains(ESCAPE), "{told}");

    let mut command = app.command("", env!("CARGO_BIN_EXE_cargo-ara"));
    let forced = ran(command.arg("diff").env("CLICOLOR_FORCE", "1"));
    assert!(forced.stdout.contains(ESCAPE), "{forced:?}");
    let refused = ran(command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE"));
    assert!(!refused.stdout.contains(ESCAPE), "{refused:?}");
}

#[test]
fn the_compilers_colours_are_passed_on() {
    let app = Folder::app(&[("src/lib.rs", "fn broken( {}")]);
    let piped = app.ara(&["diff"]);
    assert!(piped.stderr.contains("error") && !piped.stderr.contains(ESCAPE), "{piped:?}");
    let always = app.ara(&["diff", "--color", "always"]);
    assert!(always.stderr.contains(ESCAPE), "{always:?}");
    let json = app.ara(&["diff", "--color", "always", "--json"]).stdout;
    assert!(!json.contains("\\u001b"), "{json}");
}

#[test]
fn a_pipe_stays_quiet() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let ran = app.ara(&["diff", "--json"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn errors_are_json_too() {
    let folder = Folder::empty();
    let ran = folder.ara(&["check", "--json"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(2), ""));
    assert!(ran.json()["error"].as_str().is_some_and(|told| told.contains("Cargo.toml")));
}

#[test]
fn it_says_what_it_can_do() {
    let folder = Folder::empty();
    let version = folder.ara(&["--version"]);
    assert_eq!(version.stdout, concat!("cargo-ara ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = folder.ara(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Usage: cargo ara [OPTIONS] <COMMAND>"), "{}", help.stdout);
    assert!(help.stdout.contains("Exit codes:"), "{}", help.stdout);
    let commands = [
        "lock",
        "check",
        "diff",
        "list",
        "sql",
        "inspect",
        "history",
        "verify",
        "unreadable",
        "vacuum",
        "forget",
    ];
    for command in commands {
        let help = folder.ara(&[command, "--help"]);
        assert!(help.stdout.contains("JSON: {"), "{}", help.stdout);
    }
    assert_eq!(folder.ara(&["made-up"]).code, Some(2));
}
