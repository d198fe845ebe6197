//! `flin.config`: what an operator may set, and what is said about a file that sets something else.
//!
//! [`parse`] is pure: text in, a [`Config`] or every problem with its place out. A missing file means the defaults.
//!
//! Absences: no file is read here, nothing is bound or resolved.

mod keys;
mod problem;
mod quantity;
#[cfg(test)]
mod tests;

pub use problem::{Problem, ProblemAt};

use crate::base::span::{Position, Source, to_u32};
use crate::vm::LogLevel;
use ipnet::IpNet;
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// The name of the file, in a project's root.
pub const FILE_NAME: &str = "flin.config";

/// Larger files are refused unread.
pub const FILE_BYTES_MAX: usize = 64 << 10;

/// Everything that can be set, filled with the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[vm]`
    pub vm: Vm,
    /// `[store]`
    pub store: Store,
    /// `[views]`
    pub views: Views,
    /// `[log]`
    pub log: Log,
    /// `[admin]`
    pub admin: Admin,
    /// `[metrics]`
    pub metrics: Metrics,
}

/// `[server]`: the HTTP side.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Address or name to listen on.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// Connections at a time.
    pub connections_max: u32,
    /// Bytes of a body or WebSocket message.
    pub body_bytes_max: u64,
    /// Bytes of request line and headers.
    pub header_bytes_max: u64,
    /// Headers of a request.
    pub headers_max: u32,
    /// Requests read ahead on one connection.
    pub pipelined_max: u32,
    /// To receive the headers.
    pub header_timeout: Duration,
    /// To receive the body.
    pub request_timeout: Duration,
    /// Between requests, and of a silent WebSocket peer.
    pub idle_timeout: Duration,
    /// For running requests when the server stops.
    pub drain_timeout: Duration,
    /// What uncaught errors tell.
    pub error_detail: ErrorDetail,
    /// Peers that are believed when they say for whom they ask.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 3000,
            connections_max: 1024,
            body_bytes_max: 1 << 20,
            header_bytes_max: 16 << 10,
            headers_max: 100,
            pipelined_max: 16,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(1),
            drain_timeout: Duration::from_secs(10),
            error_detail: ErrorDetail::Message,
            trusted_proxies: Vec::new(),
        }
    }
}

/// What the answer to an uncaught error tells the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorDetail {
    /// Kind and message.
    Message,
    /// Nothing.
    None,
}

/// `[vm]`: limits of every execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Vm {
    /// Nested calls.
    pub call_depth_max: u32,
    /// Mebibytes of one VM.
    pub memory_mb: u32,
    /// Bytes of all VMs, bodies and queues together.
    pub memory_total: MemoryTotal,
    /// Wall time of an execution; scripts have none.
    pub deadline: Duration,
    /// Nesting of sources.
    pub source_depth_max: u32,
    /// Nested component renders.
    pub component_depth_max: u32,
}

impl Default for Vm {
    fn default() -> Self {
        Self {
            call_depth_max: 512,
            memory_mb: 256,
            memory_total: MemoryTotal::Percent(50),
            deadline: Duration::from_secs(30),
            source_depth_max: 256,
            component_depth_max: 64,
        }
    }
}

/// How much memory the process gives to executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryTotal {
    /// Of what the machine or its cgroup has; 1 to 100.
    Percent(u8),
    /// So many bytes.
    Bytes(u64),
}

/// `[store]`: the embedded store.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// Its folder below the project's root.
    pub path: String,
    /// When a save counts as done.
    pub sync: Sync,
    /// Log size that a checkpoint follows.
    pub checkpoint_bytes: u64,
    /// Live entities and indexes.
    pub memory_bytes_max: u64,
}

impl Default for Store {
    fn default() -> Self {
        let path = ".flindb".to_owned();
        Self { path, sync: Sync::Always, checkpoint_bytes: 4 << 20, memory_bytes_max: 1 << 30 }
    }
}

/// When a save counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// On disk before it returns.
    Always,
    /// On disk within a second.
    Interval,
}

/// `[views]`: server-side rendering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// Folders searched for components, in this order, recursively.
    pub components: Vec<String>,
}

impl Default for Views {
    fn default() -> Self {
        Self { components: vec!["components".to_owned()] }
    }
}

/// `[log]`: what is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least severity.
    pub level: LogLevel,
    /// The form of a line.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text }
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[admin]`: the operator's console and its API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Is it served?
    pub enabled: bool,
    /// `host:port`.
    pub bind: String,
}

impl Default for Admin {
    fn default() -> Self {
        Self { enabled: false, bind: "127.0.0.1:3001".to_owned() }
    }
}

/// `[metrics]`: numbers about the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Are they served?
    pub enabled: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Reads the text of a `flin.config`; problems come in the order of their places.
pub fn parse(text: &str) -> Result<Config, Vec<ProblemAt>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source::new(FILE_NAME, text);
    let at = |offset: usize| source.position(to_u32(offset));
    if text.len() > FILE_BYTES_MAX {
        return Err(vec![ProblemAt { position: at(0), problem: Problem::TooLarge { bytes: text.len() } }]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut config = Config::default();
    let mut found: Vec<(usize, Problem)> = Vec::new();
    for error in errors {
        let offset = error.span().map_or(0, |span| span.start);
        found.push((offset, Problem::Syntax { message: error.message().to_owned() }));
    }
    if found.is_empty() {
        sections(&mut config, table.get_ref(), &mut found);
    }
    if found.is_empty() {
        return Ok(config);
    }
    found.sort_by_key(|(offset, _)| *offset);
    Err(found.into_iter().map(|(offset, problem)| ProblemAt { position: at(offset), problem }).collect())
}

fn sections(config: &mut Config, table: &DeTable<'_>, found: &mut Vec<(usize, Problem)>) {
    for (name, value) in table {
        let name_at = name.span().start;
        let Some(section) = keys::SECTIONS.iter().find(|section| section.name == name.get_ref()) else {
            let problem = match value.get_ref() {
                DeValue::Table(_) => keys::unknown_section(name.get_ref()),
                _ => keys::unknown_top_level(name.get_ref()),
            };
            found.push((name_at, problem));
            continue;
        };
        let DeValue::Table(entries) = value.get_ref() else {
            found.push((name_at, Problem::NoSection { name: section.name }));
            continue;
        };
        for (name, value) in entries {
            match section.keys.iter().find(|key| key.name == name.get_ref()) {
                None => found.push((name.span().start, keys::unknown_key(section, name.get_ref()))),
                Some(key) => {
                    if let Err(fault) = (key.set)(config, value.get_ref()) {
                        let (section, key) = (section.name, key.name);
                        found.push((value.span().start, Problem::Value { section, key, fault }));
                    }
                }
            }
        }
    }
}

impl ProblemAt {
    /// `flin.config:3:8: error: …`
    pub fn render(&self) -> String {
        let Position { line, column } = self.position;
        let text = crate::base::render::printable(&self.problem.to_string());
        format!("{FILE_NAME}:{line}:{column}: error: {text}\n")
    }
}
