//! Encodes and decodes version vectors.

use prost::Message;
use prost::bytes::Bytes;

use crate::error::Result;
use crate::exchange::vector::VersionVector;
use crate::exchange::wire::message::{NodeMessage, VectorMessage};
use crate::exchange::wire::record;
use crate::exchange::wire::record::Kind;
use crate::log::node::NodeId;
use crate::log::place::Point;

impl VersionVector {
    /// Returns the version vector as bytes, which [`from_bytes`](Self::from_bytes) reads.
    ///
    /// They are about 41 bytes for each node. Equal version vectors have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let nodes = self.0.iter().map(|(node, end)| NodeMessage {
            node: Bytes::copy_from_slice(node.as_bytes()),
            end: Some((*end).into()),
        });
        record::write(Kind::Vector, &VectorMessage { nodes: nodes.collect() })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) returned, on this or on another device.
    ///
    /// ```
    /// use ara::VersionVector;
    ///
    /// let bytes = VersionVector::default().to_bytes();
    /// assert!(VersionVector::from_bytes(&bytes)?.is_empty());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreadable`](crate::Error::Unreadable) if the bytes are not those of a version
    /// vector, are cut off or are damaged, and [`Error::NewerChanges`](crate::Error::NewerChanges) if a
    /// newer version of ara wrote them in a format that this version cannot read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let unreadable = || Kind::Vector.unreadable("they are not laid out as a vector is");
        let payload = record::read(Kind::Vector, bytes)?;
        let message = VectorMessage::decode(payload).map_err(|_| unreadable())?;
        let mut vector = Self::default();
        for NodeMessage { node, end } in message.nodes {
            let node = (*node).try_into().map(NodeId::from_bytes).map_err(|_| unreadable())?;
            if vector.0.insert(node, end.map_or_else(Point::default, Point::from)).is_some() {
                return Err(unreadable());
            }
        }
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::place::ChangeNumber;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_come_back(nodes: std::collections::BTreeMap<[u8; 16], (i64, u64)>) {
            let point = |(number, digest)| Point { number: ChangeNumber::new(number), digest };
            let nodes = nodes.into_iter().map(|(node, end)| (NodeId::from_bytes(node), point(end)));
            let vector = VersionVector(nodes.collect());
            let read = VersionVector::from_bytes(&vector.to_bytes());
            prop_assert_eq!(read.expect("was just written"), vector);
        }
    }
}
