//! What kind of error one is.

use crate::error::Error;
use crate::value::Rule;

impl Error {
    /// Makes the error of a statement that has written no row of a table, and should have: a trigger may ignore
    /// what fires it.
    pub(crate) fn unwritten(table: &str) -> Self {
        let reason = "a trigger of another program keeps ara from writing a row: drop the trigger";
        Self::Shape { table: table.to_owned(), reason: reason.to_owned() }
    }

    /// Returns whether a statement read nothing, as what columns show that replace others is to be worked out first.
    pub(crate) fn is_outdated(&self) -> bool {
        const MISMATCH: i32 = rusqlite::ffi::SQLITE_MISMATCH;
        matches!(self, Self::Sqlite { code: MISMATCH, .. })
    }

    /// Returns whether the error may be about one table, rather than about the disk, a lock or the whole
    /// transaction.
    pub(crate) fn may_be_of_one_table(&self) -> bool {
        const NO_MEMORY: i32 = 7;
        match self {
            Self::Sqlite { code, .. } => *code != NO_MEMORY,
            Self::Shape { .. } | Self::TooManyColumns { .. } | Self::Corrupt => true,
            _ => false,
        }
    }
}

impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        Self::Parameter { rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_sync_say_what_to_do() {
        let digits = |tries_left| {
            let reason = "check them on its screen".to_owned();
            Error::PairingDigits { reason, tries_left }.to_string()
        };
        assert!(digits(0).ends_with("no try is left: begin again with a new code"));
        assert!(digits(1).ends_with("on its screen; one try is left"));
        assert!(digits(2).ends_with("2 tries are left"));
        let words = |word| {
            let reason = "is not in the list: look for a typing error".to_owned();
            Error::RecoveryWords { reason, word }.to_string()
        };
        assert!(words(Some(7)).starts_with("the recovery words cannot be used: word 7 is not"));
        assert!(words(None).starts_with("the recovery words cannot be used: is not"));
        let full = Error::RelayFull { used: 5, limit: 6 }.to_string();
        assert!(full.contains("uses 5 bytes of 6: have the limit raised"));
        let limited = Error::RelayLimited { seconds: 864 }.to_string();
        assert!(
            limited.contains("takes others in 15 minutes: what waits is sent then"),
            "{limited}"
        );
    }
}
