//! Letting a new device in: both sides, over the relay.

pub(crate) mod boxes;
mod cancel;
mod fault;
pub(crate) mod host;
mod invitation;
mod join_request;
mod joining;
mod qr_code;
mod ticket;

pub use self::cancel::Cancel;
pub use self::invitation::Invitation;
pub use self::join_request::JoinRequest;
pub(crate) use self::joining::Joined;
pub use self::joining::{Join, Joining, join};
pub use self::qr_code::QrCode;
