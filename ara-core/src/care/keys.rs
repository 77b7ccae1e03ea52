//! Changing the key of a file, and copies with another key, or without one.

use std::fs;
use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::care::backup::{create, end_copy, in_new_file};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::file::checks::{is_key_of, marks, uri};
use crate::file::cipher::{FileKey, Key};
use crate::file::open::{configure, connect, set_busy_timeout};
use crate::file::read_only::stamp;
use crate::rows::touched::Touched;

impl Database {
    /// Encrypts the file by another key, in its place, and goes on with that: with the feature `encryption`.
    ///
    /// It is one transaction: if it fails, or the process is killed, the file has the old key or the new one, and nothing
    /// between. So keep both until this returns. It writes the whole file anew, and needs as much room on the disk once
    /// more, for the `-wal` beside it.
    ///
    /// This waits until no query is running in this process, and others wait meanwhile. Another process that has the file
    /// open, or another database that is opened on it, gets [`Error::WrongKey`] from its next use on, without having
    /// written anything, and has to open the file by the new key.
    ///
    /// Backups keep the key that they were made with. A database in memory has no key, and this does nothing to it.
    ///
    /// ```
    /// use ara::{Database, Key};
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("todo.db");
    /// let [old, new] = [Key::random()?, Key::random()?];
    /// let db = Database::options().key(old).open(&path)?;
    /// db.change_key(&new)?;
    ///
    /// drop(db);
    /// assert!(Database::options().key(new).open(&path).is_ok());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotEncrypted`] if the file has no key, [`Error::Busy`] if a query takes longer than the
    /// [busy timeout](crate::Options::busy_timeout), and [common errors](Self#common-errors). The file has the old key
    /// then.
    pub fn change_key(&self, key: &Key) -> Result<()> {
        self.0.refuse_if_read_only()?;
        let Some(readers) = &self.0.readers else { return Ok(()) };
        let new = readers.key().changed_to(readers.path(), key)?;
        let mut writer = self.0.lock_writer()?;
        readers.refuse_if_moved()?;
        // The next transaction opens another connection, and reads the end of the log anew.
        if let Some(connection) = writer.guard.connection.take() {
            readers.log.before_close(&connection);
        }
        writer.guard.journal = None;
        let changed = readers.change_key(|old| {
            encrypt_again(readers.path(), old, &new, self.0.options.busy_timeout)?;
            Ok(new)
        });
        drop(writer);
        if changed.is_ok() {
            if let Some(observer) = self.0.watches.observing() {
                observer.reopen(readers)?;
            }
            // What others have committed meanwhile, nobody has seen.
            self.0.watches.tell(Some(Touched::everything()));
        }
        changed
    }

    /// Copies the whole database into a new file, like [`backup`](Self::backup), and encrypts the copy by a key, whether
    /// this file is encrypted or not: with the feature `encryption`.
    ///
    /// [`Options::restore_backup`](crate::Options::restore_backup) puts the copy in the place of this file, which is how
    /// a file is encrypted.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`backup`](Self::backup).
    pub fn backup_with_key(&self, path: impl AsRef<Path>, key: &Key) -> Result<()> {
        let path = path.as_ref();
        self.backup_by(path, &FileKey::of_new(path, key)?)
    }

    /// Copies the whole database into a new file that is not encrypted, like [`backup`](Self::backup), whether this file
    /// is encrypted or not: with the feature `encryption`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`backup`](Self::backup).
    pub fn backup_without_key(&self, path: impl AsRef<Path>) -> Result<()> {
        self.backup_by(path.as_ref(), &FileKey::default())
    }

    /// Has SQLCipher copy all rows, as its pages cannot be copied into a file with another key.
    fn backup_by(&self, path: &Path, key: &FileKey) -> Result<()> {
        in_new_file(path, |unfinished| {
            create(unfinished)?;
            let copied = match &self.0.readers {
                Some(readers) => {
                    readers.refuse_if_moved()?;
                    let file = (readers.path(), &readers.key());
                    copy_file(file, (unfinished, key), self.0.options.busy_timeout)
                }
                None => {
                    self.with_reader(|reading| copy_memory(reading.connection, unfinished, key))
                }
            };
            copied.and_then(|()| end_copy(open_copy(unfinished, key)?)).inspect_err(|_| {
                let _ = fs::remove_file(unfinished);
            })
        })
    }
}

/// Encrypts a file by another key.
fn encrypt_again(
    path: &Path,
    old: &FileKey,
    new: &FileKey,
    busy: std::time::Duration,
) -> Result<()> {
    // A connection whose change of the key has failed would write pages with the new one. So this one does nothing else.
    let connection = connect(path, old, OpenFlags::empty())?;
    set_busy_timeout(&connection, busy)?;
    // This reads the first page, without which SQLCipher would take the new key for the old one.
    marks(&connection)?;
    new.encrypt_again(&connection)?;
    // SQLCipher tells nothing of a failed commit.
    if !is_key_of(path, new) {
        let reason = "the key could not be changed, and is the old one".to_owned();
        return Err(Error::Io { reason });
    }
    // What is encrypted by the old key leaves the file, unless somebody still reads it.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    Ok(())
}

fn open_copy(path: &Path, key: &FileKey) -> Result<Connection> {
    let copy = Connection::open(path)?;
    key.unlock(&copy)?;
    Ok(copy)
}

/// Copies a file into another one, over a connection to that, so that the file is only read.
fn copy_file(
    (path, key): (&Path, &FileKey),
    (copy, copy_key): (&Path, &FileKey),
    busy: std::time::Duration,
) -> Result<()> {
    let mut connection = open_copy(copy, copy_key)?;
    configure(&mut connection, busy)?;
    // A file that nobody uses may be in a folder in which SQLite can make no index of a log.
    let parameters = if stamp(path).is_some() { "mode=ro&immutable=1" } else { "mode=ro" };
    attach(&connection, uri(path, parameters).as_bytes(), key)?;
    export(&connection, "other", "main")
}

/// Copies a database in memory into a file.
fn copy_memory(connection: &Connection, copy: &Path, key: &FileKey) -> Result<()> {
    attach(connection, uri(copy, "mode=rw").as_bytes(), key)?;
    let copied = export(connection, "main", "other");
    if copied.is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    connection.execute_batch("DETACH DATABASE other")?;
    copied
}

fn attach(connection: &Connection, uri: &[u8], key: &FileKey) -> Result<()> {
    let key = key.text();
    let parameters =
        [uri, key.as_bytes()].map(|bytes| ToSqlOutput::Borrowed(ValueRef::Text(bytes)));
    connection.execute("ATTACH DATABASE ?1 AS other KEY ?2", parameters)?;
    Ok(())
}

/// Copies all that is in one database of a connection into another one, which is empty, in one transaction.
fn export(connection: &Connection, from: &str, to: &str) -> Result<()> {
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT sqlcipher_export(?1, ?2)", (to, from), |_| Ok(()))?;
    for mark in ["application_id", "user_version"] {
        let value: i64 = connection.pragma_query_value(Some(from), mark, |row| row.get(0))?;
        connection.pragma_update(Some(to), mark, value)?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}
