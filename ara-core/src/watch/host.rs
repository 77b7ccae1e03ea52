//! The database that is watched, as far as watching needs it.

use std::time::Duration;

use crate::file::readers::Readers;

/// A database that can be watched.
pub(crate) trait Host: Send + Sync + 'static {
    /// Returns the connections that read its file, or `None` if it is in memory.
    fn readers(&self) -> Option<&Readers>;

    /// Returns after which time its file is looked at again.
    fn watch_interval(&self) -> Duration;

    /// Returns whether others have committed since this database did last, or `None` while a transaction of
    /// it is running.
    fn others_wrote(&self) -> Option<bool>;
}
