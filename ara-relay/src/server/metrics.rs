//! What Prometheus is told. It names no space and no device.

mod spaces;
mod stored;

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

use crate::server::Shared;
use crate::server::metrics::spaces::SpaceSizes;
use crate::server::metrics::stored::{Stored, Total};
use crate::server::timely::in_time;
use crate::store::{Store, StoreError};

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
    received: Family<At, Counter>,
    sent: Family<At, Counter>,
    connections: Gauge,
    refused: Counter,
    streams: Gauge,
    stored: Arc<Stored>,
    sizes: Arc<SpaceSizes>,
    /// Of the connections to a database: how many there may be, are, are used, and how many jobs wait.
    pool: [Gauge; 4],
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
    pub(super) fn new(store: &dyn Store) -> Self {
        let mut registry = Registry::with_prefix("ara_relay");
        let metrics = Self {
            registry: Mutex::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(Durations),
            received: Family::default(),
            sent: Family::default(),
            connections: Gauge::default(),
            refused: Counter::default(),
            streams: Gauge::default(),
            stored: Arc::default(),
            sizes: Arc::default(),
            pool: Default::default(),
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
        for (name, help, counter) in [
            ("received", "Bytes of the bodies of requests, by endpoint", &metrics.received),
            ("sent", "Bytes of the bodies of answers, by endpoint, without events", &metrics.sent),
        ] {
            registry.register_with_unit(name, help, Unit::Bytes, counter.clone());
        }
        for (name, help, gauge) in [
            ("connections", "Connections that are open", &metrics.connections),
            ("event_streams", "Devices that wait for news", &metrics.streams),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let help = "Connections that were closed at once, as their address has as many as it may";
        registry.register("refused_connections", help, metrics.refused.clone());
        registry.register_collector(Box::new(metrics.stored.clone()));
        registry.register_collector(Box::new(metrics.sizes.clone()));
        if store.pool().is_some() {
            let [most, open, used, waiting] = &metrics.pool;
            for (name, help, gauge) in [
                ("most", "Connections to the database that there may be", most),
                ("open", "Connections to the database that there are", open),
                ("used", "Connections to the database that are in use", used),
                ("waiting", "Jobs that wait for a connection to the database", waiting),
            ] {
                registry.register(format!("store_connections_{name}"), help, gauge.clone());
            }
            let lag = Histogram::new(exponential_buckets(0.005, 2.0, 12));
            let help =
                "How long it took until news had reached other processes, by way of the database";
            registry.register_with_unit("news_lag", help, Unit::Seconds, lag.clone());
            store.on_lag(Box::new(move |took| lag.observe(took.as_secs_f64())));
        }
        Self { registry: Mutex::new(registry), ..metrics }
    }

    /// Counts a request.
    pub(super) fn answered(&self, endpoint: Endpoint, status: StatusCode, took: Duration) {
        let status = status.as_u16();
        let endpoint = endpoint.path();
        self.requests.get_or_create(&Answered { endpoint, status }).inc();
        self.seconds.get_or_create(&At { endpoint }).observe(took.as_secs_f64());
    }

    /// Counts the bytes of a request.
    pub(super) fn received(&self, endpoint: Endpoint, bytes: u64) {
        self.received.get_or_create(&At { endpoint: endpoint.path() }).inc_by(bytes);
    }

    /// Counts the bytes of an answer.
    pub(super) fn sent(&self, endpoint: Endpoint, bytes: u64) {
        self.sent.get_or_create(&At { endpoint: endpoint.path() }).inc_by(bytes);
    }

    /// Counts a connection while it is open.
    pub(super) fn connection(&self) -> Open {
        Open::new(&self.connections)
    }

    /// Counts a connection that was not taken.
    pub(super) fn refused_connection(&self) {
        self.refused.inc();
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

fn set(gauge: &Gauge, figure: impl TryInto<i64>) {
    gauge.set(figure.try_into().unwrap_or(i64::MAX));
}

async fn respond(State(shared): State<Arc<Shared>>) -> Response {
    let counting = shared.clone();
    let counted = in_time(shared.options.store_patience, move || {
        let (relay, metrics) = (&counting.relay, &counting.metrics);
        if let Some(pool) = relay.store().pool() {
            let figures = [pool.most, pool.open, pool.used, pool.waiting];
            metrics.pool.iter().zip(figures).for_each(|(gauge, figure)| set(gauge, figure));
        }
        let total = Total { spaces: relay.count_spaces()?, bytes: relay.store().size()? };
        if metrics.sizes.are_due() {
            metrics.sizes.put(&relay.space_sizes()?);
        }
        Ok::<_, StoreError>(total)
    });
    let total = counted
        .await
        .unwrap_or_else(|| Err(StoreError::Failed { reason: "it does not answer".to_owned() }));
    if let Err(error) = &total {
        tracing::warn!(%error, "the store cannot be counted");
        // What was counted before may be so no more.
        shared.metrics.sizes.forget();
    }
    shared.metrics.stored.put(total.ok());
    match shared.metrics.text() {
        Some(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
