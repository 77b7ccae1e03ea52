//! The Protocol Buffers messages. The number of a field is never given to another one.

use prost::Message;
use prost::bytes::Bytes;

use crate::log::place::{ChangeNumber, Point};

/// A batch of changes.
#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchMessage {
    #[prost(string, repeated, tag = "1")]
    pub(super) tables: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) columns: Vec<String>,
    /// Encoded [`RunMessage`]s: each is decoded for itself, so that a damaged one does not stop the others.
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub(super) runs: Vec<Bytes>,
}

/// Changes of one node that follow one another.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RunMessage {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) node: Bytes,
    #[prost(message, optional, tag = "2")]
    pub(super) from: Option<PointMessage>,
    #[prost(message, optional, tag = "3")]
    pub(super) to: Option<PointMessage>,
    #[prost(bool, tag = "4")]
    pub(super) is_forked: bool,
    /// Encoded [`ChangeMessage`]s: each may have fields of newer versions.
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) changes: Vec<Bytes>,
}

/// One change.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ChangeMessage {
    /// By how much its number is not the one that follows.
    #[prost(sint64, tag = "1")]
    pub(super) number: i64,
    /// By how much its stamp is not the one that follows, wrapping.
    #[prost(sint64, tag = "2")]
    pub(super) stamp: i64,
    #[prost(uint32, tag = "3")]
    pub(super) table: u32,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) row: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    pub(super) cells: Bytes,
    /// Whether it ends a transaction, and what the writer's clock showed then, if that is told.
    #[prost(bool, tag = "6")]
    pub(super) ends: bool,
    #[prost(int64, optional, tag = "7")]
    pub(super) date: Option<i64>,
    #[prost(fixed64, optional, tag = "8")]
    pub(super) mark: Option<u64>,
    #[prost(fixed64, optional, tag = "9")]
    pub(super) original: Option<u64>,
    #[prost(fixed64, tag = "10")]
    pub(super) dropped: u64,
    /// The hashes of the other changes of the transaction that it ends.
    #[prost(fixed32, optional, tag = "11")]
    pub(super) others: Option<u32>,
    /// Of each change that was dropped before it, 32 bits of its hash.
    #[prost(bytes = "bytes", tag = "12")]
    pub(super) gap: Bytes,
}

/// The greatest number of a field of [`ChangeMessage`] that this version knows.
pub(super) const LAST_OF_CHANGE: u32 = 12;

/// A point in the log of a node.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct PointMessage {
    #[prost(int64, tag = "1")]
    pub(super) number: i64,
    #[prost(fixed64, tag = "2")]
    pub(super) digest: u64,
}

/// A version vector.
#[derive(Clone, PartialEq, Message)]
pub(super) struct VectorMessage {
    #[prost(message, repeated, tag = "1")]
    pub(super) nodes: Vec<NodeMessage>,
}

/// What a version vector knows of one node.
#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeMessage {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) node: Bytes,
    #[prost(message, optional, tag = "2")]
    pub(super) end: Option<PointMessage>,
}

/// The end of a stream of changes. The kind of its record tells all, so it has no fields.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct EndMessage {}

impl From<Point> for PointMessage {
    fn from(Point { number, digest }: Point) -> Self {
        Self { number: number.get(), digest }
    }
}

impl From<PointMessage> for Point {
    fn from(PointMessage { number, digest }: PointMessage) -> Self {
        Self { number: ChangeNumber::new(number), digest }
    }
}
