//! What the app says of itself, and of its relay.

use std::sync::Arc;

use crate::transport::{Transport, TransportError};

/// Makes the transport to the relay at a URL. It is asked anew when a space moves.
pub(crate) type Connect =
    Arc<dyn Fn(&str) -> Result<Arc<dyn Transport>, TransportError> + Send + Sync>;

/// What the app says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The name of the device, for people.
    pub(crate) device_name: String,
    /// The version of the app.
    pub(crate) app_version: String,
    /// The version of the app's schema.
    pub(crate) schema_version: u32,
    /// The checksum of the app's schema.
    pub(crate) schema_checksum: [u8; 32],
    /// Whether what was written under a newer schema waits for an update of the app.
    pub(crate) refuse_newer: bool,
    /// A token that admits a new space, or nothing.
    pub(crate) admission: String,
}
