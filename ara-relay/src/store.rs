//! What a relay keeps, and where.
//!
//! A [`Store`] runs jobs, each in a transaction. What a job can do there are operations that mean something to the
//! relay, so that another database can stand behind them. The rules are not here: a store keeps what it is told to.

mod error;
mod kept;
mod mending;
pub mod sqlite;
mod transaction;

pub use error::{Result, StoreError};
pub use kept::{
    KeptMailbox, KeptSlot, Listed, Live, NewSegment, Space, SpaceKey, StoredPlace, StoredRecord,
    StoredSegment, Tombstone,
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

/// Where a relay keeps what it is sent.
pub trait Store: Send + Sync {
    /// Runs a job that writes nothing. It sees what was committed, and no change while it runs.
    ///
    /// # Errors
    ///
    /// Returns the error of the job, or of the store.
    fn read(&self, job: Job<'_>) -> Result<()>;

    /// Runs a job that writes. When this returns, what it wrote is on the disk.
    ///
    /// # Errors
    ///
    /// Returns the error of the job, or of the store. Then nothing that the job wrote is kept.
    fn write(&self, job: Job<'_>) -> Result<()>;

    /// Gives room back to the disk that is not needed any more, a little at a time.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn shrink(&self) -> Result<()>;

    /// Returns how many bytes the store takes on its disk.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    fn size(&self) -> Result<u64>;
}
