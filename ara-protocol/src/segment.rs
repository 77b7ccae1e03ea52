//! Segments: changes of one node that follow one another, sealed.
//!
//! A segment is a [head](Head), which a relay can read, and one or more parts, which it cannot. The parts
//! are one sealed body that was cut where it is longer than a relay takes at once. The head names the
//! hash of each part, so that each can be checked when it arrives, and the signature in the head is over
//! all of the segment. The segment's id is the SHA-256 of the head: who has a list of heads can check
//! each, and open its bounds, without the parts.
//!
//! [`Head::read`] checks that the author signed; whether the author is a member tells
//! [`Members::check_read`](crate::access::Members::check_read).
//!
//! ```
//! use ara_protocol::access::{Members, Record};
//! use ara_protocol::keys::SecretKeys;
//! use ara_protocol::segment::{Bounds, Draft, Head, Point, Position};
//! use ara_protocol::{Cursor, NodeId};
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
//! let members = Members::found(&Record::genesis(&laptop, None, &mut random)?)?;
//! let keys = members.epoch_keys(&laptop)?;
//!
//! let draft = Draft {
//!     space: members.space(),
//!     node: NodeId::from_bytes([1; 16]),
//!     previous: None,
//!     replaces: &[],
//!     bounds: Bounds { from: Point::default(), to: Point { number: 3, digest: 99 } },
//!     stood: Position { cursor: Cursor::start(members.space()), access: members.head() },
//!     changes: b"a record of changes",
//! };
//! let sealed = draft.seal(&laptop, keys.newest(), &mut random)?;
//!
//! // Who is sent the head and the parts checks who sealed them, then opens them.
//! let head = Head::read(sealed.head.as_bytes())?;
//! members.check_read(&head)?;
//! let key = keys.get(head.header().epoch).expect("the epoch is one of this space");
//! assert_eq!(head.open_bounds(key)?, draft.bounds);
//! assert_eq!(head.open(key, &sealed.parts, 1 << 20)?.changes, draft.changes);
//! # Ok::<(), ara_protocol::Error>(())
//! ```
//!
//! # Layout
//!
//! | bytes | field |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | kind, 16 |
//! | 16 | space |
//! | 16 | epoch |
//! | 32 | the author's Ed25519 key |
//! | 16 | node |
//! | 32 | id of the node's segment before; zero if there is none |
//! | 2, 32 each | ids of the segments that it replaces |
//! | 72 | bounds, sealed: first its number (8) and digest (8), then those of its end |
//! | 2, 32 each | SHA-256 of the parts |
//! | 64 | the author's signature over all before it |
//!
//! The body is, before it is sealed: where the author stood at the relay (number 8, chain hash 32, access
//! head 32), the length of the changes (8), the length of their zstd frame (8), the frame, and zeros up
//! to the length that PADMÉ gives. It is cut after each 1,048,536 bytes, and each part is sealed by
//! XChaCha20-Poly1305 (nonce 24, then what is sealed, with its tag 16), bound to the head up to its bounds,
//! to how many parts there are, and to its index. The random nonce of the bounds tells one transfer
//! from another.

mod body;
mod bounds;
mod head;
mod open;
mod outline;
mod padme;
mod seal;
#[cfg(test)]
mod tests;

pub use body::{Content, Position};
pub use bounds::{Bounds, Point};
pub use head::{Head, Header};
pub use outline::Outline;
pub(crate) use padme::padded;
pub use seal::{Draft, Sealed};

/// The most bytes that a part may have.
pub const LONGEST_PART: usize = 1024 * 1024;

/// The most parts that a segment may have.
pub const MOST_PARTS: usize = 1024;

/// The most segments that one may replace.
pub const MOST_REPLACED: usize = 16 * 1024;

/// What errors call a segment.
const WHAT: &str = "segment";
