//! The formats of ara's sync: what devices of one space send each other through a relay that cannot
//! read it.
//!
//! Everything here is computation, bytes in and bytes out. There is no network, no file and no database,
//! and whatever is random comes from a generator that the caller passes. The client and the relay
//! are built on it, and both check by the same code.
//!
//! | module | what it holds |
//! |---|---|
//! | [`keys`] | the keys of a device and of the recovery words, and the signatures |
//! | [`access`] | the log that says who is a member |
//! | [`epoch`] | the keys under which everything is sealed |
//! | [`message`] | what clients and the relay send each other over HTTP |
//! | [`pairing`] | how a new device becomes a member |
//! | [`request`] | what a request to the relay signs |
//! | [`segment`] | sealed changes |
//! | [`slot`] | what each device tells the others of itself |
//!
//! They import one way: `epoch` knows `keys`, `segment` and `slot` know both, and `access` knows all of
//! these; `request` and `pairing` know `keys` only.
//!
//! # Encoding
//!
//! All formats are laid out by hand: numbers in big-endian order, fields of fixed size in a fixed order,
//! and whatever varies in length behind its length. Changes themselves are encoded by Protocol Buffers,
//! where a reader may skip what it does not know. That is wrong here. A record that says who is a
//! member must mean the same to every reader, and Protocol Buffers gives one message many encodings,
//! lets the last of two equal fields win, and skips fields that the reader does not know. In this layout
//! one value has one encoding and nothing is skipped: bytes that are left over are refused, and a newer
//! version is refused as [`Error::UpdateNeeded`]. Signatures and hashes are always over the bytes as they
//! were sent, never over bytes that a reader encoded again.
#![warn(missing_docs)]

pub mod access;
mod bytes;
mod cursor;
pub mod epoch;
mod error;
mod ids;
pub mod keys;
pub mod message;
pub mod pairing;
pub mod request;
mod seal;
pub mod segment;
pub mod slot;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;

pub use cursor::Cursor;
pub use error::{Error, Result};
pub use ids::{EpochId, MailboxId, NodeId, RecordHash, SegmentId, SpaceId};
pub use rand_core;
