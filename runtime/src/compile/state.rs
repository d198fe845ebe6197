//! What is known at a point of the code: can control come here, and which variables are certainly set.
//!
//! A variable that is set stays set, so a loop's back edge brings nothing new and one pass suffices.

use crate::check::names::VarId;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Can control come here?
    pub reachable: bool,
    set: Vec<u64>,
}

impl Default for State {
    fn default() -> Self {
        Self { reachable: true, set: Vec::new() }
    }
}

fn place(variable: VarId) -> (usize, u64) {
    let at = crate::base::span::to_usize(variable.0);
    (at >> 6, 1 << (at & 63))
}

impl State {
    /// Where control never comes: the start of a meeting of ways.
    pub fn nowhere() -> Self {
        Self { reachable: false, set: Vec::new() }
    }

    /// Is the variable certainly set?
    pub fn is_set(&self, variable: VarId) -> bool {
        let (word, bit) = place(variable);
        self.set.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The variable is set from here on.
    pub fn set(&mut self, variable: VarId) {
        let (word, bit) = place(variable);
        if self.set.len() <= word {
            self.set.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.set.get_mut(word) {
            *word |= bit;
        }
    }

    /// Takes over what another state says of variables.
    pub fn set_like(&mut self, other: &Self) {
        self.set.clone_from(&other.set);
    }

    /// What is known where control comes from here or from there.
    pub fn meet(&mut self, other: &Self) {
        if !other.reachable {
            return;
        }
        if !self.reachable {
            self.clone_from(other);
            return;
        }
        self.set.truncate(other.set.len());
        for (mine, others) in self.set.iter_mut().zip(&other.set) {
            *mine &= others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_ways_set_is_set_where_they_meet() {
        let (a, b) = (VarId(3), VarId(200));
        let mut here = State::default();
        here.set(a);
        here.set(b);
        let mut there = State::default();
        there.set(a);
        here.meet(&there);
        assert!(here.is_set(a) && !here.is_set(b));
        here.meet(&State::nowhere());
        assert!(here.is_set(a), "a way that control never takes says nothing");
    }
}
