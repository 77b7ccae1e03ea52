//! A backup in the place of a database.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;

use crate::care::backup::copy_into;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::file::open::{
    NO_FOLDER, beside, open_another, refuse_if_foreign, whole_path, with_diagnosis,
};
use crate::file::read_only::open_read_only;

impl Database {
    /// Puts a copy of a backup in the place of a database file, or where there is none. What the file held
    /// is gone then, also what lies beside it since its program was stopped: SQLite would write that over a
    /// backup that was copied there by other means.
    ///
    /// Nobody may have the file open: that is an error. Nor may anybody open it before this returns. The
    /// backup stays as it is, and may be any file of ara's: one that [`backup`](Self::backup) made, or a copy
    /// of a file that was closed.
    ///
    /// Opened again, the file writes as another device. What it held after the backup was made, and other
    /// devices know, they give back.
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
    /// assert!(Database::restore_backup(&backup, &path).is_err()); // it is in use
    ///
    /// drop(db);
    /// Database::restore_backup(&backup, &path)?;
    /// assert_eq!(Database::open(&path)?.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Open`] if the file is in use, or one of the two cannot be read or written, and
    /// [`Error::NotADatabase`], [`Error::ForeignDatabase`], [`Error::NewerFormat`] and [`Error::Corrupt`]
    /// for a backup that is none of ara's, or is damaged, and the first two of them for what is in its way.
    /// The file is as it was then.
    pub fn restore_backup(backup: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<()> {
        let (backup, path) = (whole_path(backup.as_ref())?, whole_path(path.as_ref())?);
        let (backup, _) = open_read_only(&backup, PATIENCE)?;
        let refuse = |reason: String| Error::Open { path: path.clone(), reason };
        let target = match fs::canonicalize(&path) {
            Ok(target) => {
                refuse_if_used(&target)?;
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
        copy_into(&unfinished, &*backup.unchecked_transaction()?, &mut |_| {})?;
        let put = || -> std::io::Result<()> {
            // First, so that what is restored never lies beside what is not its own.
            for ending in ["-wal", "-shm", "-journal"] {
                match fs::remove_file(beside(&target, ending)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            fs::rename(&unfinished, &target)
        };
        put().map_err(|error| {
            let _ = fs::remove_file(&unfinished);
            refuse(error.to_string())
        })
    }
}

/// How long to wait for who is reading the backup, or closing the file.
const PATIENCE: Duration = Duration::from_secs(1);

/// Refuses a file that somebody has open, and one that is not ara's. A damaged one may be replaced.
fn refuse_if_used(path: &Path) -> Result<()> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    if !path.is_file() {
        return Err(refuse("it is not a file: give the path of a file"));
    }
    let connection = open_another(path, PATIENCE)?;
    // What lies beside it is not its concern any more.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Whoever has it open holds a lock, and SQLite asks for all of it here.
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    let looked = refuse_if_foreign(&connection, path);
    drop(connection);
    match looked {
        Err(Error::Busy) => Err(refuse("it is in use: close it, in every process, and try again")),
        Err(error) => match with_diagnosis(error, path) {
            Error::Corrupt => Ok(()),
            error => Err(error),
        },
        Ok(()) => Ok(()),
    }
}
