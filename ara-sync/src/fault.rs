//! Why a request or a round failed.

mod told;

use ara_protocol::message::Refusal;

use crate::transport::TransportError;

/// The result of what may fail within a round.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

/// Why a request or a round failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] ara_core::Error),

    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),

    /// What came back is not an answer of a relay: something in between spoke, or this is no relay.
    #[error(
        "status {status} came from something that is no relay: check the relay's URL, and what is in between"
    )]
    NoRelay {
        /// The status of HTTP.
        status: u16,
    },

    /// The relay refused the request.
    #[error("the relay refuses: {}", refusal_text(.0))]
    Refused(Refusal),

    /// Something is not what the protocol says.
    #[error(transparent)]
    Protocol(#[from] ara_protocol::Error),

    /// The relay contradicts itself, or shows what cannot be. Nothing of it was taken.
    #[error("the relay's answer cannot be right ({what}): nothing of it was taken")]
    Lied {
        /// What is wrong.
        what: &'static str,
    },

    /// Another process has synced the same file meanwhile.
    #[error("another process syncs this file: one is enough")]
    Overtaken,

    /// Sync has stopped for good, until the user does something. The status says what.
    #[error("sync has stopped: the status says why, and what to do")]
    Stopped,

    /// What was asked for is not possible now.
    #[error("{0}")]
    NotNow(&'static str),
}

/// Returns what a refusal means.
pub(crate) const fn refusal_text(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::ChallengeNeeded => "it takes no challenge of its own, try again later",
        Refusal::WrongSignature => {
            "it finds the signature wrong; it may serve another URL than the one that this device calls"
        }
        Refusal::Unknown => "it does not know the space, or this device as a member of it",
        Refusal::Moved => "the space has moved to another relay",
        Refusal::Deleted { .. } => "a member has deleted the space there",
        Refusal::Full { .. } => "there is no room for more in this space",
        Refusal::AdmissionNeeded => "a new space needs a token there",
        Refusal::Limited { .. } => "there were too many requests, or new spaces, from this network",
        Refusal::TooLarge => "the request is larger than it takes",
        Refusal::Malformed => "it cannot read the request",
        Refusal::UpdateNeeded => "it is older than this app: update the relay",
        Refusal::Closed => "whoever runs it has closed the space",
        Refusal::DiskFull => "its disk is full",
        _ => "it cannot answer now",
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}
