//! The error type.

/// The result of a function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of this crate's functions.
///
/// Its message says what went wrong. Errors hold no keys, no words, no codes and no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A newer version of ara made this. An update of the app reads it.
    #[error("a newer version of ara made this {what}: update the app")]
    UpdateNeeded {
        /// What it is.
        what: &'static str,
    },

    /// The bytes are not laid out as this format is: they are cut off, damaged, or something else.
    #[error("the {what} is cut off or damaged")]
    Malformed {
        /// What it was to be.
        what: &'static str,
    },

    /// Something is larger than its format allows.
    #[error("the {what} is larger than it may be")]
    TooLarge {
        /// What it is.
        what: &'static str,
    },

    /// A public key is none, or is one of the few that give no security.
    #[error("a public key is invalid or weak")]
    WeakKey,

    /// A signature does not fit what it is under, or who should have made it.
    #[error("the signature of the {what} is wrong")]
    WrongSignature {
        /// What was signed.
        what: &'static str,
    },

    /// A sealed box does not open: it was changed, or sealed under another key or for another place.
    #[error("the {what} does not open: it was changed, or was sealed under another key")]
    DoesNotOpen {
        /// What is sealed.
        what: &'static str,
    },

    /// There are not 24 recovery words.
    #[error("there are 24 recovery words, and {found} were given")]
    WordCount {
        /// How many were given. It is never above 25.
        found: usize,
    },

    /// A recovery word is not in the list of words.
    #[error("recovery word number {position} is not in the list: check its spelling")]
    UnknownWord {
        /// Which one, counted from 1.
        position: usize,
    },

    /// All recovery words are in the list, but they do not belong together.
    #[error("the recovery words do not fit together: one is wrong, or two are swapped")]
    WordsChecksum,
}
