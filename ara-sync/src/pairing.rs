//! Letting a new device in: both sides, over the relay.

pub(crate) mod boxes;
mod fault;
pub(crate) mod host;
mod invitation;
mod join_request;
mod joining;
mod qr_code;
mod ticket;

pub use self::invitation::Invitation;
pub use self::join_request::JoinRequest;
pub use self::joining::{Join, Joining, join};
pub use self::qr_code::QrCode;
