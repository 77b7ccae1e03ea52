//! The relay of ara's sync: a server through which devices keep equal databases, and which cannot read them.
//!
//! A [`Relay`] takes the bodies of requests and returns answers. It checks what it can without a key: who is a member
//! of a space, who signed, that each segment follows the one before it of its node, and that the parts are whole. What
//! is in them, it never sees.
#![warn(missing_docs)]

mod options;
pub mod relay;
pub mod store;
#[cfg(test)]
mod testing;

pub use options::{
    Admission, Clock, DEFAULT_QUOTA, Entropy, Rate, RelayOptions, loopback_origins, now_seconds,
    served_origin,
};
pub use relay::{News, Relay, RelayAnswer, Subscription, Topic};
pub use store::sqlite::SqliteStore;
