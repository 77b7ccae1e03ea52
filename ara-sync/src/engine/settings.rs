//! What the app says of itself, and of its relay.

use std::fmt;
use std::sync::Arc;

use crate::engine::content::MOST_CHANGES;
use crate::transport::{Transport, TransportError};

/// Makes the transport to the relay at a URL. It is asked anew when a space moves.
pub(crate) type Connect =
    Arc<dyn Fn(&str) -> Result<Arc<dyn Transport>, TransportError> + Send + Sync>;

/// What the app says of itself. `Debug` does not show the token.
#[derive(Clone)]
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
    /// The most bytes of changes that a segment which is sent may have. Tests set it lower.
    pub(crate) most_changes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device_name: String::new(),
            app_version: String::new(),
            schema_version: 0,
            schema_checksum: [0; 32],
            refuse_newer: false,
            admission: String::new(),
            most_changes: MOST_CHANGES,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("device_name", &self.device_name)
            .field("app_version", &self.app_version)
            .field("schema_version", &self.schema_version)
            .field("refuse_newer", &self.refuse_newer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_shown() {
        let settings = Settings { admission: "secret token".to_owned(), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
