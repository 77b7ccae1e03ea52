//! Programs for the compiler, each in a file of its own. Those in a folder `pass` are built and run. The
//! others are refused, and beside each is what is said of it: `UPDATE_EXPECT=1` writes that anew.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, io, iter, thread};

use expect_test::expect_file;

use crate::rustc::{Rustc, Until};

/// The folder of this package.
const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// A program, and how the compiler is asked about it.
struct Program {
    path: PathBuf,
    /// What was released, if anything was.
    lock: Option<PathBuf>,
    expected: Expected,
}

#[derive(Clone, Copy)]
enum Expected {
    Passes,
    /// Refused no later than then.
    Refused(Until),
}

#[test]
fn each_fault_is_told_in_words() -> io::Result<()> {
    let ui = Path::new(TESTS).join("ui");
    let mut programs = programs(&ui, None, Until::Checked)?;
    // What is known only where code is made of a query.
    programs.extend(self::programs(&ui.join("built"), None, Until::Built)?);
    hold(programs)
}

/// Each folder of `tests/released` has an `ara.lock`, and programs that are held against it.
#[test]
fn what_was_released_is_kept() -> io::Result<()> {
    let mut all = Vec::new();
    for folder in fs::read_dir(Path::new(TESTS).join("released"))? {
        let folder = folder?.path();
        all.extend(programs(&folder, Some(&folder.join("ara.lock")), Until::Checked)?);
    }
    hold(all)
}

/// The programs of a folder, and those that pass in the folder within it.
fn programs(folder: &Path, lock: Option<&Path>, refused: Until) -> io::Result<Vec<Program>> {
    let mut programs = Vec::new();
    let pass = folder.join("pass");
    for (folder, expected) in [(folder, Expected::Refused(refused)), (&pass, Expected::Passes)] {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                programs.push(Program { path, lock: lock.map(Path::to_owned), expected });
            }
        }
    }
    Ok(programs)
}

/// Holds that all programs do what is expected of them. As many are compiled at a time as there are
/// processors.
fn hold(mut programs: Vec<Program>) -> io::Result<()> {
    assert!(!programs.is_empty());
    programs.sort_by(|one, other| one.path.cmp(&other.path));
    let rustc = Rustc::of_this_build()?;
    let workers = thread::available_parallelism()?.get();
    let programs = Mutex::new(programs.iter());
    let next = || programs.lock().ok().and_then(|mut programs| programs.next());
    let work = || {
        let held = iter::from_fn(next).map(|program| (program, program.holds(&rustc)));
        held.filter(|(_, holds)| !holds).map(|(program, _)| &*program.path).collect::<Vec<_>>()
    };
    let failed: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no worker panics")).collect()
    });
    assert!(failed.is_empty(), "what is said above is not what was expected of {failed:#?}");
    Ok(())
}

impl Program {
    /// Returns whether it does what is expected of it, and prints what it does where it does not.
    fn holds(&self, rustc: &Rustc) -> bool {
        let lock = self.lock.as_deref();
        let held = match self.expected {
            Expected::Passes => rustc.run(&self.path, lock),
            Expected::Refused(until) => rustc.refuse(&self.path, lock, until).map(|said| {
                let expected = expect_file![self.path.with_extension("stderr")];
                std::panic::catch_unwind(|| expected.assert_eq(&said)).is_ok()
            }),
        };
        held.unwrap_or_else(|error| {
            println!("{}: {error}", self.path.display());
            false
        })
    }
}
