//! A file of data is one relay's at a time.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What follows the name of the data in that of the file which is locked.
const SUFFIX: &str = ".lock";

/// Takes the data for as long as what is returned lives. The system gives it free when the process ends, however it
/// does, so the file beside the data may stay there.
///
/// # Errors
///
/// Returns an error if another relay has it.
pub(crate) fn lock(data: &Path) -> Result<File> {
    let path = beside(data);
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!(
            "{} is used by another relay that runs: stop that one first, or keep the data elsewhere with --store",
            data.display()
        ),
        // A few file systems have no locks. There it is up to who runs it.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
            tracing::warn!(
                "{} cannot be locked: see that one relay at a time uses it",
                data.display()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).context(path.display().to_string()),
    }
    Ok(file)
}

/// Returns the file that is locked for the data, which is the same by whatever link the data is found.
fn beside(data: &Path) -> PathBuf {
    let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let mut name = data.into_os_string();
    name.push(OsString::from(SUFFIX));
    name.into()
}
