//! Depth first over all orders of steps that differ.
//!
//! Two steps of different threads race when neither must come before the other and one changes what the other touches. Only
//! where an order that was run shows a race is the other one tried too (Flanagan and Godefroid, *Dynamic Partial-Order
//! Reduction for Model Checking Software*, 2005); and sleep sets leave out what would lead to an order that was seen.

use super::Failure;
use super::world::{self, Footprint};
use crate::drivers::store::Finding;

/// A place where the order could go on in several ways.
#[derive(Debug)]
struct Node {
    eligible: Vec<usize>,
    /// Whose step is to be tried here, as far as is known.
    wanted: Vec<usize>,
    /// Tried, here or before, and what their step touched.
    sleep: Vec<(usize, Footprint)>,
    chosen: usize,
    /// What the chosen step touched, once it was made.
    touched: Option<Footprint>,
}

impl Node {
    fn is_asleep(&self, thread: usize) -> bool {
        self.sleep.iter().any(|(sleeper, _)| *sleeper == thread)
    }

    fn untried(&self, among: &[usize]) -> Option<usize> {
        among.iter().copied().find(|thread| !self.is_asleep(*thread))
    }

    fn want(&mut self, thread: usize) {
        if !self.wanted.contains(&thread) {
            self.wanted.push(thread);
        }
    }

    /// Who need not go first behind the chosen step: it would lead to what was seen already.
    fn sleepers_behind(&self) -> Vec<(usize, Footprint)> {
        let Some(touched) = &self.touched else { return Vec::new() };
        let sleepers = self.sleep.iter().filter(|(_, before)| !before.conflicts(touched));
        sleepers.cloned().collect()
    }

    fn conflicts(&self, other: &Self) -> bool {
        let both = self.touched.as_ref().zip(other.touched.as_ref());
        both.is_none_or(|(one, other)| one.conflicts(other))
    }
}

/// For each thread, how many steps of the path must come before.
type Clock = Vec<usize>;

fn merge(clock: &mut Clock, other: &Clock) {
    clock.iter_mut().zip(other).for_each(|(own, other)| *own = (*own).max(*other));
}

/// The search.
#[derive(Debug, Default)]
pub struct Search {
    path: Vec<Node>,
    depth: usize,
    /// The rest of this order was seen in another one.
    redundant: bool,
}

impl Search {
    /// An order begins.
    pub fn begin(&mut self) {
        self.depth = 0;
    }

    /// Who goes on; `touched` is what the step before did.
    pub fn choose(&mut self, eligible: &[usize], touched: Footprint) -> Option<usize> {
        self.book(touched);
        let depth = self.depth;
        self.depth += 1;
        if let Some(node) = self.path.get(depth) {
            if !eligible.contains(&node.chosen) {
                let what = "the same steps led somewhere else: the body is not deterministic".to_owned();
                world::fail(Failure::Found(Finding::Wrong(what)));
                return None;
            }
            return Some(node.chosen);
        }
        if self.redundant {
            return eligible.first().copied();
        }
        let sleep =
            depth.checked_sub(1).map(|before| self.path[before].sleepers_behind()).unwrap_or_default();
        let mut node =
            Node { eligible: eligible.to_vec(), wanted: Vec::new(), sleep, chosen: 0, touched: None };
        let Some(chosen) = node.untried(eligible) else {
            self.redundant = true;
            return eligible.first().copied();
        };
        node.chosen = chosen;
        node.want(chosen);
        self.path.push(node);
        Some(chosen)
    }

    /// The step chosen last has been made.
    pub fn book(&mut self, touched: Footprint) {
        if let Some(node) = self.depth.checked_sub(1).and_then(|last| self.path.get_mut(last)) {
            node.touched.get_or_insert(touched);
        }
    }

    /// Turns to the next order; false when there is none.
    pub fn next_order(&mut self, touched: Footprint) -> bool {
        self.book(touched);
        self.redundant = false;
        self.races();
        while let Some(node) = self.path.last_mut() {
            let tried = (node.chosen, node.touched.take().unwrap_or_default());
            node.sleep.push(tried);
            if let Some(next) = node.untried(&node.wanted) {
                node.chosen = next;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// Looks for races in the order that was run, and has the other thread go first where each began.
    fn races(&mut self) {
        let threads = self.path.iter().flat_map(|node| &node.eligible).max().map_or(0, |last| last + 1);
        let mut of_thread: Vec<Clock> = vec![vec![0; threads]; threads];
        let mut of_step: Vec<Clock> = Vec::with_capacity(self.path.len());
        for at in 0..self.path.len() {
            let thread = self.path[at].chosen;
            let own = of_thread[thread].clone();
            let mut clock = own.clone();
            let mut race = None;
            for before in (0..at).rev() {
                let other = self.path[before].chosen;
                if other == thread || !self.path[before].conflicts(&self.path[at]) {
                    continue;
                }
                if race.is_none() && before >= own[other] {
                    race = Some(before);
                }
                merge(&mut clock, &of_step[before]);
            }
            clock[thread] = at + 1;
            if let Some(before) = race {
                self.reverse(before, at, &of_step, &clock);
            }
            of_thread[thread].clone_from(&clock);
            of_step.push(clock);
        }
    }

    /// Has somebody else go first at `before`, so that the step at `at` may come before that one.
    fn reverse(&mut self, before: usize, at: usize, of_step: &[Clock], clock: &Clock) {
        let thread = self.path[at].chosen;
        if self.path[before].eligible.contains(&thread) {
            return self.path[before].want(thread);
        }
        // One whose step between them must come before it, if there is one that may go.
        let leads = (before + 1..at).map(|step| (step, self.path[step].chosen)).find(|(step, other)| {
            let needed = clock.get(*other).is_some_and(|steps| *steps > *step);
            needed && of_step.len() > *step && self.path[before].eligible.contains(other)
        });
        if let Some((_, other)) = leads {
            return self.path[before].want(other);
        }
        let all = self.path[before].eligible.clone();
        all.into_iter().for_each(|thread| self.path[before].want(thread));
    }
}
