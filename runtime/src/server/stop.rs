//! The two stages of an orderly end, as every task sees them: no new work, then no work at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Serving,
    Draining,
    Ended,
}

/// Whoever may end the server.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    stage: watch::Sender<Stage>,
    begun: Arc<AtomicBool>,
}

/// Whoever has to know. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Stopping {
    stage: watch::Receiver<Stage>,
    begun: Arc<AtomicBool>,
}

impl Stop {
    /// For a task.
    pub fn watch(&self) -> Stopping {
        Stopping { stage: self.stage.subscribe(), begun: Arc::clone(&self.begun) }
    }

    /// No new work from now on. Again: nothing.
    pub fn begin(&self) {
        self.raise(Stage::Draining);
    }

    /// No work at all from now on.
    pub fn end(&self) {
        self.raise(Stage::Ended);
    }

    /// Has the end begun?
    pub fn is_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn raise(&self, to: Stage) {
        // Before anybody is woken for it.
        self.begun.store(true, Ordering::Release);
        self.stage.send_if_modified(|stage| {
            let raises = *stage < to;
            if raises {
                *stage = to;
            }
            raises
        });
    }
}

impl Stopping {
    /// Waits until no new work is taken.
    pub async fn begun(&mut self) {
        self.reached(Stage::Draining).await;
    }

    /// Waits until all work ends.
    pub async fn ended(&mut self) {
        self.reached(Stage::Ended).await;
    }

    /// Is no new work taken? Costs next to nothing.
    pub fn is_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    async fn reached(&mut self, stage: Stage) {
        // An error means that the server itself is gone, which is further than any stage.
        let _ = self.stage.wait_for(|now| *now >= stage).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stages_only_rise() {
        let stop = Stop::default();
        let mut task = stop.watch();
        assert!(!task.is_begun());
        stop.begin();
        task.begun().await;
        stop.end();
        stop.begin();
        task.ended().await;
        assert!(task.is_begun() && stop.is_begun());
        drop(stop);
        task.ended().await;
    }
}
