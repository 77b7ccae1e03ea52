//! What a relay keeps, and where.
//!
//! A [`Store`] runs jobs, each in a transaction. What a job can do there are operations that mean something to the
//! relay, so that another database can stand behind them. The rules are not here: a store keeps what it is told to.

mod batch;
mod decided;
mod error;
mod kept;
mod mending;
pub mod postgres;
pub mod sqlite;
#[cfg(test)]
mod tests;
mod transaction;

use std::time::Duration;

pub use error::{Result, StoreError};
pub use kept::{
    KeptMailbox, KeptSlot, Listed, Listing, Live, Mark, NewSegment, Pool, Questions, Space,
    SpaceKey, SpaceSize, SpaceState, StoredPlace, StoredRecord, StoredSegment, Tombstone, Topic,
};
pub use mending::Mending;
pub use transaction::{Log, Mailboxes, Parts, Slots, Spaces, Transaction};

/// How a job ends that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What it wrote is kept.
    Keep,
    /// What it wrote is undone.
    Undo,
}

/// What runs in a transaction. It may run more than once, if the store has to repeat it: then nothing of the earlier
/// time is left.
pub type Job<'a> = &'a mut dyn FnMut(&mut dyn Transaction) -> Result<Ending>;

/// Who is told of news.
pub type Listener = Box<dyn Fn(Topic) + Send + Sync>;

/// Who is told how long news took.
pub type LagListener = Box<dyn Fn(Duration) + Send + Sync>;

/// Where a relay keeps what it is sent.
pub trait Store: Send + Sync {
    /// Runs a job that writes nothing. It sees what was committed, and no change while it runs.
    ///
    /// # Errors
    ///
    /// Returns the error of the job, or of the store.
    fn read(&self, job: Job<'_>) -> Result<()>;

    /// Runs a job that writes, and that is about a space or a mailbox, or about none or several. When this returns, what
    /// it wrote is on the disk. Jobs that are about the same one run one after the other, and may share a commit.
    ///
    /// # Errors
    ///
    /// Returns the error of the job, or of the store. Then nothing that the job wrote is kept.
    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()>;

    /// Tells others that share the store, such as other processes, that something is new in a topic. It returns at once,
    /// and those who miss it find it by [`Spaces::marks`].
    fn tell(&self, _topic: Topic) {}

    /// Has a function called when another one that shares the store tells of something new.
    fn on_news(&self, _listener: Listener) {}

    /// Has a function called with how long it took until what was told reached those who share the store.
    fn on_lag(&self, _listener: LagListener) {}

    /// Returns how the connections to the database are used, if there are any that jobs share.
    fn pool(&self) -> Option<Pool> {
        None
    }

    /// Returns whether others may write into the store, so that who waits has to look for what they wrote.
    fn is_shared(&self) -> bool {
        false
    }

    /// Returns whether others may have written since this was asked the last time.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn may_have_changed(&self) -> Result<bool> {
        Ok(self.is_shared())
    }

    /// Gives all room back to the disk that is not needed any more, also if that takes long. Others go on meanwhile.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn vacuum(&self) -> Result<()> {
        self.shrink()
    }

    /// Gives room back to the disk that is not needed any more, a little at a time.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn shrink(&self) -> Result<()>;

    /// Puts all that was committed where it stays, as a relay does when it stops. Then the store is not used any more.
    /// Without this nothing is lost, but what belongs together may be in several files.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, or if others keep it from doing so.
    fn rest(&self) -> Result<()> {
        Ok(())
    }

    /// Checks that the store is still where it was opened: that its file was not replaced or removed.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Replaced`] if it is not.
    fn check_place(&self) -> Result<()> {
        Ok(())
    }

    /// Returns what is wrong with the database itself, whatever it holds, as far as it can tell. This reads all of it.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn faults(&self) -> Result<Vec<String>> {
        Ok(vec![])
    }

    /// Returns how many bytes the store takes on its disk.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn size(&self) -> Result<u64>;
}
