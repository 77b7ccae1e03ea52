//! Requests to a relay: what a member signs, and the challenge in it.
//!
//! A request is bound to one relay (by its origin), to its method, path and body, and to a challenge that
//! the relay made. So a relay cannot replay it at another, nobody can replay it once the challenge
//! expired, and no clock of the client's is involved.
//!
//! ```
//! use ara_protocol::keys::SecretKeys;
//! use ara_protocol::request::{Challenge, Request, hash_body, origin};
//! use ara_protocol::SpaceId;
//! # let keys = SecretKeys::from_bytes(&[7; 64]);
//! # let relay_key = [8; 32];
//! # let (space, now) = (SpaceId::from_bytes([1; 16]), 1_700_000_000);
//!
//! // The relay makes a challenge, and the client signs with it.
//! let challenge = Challenge::new(&relay_key, space, now + 600);
//! let request = Request {
//!     audience: &origin("https://Relay.example:443/ara")?,
//!     method: "POST",
//!     path: "/v1/sync",
//!     body: hash_body(b"hello"),
//!     challenge: challenge.as_bytes(),
//! };
//! let signature = request.sign(&keys)?;
//!
//! // The relay checks both.
//! assert_eq!(request.audience, "https://relay.example");
//! Challenge::check(request.challenge, &relay_key, space, now)?;
//! assert_eq!(signature.verify(&request)?, keys.public().member());
//! # Ok::<(), ara_protocol::Error>(())
//! ```
//!
//! # Layout
//!
//! What is signed: the version (1), then the audience, the method, the path with its query, each behind its
//! length (2); the SHA-256 of the body (32); the challenge behind its length (2).
//!
//! A signature is sent as the version (1), the member's Ed25519 key (32) and the signature (64).
//!
//! A challenge is the second of Unix time at which it expires (8), and the HMAC-SHA256 of space and
//! expiry (32). Only the relay that made it reads it.

mod challenge;
mod origin;
mod signed;

pub use challenge::Challenge;
pub use origin::origin;
pub use signed::{Request, RequestSignature, hash_body};
