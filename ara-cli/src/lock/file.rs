//! The file `ara.lock`, which is read and written as a whole.

use std::env;

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock, LockError};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::package::Package;
use crate::files::{read_if_there, replace};
use crate::git::repository;

/// The file `ara.lock` of a package, which may not exist yet.
#[derive(Debug)]
pub struct LockFile {
    pub path: Utf8PathBuf,
    /// The text of the file, if it exists.
    text: Option<String>,
}

impl LockFile {
    /// Reads the lock of a package.
    pub fn of(package: &Package) -> Result<Self> {
        let path = package.folder().join(LOCK_FILE);
        let text = read_if_there(&path)?;
        Ok(Self { path, text })
    }

    /// Returns the path to show to the user: relative to the current folder, if the file is below it.
    pub fn shown(&self) -> &Utf8Path {
        let here = env::current_dir().ok();
        let below = here.and_then(|here| self.path.strip_prefix(Utf8Path::from_path(&here)?).ok());
        below.unwrap_or(&self.path)
    }

    /// Returns whether the file exists.
    pub fn is_there(&self) -> bool {
        self.text.is_some()
    }

    /// Returns what to tell the user if the file does not exist, although the last commit has it.
    pub fn gone(&self, package: &Package) -> Option<String> {
        let is_gone = !self.is_there() && repository::last_commit_has_lock(package);
        is_gone.then(|| {
            let shown = self.shown();
            format!("{shown} is gone, but the last commit has it: `git checkout HEAD -- {shown}`")
        })
    }

    /// Returns what was released, after checking all of its history. Without a file, nothing was released.
    ///
    /// # Errors
    ///
    /// Returns a [`LockError`] if the lock is not valid.
    pub fn parse(&self) -> Result<Lock, LockError> {
        let lock = self.text.as_deref().map_or_else(|| Ok(Lock::default()), Lock::parse)?;
        lock.verify_all()?;
        Ok(lock)
    }

    /// Returns what [`parse`](Self::parse) does, for commands that cannot go on without it.
    pub fn lock(&self) -> Result<Lock> {
        self.parse().with_context(|| format!("{} cannot be used", self.shown()))
    }

    /// Replaces the file, unless it has changed since it was read. As compiling the app takes time, somebody
    /// may have recorded a release in the meantime, which must not be lost.
    pub fn write(&self, lock: &Lock) -> Result<()> {
        if read_if_there(&self.path)? != self.text {
            bail!(
                "{} has changed while the app was compiled, and is left as it is: run `cargo ara lock` \
                 again, if there still is something to record",
                self.shown()
            );
        }
        let written = replace(&self.path, lock.to_string().as_bytes());
        written.with_context(|| format!("{} cannot be written", self.path))
    }
}
