//! Work that waits for a disk or takes milliseconds at a stretch: files, the first look at a store, password hashes.
//!
//! Bounded twice: so many at work, and whoever comes later waits for a place without holding a thread. Dropping the
//! returned future gives the place back when the work is done, not before; nothing is cancelled half-way.

use crate::app::boundary::{Panicked, contain};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// A bound on work at a time.
#[derive(Clone, Debug)]
pub struct Blocking(Arc<Semaphore>);

impl Blocking {
    /// At most so many at a time.
    pub fn new(at_a_time: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_a_time.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Does the work on a thread that may wait.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Panicked)?;
        let (tell, told) = oneshot::channel();
        // Of one type, as a [`Task`](super::task::Task) is.
        let job: Box<dyn FnOnce() + Send> = Box::new(move || {
            let done = contain(work);
            drop(place);
            // Where nobody waits any more, it is dropped here.
            let _ = tell.send(done);
        });
        tokio::task::spawn_blocking(job);
        // A job of a runtime that is going down has no result either.
        told.await.unwrap_or(Err(Panicked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn results_and_panics_come_back_and_places_too() {
        let blocking = Blocking::new(1);
        assert_eq!(blocking.run(|| 1).await, Ok(1));
        let panic: Result<(), Panicked> =
            blocking.run(|| std::panic::resume_unwind(Box::new("injected"))).await;
        assert_eq!(panic, Err(Panicked));
        assert_eq!(blocking.run(|| 2).await, Ok(2));
    }
}
