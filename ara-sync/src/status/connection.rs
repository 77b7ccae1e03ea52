//! Whether the relay is connected.

use std::sync::Arc;

use ara_core::Error;

/// Whether the relay is connected, or why it is not.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Connection {
    /// The first attempt is under way.
    Connecting,
    /// The last attempt succeeded.
    Connected,
    /// The last attempt failed, and there will be others.
    Failing {
        /// Why it failed.
        error: Arc<Error>,
    },
    /// The session is paused, or was never resumed.
    Paused,
    /// Sync has stopped until the user does something: the error and the [alarms](crate::Status::alarms) tell what.
    Stopped {
        /// Why it stopped.
        error: Arc<Error>,
    },
}

/// Two errors are equal if they say the same.
impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &Error, other: &Error| one.to_string() == other.to_string();
        match (self, other) {
            (Self::Connecting, Self::Connecting)
            | (Self::Connected, Self::Connected)
            | (Self::Paused, Self::Paused) => true,
            (Self::Failing { error: one }, Self::Failing { error: other })
            | (Self::Stopped { error: one }, Self::Stopped { error: other }) => same(one, other),
            _ => false,
        }
    }
}
