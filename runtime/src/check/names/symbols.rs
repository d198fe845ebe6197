//! What is visible at one place of a file: a stack of meanings for each name.
//!
//! Invariant: below a variable of kind `Assigned` there is none of its name, because an assignment creates a variable
//! only where no enclosing scope has one. So a name has at most one such meaning, the outermost.

use super::{VarId, VariableKind};
use crate::syntax::tree::NodeId;
use std::collections::HashMap;

/// What a name of the file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A variable, and how it is bound.
    Variable(VarId, VariableKind),
    /// A declared function.
    Function(NodeId),
}

/// A meaning and the unit of code that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it stands for.
    pub meaning: Meaning,
    /// Code of another unit captures it.
    pub unit: u32,
}

/// An entry and how many blocks were open when it was added.
#[derive(Clone, Copy, Debug)]
struct Placed {
    entry: Entry,
    depth: usize,
}

/// The names visible here.
#[derive(Debug, Default)]
pub struct Symbols<'t> {
    stacks: HashMap<&'t str, Vec<Placed>>,
    order: Vec<&'t str>,
    marks: Vec<usize>,
}

impl<'t> Symbols<'t> {
    /// From here on names are new.
    pub fn open(&mut self) {
        self.marks.push(self.order.len());
    }

    /// Forgets what was added since the matching [`open`](Self::open).
    pub fn close(&mut self) {
        let mark = self.marks.pop().unwrap_or_default();
        for name in self.order.drain(mark..) {
            if let Some(stack) = self.stacks.get_mut(name) {
                stack.pop();
            }
        }
    }

    /// Makes a name visible.
    pub fn add(&mut self, name: &'t str, entry: Entry) {
        self.stacks.entry(name).or_default().push(Placed { entry, depth: self.marks.len() });
        self.order.push(name);
    }

    /// The innermost meaning.
    pub fn innermost(&self, name: &str) -> Option<Entry> {
        self.stacks.get(name).and_then(|stack| stack.last()).map(|placed| placed.entry)
    }

    /// The meaning that was added since the last [`open`](Self::open), if one was.
    pub fn in_this_block(&self, name: &str) -> Option<Entry> {
        let placed = self.stacks.get(name)?.last()?;
        if placed.depth == self.marks.len() { Some(placed.entry) } else { None }
    }

    /// All meanings, innermost first.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Entry> + use<'t, '_> {
        self.stacks.get(name).into_iter().flatten().rev().map(|placed| placed.entry)
    }

    /// Every name that is visible, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &'t str> + use<'t, '_> {
        self.order.iter().copied()
    }
}
