//! Copying a database while it is in use.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, absolute};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::care::progress::Progress;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::file::checks::NO_FOLDER;
use crate::file::cipher::FileKey;
use crate::file::readers::Readers;
use crate::log::meta;

impl Database {
    /// Copies the whole database into a new file, as a consistent snapshot whatever is written meanwhile. The
    /// copy is flushed to the disk when this returns.
    ///
    /// The copy is a database of its own. When it is opened, it writes as a new device, and the two can be
    /// merged. If the file has a key, the copy is encrypted by it as well. That of a database in memory is not.
    ///
    /// - Use [`restore_backup`](Self::restore_backup) to put the copy back in the place of the database.
    ///   Whoever copies it there by hand must first close the file in every process, and remove the files
    ///   `todo.db-wal` and `todo.db-shm` beside it. Otherwise SQLite applies the old log to the copy.
    /// - Do not copy a file that is open by other means: its newest changes are in `todo.db-wal`.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// let copy = folder.path().join("todo-backup.db");
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// db.backup(&copy)?;
    /// assert_eq!(Database::open(&copy)?.query::<Todo>().count()?, 1);
    /// assert!(matches!(db.backup(&copy), Err(ara::Error::Open { .. })));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Open`] if there is a file at the path already, or none can be created, and
    /// [common errors](Self#common-errors). No file is left then.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<()> {
        self.backup_with(path, |_| {})
    }

    /// Copies the database, like [`backup`](Self::backup), and calls `tell` with the progress at intervals.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`backup`](Self::backup).
    pub fn backup_with(
        &self,
        path: impl AsRef<Path>,
        mut tell: impl FnMut(Progress),
    ) -> Result<()> {
        // A database in memory has no readers, and no key.
        let key = self.0.readers.as_ref().map(Readers::key).unwrap_or_default();
        in_new_file(path.as_ref(), |unfinished| {
            self.with_private_reader(|reading| {
                copy_into(unfinished, (&*reading.snapshot()?, &key), &mut tell)
            })
        })
    }
}

/// Has a new file written beside the path, and gives it that name last, so that a file with that name is complete even
/// if this is interrupted.
pub(crate) fn in_new_file(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
    if path.exists() {
        return Err(refuse("there is something already: give the path of a new file".to_owned()));
    }
    // SQLite gives some relative paths, such as `:memory:`, a special meaning.
    let whole = absolute(path).map_err(|error| refuse(error.to_string()))?;
    if !whole.parent().is_some_and(Path::is_dir) {
        return Err(refuse(NO_FOLDER.to_owned()));
    }
    let unfinished = whole.with_added_extension("unfinished");
    write(&unfinished)?;
    fs::rename(&unfinished, &whole).map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        refuse(error.to_string())
    })
}

/// Copies what a connection sees into a new file with the same key, and flushes it to the disk. No file is left if it
/// fails.
pub(crate) fn copy_into(
    path: &Path,
    from: (&Connection, &FileKey),
    tell: &mut dyn FnMut(Progress),
) -> Result<()> {
    create(path)?;
    copy(path, from, tell).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Creates the file of an unfinished copy.
pub(crate) fn create(path: &Path) -> Result<()> {
    fs::File::create_new(path).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::AlreadyExists => {
                "it is there already, of a copy that was stopped: remove it".to_owned()
            }
            _ => format!("{error}: allow this user to make it"),
        };
        Error::Open { path: path.to_owned(), reason }
    })?;
    Ok(())
}

fn copy(
    path: &Path,
    (from, key): (&Connection, &FileKey),
    tell: &mut dyn FnMut(Progress),
) -> Result<()> {
    const PAGES: i32 = 1024;
    let mut copy = Connection::open(path)?;
    key.unlock(&copy)?;
    // The first read takes the snapshot. Without one, each write would make the copy start again.
    from.query_row("SELECT count(*) FROM ara_meta", [], |row| row.get::<_, i64>(0))?;
    let backup = Backup::new(from, &mut copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let progress = backup.progress();
        let [total, left] = [progress.pagecount, progress.remaining]
            .map(|pages| u64::try_from(pages).unwrap_or_default());
        tell(Progress { done: total.saturating_sub(left), total });
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(Error::Busy),
        }
    }
    drop(backup);
    end_copy(copy)
}

/// Takes what belongs to the original file alone out of a copy, and closes that.
pub(crate) fn end_copy(copy: Connection) -> Result<()> {
    // Without the identity of the original file, the copy is recognized as one when it is opened, wherever
    // it is then. In exclusive mode, SQLite creates no shared memory for its log.
    copy.pragma_update(None, "locking_mode", "exclusive")?;
    meta::forget(&copy, meta::FILE)?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}
