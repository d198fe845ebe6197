//! Depth first over all orders of steps that differ.
//!
//! Two steps of different threads race when neither must come before the other and one changes what the other touches. Only
//! where an order that was run shows a race is the other one tried too, and only if none of those that are tried there leads
//! to it anyway (Abdulla, Aronis, Jonsson and Sagonas, *Optimal Dynamic Partial Order Reduction*, 2014: source sets); and
//! sleep sets leave out what would lead to an order that was seen.
//!
//! A step that looks whether it may go on, and may not, is none: nothing would differ if its thread had looked only after
//! what it waits for had changed. So such a thread sleeps until then, and somebody else makes the step.

use super::Failure;
use super::world::{self, Footprint};
use crate::drivers::store::Finding;

/// A place where the order could go on in several ways.
#[derive(Debug)]
struct Node {
    eligible: Vec<usize>,
    /// Do all wait, so that the eligible ones go on by giving up?
    gives_up: bool,
    /// Whose step is to be tried here, as far as is known.
    wanted: Vec<usize>,
    /// Tried, here or before, or found waiting; and what their step touched.
    sleep: Vec<(usize, Footprint)>,
    chosen: usize,
    /// What the chosen step touched, once it was made.
    touched: Option<Footprint>,
    /// What must come before the chosen step, itself included.
    clock: Clock,
}

impl Node {
    fn is_asleep(&self, thread: usize) -> bool {
        self.sleep.iter().any(|(sleeper, _)| *sleeper == thread)
    }

    /// Could this thread make a step here?
    fn is_able(&self, thread: usize) -> bool {
        let waits = |(sleeper, touched): &(usize, Footprint)| *sleeper == thread && touched.idle;
        self.eligible.contains(&thread) && !self.sleep.iter().any(waits)
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

    fn conflicts(&self, other: &Footprint) -> bool {
        self.touched.as_ref().is_none_or(|touched| touched.conflicts(other))
    }
}

/// For each thread, how many steps of the path must come before.
#[derive(Clone, Debug, Default)]
struct Clock(Vec<usize>);

impl Clock {
    fn raise(&mut self, thread: usize, steps: usize) {
        if self.0.len() <= thread {
            self.0.resize(thread + 1, 0);
        }
        self.0[thread] = self.0[thread].max(steps);
    }

    fn merge(&mut self, other: &Self) {
        other.0.iter().enumerate().for_each(|(thread, steps)| self.raise(thread, *steps));
    }

    /// Must this step of the path, made by that thread, come before?
    fn is_behind(&self, step: usize, thread: usize) -> bool {
        self.0.get(thread).is_some_and(|steps| *steps > step)
    }
}

/// A step that was none: the thread has to wait on.
#[derive(Debug)]
struct Look {
    /// Behind so many steps of the path.
    at: usize,
    thread: usize,
    touched: Footprint,
}

/// The search.
#[derive(Debug, Default)]
pub struct Search {
    path: Vec<Node>,
    depth: usize,
    /// The step of the path that is being made; none for one that the search is not about.
    running: Option<usize>,
    /// In this order.
    looks: Vec<Look>,
    /// Where the path begins to differ from the order before.
    fresh: usize,
    /// The rest of this order was seen in another one.
    redundant: bool,
}

impl Search {
    /// An order begins.
    pub fn begin(&mut self) {
        self.depth = 0;
        self.running = None;
    }

    /// Was the rest of this order seen in another one?
    pub const fn is_redundant(&self) -> bool {
        self.redundant
    }

    /// Who goes on; `touched` is what the step before did, and `gives_up` says that all wait.
    pub fn choose(&mut self, eligible: &[usize], gives_up: bool, touched: Footprint) -> Option<usize> {
        self.book(touched);
        let last = eligible.last().copied();
        if self.redundant {
            return last;
        }
        match self.path.get(self.depth) {
            // Here all waited; in this order some have not looked yet.
            Some(node) if node.gives_up && !gives_up => return last,
            Some(node) if !eligible.contains(&node.chosen) => {
                let what = "the same steps led somewhere else: the body is not deterministic".to_owned();
                world::fail(Failure::Found(Finding::Wrong(what)));
                return None;
            }
            Some(_) => {}
            None => {
                let behind = self.depth.checked_sub(1).and_then(|before| self.path.get(before));
                let mut sleep = behind.map(Node::sleepers_behind).unwrap_or_default();
                sleep.retain(|(_, touched)| !(gives_up && touched.idle));
                // Whoever waits for the others, because it began them, goes last: what they do is seen to its end.
                let eligible = eligible.iter().rev().copied().collect();
                let (wanted, touched, clock) = (Vec::new(), None, Clock::default());
                let node = Node { eligible, gives_up, wanted, sleep, chosen: 0, touched, clock };
                if !self.begin_at(node) {
                    return last;
                }
            }
        }
        self.running = Some(self.depth);
        self.depth += 1;
        self.path.get(self.depth - 1).map(|node| node.chosen)
    }

    /// Lengthens the path by one of the steps that are possible here. False when there is none: all wait, or what follows
    /// was seen.
    fn begin_at(&mut self, mut node: Node) -> bool {
        let Some(chosen) = node.untried(&node.eligible) else {
            self.redundant = node.eligible.iter().any(|thread| node.is_able(*thread));
            return false;
        };
        node.chosen = chosen;
        node.want(chosen);
        self.path.push(node);
        true
    }

    /// The step chosen last has been made.
    pub fn book(&mut self, touched: Footprint) {
        let Some(at) = self.running.take() else { return };
        let Some(node) = self.path.get_mut(at) else { return };
        if !touched.idle {
            node.touched.get_or_insert(touched);
            return;
        }
        // It was none; the path ends before it, and somebody else makes it.
        let waits = node.chosen;
        self.looks.push(Look { at, thread: waits, touched: touched.clone() });
        node.sleep.push((waits, touched));
        node.wanted.retain(|wanted| *wanted != waits);
        self.depth = at;
        if let Some(next) = node.untried(&node.wanted) {
            node.chosen = next;
        } else if !node.wanted.is_empty() {
            self.redundant = true;
        } else if let Some(node) = self.path.pop() {
            self.begin_at(node);
        }
    }

    /// Turns to the next order; false when there is none.
    pub fn next_order(&mut self, touched: Footprint) -> bool {
        self.book(touched);
        self.redundant = false;
        self.races();
        while let Some(node) = self.path.last_mut() {
            // A step that turned out to be none is among the sleepers.
            if let Some(touched) = node.touched.take() {
                node.sleep.push((node.chosen, touched));
            }
            if let Some(next) = node.untried(&node.wanted) {
                node.chosen = next;
                self.fresh = self.path.len() - 1;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// Looks for races in what is new of the order that was run, and has another thread go first where each began.
    fn races(&mut self) {
        let looks = std::mem::take(&mut self.looks);
        for at in self.fresh..=self.path.len() {
            for look in looks.iter().filter(|look| look.at == at) {
                self.race(at, look.thread, &look.touched);
            }
            let Some(node) = self.path.get(at) else { return };
            let Some(touched) = node.touched.clone() else { return };
            let (thread, mut clock) = (node.chosen, self.race(at, node.chosen, &touched));
            clock.raise(thread, at + 1);
            self.path[at].clock = clock;
        }
    }

    /// Reverses the races of a step at `at`; gives what must come before it.
    fn race(&mut self, at: usize, thread: usize, touched: &Footprint) -> Clock {
        let own = self.path[..at].iter().rposition(|node| node.chosen == thread);
        let mut clock = own.map(|own| self.path[own].clock.clone()).unwrap_or_default();
        // The step that ended its waiting cannot come later.
        let since = own.map_or(0, |own| own + 1);
        if let Some(waker) = (since..at).rfind(|step| !self.path[*step].is_able(thread)) {
            clock.merge(&self.path[waker].clock);
        }
        let mut raced = Vec::new();
        for (before, node) in self.path[..at].iter().enumerate().rev() {
            let other = node.chosen;
            if other != thread && !clock.is_behind(before, other) && node.conflicts(touched) {
                clock.merge(&node.clock);
                raced.push(before);
            }
        }
        for before in raced {
            if let Some(first) = self.first_instead(before, at, (thread, &clock)) {
                self.path[before].want(first);
            }
        }
        clock
    }

    /// Who goes first at `before` so that the step at `at` may come before that one; none when somebody does already.
    fn first_instead(&self, before: usize, at: usize, last: (usize, &Clock)) -> Option<usize> {
        let node = &self.path[before];
        let between = (before + 1..at).map(|step| (step, self.path[step].chosen, &self.path[step].clock));
        // All that need not come behind the step at `before`; and of those, who may be the first.
        let (mut steps, mut leaders) = (Vec::new(), Vec::new());
        for (step, thread, clock) in
            between.filter(|(.., clock)| !clock.is_behind(before, node.chosen)).chain([(at, last.0, last.1)])
        {
            if !steps.iter().any(|(other, by)| clock.is_behind(*other, *by)) {
                leaders.push(thread);
            }
            steps.push((step, thread));
        }
        let is_led = leaders.iter().any(|leader| node.wanted.contains(leader) || node.is_asleep(*leader));
        leaders.first().copied().filter(|_| !is_led)
    }
}
