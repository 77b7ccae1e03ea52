//! Files that are moved, deleted or replaced while they are open.
//!
//! SQLite would go on writing its write-ahead log beside the old path, where nobody will look for it
//! (<https://www.sqlite.org/howtocorrupt.html>, 2.4). So the path is checked before each commit.

use rusqlite::Connection;

use crate::database::shared::Shared;
use crate::error::Result;
use crate::file::at_path::AtPath;
use crate::file::readers::{Readers, data_version};

impl Shared {
    /// Returns [`Error::Replaced`](crate::Error::Replaced) if the path no longer leads to the file that was
    /// opened.
    pub(crate) fn refuse_if_moved(&self) -> Result<()> {
        self.readers.as_ref().map_or(Ok(()), Readers::refuse_if_moved)
    }

    /// Returns whether an earlier check found that the path no longer leads to the file.
    pub(crate) fn is_moved(&self) -> bool {
        self.readers.as_ref().is_some_and(Readers::is_moved)
    }

    /// Copies what is committed from the write-ahead log, which stays at the old path, into the file,
    /// wherever that is now.
    ///
    /// `is_alone` says that nobody else has written since this database did. Otherwise another file may be
    /// at the path, and the same log may hold pages of it, so nothing is copied.
    pub(crate) fn bring_along(&self, connection: &mut Option<Connection>, is_alone: bool) {
        let Some(found) = self.readers.as_ref().map(Readers::look) else { return };
        match connection {
            Some(connection) if found == AtPath::Nothing || is_alone => {
                // Pages that a reader still needs stay in the log: closing the database tries again.
                let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            }
            connection => *connection = None,
        }
    }

    /// Does the same when the last handle is dropped. SQLite does not: it leaves the log where it is.
    pub(crate) fn bring_along_if_moved(&mut self) {
        if self.refuse_if_moved().is_ok() {
            return;
        }
        let writer = self.writer.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut connection = writer.connection.take();
        let now = connection.as_ref().and_then(|connection| data_version(connection).ok());
        let is_alone = writer.journal.as_ref().is_some_and(|known| Some(known.data_version) == now);
        self.bring_along(&mut connection, is_alone);
    }
}
