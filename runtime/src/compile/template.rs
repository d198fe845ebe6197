//! Text with interpolations, control blocks in it, and what bodies put out piece by piece.

use super::body::Dest;
use super::frame::Reg;
use super::program::Compiler;
use crate::code::op::Op;
use crate::syntax::tree::{Template, TemplatePart};

/// Parts that are joined by one instruction; longer texts are gathered in a list.
const PARTS_MAX: usize = 32;

impl<'a> Compiler<'a> {
    /// `dst` = the text.
    #[inline(never)]
    pub fn template(&mut self, template: &'a Template, dst: Reg) {
        if let Some(text) = template.as_static() {
            let constant = self.tables.text(&text);
            self.frame.emit(Op::LoadConst { dst, constant });
            return;
        }
        self.frame.span = template.span;
        self.text_parts(&template.parts, Dest::To(dst));
    }

    /// The parts of a text: joined, or put out one by one.
    pub fn text_parts(&mut self, parts: &'a [TemplatePart], dest: Dest) {
        let mark = self.frame.mark();
        let simple = parts.len() <= PARTS_MAX.min(self.frame.room())
            && !parts.iter().any(|part| matches!(part, TemplatePart::Control(_)));
        match dest {
            Dest::Drop => self.each_part(parts, dest),
            Dest::Part(_) => self.each_part(parts, dest),
            Dest::To(_) | Dest::Return if simple => {
                let span = self.frame.span;
                let own = match dest {
                    Dest::To(dst) => dst,
                    _ => self.frame.temp(),
                };
                let mut base = None;
                for part in parts {
                    let register = self.frame.temp();
                    base.get_or_insert(register);
                    match part {
                        TemplatePart::Literal(literal) => {
                            let constant = self.tables.text(&literal.text);
                            self.frame.emit(Op::LoadConst { dst: register, constant });
                        }
                        TemplatePart::Interpolation(value) => self.expr_to(value, register),
                        TemplatePart::Control(_) => {}
                    }
                }
                let argc = u8::try_from(parts.len()).unwrap_or(u8::MAX);
                self.frame.span = span;
                self.frame.emit(Op::Interpolate { dst: own, base: base.unwrap_or(own), argc });
                if dest == Dest::Return {
                    self.give(own, dest);
                }
            }
            Dest::To(_) | Dest::Return => {
                let list = self.frame.temp();
                self.new_parts(list);
                self.each_part(parts, Dest::Part(list));
                self.joined(list, dest);
            }
        }
        self.frame.release(mark);
    }

    fn each_part(&mut self, parts: &'a [TemplatePart], dest: Dest) {
        for part in parts {
            let mark = self.frame.mark();
            match part {
                TemplatePart::Literal(literal) => {
                    if let Dest::Part(list) = dest {
                        let src = self.frame.temp();
                        let constant = self.tables.text(&literal.text);
                        self.frame.emit(Op::LoadConst { dst: src, constant });
                        self.part_of_list(list, src);
                    }
                }
                TemplatePart::Interpolation(value) => {
                    let src = self.operand(value);
                    if let Dest::Part(list) = dest {
                        // Its text as it is now, whatever happens to it later.
                        let text = self.frame.temp();
                        self.frame.span = value.span;
                        self.frame.emit(Op::Interpolate { dst: text, base: src, argc: 1 });
                        self.part_of_list(list, text);
                    }
                }
                TemplatePart::Control(control) => self.control(control, dest),
            }
            self.frame.release(mark);
        }
    }

    /// An empty list for parts.
    pub fn new_parts(&mut self, list: Reg) {
        self.frame.emit(Op::NewList { dst: list, base: list, argc: 0 });
    }

    /// Adds a part.
    pub fn part_of_list(&mut self, list: Reg, src: Reg) {
        self.frame.emit(Op::Append { list, base: src, argc: 1 });
    }

    /// Yields the parts as one text.
    pub fn joined(&mut self, list: Reg, dest: Dest) {
        let mark = self.frame.mark();
        let base = self.frame.temp();
        self.move_to(base, list);
        let name = self.tables.text(&"join".into());
        self.frame.emit(Op::CallMethod { base, argc: 0, dst: base, name });
        self.give(base, dest);
        self.frame.release(mark);
    }

    /// Yields the parts as one view.
    pub fn rendered(&mut self, list: Reg, dest: Dest) {
        let message =
            "a body with several output statements needs the renderer, which this version does not have yet";
        self.unsupported(self.frame.span, message);
        self.give(list, dest);
    }
}
