//! Reading the body of a request.
//!
//! Anybody can send one, so how many bytes of them are held is bounded. Small ones are not counted: there are as many as
//! there are connections.

use ara_protocol::message::{LONGEST_REQUEST, Refusal};
use axum::body::{Body, Bytes, HttpBody};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::server::ServerOptions;

/// How many bytes a body may have that is not counted.
const SMALL: u64 = 64 << 10;

/// In what larger ones are counted.
const UNIT: u64 = 1 << 20;

/// How many of these may be held at once.
const MOST_UNITS: usize = 512;

/// The room for bodies.
pub(super) struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(MOST_UNITS))
    }
}

/// A body, and the room that it takes.
pub(super) struct Held<'a> {
    pub(super) bytes: Bytes,
    _room: Option<SemaphorePermit<'a>>,
}

impl Room {
    /// Reads a body. One that is too large is refused before it is read, if its length is known.
    pub(super) async fn read(
        &self,
        body: Body,
        options: &ServerOptions,
    ) -> Result<Held<'_>, Refusal> {
        let hint = body.size_hint();
        if hint.lower() > LONGEST_REQUEST as u64 {
            return Err(Refusal::TooLarge);
        }
        let most = hint.upper().unwrap_or(LONGEST_REQUEST as u64);
        let reading = async {
            let units = u32::try_from(most.div_ceil(UNIT)).unwrap_or(u32::MAX);
            // The semaphore is never closed.
            let room = if most > SMALL { self.0.acquire_many(units).await.ok() } else { None };
            (axum::body::to_bytes(body, LONGEST_REQUEST).await, room)
        };
        match timeout(options.body_patience, reading).await {
            Ok((Ok(bytes), room)) => Ok(Held { bytes, _room: room }),
            // It has no end, or is longer than it may be.
            Ok((Err(_), _)) => Err(Refusal::TooLarge),
            Err(_) => Err(Refusal::Busy),
        }
    }
}
