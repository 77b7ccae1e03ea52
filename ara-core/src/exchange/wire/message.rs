//! The Protocol Buffers messages. The number of a field is never given to another one.

use prost::Message;
use prost::bytes::Bytes;

use crate::log::clock::Time;
use crate::log::point::Point;

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
    /// The difference between its time and that of the change before it, wrapping.
    #[prost(uint64, tag = "1")]
    pub(super) after: u64,
    #[prost(uint32, tag = "2")]
    pub(super) table: u32,
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) row: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) cells: Bytes,
    #[prost(fixed64, optional, tag = "5")]
    pub(super) mark: Option<u64>,
    #[prost(fixed64, optional, tag = "6")]
    pub(super) original: Option<u64>,
    #[prost(fixed64, tag = "7")]
    pub(super) dropped: u64,
}

/// The greatest number of a field of [`ChangeMessage`] that this version knows.
pub(super) const LAST_OF_CHANGE: u32 = 7;

/// A point in the log of a node.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct PointMessage {
    #[prost(sfixed64, tag = "1")]
    pub(super) time: i64,
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
    fn from(Point { time, digest }: Point) -> Self {
        Self { time: time.bits(), digest }
    }
}

impl From<PointMessage> for Point {
    fn from(PointMessage { time, digest }: PointMessage) -> Self {
        Self { time: Time::from_bits(time), digest }
    }
}
