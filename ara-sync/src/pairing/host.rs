//! What pairing needs of the session that lets a device in.

use std::sync::Arc;

use ara_core::Result;
use ara_protocol::keys::{MemberKey, PublicKeys, SecretKeys};
use ara_protocol::{RecordHash, SpaceId};

/// A session that can let a device in.
pub(crate) trait Host: Send + Sync {
    /// Returns the space.
    fn space(&self) -> SpaceId;

    /// Returns the keys of this device.
    fn keys(&self) -> Arc<SecretKeys>;

    /// Makes a device a member, and returns the record that did. It is shown under the name until it says another.
    fn add(&self, device: &PublicKeys, name: &str) -> Result<RecordHash>;

    /// Takes back that a device is a member.
    fn remove(&self, device: MemberKey) -> Result<()>;

    /// Returns whether the session has ended.
    fn is_over(&self) -> bool;
}
