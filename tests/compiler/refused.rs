//! Programs that are refused, each fault in a file of its own, with what is said of it beside. No program here
//! passes, but one: so Cargo is asked once for all of a folder.
//!
//! What Cargo is to do stands in the environment, and a process has one. So each test that is to be run starts
//! this program once more, for an ignored test and with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use trybuild::TestCases;

/// The folder whose programs are to be refused.
const FOLDER: &str = "ARA_TEST_FOLDER";

#[test]
fn each_fault_is_told_in_words() -> io::Result<()> {
    run("refused_when_checked", Path::new("ui"), None)
}

/// What is known only where code is made of a query, which `cargo check` does not do.
#[test]
fn each_fault_of_a_query_is_told_when_it_is_built() -> io::Result<()> {
    run("refused_when_built", Path::new("ui/built"), None)
}

/// Each folder of `released` has an `ara.lock`, and programs that are held against it.
#[test]
fn what_was_released_is_kept() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = fs::read_dir(root.join("released"))?
        .map(|entry| Ok(Path::new("released").join(entry?.file_name())))
        .collect::<io::Result<_>>()?;
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        run("refused_when_checked", &folder, Some(&root.join(&folder).join("ara.lock")))?;
    }
    Ok(())
}

/// Runs one of the ignored tests for a folder.
fn run(test: &str, folder: &Path, lock: Option<&Path>) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(["--exact", &format!("refused::{test}"), "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        // Nobody debugs these programs: it would take time and space.
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    if let Some(lock) = lock {
        command.env("ARA_LOCK", lock);
    }
    assert!(command.status()?.success(), "{}", folder.display());
    Ok(())
}

fn folder() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

#[test]
#[ignore = "is run by the tests above, with an environment of its own"]
fn refused_when_checked() {
    if let Some(folder) = folder() {
        TestCases::new().compile_fail(folder.join("*.rs"));
    }
}

/// The program that passes makes trybuild build them.
#[test]
#[ignore = "is run by the tests above, with an environment of its own"]
fn refused_when_built() {
    if let Some(folder) = folder() {
        let cases = TestCases::new();
        cases.compile_fail(folder.join("*.rs"));
        cases.pass(folder.join("pass/*.rs"));
    }
}
