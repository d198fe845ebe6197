//! T3-22: circles that close while their rows are ended from both ends, in every order.
//!
//! Three transactions: one closes a circle of three and a self-reference, two end rows that lead to each other's. Those
//! that were acknowledged must have happened whole, one after the other: what is left is what some order of them gives.

use super::client::Client;
use super::content::{Content, Op};
use super::contention::client;
use super::scenario::{Answers, Scenario, everywhere, together};
use super::shape::{NODE, node};
use super::{Finding, Stand};
use flin_runtime::record::Refusal;
use flin_runtime::record::request::Given;
use flin_runtime::store::Store;
use flin_runtime::store::sync::Threading;

const fn given(id: u64) -> Given {
    Given { entity: NODE, id }
}

/// A chain of three, open at its end, and a row alone.
fn rows() -> [Op; 4] {
    let row = |name, next| Op::Insert(NODE, node(name, next));
    [row("1", None), row("2", Some(1)), row("3", Some(2)), row("4", None)]
}

/// What the three do in this variant. Alone, a change is staged on what is current; in a transaction with another, it must
/// not have been overtaken.
fn steps(number: u64) -> [Vec<Op>; 3] {
    let end = |destroys: bool, id| if destroys { Op::Destroy(given(id)) } else { Op::Delete(given(id)) };
    let (first, last) = (number & 1 == 1, number & 2 == 2);
    let close = vec![Op::Update(given(1), node("1", Some(3))), Op::Update(given(4), node("4", Some(4)))];
    if number & 4 == 4 {
        [close, vec![end(first, 1)], vec![end(last, 3)]]
    } else {
        [close, vec![end(first, 1), end(first, 4)], vec![end(last, 4), end(last, 3)]]
    }
}

/// All that the acknowledged ones may have led to.
fn outcomes(from: &Content, done: &[Vec<Op>]) -> Vec<Content> {
    if done.is_empty() {
        return vec![from.clone()];
    }
    let after = |at: usize| {
        let rest: Vec<Vec<Op>> =
            done.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, ops)| ops.clone()).collect();
        outcomes(&from.after(&done[at], &[]), &rest)
    };
    (0..done.len()).flat_map(after).collect()
}

#[derive(Clone, Copy)]
struct Circles;

impl Scenario for Circles {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        let made = client.perform(&rows());
        made.map(drop).map_err(|refusal| Finding::Wrong(format!("no rows: {refusal}")))
    }

    fn meet<T: Threading>(&self, number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let bodies = steps(number).into_iter().map(|ops| {
            client(store, &answers, move |client| {
                let answer = client.perform(&ops);
                (ops, answer)
            })
        });
        together::<T>(bodies.collect())?;
        let mut done = Vec::new();
        for (ops, answer) in answers.take() {
            match answer {
                Ok(_) => done.push(ops),
                Err(Refusal::Conflict { .. } | Refusal::NotFound { .. } | Refusal::ForeignKey(_)) => {}
                Err(other) => return Err(Finding::Wrong(format!("{ops:?} was refused: {other}"))),
            }
        }
        if done.is_empty() {
            return Err(Finding::Wrong("each of three was refused because of the others".to_owned()));
        }
        let found = Client::new(store).content(true)?;
        let before = Content::default().after(&rows(), &[1, 2, 3, 4]);
        if outcomes(&before, &done).contains(&found) {
            Ok(())
        } else {
            Err(Finding::Corrupted(format!("no order of {done:?} leads to {found:?}")))
        }
    }
}

pub(super) fn closing(stand: &mut Stand) {
    everywhere(stand, "circles that close while they are ended", Circles);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cascade_is_no_outcome() {
        let before = Content::default().after(&rows(), &[1, 2, 3, 4]);
        let [close, first, _] = steps(0);
        let allowed = outcomes(&before, &[close, first]);
        assert!(allowed.iter().all(|content| content.0.values().all(|held| held.deleted)));
        let half = before.after(&[Op::Delete(given(3))], &[]);
        assert!(!allowed.contains(&half) && !allowed.contains(&before));
    }
}
