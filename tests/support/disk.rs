//! Files, as the tests open them: with a key if the feature `encryption` is on and `ARA_TEST_KEY` is set, so that all that
//! is tested is also tested over encrypted files.

use std::path::Path;

use ara::{Database, Options};
use rusqlite::Connection;

/// The options with which a test opens a file.
pub fn options() -> Options {
    #[cfg(feature = "encryption")]
    if is_encrypted() {
        return Database::options().key(ara::Key::raw([7; 32]));
    }
    Database::options()
}

/// Opens a file, as `Database::open` does.
pub fn open(path: impl AsRef<Path>) -> ara::Result<Database> {
    options().open(path)
}

/// The file as SQLite alone sees it, and can change it behind ara's back.
pub fn sqlite(path: impl AsRef<Path>) -> rusqlite::Result<Connection> {
    let sqlite = Connection::open(path)?;
    if is_encrypted() {
        sqlite.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "07".repeat(32)))?;
    }
    Ok(sqlite)
}

/// Whether the tests open files with a key.
pub fn is_encrypted() -> bool {
    cfg!(feature = "encryption") && std::env::var_os("ARA_TEST_KEY").is_some()
}
