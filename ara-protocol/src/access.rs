//! The access log: who is a member of a space.
//!
//! It is a chain of signed [records](Record), each of which names the hash of the one before. The relay
//! orders them; the relay and every client verify them, by the same code: [`Members`] takes record
//! after record, and refuses what the rules forbid.
//!
//! ```
//! use ara_protocol::access::{Members, Record};
//! use ara_protocol::keys::SecretKeys;
//! # use ara_protocol::rand_core::{TryCryptoRng, TryRng};
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
//! # let mut random = Os(7);
//!
//! let laptop = SecretKeys::generate(&mut random);
//! let genesis = Record::genesis(&laptop, None, &mut random)?;
//! let mut members = Members::found(&genesis)?;
//!
//! let phone = SecretKeys::generate(&mut random);
//! let added = members.add(&laptop, &phone.public(), &mut random)?;
//! members.apply(&added)?;
//! assert_eq!(members.epoch_keys(&phone)?.newest().id(), members.epoch());
//!
//! // Who joins later is sent the bytes.
//! let mut again = Members::found(&Record::read(genesis.as_bytes())?)?;
//! again.apply(&Record::read(added.as_bytes())?)?;
//! assert_eq!(again.head(), members.head());
//! # Ok::<(), ara_protocol::Error>(())
//! ```
//!
//! # Layout
//!
//! | bytes | field |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | kind: 1 genesis, 2 add, 3 remove, 4 rotate, 5 recovery, 6 moved; 7 is reserved for a record that carries the membership of another space |
//! | 16 | space; zero in a genesis, whose hash begins with it |
//! | 32 | hash of the record before; zero in a genesis |
//! | 16 | the epoch from this record on |
//! | 32 | the author's Ed25519 key |
//! | | what the kind says, below |
//! | 64 | the author's signature over all before it |
//!
//! | kind | fields |
//! |---|---|
//! | genesis | 32 random bytes; the author's X25519 key (32); whether it succeeds another space (1), and which (16); the wrapped key (80) |
//! | add | the new device's keys (64); the wrapped key (80) |
//! | remove | how many are out (2) and the key of each (32), ascending; a new epoch |
//! | rotate | a new epoch |
//! | recovery | the recovery member's keys (64); its own signature over space, record before and keys (64); whether it replaces another (1); if not, the wrapped key (80), else a new epoch |
//! | moved | the new relay's URL, behind its length (2) |
//!
//! A new epoch is the key of the one before, sealed under the new one (72), how many members there
//! are (2), and for each its key (32) and the wrapped key (80), ascending by key.

mod body;
mod epoch_keys;
mod grant;
mod make;
mod members;
mod record;
mod rules;
mod sealers;
#[cfg(test)]
mod tests;

pub use body::Change;
pub use epoch_keys::EpochKeys;
pub use members::{Member, Members, Role};
pub use record::Record;
pub use sealers::FromMember;

/// The most members that a space may have, its recovery member included.
pub const MOST_MEMBERS: usize = 256;

/// The most bytes that a record may have.
pub const LONGEST_RECORD: usize = 64 * 1024;

/// What errors call a record.
const WHAT: &str = "access record";
