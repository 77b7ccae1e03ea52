//! What the app is told when pairing fails.

use ara_core::Error;

use crate::fault::Fault;

/// The code cannot be used.
pub(super) fn wrong_code(reason: &str) -> Error {
    Error::PairingCode { reason: reason.to_owned() }
}

/// The two devices could not be paired.
pub(super) fn failed(reason: &str) -> Error {
    Error::PairingFailed { reason: reason.to_owned() }
}

/// The other side has ended the pairing.
pub(super) fn ended() -> Error {
    failed("the other device has ended it")
}

/// What a box holds is not what it should be, or cannot be made.
pub(super) fn told(error: ara_protocol::Error) -> Error {
    match error {
        ara_protocol::Error::UpdateNeeded { .. } => Fault::from(error).into(),
        ara_protocol::Error::PairingRefused => failed("the other device refused"),
        ara_protocol::Error::NotCommitted => failed(
            "the other device did not keep to its commitment, so somebody may be between the two",
        ),
        error => failed(&error.to_string()),
    }
}
