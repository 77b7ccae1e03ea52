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

    /// The bytes are not a public key, or are one of the few keys that give no security.
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

    /// A record, a segment or a slot is of another space.
    #[error("it is of another space")]
    OtherSpace,

    /// A record does not follow the last one that is known. If both name the same record before them,
    /// somebody signed two, or a relay that was put back took another: they are twins.
    #[error("the access record does not follow the last one")]
    OtherPredecessor,

    /// Who signed, or is to be let out, is no member.
    #[error("who signed it, or is to be let out, is not a member")]
    NotAMember,

    /// A key that is to be a member's is or was one already. Keys never come back.
    #[error("a member's keys were used before")]
    KeyUsedBefore,

    /// There would be more members than a space may have.
    #[error("a space has at most 256 members")]
    TooManyMembers,

    /// A new epoch's key is not wrapped for all who stay members, or for somebody else too.
    #[error("the new epoch's key is not wrapped for exactly the members that stay")]
    NotWrappedForAll,

    /// A record names an epoch that is not the newest, or a new one that there was before; or a key is not
    /// of the epoch that a box names.
    #[error("the epoch is not the one that is expected here")]
    OtherEpoch,

    /// Who made the newest epoch's key has left with it. A member must rotate before anybody seals.
    #[error("a member has left with the newest epoch's key: rotate first")]
    RotateFirst,

    /// What was given as the URL of a relay does not begin with `https://` or `http://`, names no host, or
    /// has other characters than the visible ones of ASCII.
    #[error("this is not a relay's URL: write it as in https://relay.example")]
    RelayUrl,

    /// The challenge that a request was signed with is too old. The answer brings another.
    #[error("the request's challenge has expired: sign it again with a new one")]
    ChallengeExpired,

    /// A pairing code has not 16 letters.
    #[error("a pairing code has 16 letters and digits, and {found} were given")]
    CodeLength {
        /// How many there are, not counting dashes and white space.
        found: usize,
    },

    /// A pairing code has a letter that no code has.
    #[error(
        "letter {position} of the pairing code is one that no code contains: compare it with the other screen"
    )]
    CodeLetter {
        /// Which one, counted from 1, not counting dashes and white space.
        position: usize,
    },

    /// What the joining device revealed is not what it committed to. Somebody is between the two.
    #[error("the other device did not keep to its commitment: pair again, with a new code")]
    NotCommitted,

    /// What was typed are not six digits.
    #[error("type the six digits that the other device shows")]
    DigitsForm,

    /// The digits are not those of this pairing. Either they were mistyped, or somebody is between the two.
    #[error(
        "these are not the digits: type them as the other device shows them; if they are right, somebody else uses the code, so pair again with a new one"
    )]
    WrongDigits,

    /// The digits were wrong too often.
    #[error("the digits were wrong too often: pair again, with a new code")]
    TooManyTries,

    /// The member refused the device.
    #[error("the other device refused: pair again, with a new code, if this is a mistake")]
    PairingRefused,
}
