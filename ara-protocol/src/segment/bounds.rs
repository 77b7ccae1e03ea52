//! Where a segment begins and ends.

use rand_core::CryptoRng;

use crate::bytes::Reader;
use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::seal::{OVERHEAD, open, seal};

pub(super) const SIZE: usize = 32 + OVERHEAD;
const WHAT: &str = "segment's bounds";

/// A point in the log of a node: after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    /// The number of the change, or 0 for the point before the first one.
    pub number: u64,
    /// The digest of the changes up to it.
    pub digest: u64,
}

/// Where a segment begins and ends. It holds the changes after the first point, up to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The point after which it begins: where the node's segment before it ended, or nothing.
    pub from: Point,
    /// The point at which it ends.
    pub to: Point,
}

/// Bounds, sealed under the epoch, so that the relay sees no number and no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SealedBounds([u8; SIZE]);

impl Bounds {
    fn check(self) -> Result<Self> {
        if self.from.number < self.to.number {
            Ok(self)
        } else {
            Err(Error::Malformed { what: WHAT })
        }
    }
}

impl SealedBounds {
    pub(super) fn seal(
        bounds: Bounds,
        key: &EpochKey,
        header: &[u8],
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let Bounds { from, to } = bounds.check()?;
        let numbers = [from.number, from.digest, to.number, to.digest].map(u64::to_be_bytes);
        let key = key.derived(Purpose::Bounds);
        let sealed = seal(&key, header, numbers.as_flattened(), WHAT, random)?;
        sealed.try_into().map(Self).map_err(|_| Error::TooLarge { what: WHAT })
    }

    pub(super) fn open(&self, key: &EpochKey, header: &[u8]) -> Result<Bounds> {
        let opened = open(&key.derived(Purpose::Bounds), header, &self.0, WHAT)?;
        let mut reader = Reader::new(&opened, WHAT);
        let mut point = || Ok(Point { number: reader.u64()?, digest: reader.u64()? });
        let bounds = Bounds { from: point()?, to: point()? };
        reader.end()?;
        bounds.check()
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        reader.array().map(Self)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; SIZE] {
        &self.0
    }
}
