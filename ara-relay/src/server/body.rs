//! Reading the body of a request.

use ara_protocol::message::{LONGEST_REQUEST, Refusal};
use axum::body::{Body, Bytes, HttpBody};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::server::Shared;
use crate::server::connections::Peer;
use crate::server::room::Held;

/// Reads a body, which takes room until the bytes are dropped. One that is too large is refused before it is read, if its
/// length is known.
pub(super) async fn read(shared: &Shared, body: Body, peer: Peer) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > LONGEST_REQUEST as u64 {
        return Err(Refusal::TooLarge);
    }
    let reading = timeout(shared.options.body_patience, collect(shared, body, peer));
    reading.await.unwrap_or(Err(Refusal::Busy)).map(Bytes::from_owner)
}

/// Takes room for what has come, and not for what was announced: who claims much and sends nothing takes none.
async fn collect(shared: &Shared, body: Body, peer: Peer) -> Result<Held, Refusal> {
    let mut frames = body.into_data_stream();
    let mut held = Held::default();
    while let Some(bytes) = frames.next().await {
        // It broke off, or is no body of HTTP. Who is still there has to be told something.
        let bytes = bytes.map_err(|_| Refusal::Malformed)?;
        if held.len().saturating_add(bytes.len()) > LONGEST_REQUEST {
            return Err(Refusal::TooLarge);
        }
        shared.bodies.add(&mut held, &bytes, peer).await?;
    }
    Ok(held)
}
