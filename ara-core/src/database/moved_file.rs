//! A file that is moved, deleted or replaced while it is open.
//!
//! SQLite goes on to write its log beside the path, where nobody will look for it
//! (<https://www.sqlite.org/howtocorrupt.html>, 2.4). So the path is looked at before each commit.

use rusqlite::Connection;

use crate::database::handle::Shared;
use crate::error::Result;
use crate::file::identity::AtPath;
use crate::file::readers::{Readers, data_version};

impl Shared {
    /// Refuses to commit where the path no longer leads to the file that was opened.
    pub(crate) fn refuse_if_moved(&self) -> Result<()> {
        self.readers.as_ref().map_or(Ok(()), Readers::refuse_if_moved)
    }

    /// Whether that was seen already.
    pub(crate) fn is_moved(&self) -> bool {
        self.readers.as_ref().is_some_and(Readers::is_moved)
    }

    /// Puts what was committed before into the file, wherever that is now: the log stays behind. `is_alone`:
    /// nobody else has written since this database did. Otherwise that may have been who opened another file
    /// which lies at the path now, and whose pages are in the same log; then all stays as it is.
    pub(crate) fn bring_along(&self, connection: &mut Option<Connection>, is_alone: bool) {
        let Some(found) = self.readers.as_ref().map(Readers::look) else { return };
        match connection {
            Some(connection) if found == AtPath::Nothing || is_alone => {
                // What readers hold back is tried again when the database is closed.
                let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            }
            connection => *connection = None,
        }
    }

    /// When the last handle goes: SQLite itself leaves the log where it is.
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
