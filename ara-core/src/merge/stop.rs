//! Why taking over changes stops.

use crate::error::Error;
use crate::merge::report::Reason;

/// Why taking over the changes of a node stops.
pub(crate) enum Stop {
    /// They are refused. The changes of other nodes are taken over nevertheless.
    Refused(Reason),
    /// The whole merge fails.
    Failed(Error),
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::TooManyNodes => Self::Refused(Reason::TooManyNodes),
            error => Self::Failed(error),
        }
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}
