//! What watching needs to know of the database that is watched.

use std::time::Duration;

use crate::file::readers::Readers;

/// A database that can be watched.
pub(crate) trait Host: Send + Sync + 'static {
    /// Returns the connections that read its file, or `None` if it is in memory.
    fn readers(&self) -> Option<&Readers>;

    /// Returns the interval at which its file is checked.
    fn watch_interval(&self) -> Duration;

    /// Returns whether others have committed since this database last did, or `None` while a transaction of
    /// its own is running.
    fn others_wrote(&self) -> Option<bool>;
}
