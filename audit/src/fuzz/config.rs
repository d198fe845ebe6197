//! Any bytes as a `flin.config`.
//!
//! For `config`.
//!
//! Oracle: it is refused with places inside the file and texts that fit a line, or what it says, written out anew key by
//! key, is read as the same.

use super::Target;
use flin_runtime::config::{self, Config, ErrorDetail, LogFormat, MemoryTotal, Sync};
use flin_runtime::vm::LogLevel;
use std::time::Duration;

/// What it is, and is for.
pub const TARGET: Target =
    Target { name: "config", modules: &["config"], input_bytes_max: 1024, judge: target };

/// The target.
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match config::parse(text) {
        Ok(read) => {
            let written = write(&read);
            assert_eq!(config::parse(&written), Ok(read), "{written}");
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            let lines = text.lines().count() + 1;
            for problem in problems {
                let (shown, line) = (problem.render(), problem.position.line as usize);
                assert!((1..=lines).contains(&line), "{shown} of {lines} lines");
                assert!(shown.starts_with(&format!("flin.config:{line}:")), "{shown}");
                assert_eq!(shown.lines().count(), 1, "{shown}");
            }
        }
    }
}

fn write(config: &Config) -> String {
    let Config { server, vm, store, views, log, admin, metrics } = config;
    let millis = |duration: Duration| format!("\"{}ms\"", duration.as_millis());
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let detail = match server.error_detail {
        ErrorDetail::Message => "message",
        ErrorDetail::None => "none",
    };
    let total = match vm.memory_total {
        MemoryTotal::Percent(share) => format!("\"{share}%\""),
        MemoryTotal::Bytes(bytes) => bytes.to_string(),
    };
    let sync = match store.sync {
        Sync::Always => "always",
        Sync::Interval => "interval",
    };
    let level = match log.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    let format = match log.format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    let proxies: Vec<String> =
        server.trusted_proxies.iter().map(|block| quoted(&block.to_string())).collect();
    let folders: Vec<String> = views.components.iter().map(|folder| quoted(folder)).collect();
    format!(
        "[server]\nhost = {}\nport = {}\nmax_connections = {}\nmax_body = {}\nmax_header_bytes = {}\nmax_headers = {}\n\
         max_pipelined = {}\nheader_timeout = {}\nrequest_timeout = {}\nidle_timeout = {}\ndrain_timeout = {}\n\
         error_detail = \"{detail}\"\ntrusted_proxies = [{}]\n[vm]\nmax_call_depth = {}\nmemory_mb = {}\nmemory_total = {total}\ndeadline = {}\n\
         max_source_depth = {}\nmax_component_depth = {}\n[store]\npath = {}\nsync = \"{sync}\"\ncheckpoint_bytes = {}\n\
         memory_max = {}\n[views]\ncomponents = [{}]\n[log]\nlevel = \"{level}\"\nformat = \"{format}\"\n\
         [admin]\nenabled = {}\nbind = {}\n[metrics]\nenabled = {}\n",
        quoted(&server.host),
        server.port,
        server.connections_max,
        server.body_bytes_max,
        server.header_bytes_max,
        server.headers_max,
        server.pipelined_max,
        millis(server.header_timeout),
        millis(server.request_timeout),
        millis(server.idle_timeout),
        millis(server.drain_timeout),
        proxies.join(", "),
        vm.call_depth_max,
        vm.memory_mb,
        millis(vm.deadline),
        vm.source_depth_max,
        vm.component_depth_max,
        quoted(&store.path),
        store.checkpoint_bytes,
        store.memory_bytes_max,
        folders.join(", "),
        admin.enabled,
        quoted(&admin.bind),
        metrics.enabled,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_read_as_they_were_written() {
        target(b"");
        target(b"[server]\nport = 0\nhost = \"caf\\u00e9\"\n[vm]\nmemory_total = \"1GB\"\n");
        target(b"[server]\nport = 99999\n");
    }
}
