//! The system's threads and locks.
//!
//! Invariant: a panic under a lock never blocks anybody later. The value stays as the panic left it, so closures given
//! to a monitor change it by single assignments, or not at all.

#![expect(clippy::disallowed_types, reason = "the one place of the store that may name the system's locks")]

use super::{Monitor, Threading};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// For so long a waiter looks again and again before it sleeps, and gives its core to others in between. A sync of a fast
/// disk takes about so long, and to be woken from sleep takes a fifth of it: a lone writer would pay that twice for each
/// save.
const AWAKE: Duration = Duration::from_micros(200);

/// The system's threads.
#[derive(Clone, Copy, Debug)]
pub struct Os;

/// A value under a lock of the system.
#[derive(Debug, Default)]
pub struct Locked<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner<T> {
    value: T,
    /// How many sleep. To wake nobody is a call of the system all the same.
    waiting: usize,
}

impl Threading for Os {
    type Monitor<T: Send + 'static> = Locked<T>;
    type Thread = JoinHandle<()>;

    fn monitor<T: Send + 'static>(value: T) -> Locked<T> {
        Locked { inner: Mutex::new(Inner { value, waiting: 0 }), changed: Condvar::new() }
    }

    fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
        Builder::new().name(name.to_owned()).spawn(body)
    }

    fn join(thread: JoinHandle<()>) {
        // A panic was reported by the hook, and the supervisor inside the thread has dealt with it.
        let _ = thread.join();
    }
}

impl<T> Locked<T> {
    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all who wait, if there are any, also when the change panics.
struct Wake<'m> {
    changed: &'m Condvar,
    wanted: bool,
}

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        if self.wanted {
            self.changed.notify_all();
        }
    }
}

impl<T: Send + 'static> Monitor<T> for Locked<T> {
    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // Dropped last: whoever wakes finds the lock free.
        let mut wake = Wake { changed: &self.changed, wanted: false };
        let mut inner = self.inner();
        wake.wanted = inner.waiting > 0;
        change(&mut inner.value)
    }

    fn look<R>(&self, see: impl FnOnce(&T) -> R) -> R {
        see(&self.inner().value)
    }

    fn wait<R>(&self, mut ready: impl FnMut(&mut T) -> Option<R>) -> R {
        let start = Instant::now();
        let mut inner = self.inner();
        loop {
            if let Some(found) = ready(&mut inner.value) {
                return found;
            }
            if start.elapsed() < AWAKE {
                drop(inner);
                std::thread::yield_now();
                inner = self.inner();
                continue;
            }
            inner.waiting = inner.waiting.saturating_add(1);
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.waiting = inner.waiting.saturating_sub(1);
        }
    }

    fn wait_for<R>(&self, limit: Duration, mut ready: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        let start = Instant::now();
        let mut inner = self.inner();
        loop {
            if let Some(found) = ready(&mut inner.value) {
                return Some(found);
            }
            let left = limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
            inner.waiting = inner.waiting.saturating_add(1);
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
            inner.waiting = inner.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    #[test]
    fn a_panic_under_the_lock_blocks_nobody() {
        let shared = Os::monitor(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            shared.with(|value| {
                *value = 2;
                panic!("injected");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(shared.with(|value| *value), 2);
        assert_eq!(shared.wait(|value| Some(*value)), 2);
    }

    #[test]
    fn who_waits_sees_the_change_of_another_thread() {
        let shared = Arc::new(Os::monitor(0));
        let other = Arc::clone(&shared);
        let thread = Os::spawn("counts", move || (0..3).for_each(|_| other.with(|n| *n += 1))).unwrap();
        assert_eq!(shared.wait(|n| (*n == 3).then_some(*n)), 3);
        Os::join(thread);
    }

    #[test]
    fn waiting_with_a_limit_gives_up() {
        assert_eq!(Os::monitor(()).wait_for(Duration::from_millis(1), |()| None::<()>), None);
    }
}
