//! Branches and errors: `if`, conditionals, `try`, and control blocks in every mode.

use super::body::{Dest, is_output};
use super::frame::Reg;
use super::program::Compiler;
use super::state::State;
use crate::syntax::tree::{Block, Conditional, Control, ControlKind, Expr, If, Mode, TryCatch};

impl<'a> Compiler<'a> {
    /// `if … else if … else`.
    #[inline(never)]
    pub fn if_value(&mut self, tree: &'a If, dest: Dest) {
        let arms = tree.arms.iter().map(|arm| (&arm.condition, &arm.branch));
        self.branches(arms, tree.otherwise.as_ref(), dest, Self::branch);
    }

    /// `c ? a : b`.
    #[inline(never)]
    pub fn conditional(&mut self, tree: &'a Conditional, dest: Dest) {
        let arms = tree.arms.iter().map(|(condition, value)| (condition, value));
        self.branches(arms, Some(&tree.otherwise), dest, Self::value);
    }

    /// Conditions tried in order, and what runs under the first that holds.
    fn branches<T: Copy>(
        &mut self,
        arms: impl ExactSizeIterator<Item = (&'a Expr, T)>,
        otherwise: Option<T>,
        dest: Dest,
        run: impl Fn(&mut Self, T, Dest),
    ) {
        let end = self.frame.label();
        let mut joined = State::nowhere();
        let last = arms.len().saturating_sub(1);
        let falls_through = otherwise.is_none() && matches!(dest, Dest::Drop | Dest::Part(_));
        for (at, (condition, branch)) in arms.enumerate() {
            let next = self.frame.label();
            let mark = self.frame.mark();
            self.jump_when(condition, false, next);
            let mut missed = self.frame.state.clone();
            missed.reachable = self.frame.is_used(next);
            run(self, branch, dest);
            joined.meet(&self.frame.state);
            if !(at == last && falls_through) {
                self.frame.jump(end);
            }
            self.frame.release(mark);
            self.frame.state = missed;
            self.frame.bind(next);
        }
        match otherwise {
            Some(branch) => run(self, branch, dest),
            None => self.none(dest),
        }
        self.frame.state.meet(&joined);
        self.frame.bind(end);
    }

    /// `try operand`: its value, or the error it raised.
    #[inline(never)]
    pub fn try_value(&mut self, inner: &'a Expr, dst: Reg) {
        let start = self.frame.here();
        let mut before = self.frame.state.clone();
        self.expr_to(inner, dst);
        let end = self.frame.label();
        before.reachable = self.frame.protect(start, end, dst);
        self.frame.bind(end);
        self.frame.state.meet(&before);
    }

    /// `try { … } catch name { … }`.
    #[inline(never)]
    pub fn try_catch(&mut self, tree: &'a TryCatch, dest: Dest) {
        let mark = self.frame.mark();
        let start = self.frame.here();
        let mut before = self.frame.state.clone();
        self.body(&tree.body, dest);
        let (handler, end) = (self.frame.label(), self.frame.label());
        let error = self.frame.temp();
        before.reachable = self.frame.protect(start, handler, error);
        let joined = self.frame.state.clone();
        self.frame.jump(end);
        self.frame.state = before;
        self.frame.bind(handler);
        if let Some(name) = &tree.name {
            self.frame.span = name.span;
            self.bind_name(name, error);
        }
        self.body(&tree.handler, dest);
        self.frame.state.meet(&joined);
        self.frame.bind(end);
        self.frame.release(mark);
    }

    /// A control block: its bodies hold statements, or text in a text.
    #[inline(never)]
    pub fn control(&mut self, control: &'a Control, dest: Dest) {
        let puts_out = match control.mode {
            Mode::Code => puts_out(control),
            Mode::Content | Mode::Text => true,
        };
        let list = match dest {
            Dest::To(_) | Dest::Return if puts_out && !matches!(control.kind, ControlKind::Braced(_)) => {
                let list = self.frame.temp();
                self.new_parts(list);
                Some(list)
            }
            _ => None,
        };
        let inner = match (list, dest) {
            (Some(list), _) => Dest::Part(list),
            (None, Dest::Part(_)) if !puts_out && is_loop(control) => Dest::Drop,
            (None, Dest::To(_) | Dest::Return) if is_loop(control) => Dest::Drop,
            (None, _) => dest,
        };
        match &control.kind {
            ControlKind::If { arms, otherwise } => {
                let arms = arms.iter().map(|arm| (&arm.condition, &arm.body));
                self.branches(arms, otherwise.as_ref(), inner, Self::block);
            }
            ControlKind::For { head, body } | ControlKind::Each { head, body } => {
                self.for_loop(head, &|this| this.block(body, inner));
            }
            ControlKind::While { condition, body } => {
                self.while_loop(condition, &|this| this.block(body, inner));
            }
            ControlKind::Braced(body) => self.body(body, inner),
        }
        match list {
            Some(list) if control.mode == Mode::Text => self.joined(list, dest),
            Some(list) => self.rendered(list, dest),
            None if is_loop(control) => self.none(dest),
            None => {}
        }
    }

    fn block(&mut self, block: &'a Block, dest: Dest) {
        match block {
            Block::Code(body) => self.body(body, dest),
            Block::Text(parts) => self.text_parts(parts, dest),
            Block::Content(content) => self.element(content.span),
        }
    }
}

const fn is_loop(control: &Control) -> bool {
    matches!(control.kind, ControlKind::For { .. } | ControlKind::Each { .. } | ControlKind::While { .. })
}

fn puts_out(control: &Control) -> bool {
    let block = |block: &Block| match block {
        Block::Code(body) => body.stmts.iter().any(is_output),
        Block::Content(_) => true,
        Block::Text(_) => false,
    };
    match &control.kind {
        ControlKind::If { .. } | ControlKind::Braced(_) => false,
        ControlKind::For { body, .. } | ControlKind::Each { body, .. } | ControlKind::While { body, .. } => {
            block(body)
        }
    }
}
