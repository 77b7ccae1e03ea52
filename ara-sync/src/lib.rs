//! Syncs databases of ara through a relay that cannot read them.
//!
//! Apps use it through the `ara` crate, which re-exports what they need of it.
#![warn(missing_docs)]

mod engine;
mod fault;
mod random;
mod relay;
mod state;
mod transport;

pub use state::Alarm;
pub use transport::{Events, Response, Transport, TransportError};
