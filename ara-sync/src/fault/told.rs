//! What the app is told of a fault.

use ara_core::Error;
use ara_protocol::message::Refusal;

use crate::fault::Fault;
use crate::transport::TransportError;

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Database(error) => error,
            fault => fault.to_error(),
        }
    }
}

impl Fault {
    /// Returns what the app is told. An error of the database is told by its text.
    pub(crate) fn to_error(&self) -> Error {
        match self {
            Self::Transport(error) => error.clone().into(),
            Self::Refused(Refusal::Full { used, limit }) => {
                Error::RelayFull { used: *used, limit: *limit }
            }
            Self::Refused(Refusal::DiskFull) => Error::RelayDiskFull,
            Self::Refused(Refusal::Limited { retry_after }) => {
                Error::RelayLimited { seconds: *retry_after }
            }
            Self::Refused(Refusal::AdmissionNeeded) => Error::AdmissionNeeded,
            Self::Refused(Refusal::Closed) => Error::SpaceClosed,
            Self::Refused(Refusal::Deleted { .. }) => Error::SpaceDeleted,
            Self::Protocol(ara_protocol::Error::UpdateNeeded { what }) => {
                Error::SyncUpdateNeeded { what: format!("this {what}") }
            }
            Self::Overtaken => Error::SyncedAlready,
            Self::Stopped => Error::SyncStopped { reason: "the alarms say why".to_owned() },
            Self::Database(Error::KeysMissing) => Error::KeysMissing,
            Self::Database(error) => Error::SyncStopped { reason: error.to_string() },
            fault => Error::Relay { reason: fault.to_string() },
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::ClockWrong => Self::ClockWrong,
            // Around it stands that it is about the relay.
            TransportError::Unreachable { reason } => {
                Self::Relay { reason: format!("it cannot be reached: {reason}") }
            }
            error => Self::Relay { reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_tells_what_to_do() {
        let told = |fault: Fault| Error::from(fault);
        let full = Refusal::Full { used: 1, limit: 2 };
        assert!(matches!(told(Fault::Refused(full)), Error::RelayFull { used: 1, limit: 2 }));
        assert!(matches!(told(Fault::Refused(Refusal::DiskFull)), Error::RelayDiskFull));
        let limited = told(Fault::Refused(Refusal::Limited { retry_after: 90 }));
        assert!(matches!(limited, Error::RelayLimited { seconds: 90 }), "{limited}");
        let lost = told(Fault::Refused(Refusal::AdmissionNeeded)).to_string();
        assert!(
            lost.contains("or has lost it") && lost.contains("ask whoever runs the relay"),
            "{lost}"
        );
        let closed = told(Fault::Refused(Refusal::Closed)).to_string();
        let is_clear = closed.contains("closed the space") && closed.contains("ask them");
        assert!(is_clear && !closed.contains("connection"), "{closed}");
        let clock = Fault::Transport(TransportError::ClockWrong);
        assert!(matches!(told(clock), Error::ClockWrong));
        let reason = "connection refused".to_owned();
        let gone = told(Fault::Transport(TransportError::Unreachable { reason })).to_string();
        assert_eq!(gone.matches("relay").count(), 1, "{gone}");
        let newer = ara_protocol::Error::UpdateNeeded { what: "segment" };
        let newer = told(Fault::Protocol(newer)).to_string();
        assert!(newer.contains("this segment is of a newer version"), "{newer}");
        let portal = told(Fault::NoRelay { status: 200 }).to_string();
        assert!(portal.contains("no relay"), "{portal}");
        assert!(matches!(told(Fault::Refused(Refusal::Busy)), Error::Relay { .. }));
    }
}
