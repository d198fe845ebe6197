//! The system's threads and locks.
//!
//! Invariant: a panic under a lock never blocks anybody later. The value stays as the panic left it, so closures given
//! to a monitor change it by single assignments, or not at all.

#![expect(clippy::disallowed_types, reason = "the one place of the store that may name the system's locks")]

use super::{Monitor, Threading};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The system's threads.
#[derive(Clone, Copy, Debug)]
pub struct Os;

/// A value under a lock of the system.
#[derive(Debug, Default)]
pub struct Locked<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl Threading for Os {
    type Monitor<T: Send + 'static> = Locked<T>;
    type Thread = JoinHandle<()>;

    fn monitor<T: Send + 'static>(value: T) -> Locked<T> {
        Locked { value: Mutex::new(value), changed: Condvar::new() }
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
    fn value(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all who wait, also when the change panics.
struct Wake<'m>(&'m Condvar);

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.0.notify_all();
    }
}

impl<T: Send + 'static> Monitor<T> for Locked<T> {
    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // Dropped last: whoever wakes finds the lock free.
        let _wake = Wake(&self.changed);
        change(&mut self.value())
    }

    fn look<R>(&self, see: impl FnOnce(&T) -> R) -> R {
        see(&self.value())
    }

    fn wait<R>(&self, mut ready: impl FnMut(&mut T) -> Option<R>) -> R {
        let mut value = self.value();
        loop {
            if let Some(found) = ready(&mut value) {
                return found;
            }
            value = self.changed.wait(value).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wait_for<R>(&self, limit: Duration, mut ready: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        let start = Instant::now();
        let mut value = self.value();
        loop {
            if let Some(found) = ready(&mut value) {
                return Some(found);
            }
            let left = limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
            let waited = self.changed.wait_timeout(value, left);
            value = waited.unwrap_or_else(PoisonError::into_inner).0;
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
