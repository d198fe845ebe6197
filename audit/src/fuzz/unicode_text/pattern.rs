//! A pattern out of choices, looked for in a text by the machine's search and by an obvious one.
//!
//! Oracle: the same matches, also when the search is stopped at every byte, in steps that are linear in the text.

use crate::generate::Choices;
use crate::oracle::regex::{Pattern, TIMES};
use flin_runtime::value::pattern::search::{Hit, Search};
use flin_runtime::value::{self, Memory, Pool};
use std::sync::Arc;

/// Parts inside each other.
const DEPTH_MAX: usize = 5;

/// Looks for what the choices make of these characters.
pub fn judge(choices: &mut Choices<'_>, chars: &[char], text: &str) {
    let made = pattern(choices, chars, DEPTH_MAX);
    let source = made.to_string();
    let compiled = match value::Pattern::compile(&source, "") {
        Ok(compiled) => Arc::new(compiled),
        Err(why) => panic!("/{source}/ should compile: {why}"),
    };
    let (found, work) = search(&compiled, text, usize::MAX, false);
    assert!(search(&compiled, text, 1, false).0 == found, "/{source}/ in {text:?} should survive a pause");
    let is_there = !search(&compiled, text, usize::MAX, true).0.is_empty();
    assert!(is_there != found.is_empty(), "/{source}/ in {text:?} should be there: {found:?}");
    // Of a state an automaton keeps more bytes than a search takes steps at it, for each byte of a text and its end.
    let work_max = compiled.bytes * (text.len() + 1);
    assert!(work <= work_max, "/{source}/ in {text:?} takes {work} steps, should be {work_max}");
    if let Some(expected) = made.find_all(text) {
        assert!(found == expected, "/{source}/ in {text:?} is {found:?}, should be {expected:?}");
    }
}

fn pattern(choices: &mut Choices<'_>, chars: &[char], depth: usize) -> Pattern {
    let form = choices.below(if depth == 0 { 5 } else { 10 });
    let mut inner = || Box::new(pattern(choices, chars, depth - 1));
    match form {
        0 => Pattern::Empty,
        1 | 2 => Pattern::Char(choices.pick(chars)),
        3 => Pattern::Any,
        4 => Pattern::Boundary,
        5 | 6 => Pattern::Both(inner(), inner()),
        7 => Pattern::Either(inner(), inner()),
        _ => {
            let what = inner();
            let times = choices.pick(&TIMES);
            if what.may_be_empty() { *what } else { Pattern::Repeat(what, times) }
        }
    }
}

/// The matches, or the first of any, with so much work a step; and all the work.
fn search(pattern: &Arc<value::Pattern>, text: &str, step: usize, any: bool) -> (Vec<(usize, usize)>, usize) {
    let mut memory = Memory::new(1 << 20, Pool::new(1 << 24));
    let Ok(mut search) = Search::new(Arc::clone(pattern), any, &mut memory) else {
        panic!("there should be room for a search")
    };
    let (mut found, mut spent) = (Vec::new(), 0);
    loop {
        let mut work = step;
        let hit = search.next(text, &mut memory, &mut work);
        spent += step - work;
        match hit {
            Ok(Hit::Match(start, end)) => found.push((start, end)),
            Ok(Hit::Paused) => {}
            Ok(Hit::End) => break,
            Err(stop) => panic!("there should be room for matches: {stop:?}"),
        }
        if any && !found.is_empty() {
            break;
        }
    }
    assert!(memory.used() == search.held(), "what a search charged should be what it holds");
    (found, spent)
}
