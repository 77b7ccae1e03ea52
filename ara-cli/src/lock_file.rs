//! The file `ara.lock`: reading it, and writing it whole or not at all.

use std::env;
use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write};

use anyhow::{Context, Result, bail};
use ara_schema::{LOCK_FILE, Lock, LockError};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use tempfile::Builder;

use crate::git;
use crate::package::Package;

/// Where a package's lock is, and what is in it.
#[derive(Debug)]
pub struct LockFile {
    pub path: Utf8PathBuf,
    /// `None` if there is no file yet.
    text: Option<String>,
}

impl LockFile {
    /// The lock of a package. It may not be there yet.
    pub fn of(package: &Package) -> Result<Self> {
        let path = package.folder().join(LOCK_FILE);
        let text = read_if_there(&path)?;
        Ok(Self { path, text })
    }

    /// The path as it is shown: from the current folder, if the file is below it.
    pub fn shown(&self) -> &Utf8Path {
        let here = env::current_dir().ok();
        let below = here.and_then(|here| self.path.strip_prefix(Utf8Path::from_path(&here)?).ok());
        below.unwrap_or(&self.path)
    }

    /// Whether there is a file.
    pub fn is_there(&self) -> bool {
        self.text.is_some()
    }

    /// What to say of a file that is gone, though the last commit has it.
    pub fn gone(&self, package: &Package) -> Option<String> {
        let is_gone = !self.is_there() && git::last_commit_has_lock(package);
        is_gone.then(|| {
            let shown = self.shown();
            format!("{shown} is gone, but the last commit has it: `git checkout HEAD -- {shown}`")
        })
    }

    /// What was released: nothing, if there is no file. All of its history is checked.
    pub fn parse(&self) -> Result<Lock, LockError> {
        let lock = self.text.as_deref().map_or_else(|| Ok(Lock::default()), Lock::parse)?;
        lock.verify_all()?;
        Ok(lock)
    }

    /// As [`parse`](Self::parse), where there is no use in going on without it.
    pub fn lock(&self) -> Result<Lock> {
        self.parse().with_context(|| format!("{} cannot be used", self.shown()))
    }

    /// Replaces the file, unless it has changed since it was read: compiling the app takes its time, and
    /// what somebody else recorded meanwhile must not be lost.
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

/// The text of a file; `None` if there is none.
pub fn read_if_there(path: &Utf8Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{path} cannot be read")),
    }
}

/// Writes a file beside the one of this path and puts it in its place, so that nobody ever finds half of
/// it. Where a link leads to the file, the link stays.
pub fn replace(path: &Utf8Path, bytes: &[u8]) -> Result<()> {
    let linked = path.canonicalize_utf8();
    let path = linked.as_deref().unwrap_or(path);
    let mut builder = Builder::new();
    builder.prefix(".ara-");
    if let Some(permissions) = permissions_of(path) {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(path.parent().unwrap_or(Utf8Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Those of the file, or of any new file: a temporary one would be its owner's alone.
#[cfg(unix)]
fn permissions_of(path: &Utf8Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path).map(|file| file.permissions());
    Some(permissions.unwrap_or_else(|_| Permissions::from_mode(0o666)))
}

#[cfg(not(unix))]
fn permissions_of(_: &Utf8Path) -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        let path = folder.join("a");
        assert_eq!(read_if_there(&path)?, None);
        for text in ["one", "another"] {
            replace(&path, text.as_bytes())?;
            assert_eq!(read_if_there(&path)?.as_deref(), Some(text));
            assert_eq!(fs::read_dir(folder)?.count(), 1);
        }
        assert!(read_if_there(folder).is_err());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it() -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        let (path, plain) = (folder.join("a"), folder.join("b"));
        fs::write(&plain, "")?;
        replace(&path, b"one")?;
        let mode = |path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode());
        assert_eq!(mode(&path)?, mode(&plain)?);
        fs::set_permissions(&path, Permissions::from_mode(0o640))?;
        replace(&path, b"two")?;
        assert_eq!(mode(&path)? & 0o777, 0o640);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_it_still() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        fs::create_dir(folder.join("elsewhere"))?;
        let (path, link) = (folder.join("elsewhere/a"), folder.join("b"));
        fs::write(&path, "one")?;
        std::os::unix::fs::symlink("elsewhere/a", &link)?;
        replace(&link, b"two")?;
        assert_eq!(fs::read_to_string(&path)?, "two");
        assert!(link.is_symlink());
        Ok(())
    }
}
