//! Syncs databases of ara through a relay that cannot read them.
//!
//! Apps use it through the `ara` crate, which re-exports what they need of it.
#![warn(missing_docs)]

mod engine;
mod fault;
mod keys;
mod random;
mod relay;
mod state;
mod transport;

pub use keys::file::FileKeyStore;
#[cfg(feature = "keyring")]
pub use keys::keychain::Keychain;
pub use keys::memory::MemoryKeyStore;
pub use keys::{KeptKeys, KeyStore};
pub use state::Alarm;
pub use transport::{Events, Response, Transport, TransportError};
