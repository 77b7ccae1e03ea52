//! What is known of a device.

use ara_core::VersionVector;
use ara_protocol::keys::MemberKey;
use ara_protocol::slot::SlotContent;

/// A device of the space, or the recovery words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Device {
    /// Its key.
    pub(crate) key: MemberKey,
    /// Who let it in.
    pub(crate) added_by: MemberKey,
    /// Whether it is this device.
    pub(crate) is_own: bool,
    /// Whether these are the recovery words.
    pub(crate) is_recovery: bool,
    /// The name that it gave when this device let it in.
    pub(crate) named: Option<String>,
    /// What it last said of itself.
    pub(crate) said: Option<Said>,
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// Its name.
    pub(crate) name: String,
    /// The version of its app.
    pub(crate) app_version: String,
    /// The version of its schema.
    pub(crate) schema_version: u64,
    /// The checksum of its schema.
    pub(crate) schema_checksum: [u8; 32],
    /// What it knew.
    pub(crate) vector: VersionVector,
    /// When this device heard it, in milliseconds since 1970.
    pub(crate) heard_at: i64,
}

impl Said {
    /// Reads what a slot says that was heard at a time.
    pub(crate) fn of(content: SlotContent, heard_at: i64) -> Self {
        Self {
            name: content.name,
            app_version: content.app_version,
            schema_version: content.schema_version,
            schema_checksum: content.schema_checksum,
            vector: VersionVector::from_bytes(&content.vector).unwrap_or_default(),
            heard_at,
        }
    }
}
