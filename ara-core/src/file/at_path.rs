//! Which file a path leads to while a database is open.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The file that is open: its device, and its inode there.
///
/// Unlike an [`Identity`](crate::file::identity::Identity), this is never stored. Both numbers stay the same
/// as long as the file is open, and no other file has both meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenFile {
    device: u64,
    inode: u64,
}

/// What is at a path now, compared to the file that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtPath {
    /// The same file, as far as the system can tell.
    SameFile,
    /// No file.
    Nothing,
    /// Another file.
    AnotherFile,
}

impl OpenFile {
    /// Returns the file at a path, or `None` if there is none or the system cannot tell.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Self::of_file(&fs::metadata(path).ok()?)
    }

    /// Returns what is now at the path at which this file was.
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
