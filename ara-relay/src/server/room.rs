//! How many bytes of requests, or of answers, are held in memory.
//!
//! Anybody can send a large request, or not take a large answer. So there is room for some of them, of which one address has
//! a part. Small ones are not counted: there are as many as there are connections.

use std::sync::Arc;

use ara_protocol::message::Refusal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::server::connections::Peer;
use crate::server::shares::{Share, Shares};

/// How many bytes there may be that are not counted.
const SMALL: usize = 64 << 10;

/// In what others are counted.
const UNIT: usize = 1 << 20;

/// How many of these may be held at once.
const MOST_UNITS: usize = 512;

/// How many of them one address may hold.
const MOST_UNITS_OF_ONE: usize = 64;

/// The room that there is.
pub(super) struct Room {
    units: Arc<Semaphore>,
    shares: Arc<Shares>,
}

/// Bytes, and the room that they take.
#[derive(Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    units: Vec<(OwnedSemaphorePermit, Share)>,
}

impl Default for Room {
    fn default() -> Self {
        Self { units: Arc::new(Semaphore::new(MOST_UNITS)), shares: Shares::new(MOST_UNITS_OF_ONE) }
    }
}

impl Room {
    /// Holds bytes that are there already.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::Limited`] if they are more than the address may have, and [`Refusal::Busy`] if there is no room.
    pub(super) fn hold(&self, bytes: Vec<u8>, peer: Peer) -> Result<Held, Refusal> {
        let mut held = Held::default();
        for _ in 0..units(bytes.len()) {
            let share = self.share(peer)?;
            let unit = self.units.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?;
            held.units.push((unit, share));
        }
        held.bytes = bytes;
        Ok(held)
    }

    /// Adds bytes to those that are held, as soon as there is room.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::Limited`] if they are more than the address may have.
    pub(super) async fn add(
        &self,
        held: &mut Held,
        bytes: &[u8],
        peer: Peer,
    ) -> Result<(), Refusal> {
        let length = held.bytes.len().saturating_add(bytes.len());
        while held.units.len() < units(length) {
            let share = self.share(peer)?;
            // It is never closed.
            let unit = self.units.clone().acquire_owned().await.map_err(|_| Refusal::Busy)?;
            held.units.push((unit, share));
            // It grows as its room does, and not to the double of what it has.
            let most = held.units.len().saturating_mul(UNIT).max(length);
            held.bytes.reserve_exact(most.saturating_sub(held.bytes.len()));
        }
        held.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn share(&self, peer: Peer) -> Result<Share, Refusal> {
        self.shares.take(peer.0, 1).ok_or(Refusal::Limited { retry_after: 1 })
    }
}

impl Held {
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Returns as how many units so many bytes count.
const fn units(bytes: usize) -> usize {
    if bytes <= SMALL { 0 } else { bytes.div_ceil(UNIT) }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn peer(last: u8) -> Peer {
        Peer(Some(IpAddr::from([1, 2, 3, last])))
    }

    #[tokio::test]
    async fn one_address_holds_a_part_of_the_room() {
        let room = Room::default();
        let large = || vec![0; 16 << 20];
        let held: Vec<_> = (0..4).map(|_| room.hold(large(), peer(1)).unwrap()).collect();
        let limited = Some(Refusal::Limited { retry_after: 1 });
        assert_eq!(room.hold(large(), peer(1)).err(), limited);
        assert!(room.hold(vec![0; SMALL], peer(1)).is_ok());
        // Who is not limited takes the rest.
        let all: Vec<_> = (0..28).map(|_| room.hold(large(), Peer(None)).unwrap()).collect();
        assert_eq!(room.hold(vec![0; SMALL + 1], peer(2)).err(), Some(Refusal::Busy));
        drop(all);
        let mut other = Held::default();
        assert_eq!(room.add(&mut other, &large(), peer(1)).await.err(), limited);
        drop(held);
        let mut other = Held::default();
        for _ in 0..8 {
            room.add(&mut other, &[1; 1 << 17], peer(1)).await.unwrap();
        }
        assert_eq!((other.len(), other.bytes.capacity(), other.units.len()), (UNIT, UNIT, 1));
    }
}
