//! Threads and monitors that the scheduler decides over.

use super::world;
use flin_runtime::store::sync::{Monitor, Threading};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

/// The model checker's threads.
#[derive(Clone, Copy, Debug)]
pub struct Checked;

/// A value that is looked at one step at a time.
#[derive(Debug)]
pub struct Watched<T> {
    number: usize,
    // Held across steps only by a closure that itself takes steps, which the store's never do (S5).
    value: Mutex<T>,
}

/// A thread's end, to be waited for.
#[derive(Debug)]
pub struct Ended(std::sync::Arc<Watched<bool>>);

impl Threading for Checked {
    type Monitor<T: Send + 'static> = Watched<T>;
    type Thread = Ended;

    fn monitor<T: Send + 'static>(value: T) -> Watched<T> {
        Watched { number: world::with(world::World::new_monitor), value: Mutex::new(value) }
    }

    fn spawn(_name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<Ended> {
        let ended = std::sync::Arc::new(Self::monitor(false));
        let end = End(std::sync::Arc::clone(&ended));
        drop(shuttle::thread::spawn(move || {
            let _end = end;
            body();
        }));
        Ok(Ended(ended))
    }

    fn join(thread: Ended) {
        thread.0.wait(|ended| ended.then_some(()));
    }
}

/// Says that a thread has ended, also by a panic.
struct End(std::sync::Arc<Watched<bool>>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.with(|ended| *ended = true);
    }
}

impl<T> Watched<T> {
    /// The value, once nobody else holds it.
    fn value(&self) -> MutexGuard<'_, T> {
        loop {
            match self.value.try_lock() {
                Ok(value) => return value,
                Err(TryLockError::Poisoned(value)) => return value.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    let me = world::me();
                    world::with(|world| {
                        world.idle(self.number);
                        world.wait(me, self.number, false);
                    });
                    step();
                    world::with(|world| world.woken(me));
                }
            }
        }
    }

    fn wait_until<R>(&self, timed: bool, mut ready: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        step();
        loop {
            let found = ready(&mut self.value());
            if found.is_some() {
                world::with(|world| world.touch(self.number));
                return found;
            }
            let me = world::me();
            world::with(|world| {
                world.idle(self.number);
                world.wait(me, self.number, timed);
            });
            step();
            if !world::with(|world| world.woken(me)) {
                return None;
            }
        }
    }
}

impl<T: Send + 'static> Monitor<T> for Watched<T> {
    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        step();
        let mut value = self.value();
        // Also where the change takes further steps: from this one on nobody else gets in.
        world::with(|world| world.touch(self.number));
        let _changed = Changed(self.number);
        change(&mut value)
    }

    fn look<R>(&self, see: impl FnOnce(&T) -> R) -> R {
        step();
        let value = self.value();
        world::with(|world| world.read(self.number));
        see(&value)
    }

    fn wait<R>(&self, mut ready: impl FnMut(&mut T) -> Option<R>) -> R {
        loop {
            if let Some(found) = self.wait_until(false, &mut ready) {
                return found;
            }
        }
    }

    fn wait_for<R>(&self, _limit: Duration, ready: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        self.wait_until(true, ready)
    }
}

/// Says that a value has changed, also when the change panics: it may have changed something before.
struct Changed(usize);

impl Drop for Changed {
    fn drop(&mut self) {
        world::with(|world| world.change(self.0));
    }
}

/// The end of a step: the scheduler decides who makes the next one. Destructors that run while a panic unwinds cannot be
/// switched away from.
fn step() {
    if !std::thread::panicking() {
        shuttle::thread::yield_now();
    }
}
