//! How an error is shown by `{:?}`.

use std::fmt;

use crate::error::Error;

/// Returns the name of the variant. A variant that is not listed here is an error of the compiler.
macro_rules! name_of {
    ($error:expr => $($name:ident)*) => {
        match $error {
            $(Error::$name { .. } => stringify!($name),)*
        }
    };
}

impl Error {
    /// Returns the name of the variant, such as `DiskFull`, for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        name_of! { self =>
            Open NotADatabase ForeignDatabase NewerFormat OlderFormat Corrupt Replaced DiskFull Busy
            TooManyOpenFiles ReadOnly OpenedReadOnly Io Rule Parameter Parse TooLarge EndOfTime
            Text Exists Shape NotMade TooManyColumns TooManyNodes NotOne NotSearched InsideTransaction
            Broken QueryTooLarge Overflow RawSql RawWrite RawShape RawValue RawParameters
            WatchedTransaction OtherThread OnlyNow Compacted CompactedTransaction UnknownTransaction
            Forgotten Line Closed Unreadable NewerChanges Transfer InASpace NotInASpace
            NothingReleased SyncedAlready KeysMissing KeysUnreadable Relay RelayFull AdmissionNeeded
            SpaceDeleted RemovedFromSpace ClockWrong PairingCode PairingDigits PairingFailed
            PairingTimedOut RecoveryWords NoSuchDevice SyncStopped DeadlinePassed SyncUpdateNeeded
            Sqlite
        }
    }
}

/// Shows the message, so that a program whose `main` returns the error tells what to do. With `#`, the name of the
/// variant is shown as well.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { write!(f, "{}({self})", self.name()) } else { write!(f, "{self}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_message() {
        assert_eq!(format!("{:?}", Error::DiskFull), Error::DiskFull.to_string());
        let error = Error::NotOne { count: 2 };
        assert_eq!(format!("{error:#?}"), format!("NotOne({error})"));
        let main: Result<(), Error> = Err(error);
        assert!(
            format!("{main:?}").starts_with("Err(several rows where `one` expects"),
            "{main:?}"
        );
    }
}
