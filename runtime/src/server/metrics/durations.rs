//! How long requests took: a histogram that many threads add to without waiting for each other.
//!
//! The one of the metrics library keeps its buckets under a lock, which two busy threads hold from each other at every
//! request. Here a bucket is a counter. A page that is read meanwhile may show a request in its bucket that is not yet
//! in the sum.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds: from a constant answer to the longest deadline that is usual.
const MICROS: [u32; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000,
    30_000_000,
];
const MICROS_A_SECOND: f64 = 1e6;

/// See the module; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// One for each bound.
    within: [AtomicU64; MICROS.len()],
    /// What took longer.
    beyond: AtomicU64,
    nanos: AtomicU64,
}

impl Durations {
    /// Something took so long.
    pub fn observe(&self, took: Duration) {
        let counts = &*self.0;
        let place = MICROS.iter().position(|&bound| took <= Duration::from_micros(bound.into()));
        let count = place.and_then(|place| counts.within.get(place)).unwrap_or(&counts.beyond);
        count.fetch_add(1, Ordering::Relaxed);
        counts.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Collector for Durations {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut buckets: Vec<(f64, u64)> = Vec::new();
        for (&bound, count) in MICROS.iter().zip(&self.0.within) {
            buckets.push((f64::from(bound) / MICROS_A_SECOND, read(count)));
        }
        buckets.push((f64::MAX, read(&self.0.beyond)));
        let count = buckets.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let sum = Duration::from_nanos(read(&self.0.nanos)).as_secs_f64();
        let mut metric = encoder.encode_descriptor(
            "http_request_seconds",
            "From a request's head to its answer",
            None,
            MetricType::Histogram,
        )?;
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    #[test]
    fn a_duration_counts_in_the_first_bucket_that_takes_it() {
        let durations = Durations::default();
        for micros in [0, 100, 101, 30_000_000, 30_000_001] {
            durations.observe(Duration::from_micros(micros));
        }
        let mut registry = Registry::default();
        registry.register_collector(Box::new(durations));
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        for line in [
            "http_request_seconds_bucket{le=\"0.0001\"} 2",
            "http_request_seconds_bucket{le=\"0.00025\"} 3",
            "http_request_seconds_bucket{le=\"5.0\"} 3",
            "http_request_seconds_bucket{le=\"30.0\"} 4",
            "http_request_seconds_bucket{le=\"+Inf\"} 5",
            "http_request_seconds_count 5",
            "http_request_seconds_sum 60.000202",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }
}
