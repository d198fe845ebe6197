//! Tasks that nobody waits for: the accept loop, the scheduler, the broadcaster. Whatever ends one, it is begun again.
//!
//! - **U1** A task that panics or returns early is begun again, at once at first, then after growing pauses.
//! - **U2** Every restart is counted, and named in health; three within a minute mean: not ready.

use super::stop::Stopping;
use super::task::{self, Task};
use crate::base::guard::{Guard, off};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinError;
use tokio::time::Instant;

/// So many restarts within [`WINDOW`] are too many.
pub const RESTARTS_MAX: usize = 3;
/// How far back restarts count.
pub const WINDOW: Duration = Duration::from_mins(1);
/// The longest pause before a restart.
const PAUSE_MAX: Duration = Duration::from_secs(5);
const PAUSE_MIN: Duration = Duration::from_millis(10);

/// What became of a server's tasks.
#[derive(Clone, Debug, Default)]
pub struct Restarts(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    total: u64,
    recent: VecDeque<(Instant, &'static str)>,
}

impl Restarts {
    /// How many there were.
    pub fn total(&self) -> u64 {
        self.with(|record| record.total)
    }

    /// A task that was begun again too often of late, if there is one, whatever happened to others since.
    pub fn troubled(&self, now: Instant) -> Option<&'static str> {
        self.with(|record| {
            record.recent.retain(|(at, _)| now.saturating_duration_since(*at) < WINDOW);
            let names = record.recent.iter().map(|(_, name)| *name);
            names.clone().find(|name| names.clone().filter(|other| other == name).count() >= RESTARTS_MAX)
        })
    }

    /// Writes one down; the pause before it.
    pub fn count(&self, name: &'static str, now: Instant) -> Duration {
        self.with(|record| {
            record.total = record.total.saturating_add(1);
            record.recent.retain(|(at, _)| now.saturating_duration_since(*at) < WINDOW);
            let before = record.recent.iter().filter(|(_, other)| *other == name).count();
            record.recent.push_back((now, name));
            if before == 0 {
                return Duration::ZERO;
            }
            let doubled = u32::try_from(before).ok().and_then(|before| 2_u32.checked_pow(before));
            doubled.map_or(PAUSE_MAX, |times| PAUSE_MIN.saturating_mul(times)).min(PAUSE_MAX)
        })
    }

    fn with<R>(&self, f: impl FnOnce(&mut Record) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a task until the server stops, beginning it again whenever it ends.
pub fn supervise<F>(
    name: &'static str,
    restarts: Restarts,
    stopping: Stopping,
    mut begin: impl FnMut() -> F + Send + 'static,
) -> impl Future<Output = ()>
where
    F: Future<Output = ()> + Send + 'static,
{
    supervised(name, restarts, stopping, Box::new(move || Box::pin(begin())))
}

async fn supervised(
    name: &'static str,
    restarts: Restarts,
    mut stopping: Stopping,
    mut begin: Box<dyn FnMut() -> Task + Send>,
) {
    loop {
        let mut task = task::start(begin());
        let ended = tokio::select! {
            () = stopping.begun() => {
                // It knows of the stop too, and ends in its own time.
                panicked(task.await);
                return;
            }
            ended = &mut task => ended,
        };
        let panicked = panicked(ended);
        if stopping.is_begun() || off(Guard::Supervisor) {
            return;
        }
        let pause = restarts.count(name, Instant::now());
        let how = if panicked { "panicked" } else { "ended" };
        tracing::error!(
            task = name,
            restarts = restarts.total(),
            "a task of the server {how} and is begun again"
        );
        tokio::select! {
            () = stopping.begun() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Did it panic?
fn panicked(ended: Result<(), JoinError>) -> bool {
    let Err(error) = ended else { return false };
    // A payload's own drop may panic again, and would end the supervisor; leaking it is what is left.
    std::mem::forget(error.try_into_panic());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::stop::Stop;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_begun_again_until_the_server_stops() {
        let (stop, restarts) = (Stop::default(), Restarts::default());
        let begun = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&begun);
        let stopping = stop.watch();
        let task = move || {
            let (begun, mut stopping) = (Arc::clone(&counted), stopping.clone());
            async move {
                if begun.fetch_add(1, Ordering::Relaxed) < 4 {
                    std::panic::resume_unwind(Box::new("injected"));
                }
                stopping.begun().await;
            }
        };
        let supervisor = tokio::spawn(supervise("t", restarts.clone(), stop.watch(), task));
        while begun.load(Ordering::Relaxed) < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!((restarts.total(), restarts.troubled(Instant::now())), (4, Some("t")));
        assert_eq!(restarts.troubled(Instant::now() + WINDOW), None);
        stop.begin();
        supervisor.await.unwrap();
        assert_eq!(restarts.total(), 4);
    }

    ///
    #[tokio::test(start_paused = true)]
    async fn x_20_a_panic_whose_payload_panics_when_it_is_dropped_ends_no_supervisor() {
        struct Bites;
        impl Drop for Bites {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("again"));
            }
        }
        let (stop, restarts, begun) = (Stop::default(), Restarts::default(), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&begun);
        let stopping = stop.watch();
        let task = move || {
            let (begun, mut stopping) = (Arc::clone(&counted), stopping.clone());
            async move {
                let number = begun.fetch_add(1, Ordering::Relaxed);
                if number > 0 {
                    stopping.begun().await;
                }
                std::panic::resume_unwind(Box::new(Bites));
            }
        };
        let supervisor = tokio::spawn(supervise("t", restarts.clone(), stop.watch(), task));
        while begun.load(Ordering::Relaxed) < 2 && !supervisor.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.begin();
        assert!(supervisor.await.is_ok() && restarts.total() == 1);
    }

    #[tokio::test(start_paused = true)]
    async fn two_restarts_in_a_minute_are_no_trouble() {
        let restarts = Restarts::default();
        let now = Instant::now();
        assert_eq!(restarts.count("a", now), Duration::ZERO);
        assert!(restarts.count("a", now) > Duration::ZERO);
        restarts.count("b", now);
        assert_eq!(restarts.troubled(now), None);
        restarts.count("a", now);
        assert_eq!(restarts.troubled(now), Some("a"));
        restarts.count("b", now + WINDOW / 2);
        assert_eq!(restarts.troubled(now + WINDOW / 2), Some("a"));
        assert_eq!(restarts.troubled(now + WINDOW), None);
    }
}
