//! A tree as indented lines, one node a line, without ids and places: what golden tests show, and what tells whether two
//! sources mean the same.

mod expr;
mod part;
mod stmt;

use super::{Body, File};
use std::fmt::{Display, Write as _};

/// The whole tree as text. Equal dumps mean equal trees up to ids, places and comments.
pub fn dump(file: &File) -> String {
    let mut dump = Dump { out: String::new(), depth: 0 };
    dump.body(&file.body);
    dump.out
}

/// Do two trees differ in ids, places and comments only?
pub fn same_shape(a: &File, b: &File) -> bool {
    dump(a) == dump(b)
}

struct Dump {
    out: String,
    depth: usize,
}

impl Dump {
    /// A node without children.
    fn line(&mut self, text: impl Display) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        let _ = writeln!(self.out, "{text}");
    }

    /// A node with children.
    fn node(&mut self, text: impl Display, children: impl FnOnce(&mut Self)) {
        self.line(text);
        self.depth = self.depth.saturating_add(1);
        children(self);
        self.depth = self.depth.saturating_sub(1);
    }

    fn body(&mut self, body: &Body) {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
    }
}
