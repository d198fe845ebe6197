//! Numbers about a server, in the text format of Prometheus.
//!
//! Each server has a registry of its own, so that several in one process do not mix. What others count (the pool, the
//! store, the descriptors) is asked for when somebody reads the page, not kept twice.

mod durations;

use durations::Durations;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, text::encode};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Statuses below this are counted one by one.
const STATUSES: usize = 600;

/// Where a panic of the runtime was caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A route or page.
    Route,
    /// An event of a WebSocket.
    Socket,
    /// A stream's generator.
    Stream,
    /// A job.
    Job,
    /// The console.
    Admin,
    /// Outside of all entry points.
    Server,
}

impl Entry {
    const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Socket => "socket",
            Self::Stream => "stream",
            Self::Job => "job",
            Self::Admin => "admin",
            Self::Server => "server",
        }
    }
}

/// Why a connection was closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// Too many connections.
    Limit,
    /// No descriptor was left.
    Descriptors,
    /// Too slow with a head, or with a body.
    Late,
    /// Silent between requests.
    Idle,
    /// Did not read its answer.
    Stalled,
    /// Had ended its side, and was not answered soon.
    Gone,
}

impl Closed {
    const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Descriptors => "descriptors",
            Self::Late => "late",
            Self::Idle => "idle",
            Self::Stalled => "stalled",
            Self::Gone => "gone",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Where {
    r#where: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What others know, at the moment that the page is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Open connections.
    pub connections: u64,
    /// How many are allowed.
    pub connections_max: u64,
    /// Bytes leased from the process's pool.
    pub leased_bytes: u64,
    /// Executions that wait for a runner's turn.
    pub runners_waiting: u64,
    /// Open descriptors.
    pub descriptors: u64,
    /// How many there may be.
    pub descriptors_max: u64,
    /// Tasks at work: the server's own, and those of connections, streams, sockets and jobs.
    pub tasks: u64,
    /// Restarts of tasks.
    pub restarts: u64,
    /// Lines of the log that found no room.
    pub log_lines_dropped: u64,
    /// Rooms with a member.
    pub rooms: u64,
    /// Members of all rooms.
    pub room_members: u64,
    /// The store, once it is open.
    pub store: Option<StoreLevels>,
}

/// The store's part of [`Levels`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreLevels {
    /// Are saves taken?
    pub writable: bool,
    /// Rows.
    pub rows: u64,
    /// Bytes of rows and indexes.
    pub bytes: u64,
    /// Bytes that a recovery would replay.
    pub log_bytes: u64,
    /// Transactions acknowledged.
    pub sequence: u64,
    /// Panics of the store's threads.
    pub panics: u64,
}

/// The numbers of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Connections taken.
    pub accepted: Counter,
    /// Executions begun.
    pub executions: Counter,
    running: Gauge,
    /// Requests that gate and HTTP library read differently.
    pub disagreements: Counter,
    closed: Family<Reason, Counter>,
    panics: Family<Where, Counter>,
    durations: Durations,
    statuses: Arc<Statuses>,
    levels: LevelGauges,
    dropped: Counter,
}

#[derive(Debug)]
struct Statuses(Box<[AtomicU64]>);

#[derive(Debug, Default)]
struct LevelGauges(Vec<(fn(&Levels) -> u64, Gauge)>);

/// What of [`Levels`] is shown, and how it is explained.
const SHOWN: [(&str, &str, fn(&Levels) -> u64); 10] = [
    ("http_connections", "Open connections", |levels| levels.connections),
    ("http_connections_max", "Connections that are allowed at a time", |levels| levels.connections_max),
    ("vm_memory_leased_bytes", "Bytes leased by executions, bodies and queues", |levels| levels.leased_bytes),
    ("vm_runners_waiting", "Executions that wait for their next turn", |levels| levels.runners_waiting),
    ("process_open_fds", "Open file descriptors", |levels| levels.descriptors),
    ("process_max_fds", "File descriptors that are allowed", |levels| levels.descriptors_max),
    ("server_tasks", "Tasks of the server, its connections, streams, sockets and jobs", |levels| {
        levels.tasks
    }),
    ("server_restarts", "Tasks of the server that had to be begun again", |levels| levels.restarts),
    ("rooms", "Rooms with a member", |levels| levels.rooms),
    ("room_members", "Members of all rooms", |levels| levels.room_members),
];

/// The same of the store.
const STORE_SHOWN: [(&str, &str, fn(&StoreLevels) -> u64); 6] = [
    ("store_writable", "1 while saves are taken", |store| u64::from(store.writable)),
    ("store_rows", "Rows, deleted ones included", |store| store.rows),
    ("store_bytes", "Bytes of rows and indexes in memory", |store| store.bytes),
    ("store_log_bytes", "Bytes that a recovery would replay", |store| store.log_bytes),
    ("store_sequence", "Transactions acknowledged since the store was made", |store| store.sequence),
    ("store_panics", "Panics of the store's threads since it was opened", |store| store.panics),
];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let statuses = Arc::new(Statuses((0..STATUSES).map(|_| AtomicU64::new(0)).collect()));
        registry.register_collector(Box::new(ByStatus(Arc::clone(&statuses))));
        let durations = Durations::default();
        registry.register_collector(Box::new(durations.clone()));
        let metrics = Self {
            accepted: Counter::default(),
            executions: Counter::default(),
            running: Gauge::default(),
            disagreements: Counter::default(),
            closed: Family::default(),
            panics: Family::default(),
            durations,
            statuses,
            levels: LevelGauges::default(),
            dropped: Counter::default(),
            registry,
        };
        for entry in [Entry::Route, Entry::Socket, Entry::Stream, Entry::Job, Entry::Admin, Entry::Server] {
            // There from the start, at zero.
            drop(metrics.panics.get_or_create(&Where { r#where: entry.name() }));
        }
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("http_connections_accepted", "Connections taken", self.accepted.clone());
        registry.register(
            "http_connections_closed",
            "Connections that the server refused or ended, by reason",
            self.closed.clone(),
        );
        registry.register(
            "gate_disagreements",
            "Requests that the gate and the HTTP library read differently",
            self.disagreements.clone(),
        );
        registry.register("vm_executions", "Executions begun", self.executions.clone());
        registry.register("vm_executions_running", "Executions at work", self.running.clone());
        registry.register(
            "vm_panics",
            "Panics of the runtime that were caught, by entry point",
            self.panics.clone(),
        );
        registry.register("log_lines_dropped", "Lines of the log that found no room", self.dropped.clone());
        for (name, help, level) in SHOWN {
            let gauge: Gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            self.levels.0.push((level, gauge));
        }
        self
    }

    /// A request was answered.
    pub fn answered(&self, status: u16, took: Duration) {
        if let Some(count) = self.statuses.0.get(usize::from(status)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.durations.observe(took);
    }

    /// Answers with this status so far.
    pub fn answers(&self, status: u16) -> u64 {
        self.statuses.0.get(usize::from(status)).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// We closed a connection.
    pub fn closed(&self, why: Closed) {
        self.closed.get_or_create(&Reason { reason: why.name() }).inc();
    }

    /// An execution is at work until this is dropped.
    pub fn running(&self) -> At<'_> {
        self.running.inc();
        At(&self.running)
    }

    /// Executions at work.
    pub fn running_now(&self) -> i64 {
        self.running.get()
    }

    /// A panic was caught.
    pub fn panicked(&self, entry: Entry) {
        self.panics.get_or_create(&Where { r#where: entry.name() }).inc();
    }

    /// Panics caught at an entry point.
    pub fn panics(&self, entry: Entry) -> u64 {
        self.panics.get_or_create(&Where { r#where: entry.name() }).get()
    }

    /// The page.
    pub fn text(&self, levels: &Levels) -> Result<String, fmt::Error> {
        let signed = |level: u64| i64::try_from(level).unwrap_or(i64::MAX);
        for (level, gauge) in &self.levels.0 {
            gauge.set(signed(level(levels)));
        }
        // Counted elsewhere, and only ever more.
        self.dropped.inner().fetch_max(levels.log_lines_dropped, Ordering::Relaxed);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        let Some(store) = &levels.store else { return Ok(text) };
        let mut registry = Registry::default();
        for (name, help, level) in STORE_SHOWN {
            let gauge: Gauge = Gauge::default();
            gauge.set(signed(level(store)));
            registry.register(name, help, gauge);
        }
        // One end of the page is enough.
        let kept = text.trim_end_matches("# EOF\n").len();
        text.truncate(kept);
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Counts down when it is dropped.
#[derive(Debug)]
pub struct At<'m>(&'m Gauge);

impl Drop for At<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[derive(Debug)]
struct ByStatus(Arc<Statuses>);

impl Collector for ByStatus {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(
            "http_requests",
            "Requests answered, by status",
            None,
            MetricType::Counter,
        )?;
        for (status, count) in self.0.0.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                let labels = [("status", status.to_string())];
                ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_what_was_counted() {
        let metrics = Metrics::default();
        metrics.answered(200, Duration::from_millis(3));
        metrics.answered(9_999, Duration::ZERO);
        metrics.panicked(Entry::Job);
        metrics.closed(Closed::Limit);
        let store = StoreLevels { writable: true, rows: 7, ..StoreLevels::default() };
        let levels = Levels { connections: 5, log_lines_dropped: 2, store: Some(store), ..Levels::default() };
        let page = metrics.text(&levels).unwrap();
        for line in [
            "http_requests_total{status=\"200\"} 1",
            "http_request_seconds_count 2",
            "vm_panics_total{where=\"job\"} 1",
            "vm_panics_total{where=\"route\"} 0",
            "http_connections_closed_total{reason=\"limit\"} 1",
            "http_connections 5",
            "log_lines_dropped_total 2",
            "store_writable 1",
            "store_rows 7",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert_eq!(page.matches("# EOF").count(), 1);
        assert_eq!((metrics.answers(200), metrics.panics(Entry::Job)), (1, 1));
    }
}
