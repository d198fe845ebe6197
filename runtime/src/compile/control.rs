//! Branches and errors: `if`, conditionals, `try`, and control blocks in every mode.

use super::body::{Dest, Form, Sink, is_output};
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
        let falls_through = otherwise.is_none() && matches!(dest, Dest::Drop | Dest::Put(_));
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

    /// The same wherever its value goes: nothing is put out before it is certain.
    pub fn try_catch_value(&mut self, tree: &'a TryCatch, dest: Dest) {
        if !matches!(dest, Dest::Put(_)) {
            return self.try_catch(tree, dest);
        }
        let mark = self.frame.mark();
        let value = self.frame.temp();
        self.try_catch(tree, Dest::To(value));
        self.give(value, dest);
        self.frame.release(mark);
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

    /// A control block: its bodies hold statements, content, or text in a text.
    #[inline(never)]
    pub fn control(&mut self, control: &'a Control, dest: Dest) {
        if let ControlKind::Braced(body) = &control.kind {
            return self.body(body, dest);
        }
        let puts_out = match control.mode {
            Mode::Code => puts_out(control),
            Mode::Content | Mode::Text => true,
        };
        match (control.mode, dest) {
            (_, Dest::Drop) => self.arms(control, dest),
            (Mode::Text, Dest::Put(_)) => self.arms(control, dest),
            (Mode::Text, Dest::To(_) | Dest::Return) => {
                let mark = self.frame.mark();
                let markup = self.frame.temp();
                let inner = Dest::Put(Sink { markup, form: Form::Text });
                self.gather(markup, |this| this.arms(control, inner));
                self.gathered(markup, true, dest);
                self.frame.release(mark);
            }
            (Mode::Code | Mode::Content, _) if puts_out => {
                self.viewed(dest, |this, inner| this.arms(control, inner));
            }
            (Mode::Code | Mode::Content, _) if is_loop(control) => {
                self.arms(control, Dest::Drop);
                self.none(dest);
            }
            (Mode::Code | Mode::Content, _) => self.arms(control, dest),
        }
    }

    /// The bodies of a control block, each to the same place.
    fn arms(&mut self, control: &'a Control, dest: Dest) {
        if let Dest::Put(sink) = dest {
            self.put_pending(sink.markup);
        }
        match &control.kind {
            ControlKind::If { arms, otherwise } => {
                let arms = arms.iter().map(|arm| (&arm.condition, &arm.body));
                self.branches(arms, otherwise.as_ref(), dest, Self::block);
            }
            ControlKind::For { head, body } | ControlKind::Each { head, body } => {
                self.for_loop(head, &|this| this.block(body, dest));
            }
            ControlKind::While { condition, body } => {
                self.while_loop(condition, &|this| this.block(body, dest));
            }
            ControlKind::Braced(body) => self.body(body, dest),
        }
    }

    fn block(&mut self, block: &'a Block, dest: Dest) {
        match block {
            Block::Code(body) => self.body(body, dest),
            Block::Text(parts) => {
                self.text_parts(parts, dest);
                if let Dest::Put(sink) = dest {
                    self.put_pending(sink.markup);
                }
            }
            Block::Content(content) => self.content_value(content, dest),
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
