//! A folder for temporary files.

use std::fs::{self, DirBuilder};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::entropy::Entropy;

/// A folder that only this user can enter. It is removed with all that is in it when this is dropped.
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(super) fn new() -> Result<Self> {
        let mut random = [0; 16];
        Entropy::system().fill(&mut random)?;
        let name = format!("ara-import-{}", Uuid::from_bytes(random));
        let path = std::env::temp_dir().join(name);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| Error::Io {
            reason: format!("a folder for temporary files cannot be made: {error}"),
        })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, as all temporary files are.
        let _ = fs::remove_dir_all(&self.0);
    }
}
