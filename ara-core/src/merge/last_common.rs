//! How far a run of changes agrees with the log here.

use crate::log::clock::Time;

/// The last change of a run that the log here contains, too, and what follows it in the run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastCommon {
    /// The time of the change.
    pub(crate) time: Time,
    /// What the changes after it add to the digest. All of them were dropped here.
    pub(crate) dropped_since: u64,
}
