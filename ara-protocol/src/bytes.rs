//! Reads and writes the fixed layout of the formats.

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Reads fields one after the other, and never beyond the end.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Starts to read. Errors call the bytes `what`.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// Reads the version and the kind that each format begins with.
    pub(crate) fn begin(&mut self, version: u8, kind: u8) -> Result<()> {
        self.version(version)?;
        if self.u8()? == kind { Ok(()) } else { Err(self.malformed()) }
    }

    /// Reads the version.
    pub(crate) fn version(&mut self, known: u8) -> Result<()> {
        match self.u8()? {
            0 => Err(self.malformed()),
            version if version > known => Err(Error::UpdateNeeded { what: self.what }),
            _ => Ok(()),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(self.malformed())?;
        self.rest = rest;
        Ok(*array)
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8]> {
        let (slice, rest) = self.rest.split_at_checked(length).ok_or(self.malformed())?;
        self.rest = rest;
        Ok(slice)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads whether something is there.
    pub(crate) fn flag(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.malformed()),
        }
    }

    /// Reads text behind its length.
    pub(crate) fn text(&mut self) -> Result<&'a str> {
        let length = self.u16()?;
        std::str::from_utf8(self.slice(length.into())?).map_err(|_| self.malformed())
    }

    /// Returns how many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Refuses bytes that are left over.
    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    pub(crate) fn malformed(&self) -> Error {
        Error::Malformed { what: self.what }
    }
}

/// Appends text behind its length.
///
/// # Errors
///
/// Returns [`Error::TooLarge`] if it is longer than `longest` bytes, which is at most 65,535.
pub(crate) fn put_text(
    bytes: &mut Vec<u8>,
    text: &str,
    longest: u16,
    what: &'static str,
) -> Result<()> {
    let length = u16::try_from(text.len()).ok().filter(|length| *length <= longest);
    let length = length.ok_or(Error::TooLarge { what })?;
    bytes.extend(length.to_be_bytes());
    bytes.extend(text.as_bytes());
    Ok(())
}

/// Returns the SHA-256 of a label and parts. Every part but one must have a fixed length, or begin
/// with its length, so that no two lists of parts read the same.
pub(crate) fn hash(label: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix(label);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
