//! A file of data is one relay's at a time.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What follows the name of the data in that of the file which is locked.
const SUFFIX: &str = ".lock";

/// Whose the data is.
pub(crate) enum Lock {
    /// This process's, as long as this lives.
    Taken { _file: File },
    /// That of a relay that runs.
    InUse,
    /// A few file systems have no locks.
    Unknown,
}

/// Takes the data for as long as what is returned lives.
///
/// # Errors
///
/// Returns an error if another relay has it.
pub(crate) fn lock(data: &Path) -> Result<Lock> {
    let lock = try_lock(data)?;
    match lock {
        Lock::Taken { .. } => {}
        Lock::InUse => bail!(
            "{} is used by another relay that runs: stop that one first, or keep the data elsewhere with --store",
            data.display()
        ),
        // There it is up to who runs it.
        Lock::Unknown => tracing::warn!(
            "{} cannot be locked: see that one relay at a time uses it",
            data.display()
        ),
    }
    Ok(lock)
}

/// Takes the data if no relay has it. The system gives it free when the process ends, however it does, so the file beside
/// the data may stay there.
///
/// # Errors
///
/// Returns an error if the file that is to be locked cannot be made.
pub(crate) fn try_lock(data: &Path) -> Result<Lock> {
    let path = beside(data);
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Lock::Taken { _file: file }),
        Err(TryLockError::WouldBlock) => Ok(Lock::InUse),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
            Ok(Lock::Unknown)
        }
        Err(TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
    }
}

/// Returns the file that is locked for the data, which is the same by whatever link the data is found.
fn beside(data: &Path) -> PathBuf {
    let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let mut name = data.into_os_string();
    name.push(OsString::from(SUFFIX));
    name.into()
}
