//! An answer that is on its way.

use crate::record::{Refusal, Reply};
use crate::store::commit::{Answer, Committed};
use crate::store::sync::{Monitor as _, Os, Threading};
use std::sync::Arc;

type Outcome = Result<Committed, Refusal>;
/// What the asker makes of it.
pub(super) type Finish = Box<dyn FnOnce(Committed) -> Result<Reply, Refusal> + Send>;

/// The answer to a transaction. Dropping it cancels nothing.
pub struct Ticket<T: Threading = Os> {
    cell: Arc<T::Monitor<Option<Outcome>>>,
    finish: Finish,
}

impl<T: Threading> Ticket<T> {
    /// A ticket, and what the committer answers with.
    pub(super) fn new(finish: Finish) -> (Self, Answer) {
        let cell = Arc::new(T::monitor(None));
        let told = Arc::clone(&cell);
        let answer: Answer = Box::new(move |outcome| told.with(|cell| *cell = Some(outcome)));
        (Self { cell, finish }, answer)
    }

    /// Waits for the answer.
    pub fn wait(self) -> Result<Reply, Refusal> {
        (self.finish)(self.cell.wait(Option::take)?)
    }
}

impl<T: Threading> std::fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket")
    }
}
