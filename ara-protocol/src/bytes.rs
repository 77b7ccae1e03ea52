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

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
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

    /// Reads bytes behind their length, which has four bytes. They are not copied, so a length that is
    /// too great costs nothing.
    pub(crate) fn blob(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.u32()?).map_err(|_| self.malformed())?;
        self.slice(length)
    }

    /// Reads a list behind its length. A length that more items than there are bytes left would have is refused
    /// before room is made for them.
    pub(crate) fn list<T>(
        &mut self,
        most: usize,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = usize::try_from(self.u32()?).map_err(|_| self.malformed())?;
        if count > most {
            return Err(Error::TooLarge { what: self.what });
        }
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reads what is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
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

/// Appends bytes behind their length.
///
/// # Errors
///
/// Returns [`Error::TooLarge`] for more than 4 GB.
pub(crate) fn put_blob(bytes: &mut Vec<u8>, blob: &[u8], what: &'static str) -> Result<()> {
    put_count(bytes, blob.len(), what)?;
    bytes.extend(blob);
    Ok(())
}

/// Appends how many items follow.
///
/// # Errors
///
/// Returns [`Error::TooLarge`] for more than 4 billion.
pub(crate) fn put_count(bytes: &mut Vec<u8>, count: usize, what: &'static str) -> Result<()> {
    let count = u32::try_from(count).map_err(|_| Error::TooLarge { what })?;
    bytes.extend(count.to_be_bytes());
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
