//! Epochs: the keys under which a space is sealed.
//!
//! An epoch is a random key. A new one begins when somebody is let out, so that he cannot read what is
//! sealed from then on. Each epoch carries the key of the one before it, so that whoever can read the
//! present can read the past.

mod key;
mod predecessor;
mod wrapped;

pub use key::EpochKey;
pub(crate) use key::Purpose;
pub(crate) use predecessor::SealedPredecessor;
pub(crate) use wrapped::{Place, WrappedKey};
