//! Files that SQLCipher encrypts.

use std::fmt::{self, Write};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::file::cipher::key::random;
use crate::file::cipher::{Key, MAGIC, Start};

/// What opens a file: nothing, or the key of its pages.
///
/// It is derived from the app's [`Key`] once, and not by each connection, which would take a tenth of a second each.
#[derive(Clone, Default)]
pub(crate) struct FileKey(Option<Arc<PageKey>>);

/// The key by which the pages of a file are encrypted. Without its salt, SQLCipher would make up one for each
/// connection to a new file.
struct PageKey {
    key: Zeroizing<[u8; 32]>,
    salt: Start,
}

impl FileKey {
    /// Returns what opens the file at a path, or a new file there.
    pub(crate) fn of(path: &Path, key: Option<&Key>) -> Result<Self> {
        let Some(key) = key else { return Ok(Self(None)) };
        match start_of(path) {
            Some(MAGIC) => Err(Error::NotEncrypted { path: path.to_owned() }),
            Some(salt) => Self::derive(path, key, salt),
            None => Self::of_new(path, key),
        }
    }

    /// Returns what opens the file at a path, which is no key if the file is not encrypted.
    pub(crate) fn if_encrypted(path: &Path, key: Option<&Key>) -> Result<Self> {
        match start_of(path) {
            Some(MAGIC) => Ok(Self(None)),
            _ => Self::of(path, key),
        }
    }

    /// Returns the key for a new file.
    pub(crate) fn of_new(path: &Path, key: &Key) -> Result<Self> {
        Self::derive(path, key, *random()?)
    }

    /// Returns another key for the same file, whose salt stays.
    pub(crate) fn changed_to(&self, path: &Path, key: &Key) -> Result<Self> {
        match &self.0 {
            Some(pages) => Self::derive(path, key, pages.salt),
            None => Err(Error::NotEncrypted { path: path.to_owned() }),
        }
    }

    fn derive(path: &Path, key: &Key, salt: Start) -> Result<Self> {
        let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.into() };
        let key = key.derived(&salt).map_err(refuse)?;
        Ok(Self(Some(Arc::new(PageKey { key, salt }))))
    }

    /// Returns whether there is no key, as the file is not encrypted.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether the file at a path has the salt of this key, or has none yet.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        let Some(pages) = &self.0 else { return true };
        start_of(path).is_none_or(|start| start == pages.salt)
    }

    /// Gives a connection the key. This must be the first that is done with it.
    pub(crate) fn unlock(&self, connection: &Connection) -> Result<()> {
        let Some(pages) = &self.0 else { return Ok(()) };
        set_key(connection, &pages.text())
    }

    /// Encrypts the file of a connection by another key, in one transaction.
    pub(crate) fn encrypt_again(&self, connection: &Connection) -> Result<()> {
        let Some(pages) = &self.0 else { return Err(Error::Corrupt) };
        Ok(connection.execute_batch(&statement("rekey", &pages.text()))?)
    }

    /// Returns the key as SQLCipher takes it: an empty text if there is none.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        self.0.as_ref().map(|pages| pages.text()).unwrap_or_default()
    }
}

impl PageKey {
    fn text(&self) -> Zeroizing<String> {
        const DIGITS: usize = 2 * (32 + 16);
        // It never grows, as the shorter one would be left in memory.
        let mut text = Zeroizing::new(String::with_capacity(DIGITS + 3));
        text.push_str("x'");
        for byte in self.key.iter().chain(&self.salt) {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\'');
        text
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "None" } else { "Some(..)" })
    }
}

/// Returns the statement that gives a key. It is run before any statement is told: see [`trace`](crate::trace).
fn statement(pragma: &str, key: &str) -> Zeroizing<String> {
    let mut statement = Zeroizing::new(String::with_capacity(key.len() + 32));
    for part in ["PRAGMA ", pragma, " = \"", key, "\""] {
        statement.push_str(part);
    }
    statement
}

/// Gives a connection a key, and fixes the form of the file, whatever a later SQLCipher takes for its default.
fn set_key(connection: &Connection, key: &str) -> Result<()> {
    // Otherwise it would print to standard error that a key is wrong.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&statement("key", key))?;
    Ok(connection.execute_batch("PRAGMA cipher_compatibility = 4")?)
}

/// Returns the first bytes of a file, or `None` if it is shorter or cannot be read.
///
/// SQLite reads them, as the salt: if this opened the file itself, closing it would release all locks that this process
/// holds on it.
pub(crate) fn start_of(path: &Path) -> Option<Start> {
    let length = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    if length < size_of::<Start>() as u64 {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).ok()?;
    // With whatever key, as it is not used.
    connection.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA key = 'any'").ok()?;
    let salt = connection.pragma_query_value(None, "cipher_salt", |row| row.get::<_, String>(0));
    let (digits, []) = salt.as_ref().ok()?.as_bytes().as_chunks::<2>() else { return None };
    let byte = |digits: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    let bytes: Vec<u8> = digits.iter().map(byte).collect::<Option<_>>()?;
    bytes.try_into().ok()
}
