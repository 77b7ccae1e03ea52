//! Syncs databases of ara through a relay that cannot read them.
//!
//! Apps use it through the `ara` crate, which re-exports what they need of it.
#![warn(missing_docs)]

mod engine;
mod fault;
mod keys;
mod options;
mod pairing;
mod random;
mod relay;
mod session;
mod state;
mod status;
mod transport;

pub use ara_protocol::SpaceId;
pub use keys::file::FileKeyStore;
#[cfg(feature = "keyring")]
pub use keys::keychain::Keychain;
pub use keys::memory::MemoryKeyStore;
pub use keys::{KeptKeys, KeyStore};
pub use pairing::{Cancel, Invitation, Join, JoinRequest, Joining, QrCode, join};
pub use session::{
    Recover, Recovery, RecoveryWords, RemovalPlan, Session, Space, SyncBuilder, Syncing, recover,
};
pub use state::{Alarm, Who};
pub use status::{
    Connection, Device, DeviceId, Quota, SendProgress, Status, StatusWatch, Statuses, SyncProgress,
};
#[doc(hidden)]
pub use transport::{Events, Response, Transport, TransportError};
