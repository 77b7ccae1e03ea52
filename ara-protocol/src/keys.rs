//! The keys of a member, and what it signs.
//!
//! A device makes an Ed25519 pair, by which it signs, and an X25519 pair, to which keys are sent. The
//! recovery member has a pair of the same kind, which is [derived](SecretKeys::from_words) from
//! [24 words](RecoveryWords).

mod public;
mod secret;
mod signature;
mod words;

pub use public::{MemberKey, PublicKeys};
pub use secret::SecretKeys;
pub use signature::{Label, Signature};
pub use words::RecoveryWords;
