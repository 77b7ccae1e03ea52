//! The protobuf messages. A number of a field is for ever.

use prost::Message;
use prost::bytes::Bytes;

use crate::log::clock::Time;
use crate::log::point::Point;

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchMessage {
    #[prost(string, repeated, tag = "1")]
    pub(super) tables: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) columns: Vec<String>,
    /// Each a [`RunMessage`], encoded: what is wrong with one stops no other.
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub(super) runs: Vec<Bytes>,
}

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
    /// Each a [`ChangeMessage`], encoded, with the fields of newer versions.
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) changes: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ChangeMessage {
    /// By how much it is after the one before it, wrapping.
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

/// The last field of a [`ChangeMessage`] that this version knows.
pub(super) const LAST_OF_CHANGE: u32 = 7;

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct PointMessage {
    #[prost(sfixed64, tag = "1")]
    pub(super) time: i64,
    #[prost(fixed64, tag = "2")]
    pub(super) digest: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct VectorMessage {
    #[prost(message, repeated, tag = "1")]
    pub(super) nodes: Vec<NodeMessage>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeMessage {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) node: Bytes,
    #[prost(message, optional, tag = "2")]
    pub(super) end: Option<PointMessage>,
}

/// Nothing: all that is to be told is the kind of the record.
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
