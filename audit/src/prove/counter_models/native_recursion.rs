//! An evaluator whose built-in `map` calls back into it natively: each level of the program's recursion is a level of
//! the native stack, and a call limit generous enough for programs is too generous for the stack.

use crate::harness::Channel;
use std::hint::black_box;

/// The program `fn f(x) { [x].map(f) }`, as a tree.
enum Node {
    /// Calls function number so many with the argument.
    Call(usize),
    /// Maps function number so many over a list of one.
    Map(usize),
}

struct Machine {
    functions: Vec<Node>,
    depth: u64,
    depth_max: u64,
}

impl Machine {
    fn call(&mut self, function: usize, argument: &[u64]) -> Result<Vec<u64>, &'static str> {
        if self.depth == self.depth_max {
            return Err("call depth exceeded");
        }
        self.depth += 1;
        let result = match self.functions[function] {
            Node::Call(next) => self.call(next, argument),
            Node::Map(next) => self.map(next, argument),
        };
        self.depth -= 1;
        result
    }

    fn map(&mut self, function: usize, list: &[u64]) -> Result<Vec<u64>, &'static str> {
        let mut mapped = Vec::new();
        for item in list {
            mapped.extend(self.call(function, &[black_box(*item)])?);
        }
        Ok(mapped)
    }
}

/// Recursion without a base case through `map`, under a limit that a setting allows.
pub fn run(channel: &mut Channel) {
    channel.trying("fn f(x) { [x].map(f) } f(1), evaluated natively");
    let mut machine =
        Machine { functions: vec![Node::Call(1), Node::Map(0)], depth: 0, depth_max: 1_000_000 };
    if let Ok(result) = machine.call(0, &[1]) {
        channel.wrong("f(1)", "an error", format_args!("{result:?}"));
    }
}
