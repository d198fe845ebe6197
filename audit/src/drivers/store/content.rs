//! What a store holds, what it must hold, and what the difference amounts to.

use super::Finding;
use super::shape::{ACCOUNT, CHILD, NODE, PARENT};
use flin_runtime::record::Datum;
use flin_runtime::record::request::Given;
use std::collections::{BTreeMap, BTreeSet};

/// A row with all its versions, the first one first.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Fields of each version.
    pub versions: Vec<Vec<Datum>>,
    /// Marked as deleted?
    pub deleted: bool,
}

impl Held {
    fn now(&self) -> &[Datum] {
        self.versions.last().map_or(&[], Vec::as_slice)
    }
}

/// All rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content(pub BTreeMap<Given, Held>);

/// What a client asked for.
#[derive(Clone, Debug)]
pub enum Op {
    /// A new row.
    Insert(u32, Vec<Datum>),
    /// A further version.
    Update(Given, Vec<Datum>),
    /// Marks as deleted, with what cascades.
    Delete(Given),
    /// Undoes that.
    Restore(Given),
    /// Removes, with what cascades.
    Destroy(Given),
}

impl Content {
    /// These steps happened, all of them. Inserted rows have got these ids.
    #[must_use]
    pub fn after(&self, ops: &[Op], ids: &[u64]) -> Self {
        let mut content = self.clone();
        let mut ids = ids.iter();
        for op in ops {
            content.apply(op, &mut ids);
        }
        content
    }

    fn apply<'i>(&mut self, op: &Op, ids: &mut impl Iterator<Item = &'i u64>) {
        match op {
            Op::Insert(entity, fields) => {
                let id = ids.next().copied().unwrap_or(0);
                let held = Held { versions: vec![fields.clone()], deleted: false };
                self.0.insert(Given { entity: *entity, id }, held);
            }
            Op::Update(given, fields) => {
                if let Some(held) = self.0.get_mut(given) {
                    held.versions.push(fields.clone());
                }
            }
            Op::Delete(given) => {
                for given in self.cascade(*given, false) {
                    self.mark(given, true);
                }
            }
            Op::Restore(given) => self.mark(*given, false),
            Op::Destroy(given) => {
                for given in self.cascade(*given, true) {
                    self.0.remove(&given);
                }
            }
        }
    }

    fn mark(&mut self, given: Given, deleted: bool) {
        if let Some(held) = self.0.get_mut(&given).filter(|held| held.deleted != deleted) {
            held.deleted = deleted;
            let same = held.now().to_vec();
            held.versions.push(same);
        }
    }

    /// The row, and the nodes that lead to it: what is deleted already goes with what is destroyed alone.
    fn cascade(&self, given: Given, with_deleted: bool) -> BTreeSet<Given> {
        let mut all = BTreeSet::from([given]);
        loop {
            let refers = |given: &Given, held: &Held| {
                given.entity == NODE
                    && (with_deleted || !held.deleted)
                    && matches!(held.now().get(1), Some(Datum::Reference(id)) if all.contains(&Given { entity: NODE, id: *id }))
            };
            let more: Vec<Given> = self
                .0
                .iter()
                .filter(|(given, held)| !all.contains(given) && refers(given, held))
                .map(|(given, _)| *given)
                .collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// Ids of rows that are here and not in `other`, by entity and then rising.
    pub fn new_ids(&self, other: &Self, ops: &[Op]) -> Vec<u64> {
        let mut fresh: Vec<Given> =
            self.0.keys().filter(|given| !other.0.contains_key(given)).copied().collect();
        let mut ids = Vec::new();
        for op in ops {
            if let Op::Insert(entity, _) = op {
                let at = fresh.iter().position(|given| given.entity == *entity);
                ids.push(at.map_or(0, |at| fresh.remove(at).id));
            }
        }
        ids
    }

    /// A reference of a live row to nothing, or a unique value twice.
    pub fn broken(&self) -> Option<Finding> {
        let live = |given: Given| self.0.get(&given).is_some_and(|held| !held.deleted);
        let mut emails = BTreeSet::new();
        for (given, held) in self.0.iter().filter(|(_, held)| !held.deleted) {
            let target = match (given.entity, held.now()) {
                (CHILD, [Datum::Reference(id), ..]) => Some(Given { entity: PARENT, id: *id }),
                (NODE, [_, Datum::Reference(id)]) => Some(Given { entity: NODE, id: *id }),
                _ => None,
            };
            if let Some(target) = target.filter(|target| !live(*target)) {
                return Some(Finding::Corrupted(format!(
                    "{given:?} refers to {target:?}, which is not there"
                )));
            }
            if given.entity == ACCOUNT
                && let Some(Datum::Text(email)) = held.now().first()
                && !emails.insert(email)
            {
                return Some(Finding::Corrupted(format!("two live accounts have the unique email {email}")));
            }
        }
        None
    }

    /// What it amounts to that `found` is none of the contents that may be; the first of them holds no more than what
    /// was acknowledged.
    pub fn judge(found: &Self, allowed: &[Self]) -> Option<Finding> {
        if allowed.contains(found) {
            return None;
        }
        let Some(acknowledged) = allowed.first() else {
            return Some(Finding::Wrong("no content is allowed".to_owned()));
        };
        for (given, held) in &acknowledged.0 {
            match found.0.get(given) {
                None if allowed.iter().all(|content| content.0.contains_key(given)) => {
                    return Some(Finding::Lost(format!("{given:?} was acknowledged and is gone")));
                }
                Some(now) if now.versions.len() < held.versions.len() => {
                    let (was, is) = (held.versions.len(), now.versions.len());
                    return Some(Finding::Lost(format!("{given:?} had version {was}, and has {is}")));
                }
                _ => {}
            }
        }
        let differs = |(given, held): &(&Given, &Held)| acknowledged.0.get(given) != Some(held);
        let strange = found.0.iter().find(differs);
        Some(match strange {
            Some((given, held)) => {
                let was = acknowledged.0.get(given);
                Finding::Corrupted(format!("{given:?} is {held:?}, acknowledged was {was:?}"))
            }
            None => Finding::Corrupted("some rows of a transaction are gone".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::store::shape::{account, child, node};

    fn given(entity: u32, id: u64) -> Given {
        Given { entity, id }
    }

    #[test]
    fn steps_do_what_the_language_says() {
        let mut content = Content::default();
        content = content
            .after(&[Op::Insert(NODE, node("a", None)), Op::Insert(NODE, node("b", Some(1)))], &[1, 2]);
        content = content.after(&[Op::Update(given(NODE, 1), node("a", Some(2)))], &[]);
        let deleted = content.after(&[Op::Delete(given(NODE, 2))], &[]);
        assert!(deleted.0.values().all(|held| held.deleted));
        assert_eq!(deleted.0[&given(NODE, 1)].versions.len(), 3);
        let restored = deleted.after(&[Op::Restore(given(NODE, 2))], &[]);
        assert!(matches!(restored.broken(), Some(Finding::Corrupted(_))), "it refers to a deleted one");
        assert!(content.after(&[Op::Destroy(given(NODE, 1))], &[]).0.is_empty());
    }

    #[test]
    fn broken_contents_are_seen() {
        let content = Content::default().after(&[Op::Insert(CHILD, child(7, "c"))], &[1]);
        assert!(content.broken().is_some());
        let twice = [Op::Insert(ACCOUNT, account("a", 1)), Op::Insert(ACCOUNT, account("a", 2))];
        assert!(Content::default().after(&twice, &[1, 2]).broken().is_some());
        assert!(Content::default().after(&twice[..1], &[1]).broken().is_none());
    }

    #[test]
    fn what_is_gone_is_lost_and_what_is_strange_is_corrupted() {
        let one = Content::default().after(&[Op::Insert(ACCOUNT, account("a", 1))], &[1]);
        let two = one.after(&[Op::Update(given(ACCOUNT, 1), account("a", 2))], &[]);
        let other = one.after(&[Op::Update(given(ACCOUNT, 1), account("a", 3))], &[]);
        assert!(Content::judge(&one, &[one.clone(), two.clone()]).is_none());
        assert!(Content::judge(&two, &[one.clone(), two.clone()]).is_none());
        assert!(matches!(Content::judge(&one, std::slice::from_ref(&two)), Some(Finding::Lost(_))));
        assert!(matches!(
            Content::judge(&Content::default(), std::slice::from_ref(&one)),
            Some(Finding::Lost(_))
        ));
        assert!(matches!(Content::judge(&other, &[two]), Some(Finding::Corrupted(_))));
    }
}
