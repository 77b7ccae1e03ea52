//! Why a request is not answered.

use ara_protocol::Error;
use ara_protocol::message::Refusal;

use crate::store::StoreError;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is refused, which is told to who asked.
    Refused(Refusal),
    /// The store fails, which is told to whoever runs the relay.
    Store(StoreError),
    /// The segment of a number is not what its head says.
    Damaged(u64),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What the formats refuse while a request is read.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(match error {
            Error::UpdateNeeded { .. } => Refusal::UpdateNeeded,
            Error::TooLarge { .. } => Refusal::TooLarge,
            Error::WrongSignature { .. } => Refusal::WrongSignature,
            _ => Refusal::Malformed,
        })
    }
}
