//! All matches of a pattern in a text, leftmost first with the preferences of a backtracking search, in bounded steps
//! and in time linear in the text for all matches together.
//!
//! Threads advance over the text in lockstep (Pike's machine). Looking for one match after the other would read the text
//! behind a match again whenever a preferred, longer alternative had to be ruled out first. Here the next search starts
//! at once behind a match that is still *uncertain*, with threads of lower preference: when a preferred thread matches
//! after all, the uncertain match and all behind it are dropped; when the last preferred thread dies, the match is
//! certain. A state is kept once, for the most preferred thread in it, however many searches are under way: what it
//! will do depends on the text to come alone. So a byte costs a small multiple of the automaton's size at most.
//!
//! Matches do not overlap, and an empty one directly behind another is passed over. It still rules out what it is
//! preferred to: `[ab]*|é` finds nothing at the `é` of `aé`, because the empty match comes first there.

use super::Pattern;
use super::threads::{Thread, Threads};
use crate::base::guard::{Guard, off};
use crate::value::Memory;
use crate::value::stop::Outcome;
use regex_automata::nfa::thompson::State;
use regex_automata::util::primitives::StateID;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a step of a search comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A match, `start..end` in bytes.
    Match(usize, usize),
    /// No further match.
    End,
    /// The work is used up; ask again.
    Paused,
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    pattern: Arc<Pattern>,
    /// Stop at the first match of any kind, whatever its bounds?
    any: bool,
    threads: Threads,
    next: Threads,
    /// What a start behind a match has visited.
    visited: Threads,
    /// States to be visited while one is followed to what it reaches without reading.
    closing: Vec<StateID>,
    /// Matches that a preferred thread may still replace, in order.
    uncertain: VecDeque<(usize, usize)>,
    /// How many matches are certain.
    certain: usize,
    /// Where the last certain match ended.
    last_end: Option<usize>,
    /// The byte that is read next.
    at: usize,
    /// Is `threads` complete for `at`?
    over: bool,
    charged: usize,
}

impl Search {
    /// Charges and makes what a search of this pattern needs; whoever drops it releases what it [held](Self::held).
    pub fn new(pattern: Arc<Pattern>, any: bool, memory: &mut Memory) -> Outcome<Self> {
        let states = pattern.automaton.states().len();
        let closing = states.saturating_mul(size_of::<StateID>()).saturating_mul(2);
        let bytes = Threads::bytes(states).saturating_mul(3).saturating_add(closing);
        // A pattern that nobody else holds is charged here; one that a value holds is charged with its object.
        let own = if Arc::strong_count(&pattern) == 1 { pattern.bytes } else { 0 };
        let charged = bytes.saturating_add(own);
        memory.charge(charged)?;
        Ok(Self {
            any,
            threads: Threads::new(states),
            next: Threads::new(states),
            visited: Threads::new(states),
            closing: Vec::with_capacity(states),
            uncertain: VecDeque::new(),
            certain: 0,
            last_end: None,
            at: 0,
            over: false,
            charged,
            pattern,
        })
    }

    /// Bytes charged for it.
    pub const fn held(&self) -> usize {
        self.charged
    }

    /// Goes on for about so much `work`, which is used up. After [`crate::value::Stop::Collect`] nothing is lost: ask
    /// again with the same text.
    pub fn next(&mut self, content: &str, memory: &mut Memory, work: &mut usize) -> Outcome<Hit> {
        loop {
            let settled = self.threads.as_slice().first().is_none_or(|first| first.rank > self.certain);
            if (settled || self.any)
                && let Some((start, end)) = self.uncertain.pop_front()
            {
                self.certain = self.certain.saturating_add(1);
                self.last_end = Some(end);
                return Ok(Hit::Match(start, end));
            }
            if self.over {
                return Ok(Hit::End);
            }
            if *work == 0 {
                return Ok(Hit::Paused);
            }
            self.reserve(memory)?;
            let cost = self.advance(content);
            *work = work.saturating_sub(cost);
        }
    }

    /// Room for one more uncertain match.
    fn reserve(&mut self, memory: &mut Memory) -> Outcome<()> {
        if self.uncertain.len() < self.uncertain.capacity() {
            return Ok(());
        }
        let more = self.uncertain.capacity().max(8);
        let bytes = more.saturating_mul(size_of::<(usize, usize)>());
        memory.charge(bytes)?;
        self.charged = self.charged.saturating_add(bytes);
        self.uncertain.reserve_exact(more);
        Ok(())
    }

    /// Completes the threads at `at` by a new start, then reads one byte; gives the work that it took.
    fn advance(&mut self, content: &str) -> usize {
        let mut work = self.skip(content);
        if self.may_start(content) {
            work = work.saturating_add(self.start(content));
        }
        let Some(&byte) = content.as_bytes().get(self.at) else {
            // Every thread that is left would have to read on.
            self.over = true;
            self.threads.clear();
            return work;
        };
        self.at = self.at.saturating_add(1);
        self.next.clear();
        for place in 0..self.threads.as_slice().len() {
            let Some(&thread) = self.threads.as_slice().get(place) else { break };
            work = work.saturating_add(1);
            if let Some(state) = self.target(thread.state, byte)
                && self.follow(Thread { state, ..thread }, false, content, &mut work)
            {
                break;
            }
        }
        std::mem::swap(&mut self.threads, &mut self.next);
        work
    }

    /// Can a match start at `at`, going by its first byte?
    fn may_start(&self, content: &str) -> bool {
        let Some(starts) = &self.pattern.starts else { return content.is_char_boundary(self.at) };
        let byte = content.as_bytes().get(self.at);
        byte.and_then(|&byte| starts.get(usize::from(byte)).copied()).unwrap_or(false)
            && content.is_char_boundary(self.at)
    }

    /// With no thread alive: passes over bytes that no match starts with.
    fn skip(&mut self, content: &str) -> usize {
        const SKIP_BYTES: usize = 16 << 10;
        let Some(starts) = self.pattern.starts.as_ref().filter(|_| self.threads.as_slice().is_empty()) else {
            return 0;
        };
        let rest = content.as_bytes().get(self.at..).unwrap_or_default();
        let mut stretch = rest.iter().take(SKIP_BYTES);
        let found = stretch.position(|&byte| starts.get(usize::from(byte)).copied().unwrap_or(false));
        let skipped = found.unwrap_or(rest.len().min(SKIP_BYTES));
        self.at = self.at.saturating_add(skipped);
        skipped / 8
    }

    /// A match may start at `at`, as the least preferred; matches found there start further searches.
    fn start(&mut self, content: &str) -> usize {
        let mut work = 0;
        // `follow` adds to `next`; the threads of this position go there and back.
        std::mem::swap(&mut self.threads, &mut self.next);
        loop {
            let rank = self.certain.saturating_add(self.uncertain.len());
            let before = self.uncertain.len();
            let state = self.pattern.automaton.start_anchored();
            // What matched here has visited states that this start comes to as well: going no further at those, it would
            // miss its own empty match, and follow what that one rules out.
            let behind = self.previous_end() == Some(self.at) && !off(Guard::SearchBehind);
            self.follow(Thread { state, start: self.at, rank }, behind, content, &mut work);
            if self.uncertain.len() == before || self.any {
                break;
            }
        }
        std::mem::swap(&mut self.threads, &mut self.next);
        work
    }

    /// Where a state goes with a byte.
    fn target(&self, state: StateID, byte: u8) -> Option<StateID> {
        match self.pattern.automaton.state(state) {
            State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
            State::Sparse(sparse) => sparse.matches_byte(byte),
            State::Dense(dense) => dense.matches_byte(byte),
            _ => None,
        }
    }

    /// Adds what a thread reaches without reading, the preferred first, at the position `at`; with `through`, also goes
    /// through states that are there already. True when it matched: what comes after it is less preferred and must not
    /// be added.
    fn follow(&mut self, thread: Thread, through: bool, content: &str, work: &mut usize) -> bool {
        let automaton = &self.pattern.automaton;
        self.visited.clear();
        self.closing.clear();
        self.closing.push(thread.state);
        while let Some(state) = self.closing.pop() {
            *work = work.saturating_add(1);
            if let State::Match { .. } = automaton.state(state) {
                self.accept(thread);
                return true;
            }
            let reached = Thread { state, ..thread };
            let fresh = self.next.insert(reached);
            if !(if through { self.visited.insert(reached) } else { fresh }) {
                continue;
            }
            match automaton.state(state) {
                State::Look { look, next } => {
                    if automaton.look_matcher().matches(*look, content.as_bytes(), self.at) {
                        self.closing.push(*next);
                    }
                }
                State::Capture { next, .. } => self.closing.push(*next),
                State::Union { alternates } => {
                    *work = work.saturating_add(alternates.len());
                    self.closing.extend(alternates.iter().rev());
                }
                State::BinaryUnion { alt1, alt2 } => self.closing.extend([*alt2, *alt1]),
                State::ByteRange { .. }
                | State::Sparse(_)
                | State::Dense(_)
                | State::Fail
                | State::Match { .. } => {}
            }
        }
        false
    }

    /// A thread matched up to `at`: it replaces what is less preferred.
    fn accept(&mut self, thread: Thread) {
        let before = thread.rank.saturating_sub(self.certain);
        self.uncertain.truncate(before);
        if thread.start < self.at || self.previous_end() != Some(self.at) {
            self.uncertain.push_back((thread.start, self.at));
        }
    }

    /// Where the last match so far ended.
    fn previous_end(&self) -> Option<usize> {
        self.uncertain.back().map(|&(_, end)| end).or(self.last_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Pool;
    use proptest::prelude::*;

    /// All matches, with so much work a step, and all the work that it took.
    fn found(source: &str, content: &str, step: usize) -> (Vec<(usize, usize)>, usize) {
        let mut memory = Memory::new(64 << 20, Pool::new(1 << 30));
        let pattern = Arc::new(Pattern::compile(source, "").unwrap());
        let mut search = Search::new(pattern, false, &mut memory).unwrap();
        let (mut found, mut spent) = (Vec::new(), 0);
        loop {
            let mut work = step;
            let hit = search.next(content, &mut memory, &mut work).unwrap();
            spent += step - work;
            match hit {
                Hit::Match(start, end) => found.push((start, end)),
                Hit::Paused => {}
                Hit::End => break,
            }
        }
        assert_eq!(memory.used(), search.held());
        (found, spent)
    }

    fn expected(source: &str, content: &str) -> Vec<(usize, usize)> {
        let regex = regex_automata::meta::Regex::new(source).unwrap();
        regex.find_iter(content).map(|found| (found.start(), found.end())).collect()
    }

    #[test]
    fn preferences_are_those_of_a_backtracking_search() {
        for source in [
            "",
            "a",
            "a|ab",
            "ab|a",
            "a*",
            "a*?",
            "(a|ab)(c|bcd)*",
            "|a",
            "a|",
            "a+b|",
            "a+b|a",
            ".*b|a",
            "(?s).*?c|a",
            r"\b",
            r"\B",
            r"\b\w+\b",
            "^",
            "$",
            "^a|b$",
            "(?m)^.*$",
            "é|漢.",
            r"\w",
            "[^a]",
            "(a*)*",
            "(a|b)*?c",
            "x*",
            "[ab]*|é",
            r"[ab]*|\b?é",
            "(a|)(b|)|é",
            "a*?|b",
        ] {
            for content in
                ["", "a", "ab", "aab", "aaab", "abcd", "aaac aab", "é漢aé b", "ab\nba\n", "🎉a漢🎉b"]
            {
                assert_eq!(
                    found(source, content, 1).0,
                    expected(source, content),
                    "/{source}/ in {content:?}"
                );
            }
        }
    }

    #[test]
    fn x_22_all_matches_together_take_linear_time() {
        // Each match is certain only when the text is over: looking for them in turn would be quadratic.
        for source in [".*[^A-Z]|[A-Z]", "(?s)A.*z|A", "(A+A+)+z|A", "A{0,50}z|A"] {
            let work = |size: usize| found(source, &"A".repeat(size), 1 << 30).1;
            let (once, twice) = (work(1000), work(2000));
            assert!(twice * 2 <= once * 5, "/{source}/: {once} then {twice}");
        }
    }

    /// Well-formed patterns, of every construct that has a preference or looks around itself.
    fn patterns() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec!["", "a", "b", "é", ".", "[ab]", r"\w", r"\b", r"\B", "^", "$"]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
            let repeat = prop::sample::select(vec!["*", "+", "?", "{1,2}", "*?", "+?", "??"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join("|"))),
                (inner, repeat).prop_map(|(part, repeat)| format!("(?:{part}){repeat}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn matches_equal_those_of_the_regex_library(source in patterns(), content in "[abé \n]{0,16}") {
            prop_assert_eq!(found(&source, &content, 1).0, expected(&source, &content));
        }
    }
}
