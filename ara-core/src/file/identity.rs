//! Which file a path leads to.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// A file, whatever it is called: its device, and where it lies on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

/// What a path leads to, where it once led to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtPath {
    /// That file, as far as the system can tell.
    SameFile,
    /// Nothing.
    Nothing,
    /// Another file.
    AnotherFile,
}

impl Identity {
    /// Of the file that a path leads to, if there is one and the system can tell.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Self::of_file(&fs::metadata(path).ok()?)
    }

    /// What the path leads to where this file was.
    pub(crate) fn look(self, path: &Path) -> AtPath {
        match fs::metadata(path) {
            Ok(file) if Self::of_file(&file) == Some(self) => AtPath::SameFile,
            Ok(_) => AtPath::AnotherFile,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => AtPath::Nothing,
                _ => AtPath::SameFile,
            },
        }
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere the system cannot tell")]
    fn of_file(file: &fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self { device: file.dev(), inode: file.ino() })
    }

    #[cfg(not(unix))]
    fn of_file(_: &fs::Metadata) -> Option<Self> {
        None
    }
}

/// As it is kept in the file.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}
