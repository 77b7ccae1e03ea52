//! Pairing: how a new device becomes a member.
//!
//! A member shows a [code](PairingCode), which the user brings to the joining device. Through a mailbox at
//! the relay they exchange four boxes, each put once: the joining device commits to its keys and to a
//! nonce, the member answers with a nonce of its own, the joining device reveals. Both then know six
//! digits. The joining device shows them, and the user types them at the member; after that, the user
//! confirms at the joining device that the member took them. The last box says which space it is.
//!
//! Who saw the code can be in the middle, with the relay's help. The commitment leaves him one guess in
//! a million: he has to choose before he knows what the digits are made of. The last box is signed by the
//! key that the member answered with, which the digits cover, so that he cannot put another
//! space in its place after the digits were compared.
//!
//! Each side is a value that turns into the next: a step cannot be left out.
//!
//! ```
//! use ara_protocol::keys::SecretKeys;
//! use ara_protocol::pairing::{Invitation, Joining, Outcome, PairingCode};
//! # use ara_protocol::rand_core::{TryCryptoRng, TryRng};
//! # use ara_protocol::{RecordHash, SpaceId};
//! # struct Os(u8);
//! # impl TryRng for Os {
//! #     type Error = std::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(7) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(7) }
//! #     fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
//! #         to.fill_with(|| { self.0 = self.0.wrapping_mul(5).wrapping_add(3); self.0 }); Ok(())
//! #     }
//! # }
//! # impl TryCryptoRng for Os {}
//! # let (mut random, space, head) =
//! #     (Os(7), SpaceId::from_bytes([1; 16]), RecordHash::from_bytes([2; 32]));
//! # let [laptop, phone] = [7, 8].map(|byte| SecretKeys::from_bytes(&[byte; 64]));
//!
//! let invitation = Invitation::new(PairingCode::generate(&mut random));
//! let code = PairingCode::parse(&invitation.code().text())?;      // typed on the phone
//!
//! let (joining, commitment) = Joining::begin(&code, phone.public(), "Pixel 9", &mut random)?;
//! let (answered, answer) = invitation.answer(&commitment, laptop.public().member(), &mut random)?;
//! let (revealed, reveal) = joining.reveal(&answer, &mut random)?;
//! let mut request = answered.read_reveal(&reveal)?;
//!
//! assert_eq!(request.name(), "Pixel 9");
//! let accepted = request.confirm(&revealed.digits())?;            // typed on the laptop
//! assert_eq!(accepted.device(), &phone.public());                 // is added to the access log now
//! let result = accepted.result(&laptop, space, head, &mut random)?;
//!
//! let waiting = revealed.confirmed_by_user();                     // tapped on the phone
//! let joined = waiting.read_result(&result)?;
//! assert_eq!(joined, Outcome { space, access: head, member: laptop.public().member() });
//! # Ok::<(), ara_protocol::Error>(())
//! ```
//!
//! # Layout
//!
//! The code is 80 bits, in letters of five each, the first bits first. HKDF derives from it the id of the
//! mailbox (16), a key under which both sides talk (32), and the keys that sign the requests for the
//! mailbox (64).
//!
//! A box is the version (1), its kind (1: 32 to 35), a nonce (24), and what is sealed, with its tag (16);
//! it is bound to version, kind and mailbox.
//!
//! | kind | what is sealed |
//! |---|---|
//! | 32, commitment | the hash of mailbox, keys, nonce and name (32) |
//! | 33, answer | the member's Ed25519 key (32); its nonce (32) |
//! | 34, reveal | the device's keys (64); its nonce (32); its name behind its length (2) |
//! | 35, result | whether it was taken (1); if so, space (16) and head of the access log (32); the member's signature over the transcript and all before it (64) |
//!
//! The transcript is the hash of mailbox, commitment, answer, keys, nonce and name. The digits are its first
//! eight bytes, as a number, modulo 1,000,000.

mod code;
mod digits;
mod envelope;
mod inviting;
mod joining;
mod mailbox;
mod message;
#[cfg(test)]
mod tests;

pub use code::PairingCode;
pub use inviting::{Accepted, Answered, Invitation, JoinRequest};
pub use joining::{Joining, Outcome, Revealed, Waiting};
pub use mailbox::Mailbox;

/// The most bytes that a box may have.
pub const LONGEST_BOX: usize = 1024;

/// The longest name of a device, in bytes.
const LONGEST_NAME: u16 = 256;
