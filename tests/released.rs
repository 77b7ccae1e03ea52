//! What the compiler says where a schema breaks what was released.
//!
//! Each folder of `tests/released` has an `ara.lock`, and programs that are held against it: those in
//! `pass` are fine, and beside each of the others is what is said of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The folder that a run of this test by itself is about.
const FOLDER: &str = "ARA_TEST_FOLDER";

#[test]
fn what_was_released_is_kept() -> io::Result<()> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folders)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        // The macro reads the lock that the environment names, and a process has one environment.
        let status = Command::new(env::current_exe()?)
            .args(["--exact", "one_folder", "--ignored", "--nocapture"])
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
    let cases = trybuild::TestCases::new();
    cases.compile_fail(folder.join("*.rs"));
    if root.join(folder).join("pass").is_dir() {
        cases.pass(folder.join("pass/*.rs"));
    }
}
