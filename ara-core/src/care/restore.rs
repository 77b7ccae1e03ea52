//! Restoring a backup in the place of a database file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;

use crate::care::backup::copy_into;
use crate::database::Database;
use crate::database::options::Options;
use crate::error::{Error, Result};
use crate::file::checks::{NO_FOLDER, beside, refuse_if_foreign, with_diagnosis};
use crate::file::cipher::FileKey;
use crate::file::log_mark::refuse_foreign_log;
use crate::file::open::{open_another, whole_path};
use crate::file::read_only::open_read_only;

impl Database {
    /// Replaces a database file by a copy of a backup, or creates the file if there is none.
    ///
    /// What the file held is lost, including the write-ahead log that a stopped process may have left beside
    /// it. SQLite would apply such a log to a backup that is copied there by other means.
    ///
    /// Nobody may have the file open, or open it before this returns. The backup stays as it is. It may be a
    /// file that [`backup`](Self::backup) created, or a copy of a file that was closed.
    ///
    /// When the file is opened again, it writes as a new device. Changes that were made after the backup come
    /// back from other devices that have them. A copy of the closed file that is written over it by other
    /// means is not recognized as one, and goes on as the same device until it meets one that knows more.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let [path, backup] = ["todo.db", "todo-backup.db"].map(|name| folder.path().join(name));
    /// let db = Database::open(&path)?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// db.backup(&backup)?;
    /// db.create(Todo::draft().title("A mistake"))?;
    /// assert!(Database::restore_backup(&backup, &path).is_err()); // The file is in use.
    ///
    /// drop(db);
    /// Database::restore_backup(&backup, &path)?;
    /// assert_eq!(Database::open(&path)?.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Returns [`Error::Open`] if the file is in use, or if either path cannot be opened.
    /// - Returns [`Error::NotADatabase`] or [`Error::ForeignDatabase`] if either file is not a database of
    ///   ara, and [`Error::NewerFormat`] or [`Error::OlderFormat`] if another version of ara wrote the
    ///   backup, in a format that this version does not read.
    /// - Returns [`Error::Corrupt`] if the backup is damaged, and [`Error::DiskFull`] or [`Error::Io`] if it
    ///   cannot be copied.
    /// - Returns [`Error::Encrypted`] or [`Error::WrongKey`] if either file is encrypted, and the key is not given by
    ///   [`Options::restore_backup`], or is another one.
    ///
    /// The file holds what it held then, also where it cannot be replaced.
    pub fn restore_backup(backup: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<()> {
        Options::default().restore_backup(backup, path)
    }
}

impl Options {
    /// Replaces a database file by a copy of a backup, like [`Database::restore_backup`], with the key of these options
    /// for those of the two files that are encrypted: with the feature `encryption`, see `Options::key`.
    ///
    /// The copy is as the backup is. So what was in a file that is not encrypted can be put back encrypted:
    #[cfg_attr(feature = "encryption", doc = "```")]
    #[cfg_attr(not(feature = "encryption"), doc = "```ignore")]
    /// use ara::prelude::*;
    /// use ara::{Error, Key};
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let [path, copy] = ["todo.db", "todo-encrypted.db"].map(|name| folder.path().join(name));
    /// let key = Key::random()?;
    /// let db = Database::open(&path)?;
    /// db.backup_with_key(&copy, &key)?;
    ///
    /// drop(db);
    /// Database::options().key(key.clone()).restore_backup(&copy, &path)?;
    /// assert!(matches!(Database::open(&path), Err(Error::Encrypted { .. })));
    /// assert!(Database::options().key(key).open(&path).is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Database::restore_backup`].
    pub fn restore_backup(&self, backup: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<()> {
        let (backup, path) = (whole_path(backup.as_ref())?, whole_path(path.as_ref())?);
        let key = FileKey::if_encrypted(&backup, self.key.as_ref())?;
        let (backup, _) = open_read_only(&backup, &key, PATIENCE)?;
        let refuse = |reason: String| Error::Open { path: path.clone(), reason };
        let target = match fs::canonicalize(&path) {
            Ok(target) => {
                refuse_if_used(&target, &FileKey::if_encrypted(&target, self.key.as_ref())?, &key)?;
                target
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !path.parent().is_some_and(Path::is_dir) {
                    return Err(refuse(NO_FOLDER.to_owned()));
                }
                path.clone()
            }
            Err(error) => return Err(refuse(error.to_string())),
        };
        let unfinished = beside(&target, ".unfinished");
        copy_into(&unfinished, (&*backup.unchecked_transaction()?, &key), &mut |_| {})?;
        put(&unfinished, &target).map_err(|error| {
            let _ = fs::remove_file(&unfinished);
            refuse(format!(
                "{error}: it holds what it held; allow this user to replace files in its folder, and if \
                 the file is mounted by itself, as in a container, mount its folder instead"
            ))
        })
    }
}

/// Gives a whole file the name of another one. What belonged to that one, such as its log, is removed once
/// nothing can fail any more. If it fails, everything is as it was.
fn put(whole: &Path, target: &Path) -> io::Result<()> {
    let aside = |ending: &str| beside(target, &format!("{ending}.replaced"));
    let mut moved = Vec::new();
    let mut run = || -> io::Result<()> {
        // The log goes first, so that the restored file is never beside a log that is not its own.
        for ending in ["-wal", "-shm", "-journal"] {
            match fs::rename(beside(target, ending), aside(ending)) {
                Ok(()) => moved.push(ending),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        fs::rename(whole, target)
    };
    let done = run();
    for ending in moved {
        let _ = match done {
            Ok(()) => fs::remove_file(aside(ending)),
            Err(_) => fs::rename(aside(ending), beside(target, ending)),
        };
    }
    done
}

/// How long to wait for a process that reads the backup, or closes the file.
const PATIENCE: Duration = Duration::from_secs(1);

/// Refuses a file that somebody has open, or that is not ara's. A damaged file may be replaced.
fn refuse_if_used(path: &Path, key: &FileKey, of_backup: &FileKey) -> Result<()> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    if !path.is_file() {
        return Err(refuse("it is not a file: give the path of a file"));
    }
    let connection = open_another(path, key, PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // In this mode SQLite needs a lock on the whole file, which fails if anybody has it open.
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    let looked = refuse_if_foreign(&connection, path);
    if looked.is_ok() && refuse_foreign_log(&connection, path, key).is_ok() {
        // Closing the file moves its log into it, so that the file is whole at whatever step this is stopped.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    }
    drop(connection);
    match looked {
        Err(Error::Busy) => Err(refuse("it is in use: close it, in every process, and try again")),
        Err(error) => match with_diagnosis(error, path, key) {
            Error::Corrupt => Ok(()),
            // It has the salt of the backup: it is damaged, or its key was changed since.
            Error::WrongKey { .. } if !of_backup.is_none() && of_backup.is_of(path) => Ok(()),
            error => Err(error),
        },
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_replaced_keeps_what_belongs_to_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let [whole, target] = ["whole", "app.db"].map(|name| folder.path().join(name));
        let names = || -> io::Result<Vec<_>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(folder.path())? {
                names.push(entry?.file_name().into_string().expect("a name of this test"));
            }
            names.sort();
            Ok(names)
        };
        for ending in ["", "-wal", "-shm"] {
            fs::write(beside(&target, ending), ending)?;
        }
        assert!(put(&whole, &target).is_err());
        assert_eq!(names()?, ["app.db", "app.db-shm", "app.db-wal"]);
        assert_eq!(fs::read(beside(&target, "-wal"))?, b"-wal");
        fs::write(&whole, "restored")?;
        put(&whole, &target)?;
        assert_eq!(names()?, ["app.db"]);
        assert_eq!(fs::read(&target)?, b"restored");
        Ok(())
    }
}
