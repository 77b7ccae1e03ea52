//! A folder's files, byte for byte.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What is in a folder: each file's bytes, by name.
pub type Files = BTreeMap<String, Bytes>;

/// Bytes that do not fill the screen when they differ.
#[derive(PartialEq)]
pub struct Bytes(Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = self.0.iter().fold(0_u64, |sum, &byte| sum.rotate_left(7) ^ u64::from(byte));
        write!(f, "{} bytes ({sum:x})", self.0.len())
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

pub fn files(folder: &Path) -> std::io::Result<Files> {
    std::fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let bytes = Bytes(std::fs::read(entry.path())?);
            Ok((entry.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect()
}
