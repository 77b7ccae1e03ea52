//! Slots: what each device tells the others of itself.
//!
//! A slot is one small sealed box for each device. Only that device writes it anew, so the list of
//! devices, and who has what, need no empty segments. [`Slot::read`] checks that the author signed;
//! whether the author is a member tells
//! [`Members::check_read`](crate::access::Members::check_read).
//!
//! # Layout
//!
//! | bytes | field |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | kind, 17 |
//! | 16 | space |
//! | 16 | epoch |
//! | 32 | the device's Ed25519 key |
//! | 8 | number, which grows by each writing |
//! | | the box: a nonce (24), and what is sealed, with its tag (16) |
//! | 64 | the device's signature over all before it |
//!
//! What is sealed is the name and the app's version, each behind its length (2), the schema's version
//! (8) and checksum (32), the version vector behind its length (4), and zeros up to the length that PADMÉ
//! gives.

mod content;
mod sealed;

pub use content::SlotContent;
pub use sealed::Slot;

/// The most bytes that a slot may have.
pub const LONGEST_SLOT: usize = 64 * 1024;

/// What errors call a slot.
const WHAT: &str = "slot";
