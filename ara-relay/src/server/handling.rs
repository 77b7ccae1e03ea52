//! What the server answers at which path.

use std::sync::Arc;
use std::time::Instant;

use ara_protocol::message::{Answer, Endpoint, Refusal};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

use crate::relay::{RelayAnswer, peek_mailbox, refusal};
use crate::server::connections::{Peer, Unnamed};
use crate::server::timely::in_time;
use crate::server::{Shared, body, events};
use crate::store::{StoreError, Topic};

/// Returns what answers at each path.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        let handle = move |State(shared): State<Arc<Shared>>,
                           Extension(peer): Extension<Peer>,
                           unnamed: Option<Extension<Unnamed>>,
                           body: Body| async move {
            let begun = Instant::now();
            if unnamed.is_some() {
                shared.warn_of_unnamed();
            }
            let response = respond(&shared, endpoint, peer, body).await;
            shared.metrics.answered(endpoint, response.status(), begun.elapsed());
            // A stream of events has no length.
            shared.metrics.sent(endpoint, response.body().size_hint().exact().unwrap_or(0));
            tracing::debug!(
                endpoint = endpoint.path(),
                status = response.status().as_u16(),
                microseconds = begun.elapsed().as_micros(),
                "answered"
            );
            response
        };
        router = router.route(endpoint.path(), post(handle));
    }
    router.route("/health", get(health)).fallback(unknown).with_state(shared)
}

async fn respond(shared: &Arc<Shared>, endpoint: Endpoint, peer: Peer, body: Body) -> Response {
    if let Some(limited) = peer.0.and_then(|peer| shared.relay.limited(peer)) {
        return respond_with(limited);
    }
    let Some(turn) = shared.turns.take(shared.turn_of(peer), 1) else {
        return respond_with(refusal(Refusal::Limited { retry_after: 1 }));
    };
    let body = match body::read(shared, body, peer).await {
        Ok(body) => body,
        Err(refused) => return respond_with(refusal(refused)),
    };
    shared.metrics.received(endpoint, body.len() as u64);
    let answer = match endpoint {
        Endpoint::Events => return events::respond(shared, body, turn).await,
        Endpoint::Mailbox => wait_for_box(shared, body, peer).await,
        _ => answer(shared, endpoint, body, peer).await,
    };
    // It takes room until it was sent.
    match shared.answers.hold(answer.body, peer) {
        Ok(held) => respond_by(answer.status, Bytes::from_owner(held)),
        Err(refused) => respond_with(refusal(refused)),
    }
}

/// Has the relay answer, on a thread for what blocks.
async fn answer(shared: &Shared, endpoint: Endpoint, body: Bytes, peer: Peer) -> RelayAnswer {
    let relay = shared.relay.clone();
    let answer = spawn_blocking(move || relay.answer_counted(endpoint, &body, peer.0)).await;
    answer.unwrap_or_else(|_| {
        tracing::error!(endpoint = endpoint.path(), "answering broke off");
        refusal(Refusal::Busy)
    })
}

/// Answers a step of a pairing. Who asks for a box that is empty may have to wait until it is filled.
async fn wait_for_box(shared: &Shared, body: Bytes, peer: Peer) -> RelayAnswer {
    let mut notice =
        peek_mailbox(&body).map(|mailbox| shared.notices.about(Topic::Mailbox(mailbox)));
    let mut stopping = shared.stopping.subscribe();
    let begun = tokio::time::Instant::now();
    let mut last = answer(shared, Endpoint::Mailbox, body.clone(), peer).await;
    while let (Some(notice), true) = (&mut notice, last.wait_seconds > 0) {
        let end = begun + std::time::Duration::from_secs(last.wait_seconds.into());
        tokio::select! {
            told = timeout_at(end, notice.wait()) => if told.is_err() {
                return last;
            },
            // It is over if the sender is gone, too.
            _ = stopping.wait_for(|stops| *stops) => return last,
        }
        last = answer(shared, Endpoint::Mailbox, body.clone(), peer).await;
    }
    last
}

/// Makes a response of what the relay answers.
pub(super) fn respond_with(answer: RelayAnswer) -> Response {
    respond_by(answer.status, answer.body.into())
}

fn respond_by(status: u16, body: Bytes) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry_after = (status == StatusCode::TOO_MANY_REQUESTS).then(|| retry_after(&body));
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    let mut response = (status, kind, body).into_response();
    if let Some(Some(seconds)) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Returns after how many seconds an answer says that it may be asked again. Clients read it there; others, such as a
/// proxy, have a header.
fn retry_after(body: &[u8]) -> Option<u32> {
    match Answer::read(body).ok()?.outcome {
        Err(Refusal::Limited { retry_after }) => Some(retry_after),
        _ => None,
    }
}

/// Tells whether the store can be read and written, in a word that names nothing of it: the log says more.
async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let relay = shared.relay.clone();
    let looked = in_time(shared.options.store_patience, move || {
        relay.check().map_err(|error| word_of(&error, "the store cannot be read\n"))?;
        relay.check_writing().map_err(|error| word_of(&error, "the store cannot be written\n"))
    });
    match looked.await.unwrap_or_else(|| Err("the store does not answer\n".to_owned())) {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

/// Returns why the store cannot be used, or what else is to be said of it.
fn word_of(error: &StoreError, otherwise: &str) -> String {
    match error {
        StoreError::Full => "the disk of the store is full\n".to_owned(),
        StoreError::Replaced => format!("{error}\n"),
        _ => otherwise.to_owned(),
    }
}

/// A path of a later version of the protocol is answered so that a client understands it.
async fn unknown(uri: Uri) -> Response {
    if uri.path().starts_with("/v") {
        respond_with(refusal(Refusal::UpdateNeeded))
    } else {
        (StatusCode::NOT_FOUND, "this is a relay of ara\n").into_response()
    }
}
