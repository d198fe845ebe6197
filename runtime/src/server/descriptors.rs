//! File descriptors as a budget: what a process may open is counted before it is promised.
//!
//! - **D1** Connections, the store, files of programs and a reserve fit into the limit together; where they do not,
//!   fewer connections are promised.
//! - **D2** A spare descriptor is held back, so that a connection can still be taken and refused when all others are
//!   in use.

use std::fs::File;

/// The store's segments, snapshot, archive and lock.
pub const STORE: u32 = 16;
/// Files that programs and static answers have open at a time.
pub const FILES: u32 = 64;
/// Standard streams, the runtime's pollers, listeners, connections that are being refused, and the spare.
pub const RESERVE: u32 = 96;
/// Fewer connections than this are not worth a server.
pub const CONNECTIONS_MIN: u32 = 1;

/// What the limit of the process carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Connections at a time.
    pub connections_max: u32,
    /// Descriptors that the process may have; none without a limit.
    pub limit: Option<u64>,
}

impl Budget {
    /// As many of the wanted connections as the limit carries (D1).
    pub fn of(wanted: u32, limit: Option<u64>) -> Self {
        let others = u64::from(STORE.saturating_add(FILES).saturating_add(RESERVE));
        let carried = limit.map_or(u64::from(wanted), |limit| limit.saturating_sub(others));
        let carried = u32::try_from(carried).unwrap_or(u32::MAX).max(CONNECTIONS_MIN);
        Self { connections_max: wanted.min(carried), limit }
    }
}

/// Raises the soft limit of open descriptors to the hard one; what it is then, none where there is none.
pub fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

/// Descriptors that are open now; none where the system does not say.
pub fn open() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the folder's own.
    u64::try_from(entries).ok()?.checked_sub(1)
}

/// The descriptor that is given up so that one more connection can be taken (D2).
#[derive(Debug, Default)]
pub struct Spare(Option<File>);

impl Spare {
    /// Takes a descriptor, unless it has one.
    pub fn hold(&mut self) {
        if self.0.is_none() {
            self.0 = File::open("/dev/null").ok();
        }
    }

    /// Gives it up.
    pub fn release(&mut self) {
        self.0 = None;
    }

    /// Is there one?
    pub const fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_give_way_where_the_limit_does_not_carry_them() {
        let others = u64::from(STORE + FILES + RESERVE);
        let max = |limit| Budget::of(1024, limit).connections_max;
        assert_eq!(max(None), 1024);
        assert_eq!(max(Some(others + 1024)), 1024);
        assert_eq!(max(Some(others + 1023)), 1023);
        assert_eq!(max(Some(3)), CONNECTIONS_MIN);
    }

    #[test]
    fn the_soft_limit_is_raised_and_descriptors_are_counted() {
        let raised = raise();
        assert_eq!(raise(), raised);
        let mut spare = Spare::default();
        spare.hold();
        assert!(spare.is_held());
        assert!(open().is_none_or(|open| open > 0));
        spare.release();
        assert!(!spare.is_held());
    }
}
