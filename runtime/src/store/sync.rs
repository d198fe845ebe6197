//! The only threads and locks of the store, behind a trait, so that a model checker can run the very same code under
//! every interleaving.
//!
//! There is one primitive, a [`Monitor`]: a value that is looked at and changed under its lock, by closures that do
//! neither IO nor anything else that waits (S5), and that one may wait to see changed.

mod os;

pub use os::{Locked, Os};

use std::time::Duration;

/// Threads and monitors: [`Os`] in production, a model checker's in the audit.
pub trait Threading: Send + Sync + Sized + 'static {
    /// A value under a lock.
    type Monitor<T: Send + 'static>: Monitor<T>;
    /// A running thread.
    type Thread: Send;

    /// A value under a lock.
    fn monitor<T: Send + 'static>(value: T) -> Self::Monitor<T>;
    /// Starts a thread.
    fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<Self::Thread>;
    /// Waits for a thread to end.
    fn join(thread: Self::Thread);
}

/// A value under a lock, with waiting.
pub trait Monitor<T>: Send + Sync + 'static {
    /// Changes the value and wakes all who wait. A closure that panics leaves the value as it is then and the lock usable.
    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R;
    /// Looks at the value. Nobody is woken: what nobody changed nobody need see.
    fn look<R>(&self, see: impl FnOnce(&T) -> R) -> R;
    /// Waits until `ready` gives something; called under the lock at first and after each change. Nobody is woken by what
    /// it takes: no other waiter waits for that.
    fn wait<R>(&self, ready: impl FnMut(&mut T) -> Option<R>) -> R;
    /// The same, giving up after about so long; a model checker may give up at any time.
    fn wait_for<R>(&self, limit: Duration, ready: impl FnMut(&mut T) -> Option<R>) -> Option<R>;
}
