//! What is in the store, as far as it can be counted.

use std::sync::{Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// What was counted last, or `None` if that could not be done: then it is not told, rather than as nothing.
#[derive(Debug, Default)]
pub(super) struct Stored(Mutex<Option<Total>>);

/// How much is in the store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total {
    pub(super) spaces: u64,
    pub(super) bytes: u64,
}

impl Stored {
    /// Takes what was counted.
    pub(super) fn put(&self, total: Option<Total>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = total;
    }
}

impl Collector for Stored {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let total = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tell = |name, help, unit: Option<Unit>, figure: u64| {
            let gauge = ConstGauge::new(i64::try_from(figure).unwrap_or(i64::MAX));
            let kind = gauge.metric_type();
            gauge.encode(encoder.encode_descriptor(name, help, unit.as_ref(), kind)?)
        };
        let up = "Whether the store could be counted: 1, or 0 if it cannot be read";
        tell("store_up", up, None, total.is_some().into())?;
        let Some(Total { spaces, bytes }) = total else { return Ok(()) };
        tell("spaces", "Spaces that are here", None, spaces)?;
        tell("store", "What the store takes on its disk", Some(Unit::Bytes), bytes)
    }
}
