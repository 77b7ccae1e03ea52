//! A device of a space.

use ara_core::Timestamp;

use crate::engine;

/// The id of a device, or of the recovery words: the public key by which it is a member of its space. It is the same on all
/// devices, and stays as long as the device does not join anew. `Display` writes it as hexadecimal digits, which can be
/// parsed. In signatures it also shows by the name that it has in the protocol, `MemberKey`.
pub use ara_protocol::keys::MemberKey as DeviceId;

/// A device of a space, as the others know it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its name, which it has chosen itself. On the device that let it in, it is known at once. On others it is empty as
    /// long as nothing was heard of it.
    pub name: String,
    /// The version of its app.
    pub app_version: String,
    /// The version of its app's schema: the latest release in `ara.lock`.
    pub schema_version: u64,
    /// When this device last heard of it.
    pub last_heard: Option<Timestamp>,
    /// Whether it has been in the space since it was let in, as far as this device has heard. One that has not may be about
    /// to come, or have failed to, and is [removed](crate::Session::remove_device) then.
    pub has_come: bool,
    /// Who let it in. The first device let itself in.
    pub added_by: DeviceId,
    /// Whether it is this device.
    pub is_this: bool,
}

impl Device {
    pub(crate) fn of(known: &engine::device::Device) -> Self {
        let said = known.said.as_ref();
        Self {
            id: known.key,
            name: said.map(|said| &said.name).or(known.named.as_ref()).cloned().unwrap_or_default(),
            has_come: known.is_own || said.is_some(),
            app_version: said.map(|said| said.app_version.clone()).unwrap_or_default(),
            schema_version: said.map(|said| said.schema_version).unwrap_or_default(),
            // Before the database is in the space, nobody has noted when.
            last_heard: said
                .filter(|said| said.heard_at > 0)
                .map(|said| Timestamp::from_millis(said.heard_at)),
            added_by: known.added_by,
            is_this: known.is_own,
        }
    }
}
