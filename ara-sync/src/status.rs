//! What a screen shows of sync.

pub(crate) mod cell;
mod connection;
mod device;
#[cfg(feature = "stream")]
mod stream;
pub(crate) mod watch;

use ara_core::{Error, Timestamp};

pub use self::connection::Connection;
pub use self::device::{Device, DeviceId};
pub use self::watch::{StatusWatch, Statuses};
use crate::state::Alarm;

/// How sync stands: see [`Session::status`](crate::Session::status).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// Whether the relay is connected, or why it is not.
    pub connection: Connection,
    /// The URL of the relay.
    pub relay: String,
    /// About how many bytes are to be sent: as many as the log of this file has of what the relay does not. What is sent is
    /// about as large.
    pub bytes_to_send: u64,
    /// How far sending has come, if it takes more than one request: what a device has when it founds a space, for example.
    pub sending: Option<SendProgress>,
    /// When all that was new on either side was last sent and received, since this session began.
    pub last_success: Option<Timestamp>,
    /// How far the first sync has come that a device goes through when it has joined, or was away long. `None` if
    /// nothing, or little, is to be received.
    pub progress: Option<SyncProgress>,
    /// How much room the space has at the relay, as far as that was told.
    pub quota: Option<Quota>,
    /// The devices of the space, this one among them.
    pub devices: Vec<Device>,
    /// Whether the space has recovery words.
    pub has_recovery_words: bool,
    /// What the user should hear of.
    pub alarms: Vec<Alarm>,
}

/// How much of what the relay has was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncProgress {
    /// How many of the pieces in which the relay keeps changes were received.
    pub received: u64,
    /// How many there are.
    pub total: u64,
}

/// How much of what was to be sent is at the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendProgress {
    /// About how many bytes were sent.
    pub sent: u64,
    /// About how many there are in all, with what was written since.
    pub total: u64,
}

/// How much room a space has at the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// How many bytes the space uses.
    pub used: u64,
    /// How many it may use.
    pub limit: u64,
}

impl Status {
    /// The status before anything is known.
    pub(crate) fn new(relay: String) -> Self {
        Self {
            connection: Connection::Connecting,
            relay,
            bytes_to_send: 0,
            sending: None,
            last_success: None,
            progress: None,
            quota: None,
            devices: vec![],
            has_recovery_words: false,
            alarms: vec![],
        }
    }

    /// Notes how many bytes are to be sent. If something is being sent, the difference was, and nothing is any more once
    /// there is nothing left.
    pub(crate) fn note_unsent(&mut self, bytes: u64) {
        let sent = self.bytes_to_send.saturating_sub(bytes);
        self.bytes_to_send = bytes;
        self.sending = self.sending.filter(|_| bytes > 0).map(|sending| {
            let sent = sending.sent.saturating_add(sent);
            SendProgress { sent, total: sent.saturating_add(bytes) }
        });
    }

    /// Returns whether the relay is connected, everything of this device is sent, and everything that the relay has
    /// was received.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.connection == Connection::Connected
            && self.bytes_to_send == 0
            && self.progress.is_none()
    }

    /// Returns this device.
    #[must_use]
    pub fn this_device(&self) -> Option<&Device> {
        self.devices.iter().find(|device| device.is_this)
    }

    /// Returns why sync does not go on, or `None` if it does.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.connection {
            Connection::Failing { error } | Connection::Stopped { error } => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_up_to_date_sends_nothing() {
        let mut status = Status::new(String::new());
        status.connection = Connection::Connected;
        status.note_unsent(100);
        assert_eq!(status.sending, None);
        status.sending = Some(SendProgress { sent: 0, total: 0 });
        status.note_unsent(70);
        assert_eq!(status.sending, Some(SendProgress { sent: 30, total: 100 }));
        // Something was written meanwhile.
        status.note_unsent(90);
        assert_eq!(status.sending, Some(SendProgress { sent: 30, total: 120 }));
        status.note_unsent(0);
        assert!(status.is_up_to_date());
        assert_eq!(status.sending, None);
    }
}
