//! What Prometheus is told. It names no space and no device.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ara_protocol::message::Endpoint;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::task::spawn_blocking;

use crate::server::Shared;

/// The content type of the text format.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    endpoint: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    endpoint: &'static str,
}

/// Makes histograms from half a millisecond to 16 seconds.
#[derive(Debug, Clone, Copy)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.0005, 2.0, 16))
    }
}

/// What is counted.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Answered, Counter>,
    seconds: Family<At, Histogram, Durations>,
    connections: Gauge,
    streams: Gauge,
    spaces: Gauge,
    stored: Gauge,
}

/// Something that is open, and counted while it is.
pub(super) struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("ara_relay");
        let metrics = Self {
            registry: Mutex::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(Durations),
            connections: Gauge::default(),
            streams: Gauge::default(),
            spaces: Gauge::default(),
            stored: Gauge::default(),
        };
        registry.register(
            "requests",
            "Requests that were answered, by endpoint and status of HTTP",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "How long requests took to be read and answered. Those to /v1/mailbox may wait for half a minute",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        for (name, help, gauge) in [
            ("connections", "Connections that are open", &metrics.connections),
            ("event_streams", "Devices that wait for news", &metrics.streams),
            ("spaces", "Spaces that are here", &metrics.spaces),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let help = "What the store takes on its disk";
        registry.register_with_unit("store", help, Unit::Bytes, metrics.stored.clone());
        Self { registry: Mutex::new(registry), ..metrics }
    }

    /// Counts a request.
    pub(super) fn answered(&self, endpoint: Endpoint, status: StatusCode, took: Duration) {
        let status = status.as_u16();
        let endpoint = endpoint.path();
        self.requests.get_or_create(&Answered { endpoint, status }).inc();
        self.seconds.get_or_create(&At { endpoint }).observe(took.as_secs_f64());
    }

    /// Counts a connection while it is open.
    pub(super) fn connection(&self) -> Open {
        Open::new(&self.connections)
    }

    /// Counts a stream of events while it is open.
    pub(super) fn stream(&self) -> Open {
        Open::new(&self.streams)
    }

    fn text(&self) -> Option<String> {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        encode(&mut text, &registry).ok()?;
        Some(text)
    }
}

/// Returns what answers at `/metrics`.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/metrics", get(respond)).with_state(shared)
}

async fn respond(State(shared): State<Arc<Shared>>) -> Response {
    let relay = shared.relay.clone();
    let counted = spawn_blocking(move || {
        Ok::<_, crate::store::StoreError>((relay.count_spaces()?, relay.store().size()?))
    });
    if let Ok(Ok((spaces, size))) = counted.await {
        shared.metrics.spaces.set(i64::try_from(spaces).unwrap_or(i64::MAX));
        shared.metrics.stored.set(i64::try_from(size).unwrap_or(i64::MAX));
    }
    match shared.metrics.text() {
        Some(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
