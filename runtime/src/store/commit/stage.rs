//! A transaction against what is staged: whole, or not at all.

use super::{Committed, Shared, Transaction, caught, unavailable};
use crate::base::guard::{Guard, off};
use crate::record::Refusal;
use crate::store::state::{Draft, State};
use crate::store::sync::Threading;
use crate::store::{Point, RowEffect};

/// What a transaction does.
pub struct Staged {
    /// The state behind it.
    pub state: State,
    /// What happens to its rows, each once.
    pub effects: Vec<RowEffect>,
    /// What its saver is told.
    pub committed: Committed,
}

/// Stages a transaction on `state`, which is not touched: a panic in it ends this transaction alone (T3-24).
pub fn stage<T: Threading>(
    shared: &Shared<T>,
    state: &State,
    transaction: &Transaction,
) -> Result<Staged, Refusal> {
    if off(Guard::TransactionPanic) {
        return draft(shared, state, transaction);
    }
    caught(shared, || draft(shared, state, transaction))
        .ok_or_else(|| unavailable("a fault in flin itself stopped this transaction; nothing was saved"))?
}

fn draft<T: Threading>(
    shared: &Shared<T>,
    state: &State,
    transaction: &Transaction,
) -> Result<Staged, Refusal> {
    state.unchanged(&transaction.base)?;
    let mut draft = Draft::new(state);
    let mut row = None;
    for change in &transaction.changes {
        shared.options.at(Point::Stage);
        row = draft.stage(change, shared.options.memory_max)?;
    }
    let (state, effects) = draft.finish();
    let rows = effects.iter().filter_map(|effect| match effect {
        RowEffect::Put { ty, id, row, .. } => Some((*ty, *id, row.clone())),
        RowEffect::Remove { .. } => None,
    });
    let committed = Committed { rows: rows.collect(), row };
    Ok(Staged { state, effects, committed })
}
