//! Reading the body of a request.

use ara_protocol::message::{LONGEST_REQUEST, Refusal};
use axum::body::{Body, Bytes, HttpBody};
use tokio::time::timeout;

use crate::server::ServerOptions;

/// Reads a body. One that is too large is refused before it is read, if its length is known.
pub(super) async fn read(body: Body, options: &ServerOptions) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > LONGEST_REQUEST as u64 {
        return Err(Refusal::TooLarge);
    }
    let whole = axum::body::to_bytes(body, LONGEST_REQUEST);
    match timeout(options.body_patience, whole).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // It has no end, or is longer than it may be.
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Busy),
    }
}
