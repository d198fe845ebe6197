//! What goes with a row, and what loses a reference to it.
//!
//! A work list, each row once: cycles end, and no chain is too long for the native stack. Nothing is changed here; a plan
//! that is refused cost time alone. Whether a row is in the way is asked at the end, so that the answer does not depend on
//! the order in which rows are met.

use super::State;
use super::table::targets;
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::record::request::{Fate, Reach};
use crate::record::{OnDelete, Refusal, Which};
use crate::store::schema::Referrer;
use crate::store::{FieldId, RowRef, TypeId};
use std::collections::{BTreeMap, BTreeSet};

/// What one delete or destroy does.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Rows that go.
    pub gone: BTreeSet<(TypeId, u64)>,
    /// Rows that stay, and those of their fields that lose references.
    pub cleared: BTreeMap<(TypeId, u64), BTreeSet<FieldId>>,
}

/// Plans what happens when a row is deleted, or destroyed.
///
/// # Errors
///
/// [`Refusal::ForeignKey`] when a live row that stays refers to one that goes and may not lose the reference.
pub(super) fn plan(state: &State, root: (TypeId, u64), destroy: bool) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    #[cfg(feature = "knockout")]
    if off(Guard::CascadeOnce) {
        naive(state, root, &mut plan);
        return Ok(plan);
    }
    let mut work = vec![root];
    let mut restricting = Vec::new();
    plan.gone.insert(root);
    while let Some((ty, id)) = work.pop() {
        for referrer in state.binding.referrers(ty) {
            match referrer.on_delete {
                OnDelete::Restrict => restricting.push((*referrer, (ty, id))),
                OnDelete::SetNone => {
                    for child in state.referring(referrer, id, Which::Live) {
                        plan.cleared.entry((referrer.ty, child)).or_default().insert(referrer.field);
                    }
                }
                OnDelete::Cascade => {
                    // What is deleted already is not deleted again, but it goes with what is destroyed.
                    let which = if destroy { Which::All } else { Which::Live };
                    for child in state.referring(referrer, id, which) {
                        if plan.gone.insert((referrer.ty, child)) {
                            work.push((referrer.ty, child));
                        }
                    }
                }
            }
        }
    }
    for (referrer, (ty, id)) in restricting {
        let mut children = state.referring(&referrer, id, Which::Live);
        if let Some(child) = children.find(|child| !plan.gone.contains(&(referrer.ty, *child))) {
            let (parent, other) = (state.catalogue.name(ty), state.catalogue.name(referrer.ty));
            let text = format!("{other} {child} still refers to {parent} {id}");
            return Err(Refusal::ForeignKey(text));
        }
    }
    plan.cleared.retain(|key, _| !plan.gone.contains(key));
    Ok(plan)
}

/// What everybody writes first.
#[cfg(feature = "knockout")]
fn naive(state: &State, row: (TypeId, u64), plan: &mut Plan) {
    plan.gone.insert(row);
    for referrer in state.binding.referrers(row.0) {
        for child in state.referring(referrer, row.1, Which::Live) {
            naive(state, (referrer.ty, child), plan);
        }
    }
}

impl State {
    /// How much a change would write in a draft of this state.
    ///
    /// # Errors
    ///
    /// Why the change would be refused, as far as its plan shows that.
    pub fn reach(&self, key: (TypeId, u64), fate: Fate) -> Result<Reach, Refusal> {
        let row = self.find(key.0, key.1).ok_or_else(|| self.not_found(key.0, key.1))?;
        let destroy = match (fate, row.deleted_at) {
            (Fate::Delete, Some(_)) | (Fate::Restore, None) => return Ok(Reach::default()),
            (Fate::Restore, Some(_)) => return Ok(Reach { rows: 1, bytes: row.data.len() }),
            (Fate::Delete, None) => false,
            (Fate::Destroy, _) => true,
        };
        let Plan { gone, cleared } = plan(self, key, destroy)?;
        let rows = gone.iter().chain(cleared.keys()).filter_map(|&(ty, id)| self.find(ty, id));
        Ok(rows.fold(Reach::default(), |Reach { rows, bytes }, row| Reach {
            rows: rows.saturating_add(1),
            bytes: bytes.saturating_add(row.data.len()),
        }))
    }

    /// Ids of the rows whose field refers to a target, rising.
    fn referring<'a>(
        &'a self,
        referrer: &Referrer,
        target: u64,
        which: Which,
    ) -> impl Iterator<Item = u64> + use<'a> {
        let field = referrer.field;
        let known = self.binding.of_type(referrer.ty).zip(self.table(referrer.ty));
        let index = known.and_then(|(bound, table)| Some((bound, table, table.reference(bound, field)?)));
        index.into_iter().flat_map(move |(bound, table, index)| {
            let exact = index.is_exact(target);
            let refers = move |row: RowRef<'_>| targets(bound, row.data, field).contains(&target);
            index.ids(target, which, 0).filter(move |id| exact || table.rows.get(*id).is_some_and(refers))
        })
    }
}
