//! What a client and the relay send each other over HTTP.
//!
//! Each request is a `POST` to the path of an [`Endpoint`], with a body of bytes, and each answer is an
//! [`Answer`]: a content, or a [`Refusal`] that says why there is none, and the challenge for the next request. But for
//! [`Endpoint::Challenge`] all requests are [signed](SignedRequest).
//!
//! | module | what it holds |
//! |---|---|
//! | [`sync`] | one round trip that sends what is new here, and brings what is new there |
//! | [`access`] | the access log |
//! | [`segments`] | lists of heads, parts of segments, and parts that are staged |
//! | [`mailbox`] | the boxes of a pairing |
//!
//! # Layout
//!
//! Numbers are in big-endian order. A *list* is how many items there are (4), and the items; a *blob* is its length
//! (4), and its bytes.
//!
//! A signed request:
//!
//! | bytes | field |
//! |---|---|
//! | 1 | version, 1 |
//! | 1, n | the challenge behind its length |
//! | 97 | the signature: see [`request`](crate::request) |
//! | | the content, which begins with the space (16). It is what the signature takes as the body |
//!
//! An answer:
//!
//! | bytes | field |
//! |---|---|
//! | 1 | version, 1 |
//! | 1, n | the challenge for the next request behind its length, or nothing |
//! | 1 | 0 for a content, or the code of the refusal |
//! | | the content, or what the refusal says |

pub mod access;
mod answer;
mod endpoint;
pub mod mailbox;
pub mod segments;
mod signed;
pub mod sync;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Refusal};
pub use endpoint::Endpoint;
pub use signed::{SignedRequest, SpaceRequest};

/// The most bytes that the body of a request may have.
pub const LONGEST_REQUEST: usize = 8 << 20;

/// The most bytes that an answer may have.
pub const LONGEST_ANSWER: usize = 16 << 20;
