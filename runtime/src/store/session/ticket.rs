//! An answer that is on its way.

use crate::record::{Refusal, Reply};
use crate::store::commit::{Answer, Committed};
use crate::store::sync::{Monitor as _, Os, Threading};
use std::sync::Arc;

type Outcome = Result<Committed, Refusal>;
/// What the asker makes of it.
pub(super) type Finish = Box<dyn FnOnce(Committed) -> Result<Reply, Refusal> + Send>;
/// Called once the answer is there.
type Wake = Box<dyn FnOnce() + Send>;

/// The answer to a transaction. Dropping it cancels nothing.
pub struct Ticket<T: Threading = Os> {
    cell: Arc<T::Monitor<Cell>>,
    finish: Finish,
}

#[derive(Default)]
struct Cell {
    outcome: Option<Outcome>,
    wake: Option<Wake>,
}

impl<T: Threading> Ticket<T> {
    /// A ticket, and what the committer answers with.
    pub(super) fn new(finish: Finish) -> (Self, Answer) {
        let cell = Arc::new(T::monitor(Cell::default()));
        let told = Arc::clone(&cell);
        let answer: Answer = Box::new(move |outcome| {
            let wake = told.with(|cell| {
                cell.outcome = Some(outcome);
                cell.wake.take()
            });
            if let Some(wake) = wake {
                wake();
            }
        });
        (Self { cell, finish }, answer)
    }

    /// Waits for the answer.
    pub fn wait(self) -> Result<Reply, Refusal> {
        (self.finish)(self.cell.wait(|cell| cell.outcome.take())?)
    }

    /// Calls `wake` once the answer is there, at once if it is; [`Self::wait`] does not wait then. What is called runs on
    /// the committer's thread: it wakes somebody, and does nothing else.
    pub fn when_answered(&self, wake: impl FnOnce() + Send + 'static) {
        let wake: Wake = Box::new(wake);
        let now = self.cell.with(|cell| {
            if cell.outcome.is_some() {
                return Some(wake);
            }
            cell.wake = Some(wake);
            None
        });
        if let Some(wake) = now {
            wake();
        }
    }
}

impl<T: Threading> std::fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::commit::unavailable;
    use std::sync::mpsc;

    #[test]
    fn whoever_asked_is_woken_once_before_or_after_the_answer() {
        for asks_first in [true, false] {
            let (ticket, answer) = Ticket::<Os>::new(Box::new(|_| Ok(Reply::Done)));
            #[expect(clippy::disallowed_methods, reason = "the test's own, not the ticket's")]
            let (woken, wakes) = mpsc::channel();
            if asks_first {
                ticket.when_answered(move || woken.send(()).unwrap());
                assert!(wakes.try_recv().is_err());
                answer(Err(unavailable("full")));
            } else {
                answer(Err(unavailable("full")));
                ticket.when_answered(move || woken.send(()).unwrap());
            }
            assert_eq!(wakes.iter().count(), 1);
            assert!(ticket.wait().is_err());
        }
    }
}
