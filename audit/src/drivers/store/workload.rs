//! A history that touches everything the store writes, and a client that lives through faults of the disk.
//!
//! Invariant: after every step it is known what the store must hold: what was acknowledged, and of what was refused since
//! the last acknowledgement, at most one step, whole.

use super::Finding;
use super::client::{Client, open};
use super::content::{Content, Op};
use super::medium::Medium;
use super::shape::{ACCOUNT, CHILD, NODE, PARENT, account, child, node};
use flin_runtime::record::Refusal;
use flin_runtime::record::request::Given;
use flin_runtime::store::sync::Threading;
use flin_runtime::store::{Options, Store};
use std::collections::BTreeMap;

/// A step: changes made together, or a checkpoint.
#[derive(Clone, Debug)]
enum Step {
    /// In one transaction. Rows are named by what they were called when they were made.
    Change(Vec<Named>),
    Checkpoint,
}

/// A change of a row that an earlier step made, if it did.
#[derive(Clone, Debug)]
enum Named {
    Account(String, i64),
    Parent(String),
    Child(String, String),
    Node(String, Option<String>),
    /// A node gets another successor.
    Link(String, String),
    Balance(String, i64),
    Delete(String),
    Restore(String),
    Destroy(String),
}

/// So many rounds, each with every kind of change and a checkpoint at its end.
fn steps(rounds: usize) -> Vec<Step> {
    let name = |kind: &str, round: usize| format!("{kind}{round}");
    let one = |change: Named| Step::Change(vec![change]);
    let mut steps = Vec::new();
    for round in 0..rounds {
        let (a, b, p, c) = (name("a", round), name("b", round), name("p", round), name("c", round));
        let nodes = [0, 1, 2].map(|n| name("n", round * 10 + n));
        steps.extend([
            one(Named::Account(a.clone(), 10)),
            one(Named::Parent(p.clone())),
            Step::Change(vec![Named::Account(b.clone(), 20), Named::Child(c.clone(), p.clone())]),
            one(Named::Balance(a.clone(), 11)),
            one(Named::Balance(a.clone(), 12)),
            Step::Change(vec![Named::Balance(a.clone(), 2), Named::Balance(b.clone(), 30)]),
            one(Named::Delete(b.clone())),
            one(Named::Node(nodes[0].clone(), None)),
            one(Named::Node(nodes[1].clone(), Some(nodes[0].clone()))),
            one(Named::Node(nodes[2].clone(), Some(nodes[1].clone()))),
            one(Named::Link(nodes[0].clone(), nodes[2].clone())),
            one(Named::Restore(b.clone())),
        ]);
        if round > 0 {
            let before = name("a", round - 1);
            steps.extend([
                one(Named::Balance(before.clone(), 50)),
                one(Named::Destroy(name("c", round - 1))),
                one(Named::Destroy(name("n", (round - 1) * 10))),
                one(Named::Delete(before)),
            ]);
        }
        steps.push(Step::Checkpoint);
    }
    steps.extend([one(Named::Account("last".to_owned(), 1)), one(Named::Balance("last".to_owned(), 2))]);
    steps
}

/// What a store must hold.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    acknowledged: Content,
    refused: Vec<Vec<Op>>,
    /// Changes that were acknowledged.
    pub acknowledgements: usize,
    /// Refusals, by the words of the store.
    pub refusals: Vec<String>,
    /// What was acknowledged before each acknowledgement, oldest first.
    pub before: Vec<Content>,
    names: BTreeMap<String, Given>,
}

impl Ledger {
    /// Nothing but what was acknowledged: what a living store shows.
    pub fn acknowledged(&self) -> &Content {
        &self.acknowledged
    }

    /// Is this content as it may be after a crash?
    pub fn judge(&self, found: &Content) -> Option<Finding> {
        let mut allowed = vec![self.acknowledged.clone()];
        for ops in &self.refused {
            let ids = found.new_ids(&self.acknowledged, ops);
            allowed.push(self.acknowledged.after(ops, &ids));
        }
        Content::judge(found, &allowed)
    }

    /// The same, without versions before the current ones.
    pub fn without_history(&self) -> Self {
        let mut ledger = self.clone();
        for held in ledger.acknowledged.0.values_mut() {
            let now = held.versions.split_off(held.versions.len().saturating_sub(1));
            held.versions = now;
        }
        ledger
    }

    fn ops(&self, changes: &[Named]) -> Option<Vec<Op>> {
        let find = |name: &String| self.names.get(name).copied();
        let each = changes.iter().map(|change| {
            Some(match change {
                Named::Account(name, balance) => Op::Insert(ACCOUNT, account(name, *balance)),
                Named::Parent(name) => Op::Insert(PARENT, vec![super::shape::text(name)]),
                Named::Child(name, parent) => Op::Insert(CHILD, child(find(parent)?.id, name)),
                Named::Node(name, None) => Op::Insert(NODE, node(name, None)),
                Named::Node(name, Some(next)) => Op::Insert(NODE, node(name, Some(find(next)?.id))),
                Named::Link(name, next) => Op::Update(find(name)?, node(name, Some(find(next)?.id))),
                Named::Balance(name, balance) => Op::Update(find(name)?, account(name, *balance)),
                Named::Delete(name) => Op::Delete(find(name)?),
                Named::Restore(name) => Op::Restore(find(name)?),
                Named::Destroy(name) => Op::Destroy(find(name)?),
            })
        });
        each.collect()
    }

    /// Makes a step through a client. `Err` is an answer that must not be.
    fn make<T: Threading>(&mut self, client: &mut Client<T>, changes: &[Named]) -> Result<(), Finding> {
        let Some(ops) = self.ops(changes) else { return Ok(()) };
        match client.perform(&ops) {
            Ok(ids) => {
                let after = self.acknowledged.after(&ops, &ids);
                self.before.push(std::mem::replace(&mut self.acknowledged, after));
                self.acknowledgements += 1;
                self.refused.clear();
                self.remember(changes, &ops, &ids);
                Ok(())
            }
            Err(refusal @ Refusal::Unavailable(_)) => {
                self.refused.push(ops);
                self.refusals.push(refusal.to_string());
                Ok(())
            }
            // What an earlier refusal left undone may be missed here.
            Err(_) if !self.refusals.is_empty() => Ok(()),
            Err(refusal) => Err(Finding::Wrong(format!("{changes:?} was refused: {refusal}"))),
        }
    }

    fn remember(&mut self, changes: &[Named], ops: &[Op], ids: &[u64]) {
        let mut ids = ids.iter();
        for (change, op) in changes.iter().zip(ops) {
            let (Named::Account(name, _)
            | Named::Parent(name)
            | Named::Child(name, _)
            | Named::Node(name, _)) = change
            else {
                continue;
            };
            if let (Op::Insert(entity, _), Some(id)) = (op, ids.next()) {
                self.names.insert(name.clone(), Given { entity: *entity, id: *id });
            }
        }
    }
}

/// Opens a store and makes the whole history on it, whatever the disk does. The ledger says what must be there.
pub fn live<T: Threading>(medium: &Medium, options: &Options, rounds: usize) -> Result<Ledger, Finding> {
    let mut ledger = Ledger::default();
    let store: Store<T> = match open(medium, options.clone()) {
        Ok(store) => store,
        Err(why) => {
            ledger.refusals.push(why);
            return Ok(ledger);
        }
    };
    let mut client = Client::new(&store);
    let lived = go_through(medium, &store, &mut client, (rounds, &mut ledger));
    drop(client);
    drop(store.close());
    lived.map(|()| ledger)
}

fn go_through<T: Threading>(
    medium: &Medium,
    store: &Store<T>,
    client: &mut Client<T>,
    (rounds, ledger): (usize, &mut Ledger),
) -> Result<(), Finding> {
    for step in steps(rounds) {
        match step {
            Step::Change(changes) => ledger.make(client, &changes)?,
            // That it fails is told to whoever asked, and is no loss.
            Step::Checkpoint => drop(store.checkpoint()),
        }
        if medium.0.is_dead() {
            return Ok(());
        }
        // A store that lives shows what it acknowledged, and nothing that it refused.
        let shown = client.content(false)?;
        let expected = ledger.without_history();
        if let Some(finding) = Content::judge(&shown, std::slice::from_ref(expected.acknowledged())) {
            return Err(finding.within("the living store: "));
        }
    }
    Ok(())
}

/// Opens the store again and makes one more change.
pub fn go_on<T: Threading>(medium: &Medium, options: &Options, ledger: &mut Ledger) -> Result<(), Finding> {
    let store: Store<T> = open(medium, options.clone())
        .map_err(|why| Finding::Refused(format!("the store does not open: {why}")))?;
    let mut client = Client::new(&store);
    let made = ledger.make(&mut client, &[Named::Account("afterwards".to_owned(), 1)]);
    drop(client);
    drop(store.close());
    made
}

/// Rounds of saves and checkpoints behind a fault: enough that the segments that it left are used again.
const ROUNDS_BEHIND: usize = 4;

/// More than an ordinary segment of [`options`](super::client::options) holds.
const LONG: usize = 10_000;

/// Opens the store again, and saves and makes checkpoints, all of which must work.
pub fn goes_on<T: Threading>(medium: &Medium, options: &Options, ledger: &Ledger) -> Result<(), Finding> {
    let store: Store<T> = open(medium, options.clone())
        .map_err(|why| Finding::Refused(format!("the store does not open: {why}")))?;
    let mut client = Client::new(&store);
    let mut ledger = ledger.clone();
    ledger.refusals.clear();
    let mut made = Ok(());
    for round in 0..ROUNDS_BEHIND {
        // The first one needs a segment larger than those that are there.
        let name = if round == 0 { "x".repeat(LONG) } else { format!("later{round}") };
        made = made.and(ledger.make(&mut client, &[Named::Account(name, 1)]));
        ledger.refusals.extend(store.checkpoint().err().map(Into::into));
    }
    drop(client);
    drop(store.close());
    made?;
    match ledger.refusals.first() {
        Some(refusal) => Err(Finding::Wrong(format!("refused, although the disk works again: {refusal}"))),
        None => Ok(()),
    }
}

/// What the next process finds on this disk, with all versions.
pub fn reopened<T: Threading>(medium: &Medium, options: &Options) -> Result<Content, Finding> {
    reopened_with::<T>(medium, options, true)
}

/// The same, with or without the versions before the current ones.
pub fn reopened_with<T: Threading>(
    medium: &Medium,
    options: &Options,
    history: bool,
) -> Result<Content, Finding> {
    let store: Store<T> = open(medium, options.clone())
        .map_err(|why| Finding::Refused(format!("the store does not open: {why}")))?;
    let mut client = Client::new(&store);
    let content = client.content(history);
    drop(client);
    drop(store.close());
    content
}
