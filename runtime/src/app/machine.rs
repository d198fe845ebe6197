//! What the machine says: how much memory it, or the cgroup that the process runs in, has; its clock; its environment.

use crate::config::MemoryTotal;
use crate::value::Pool;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Assumed where the system does not say.
const MEMORY_BYTES_DEFAULT: u64 = 4 << 30;

/// The memory that all VMs of the process share.
pub fn pool(total: MemoryTotal) -> Arc<Pool> {
    let bytes = match total {
        MemoryTotal::Bytes(bytes) => bytes,
        MemoryTotal::Percent(share) => {
            memory_bytes().checked_div(100).unwrap_or(0).saturating_mul(u64::from(share))
        }
    };
    Pool::new(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Milliseconds since 1970-01-01 UTC.
pub fn now_millis() -> i64 {
    let since = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or_else(|before| since(before.duration()).saturating_neg(), since)
}

/// A variable of the environment; none where it is not UTF-8.
pub fn env(name: &str) -> Option<String> {
    // No variable has such a name, and systems differ in what they say about it.
    let lawful = !name.is_empty() && !name.contains(['=', '\0']);
    if lawful { std::env::var_os(name)?.into_string().ok() } else { None }
}

/// The least of what the machine has and its cgroups allow.
fn memory_bytes() -> u64 {
    let read = |path: &str| fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| total_of(&text));
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let groups = limits.into_iter().filter_map(|path| read(path)?.trim().parse().ok());
    groups.chain(machine).min().unwrap_or(MEMORY_BYTES_DEFAULT)
}

/// From `/proc/meminfo`.
fn total_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_in_bytes() {
        assert_eq!(total_of("MemFree: 1 kB\nMemTotal:       16 kB\n"), Some(16 << 10));
        assert_eq!(total_of("MemTotal: 99999999999999999999 kB\n"), None);
        assert!(memory_bytes() > 0);
    }
}
