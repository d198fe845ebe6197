//! The table of sections and keys: names, allowed values, and where they go.

use super::problem::Hint;
use super::quantity::{self as q, Fault};
use super::{Config, ErrorDetail, LogFormat, MemoryTotal, Problem, Sync};
use crate::base::diagnostic::nearest;
use crate::vm::LogLevel;
use toml::de::DeValue;

/// A section.
pub(super) struct Section {
    pub name: &'static str,
    pub keys: &'static [Key],
}

/// A key of a section.
pub(super) struct Key {
    pub name: &'static str,
    pub set: fn(&mut Config, &DeValue<'_>) -> Result<(), Fault>,
}

macro_rules! keys {
    ($config:ident, $value:ident; $($name:literal => $place:expr, $read:expr;)+) => {
        &[$(Key { name: $name, set: |$config, $value| { $place = $read?; Ok(()) } }),+]
    };
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "server",
        keys: keys! { config, value;
            "host" => config.server.host, q::text(value, "an address or host name");
            "port" => config.server.port, q::number(value, 0..=u16::MAX);
            "max_connections" => config.server.connections_max, q::number(value, 1..=1_000_000);
            "max_body" => config.server.body_bytes_max, q::size(value, 1..=16 * GIB);
            "max_header_bytes" => config.server.header_bytes_max, q::size(value, 256..=16 * MIB);
            "max_headers" => config.server.headers_max, q::number(value, 1..=10_000);
            "max_pipelined" => config.server.pipelined_max, q::number(value, 1..=10_000);
            "header_timeout" => config.server.header_timeout, q::duration(value);
            "request_timeout" => config.server.request_timeout, q::duration(value);
            "idle_timeout" => config.server.idle_timeout, q::duration(value);
            "drain_timeout" => config.server.drain_timeout, q::duration(value);
            "error_detail" => config.server.error_detail,
                q::choice(value, &[("message", ErrorDetail::Message), ("none", ErrorDetail::None)]);
            "trusted_proxies" => config.server.trusted_proxies, q::addresses(value);
        },
    },
    Section {
        name: "vm",
        keys: keys! { config, value;
            "max_call_depth" => config.vm.call_depth_max, q::number(value, 16..=65_536);
            "memory_mb" => config.vm.memory_mb, q::number(value, 1..=65_536);
            "memory_total" => config.vm.memory_total, memory_total(value);
            "deadline" => config.vm.deadline, q::duration(value);
            "max_source_depth" => config.vm.source_depth_max, q::number(value, 1..=256);
            "max_component_depth" => config.vm.component_depth_max, q::number(value, 1..=1024);
        },
    },
    Section {
        name: "store",
        keys: keys! { config, value;
            "path" => config.store.path, q::own_folder(value);
            "sync" => config.store.sync,
                q::choice(value, &[("always", Sync::Always), ("interval", Sync::Interval)]);
            "checkpoint_bytes" => config.store.checkpoint_bytes, q::size(value, 64 * KIB..=TIB);
            "memory_max" => config.store.memory_bytes_max, q::size(value, MIB..=16 * TIB);
        },
    },
    Section {
        name: "views",
        keys: keys! { config, value; "components" => config.views.components, q::folders(value); },
    },
    Section {
        name: "log",
        keys: keys! { config, value;
            "level" => config.log.level, q::choice(value, &[
                ("debug", LogLevel::Debug),
                ("info", LogLevel::Info),
                ("warn", LogLevel::Warn),
                ("error", LogLevel::Error),
            ]);
            "format" => config.log.format,
                q::choice(value, &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        },
    },
    Section {
        name: "admin",
        keys: keys! { config, value;
            "enabled" => config.admin.enabled, q::flag(value);
            "bind" => config.admin.bind, q::address(value);
        },
    },
    Section {
        name: "metrics",
        keys: keys! { config, value; "enabled" => config.metrics.enabled, q::flag(value); },
    },
];

fn memory_total(value: &DeValue<'_>) -> Result<MemoryTotal, Fault> {
    match q::percent(value) {
        Some(share) => share.map(MemoryTotal::Percent),
        None => q::size(value, MIB..=16 * TIB).map(MemoryTotal::Bytes),
    }
}

/// The known name that is near, or begins with what was written, or all of them.
fn hint(wrong: &str, known: impl Iterator<Item = &'static str> + Clone) -> Hint {
    let begins = || known.clone().find(|name| !wrong.is_empty() && name.starts_with(wrong));
    let meant = nearest(wrong, known.clone()).or_else(begins);
    meant.map_or_else(|| Hint::Known(known.collect()), Hint::Nearest)
}

pub(super) fn unknown_section(name: &str) -> Problem {
    let hint = hint(name, SECTIONS.iter().map(|section| section.name));
    Problem::UnknownSection { name: name.to_owned(), hint }
}

pub(super) fn unknown_key(section: &Section, name: &str) -> Problem {
    let hint = hint(name, section.keys.iter().map(|key| key.name));
    Problem::UnknownKey { section: section.name, name: name.to_owned(), hint }
}

pub(super) fn unknown_top_level(name: &str) -> Problem {
    let all = || SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| (section.name, key.name)));
    let near = nearest(name, all().map(|(_, key)| key));
    let meant = near.and_then(|near| all().find(|(_, key)| *key == near));
    Problem::UnknownTopLevel { name: name.to_owned(), meant }
}
