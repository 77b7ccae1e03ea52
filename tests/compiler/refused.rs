//! Programs that are refused, each fault in a file of its own, with what is said of it beside. No program here
//! passes: so Cargo is asked once for all of a folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use trybuild::TestCases;

/// The folder that a run of this test by itself is about.
const FOLDER: &str = "ARA_TEST_FOLDER";

#[test]
fn each_fault_is_told_in_words() -> io::Result<()> {
    hold(&folder("ui"), None)
}

/// What is known only where code is made of a query, which `cargo check` does not do. The program that passes
/// makes trybuild build them.
#[test]
fn each_fault_of_a_query_is_told_when_it_is_built() -> io::Result<()> {
    hold(&folder("ui/built"), None)
}

/// Each folder of `released` has an `ara.lock`, and programs that are held against it.
#[test]
fn what_was_released_is_kept() -> io::Result<()> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder("released"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    folders.sort();
    assert!(!folders.is_empty());
    folders.iter().try_for_each(|folder| hold(folder, Some(&folder.join("ara.lock"))))
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Holds that the programs of a folder are refused as it says, in a process of its own: the macro reads the
/// lock that the environment names, and what is compiled for the programs needs no debug information.
fn hold(folder: &Path, lock: Option<&Path>) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", "refused::one_folder", "--ignored", "--nocapture"]);
    command.env(FOLDER, folder).env("CARGO_PROFILE_DEV_DEBUG", "0");
    if let Some(lock) = lock {
        command.env("ARA_LOCK", lock);
    }
    assert!(command.status()?.success(), "{}", folder.display());
    Ok(())
}

#[test]
#[ignore = "run by the tests above, each with an environment of its own"]
fn one_folder() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.strip_prefix(root).expect("is one of this package's");
    let cases = TestCases::new();
    cases.compile_fail(folder.join("*.rs"));
    if folder.ends_with("built") {
        cases.pass(folder.join("pass/*.rs"));
    }
}
