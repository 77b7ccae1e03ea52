//! Programs that are refused, each fault in a file of its own, with what is said of it beside. No program here
//! passes: so Cargo is asked once for all of a folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use trybuild::TestCases;

/// The folder that a run of this test by itself is about.
const FOLDER: &str = "ARA_TEST_FOLDER";

#[test]
fn each_fault_is_told_in_words() {
    TestCases::new().compile_fail("ui/*.rs");
}

/// What is known only where code is made of a query, which `cargo check` does not do. The program that passes
/// makes trybuild build them.
#[test]
fn each_fault_of_a_query_is_told_when_it_is_built() {
    let cases = TestCases::new();
    cases.compile_fail("ui/built/*.rs");
    cases.pass("ui/built/pass/*.rs");
}

/// Each folder of `released` has an `ara.lock`, and programs that are held against it.
#[test]
fn what_was_released_is_kept() -> io::Result<()> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("released");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folders)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        // The macro reads the lock that the environment names, and a process has one environment.
        let status = Command::new(env::current_exe()?)
            .args(["--exact", "refused::one_folder", "--ignored", "--nocapture"])
            .env(FOLDER, &folder)
            .env("ARA_LOCK", folder.join("ara.lock"))
            .status()?;
        assert!(status.success(), "{}", folder.display());
    }
    Ok(())
}

#[test]
#[ignore = "run by the test above, with a lock in the environment"]
fn one_folder() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.strip_prefix(root).expect("is one of this package's");
    TestCases::new().compile_fail(folder.join("*.rs"));
}
