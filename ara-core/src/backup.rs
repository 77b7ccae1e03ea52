//! A copy of the database, while it is in use.

use std::fs;
use std::path::{Path, absolute};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::database::Database;
use crate::error::{Error, Result};
use crate::progress::Progress;

impl Database {
    /// Copies the whole database into a new file: one state of it, whatever is written meanwhile. The copy
    /// is on the disk when this returns.
    ///
    /// The copy is a database of its own. Opened beside the one it was made of, it writes as another
    /// device, and the two can be merged.
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
    /// [`Error::Open`] if there is a file already, or none can be made, and what SQLite refuses. No file is
    /// left then.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<()> {
        self.backup_with(path, |_| {})
    }

    /// As [`backup`](Self::backup), and tells now and then how far it has come.
    ///
    /// # Errors
    ///
    /// As [`backup`](Self::backup).
    pub fn backup_with(
        &self,
        path: impl AsRef<Path>,
        mut tell: impl FnMut(Progress),
    ) -> Result<()> {
        let path = path.as_ref();
        let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
        if path.exists() {
            return Err(refuse(
                "there is something already: give the path of a new file".to_owned(),
            ));
        }
        // SQLite takes some names for more than that of a file.
        let whole = absolute(path).map_err(|error| refuse(error.to_string()))?;
        // What has the name that was asked for is finished, also if this is stopped at any moment.
        let unfinished = whole.with_added_extension("unfinished");
        fs::File::create_new(&unfinished).map_err(|error| {
            let file = unfinished.display();
            refuse(format!("{error}: remove {file} if it is there, and allow this user to make it"))
        })?;
        let copied = self.copy_to(&unfinished, &mut tell).and_then(|()| {
            fs::rename(&unfinished, &whole).map_err(|error| refuse(error.to_string()))
        });
        if copied.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        copied
    }

    fn copy_to(&self, path: &Path, tell: &mut dyn FnMut(Progress)) -> Result<()> {
        const PAGES: i32 = 1024;
        let mut copy = Connection::open(path)?;
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            // The snapshot is taken when it is first read. Without one, each write would have the copy
            // begin again.
            snapshot.query_row("SELECT count(*) FROM ara_meta", [], |row| row.get::<_, i64>(0))?;
            let backup = Backup::new(&snapshot, &mut copy)?;
            loop {
                let step = backup.step(PAGES)?;
                let progress = backup.progress();
                let [total, left] = [progress.pagecount, progress.remaining]
                    .map(|pages| u64::try_from(pages).unwrap_or_default());
                tell(Progress { done: total.saturating_sub(left), total });
                match step {
                    StepResult::Done => return Ok(()),
                    StepResult::More => {}
                    _ => return Err(Error::Busy),
                }
            }
        })?;
        // Whoever opens it first shall see that it is a copy, wherever it comes to lie. Nobody else has it
        // open, so its log needs no shared memory.
        copy.pragma_update(None, "locking_mode", "exclusive")?;
        copy.execute("DELETE FROM ara_meta WHERE key = 'file'", [])?;
        copy.close().map_err(|(_, error)| error)?;
        Ok(())
    }
}
