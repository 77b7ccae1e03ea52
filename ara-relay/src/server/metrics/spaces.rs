//! How large spaces are, as histograms over all of them.
//!
//! To count takes a look at all of the log's keys, so it is done now and then, and in between the same is told.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Unit;

use crate::store::SpaceSize;

/// How long figures are told before they are counted again.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// How large spaces were when they were counted.
#[derive(Debug, Default)]
pub(super) struct SpaceSizes(Mutex<Option<Counted>>);

#[derive(Debug)]
struct Counted {
    at: Instant,
    bytes: Histogram,
    segments: Histogram,
}

impl SpaceSizes {
    /// Returns whether it is time to count again.
    pub(super) fn are_due(&self) -> bool {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.as_ref().is_none_or(|counted| counted.at.elapsed() >= LIFE)
    }

    /// Takes what was counted.
    pub(super) fn put(&self, sizes: &[SpaceSize]) {
        // From a kilobyte to 16 GB, and from one segment to 65,536.
        let bytes = Histogram::new(exponential_buckets(1024.0, 4.0, 13));
        let segments = Histogram::new(exponential_buckets(1.0, 4.0, 9));
        for size in sizes {
            bytes.observe(size.bytes as f64);
            segments.observe(size.segments as f64);
        }
        let counted = Counted { at: Instant::now(), bytes, segments };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }

    /// Forgets what was counted.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Collector for SpaceSizes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Counted { bytes, segments, .. }) = &*counted else { return Ok(()) };
        for (histogram, help, unit) in [
            (bytes, "How many bytes spaces have, counted each few minutes", Unit::Bytes),
            (
                segments,
                "How many segments spaces have, counted each few minutes",
                Unit::Other("segments".to_owned()),
            ),
        ] {
            let kind = histogram.metric_type();
            histogram.encode(encoder.encode_descriptor("space", help, Some(&unit), kind)?)?;
        }
        Ok(())
    }
}
