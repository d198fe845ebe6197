//! Elements and their content: static markup is put together here, once; what is computed goes into the same markup at run
//! time, however deep elements nest.
//!
//! Markup that is known waits in [`Frame::pending`](super::frame::Frame) and goes out before whatever comes next: before
//! a value, and wherever control may part or meet.

use super::body::{Dest, Form, Sink};
use super::frame::Reg;
use super::program::Compiler;
use crate::base::Span;
use crate::base::span::to_u32;
use crate::check::walk::{Visit, walk_element};
use crate::code::op::Op;
use crate::syntax::tree::{
    Content, ContentPart, Element, ElementKind, Expr, Function, Jump, Name, Tag, Tagged,
};
use crate::value::markup::name::is_void;

impl<'a> Compiler<'a> {
    /// An element as a value, or into markup.
    pub fn element(&mut self, element: &'a Element, dest: Dest) {
        self.viewed(dest, |this, inner| {
            if let Dest::Put(Sink { markup, .. }) = inner {
                this.element_into(element, markup);
                this.put_pending(markup);
            }
        });
    }

    /// Content as a value, or into markup.
    pub fn content_value(&mut self, content: &'a Content, dest: Dest) {
        self.viewed(dest, |this, inner| {
            if let Dest::Put(Sink { markup, .. }) = inner {
                this.content(content, markup);
                this.put_pending(markup);
            }
        });
    }

    /// Adds markup that is known.
    pub fn known(&mut self, parts: &[&str]) {
        self.frame.pending.extend(parts.iter().copied());
    }

    /// Puts out the markup that is known so far.
    pub fn put_pending(&mut self, markup: Reg) {
        if self.frame.pending.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.frame.pending);
        let constant = self.tables.text(&text.into());
        self.frame.emit(Op::PutText { markup, constant });
    }

    /// Puts a value out.
    pub fn put(&mut self, sink: Sink, src: Reg) {
        let Sink { markup, form } = sink;
        self.put_pending(markup);
        self.frame.emit(match form {
            Form::Content => Op::PutValue { markup, src },
            Form::Attribute => Op::PutPart { markup, src, escaped: true },
            Form::Text => Op::PutPart { markup, src, escaped: false },
        });
    }

    /// Markup of its own in the register, and all that `run` puts into it. What waits for other markup goes on waiting.
    pub fn gather(&mut self, markup: Reg, run: impl FnOnce(&mut Self)) {
        let pending = std::mem::take(&mut self.frame.pending);
        self.frame.emit(Op::NewMarkup { dst: markup });
        run(self);
        self.put_pending(markup);
        self.frame.pending = pending;
    }

    /// Yields what was gathered, as a view or a text.
    pub fn gathered(&mut self, markup: Reg, text: bool, dest: Dest) {
        match dest {
            Dest::Drop => {}
            Dest::To(dst) => self.frame.emit(Op::TakeMarkup { dst, markup, text }),
            Dest::Return | Dest::Put(_) => {
                self.frame.emit(Op::TakeMarkup { dst: markup, markup, text });
                self.give(markup, dest);
            }
        }
    }

    /// An element into markup. One that a jump may leave half done is put together apart.
    #[inline(never)]
    pub(super) fn element_into(&mut self, element: &'a Element, markup: Reg) {
        if self.frame.whole || self.frame.loops.is_empty() {
            return self.element_parts(element, markup);
        }
        self.frame.whole = true;
        if jumps_out(element) {
            let mark = self.frame.mark();
            let own = self.frame.temp();
            self.put_pending(markup);
            self.gather(own, |this| this.element_parts(element, own));
            self.gathered(own, false, Dest::Put(Sink::content(markup)));
            self.frame.release(mark);
        } else {
            self.element_parts(element, markup);
        }
        self.frame.whole = false;
    }

    fn element_parts(&mut self, element: &'a Element, markup: Reg) {
        match &element.kind {
            ElementKind::Declaration(text) => self.known(&[text]),
            ElementKind::Fragment(content) => self.content(content, markup),
            ElementKind::Tagged(tagged) => match &tagged.tag {
                Tag::Html(name) if &*name.text == "slot" && self.is_component() => self.slot(tagged, markup),
                Tag::Html(name) => self.html(name, tagged, markup),
                Tag::Component(name) => self.component(name, tagged, markup),
                Tag::Dynamic(tag) => self.dynamic(tag, tagged, markup),
            },
        }
    }

    fn html(&mut self, name: &'a Name, tagged: &'a Tagged, markup: Reg) {
        let is_style = &*name.text == "style";
        if is_style {
            self.put_pending(markup);
            self.frame.emit(Op::BeginPart { markup, style: true });
        }
        self.known(&["<", &name.text]);
        self.attributes(tagged, markup);
        self.known(&[">"]);
        if !is_void(&name.text) {
            self.content(&tagged.content, markup);
            self.known(&["</", &name.text, ">"]);
        }
        if is_style {
            self.put_pending(markup);
            self.frame.emit(Op::EndPart { markup, style: true });
        }
    }

    /// `<{tag}>`.
    #[inline(never)]
    fn dynamic(&mut self, tag: &'a Expr, tagged: &'a Tagged, markup: Reg) {
        let mark = self.frame.mark();
        self.put_pending(markup);
        let src = self.frame.temp();
        self.expr_to(tag, src);
        let span = tag.span;
        self.frame.span = span;
        self.frame.emit(Op::PutTag { markup, src, end: false });
        // Where registers are scarce the tag waits in a slot.
        let slot = self.frame.is_crowded().then(|| self.frame.slot());
        if let Some(slot) = slot {
            self.frame.emit(Op::StoreSlot { src, slot });
            self.frame.release(mark);
        }
        self.attributes(tagged, markup);
        self.known(&[">"]);
        self.content(&tagged.content, markup);
        self.put_pending(markup);
        let src = if let Some(slot) = slot {
            let dst = self.frame.temp();
            self.frame.emit(Op::LoadSlot { dst, slot });
            dst
        } else {
            src
        };
        self.frame.span = span;
        self.frame.emit(Op::PutTag { markup, src, end: true });
        self.frame.release(mark);
    }

    /// What stands between tags; known markup at its end may still be pending.
    pub fn content(&mut self, content: &'a Content, markup: Reg) {
        for part in &content.parts {
            self.content_part(part, markup);
        }
    }

    pub(super) fn content_part(&mut self, part: &'a ContentPart, markup: Reg) {
        let dest = Dest::Put(Sink::content(markup));
        match part {
            ContentPart::Text(literal) => self.known(&[&literal.text]),
            ContentPart::Braced(body) => {
                self.put_pending(markup);
                let slotted = self.frame.slotted.take();
                self.output_body(body, dest);
                self.frame.slotted = slotted;
            }
            ContentPart::Control(control) => self.control(control, dest),
            ContentPart::Element(element) => {
                if !self.put_aside(element, markup) {
                    let slotted = self.frame.slotted.take();
                    self.element_into(element, markup);
                    self.frame.slotted = slotted;
                }
            }
            ContentPart::Comment(_) => {}
        }
    }

    /// `dst` = a text that is known.
    pub fn text_constant(&mut self, text: &str, dst: Reg) {
        let constant = self.tables.text(&text.into());
        self.frame.emit(Op::LoadConst { dst, constant });
    }

    /// `dst` = a map without entries, with room for some.
    pub fn empty_map(&mut self, dst: Reg, entries: usize) {
        let capacity = i32::try_from(to_u32(entries)).unwrap_or(0).min(64);
        self.frame.emit(Op::NewMap { dst, capacity });
    }
}

/// May a `break` or `continue` in the element leave it?
fn jumps_out(element: &Element) -> bool {
    let mut jumps = Jumps::default();
    walk_element(&mut jumps, element);
    jumps.found
}

#[derive(Default)]
struct Jumps {
    loops: u32,
    found: bool,
}

impl<'t> Visit<'t> for Jumps {
    fn jump(&mut self, jump: &'t Jump, _span: Span) {
        self.found |= self.loops == 0 && matches!(jump, Jump::Break | Jump::Continue);
    }

    fn function(&mut self, _function: &'t Function) {}

    fn open_loop(&mut self) {
        self.loops = self.loops.saturating_add(1);
    }

    fn close_loop(&mut self) {
        self.loops = self.loops.saturating_sub(1);
    }
}
