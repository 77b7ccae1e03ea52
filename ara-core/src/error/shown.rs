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
            Open NotADatabase Encrypted WrongKey NotEncrypted ForeignDatabase NewerFormat OlderFormat
            Corrupt Replaced DiskFull Busy BusyInMemory TooManyOpenFiles ReadOnly OpenedReadOnly Io Rule Parameter Parse
            TooLarge EndOfTime
            Text Exists Shape NotMade TooManyColumns TooManyNodes NotOne NotSearched InsideTransaction
            Broken QueryTooLarge Overflow RawSql RawWrite RawShape RawValue RawParameters
            WatchedTransaction OtherThread OnlyNow Compacted CompactedTransaction UnknownTransaction
            Forgotten Line Source Row Headers Closed Unreadable NewerChanges Transfer InASpace
            NotInASpace NothingReleased SyncedAlready KeysMissing KeysUnreadable Relay RelayFull
            RelayDiskFull RelayLimited AdmissionNeeded
            SpaceClosed SpaceDeleted RemovedFromSpace ClockWrong PairingCode PairingDigits PairingFailed
            PairingTimedOut RecoveryWords NoSuchDevice SyncStopped DeadlinePassed SyncUpdateNeeded
            Sqlite
        }
    }
}

/// Returns how long some seconds are, as one says it.
pub(super) fn span(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds.max(1), "second"),
        120..7200 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(60 * 60), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
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
    fn seconds_are_told_as_one_says_them() {
        let told = [0, 1, 119, 120, 7199, 7200, 86_400].map(span);
        let expected = [
            "1 second",
            "1 second",
            "119 seconds",
            "2 minutes",
            "120 minutes",
            "2 hours",
            "24 hours",
        ];
        assert_eq!(told, expected);
    }

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
