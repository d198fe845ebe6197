//! The log of a server: one line an entry, for people or for machines.
//!
//! - **L1** An entry is one line: no control character of a value reaches the log as it is.
//! - **L2** A value is cut at [`VALUE_BYTES_MAX`]; what a client sends never grows the log without bound.
//! - **L3** Nobody waits for whoever reads the log: lines that find no room are dropped and counted ([`dropped`]).
//!
//! Absences: bodies, cookies, sessions, queries and headers are never logged, so that no secret is.

use crate::base::render::printable;
use crate::config::{self, LogFormat};
use crate::vm::LogLevel;
use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::OnceLock;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Bytes of a message or of a field's value.
pub const VALUE_BYTES_MAX: usize = 8 << 10;
/// Lines that wait to be written.
const LINES_MAX: usize = 4096;

/// Writes what is left when it is dropped, for a second at most.
#[derive(Debug)]
pub struct Flush(Option<WorkerGuard>);

/// Of the process's one log, once there is one.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Lines that found no room since the start (L3).
pub fn dropped() -> u64 {
    DROPPED.get().map_or(0, |counter| u64::try_from(counter.dropped_lines()).unwrap_or(u64::MAX))
}

/// Sends all entries of this process to `out`; nothing happens where that was done before.
pub fn install(config: &config::Log, out: impl Write + Send + 'static) -> Flush {
    let (out, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).lossy(true).finish(out);
    let counter = out.error_counter();
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines(config.format))
        .with_writer(out)
        .with_filter(filter(config.level));
    match tracing_subscriber::registry().with(lines).try_init() {
        Ok(()) => {
            // A process has one log, which was set just now for the first time.
            let _ = DROPPED.set(counter);
            Flush(Some(guard))
        }
        Err(_) => Flush(None),
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

/// An entry that a program made.
pub fn entry(level: LogLevel, request: &str, message: &str, data: Option<&str>) {
    match level {
        LogLevel::Debug => tracing::debug!(target: "program", request, data, "{message}"),
        LogLevel::Info => tracing::info!(target: "program", request, data, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "program", request, data, "{message}"),
        LogLevel::Error => tracing::error!(target: "program", request, data, "{message}"),
    }
}

const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    }
}

struct Lines(LogFormat);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::TRACE | Level::DEBUG => "debug",
            Level::INFO => "info",
            Level::WARN => "warn",
            Level::ERROR => "error",
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = jiff::Timestamp::now();
        out.write_str(&line(self.0, &format!("{time:.3}"), level, &fields))
    }
}

#[derive(Debug, Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, serde_json::Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: serde_json::Value) {
        self.others.push((field.name(), value));
    }
}

/// A text that stops growing, at a whole character.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = VALUE_BYTES_MAX.saturating_sub(self.0.len());
        let fits = text.floor_char_boundary(room);
        self.0.push_str(text.get(..fits).unwrap_or_default());
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn cut(value: impl fmt::Display) -> String {
    let mut text = Cut(String::new());
    if write!(text, "{value}").is_err() {
        text.0.push('…');
    }
    text.0
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = cut(format_args!("{value:?}"));
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, cut(value).into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

/// One line, ending in a line break.
fn line(format: LogFormat, time: &str, level: &str, fields: &Fields) -> String {
    match format {
        LogFormat::Text => {
            let mut line = format!("{time} {level:<5} {}", printable(&fields.message));
            for (name, value) in &fields.others {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let _ = write!(line, " {name}={}", printable(&text));
            }
            line.push('\n');
            line
        }
        LogFormat::Json => {
            let mut object = serde_json::Map::new();
            object.insert("time".to_owned(), time.into());
            object.insert("level".to_owned(), level.into());
            object.insert("message".to_owned(), fields.message.as_str().into());
            for (name, value) in &fields.others {
                // What a program gave is JSON already, unless it was cut. Read as bytes, as all JSON is: one reader.
                let data = value.as_str().filter(|_| *name == "data");
                let data = data.and_then(|data| serde_json::from_slice(data.as_bytes()).ok());
                object.insert((*name).to_owned(), data.unwrap_or_else(|| value.clone()));
            }
            format!("{}\n", serde_json::Value::Object(object))
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged on this thread meanwhile.
    pub(in crate::server) fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let out = kept.clone();
        let lines = tracing_subscriber::fmt::layer()
            .event_format(Lines(format))
            .with_writer(move || out.clone())
            .with_filter(filter(LogLevel::Info));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), log);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_hostile_entry_stays_on_its_line() {
        let hostile = "a\nerror: b\u{1b}[31m\0\r";
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(format, || {
                entry(LogLevel::Warn, "id-1", hostile, Some(hostile));
                entry(LogLevel::Debug, "id-2", "left out", None);
            });
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(!text.trim_end_matches('\n').contains(char::is_control), "{text:?}");
            assert!(text.contains("id-1") && text.contains("warn"), "{text}");
        }
        let json = logged(LogFormat::Json, || entry(LogLevel::Info, "i", hostile, None));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value.get("message").and_then(serde_json::Value::as_str), Some(hostile));
    }

    #[test]
    fn data_of_a_program_is_json_in_json_and_times_have_milliseconds() {
        let json = logged(LogFormat::Json, || entry(LogLevel::Info, "i", "m", Some(r#"{"a":[1,2.5]}"#)));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["data"], serde_json::json!({ "a": [1, 2.5] }), "{json}");
        assert_eq!(value["time"].as_str().map(str::len), Some("2026-01-01T00:00:00.000Z".len()), "{json}");
        let text = logged(LogFormat::Text, || entry(LogLevel::Info, "i", "m", Some(r#"{"b":1,"a":2}"#)));
        assert!(text.contains(r#" data={"b":1,"a":2}"#), "{text}");
    }

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        let long = "é".repeat(VALUE_BYTES_MAX);
        let text = logged(LogFormat::Text, || entry(LogLevel::Info, "i", &long, None));
        assert!(text.len() < VALUE_BYTES_MAX + 200 && text.contains('…'), "{}", text.len());
    }
}
