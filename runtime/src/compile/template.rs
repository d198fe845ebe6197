//! Text with interpolations and control blocks in it.

use super::body::{Dest, Form, Sink};
use super::frame::Reg;
use super::program::Compiler;
use crate::code::op::Op;
use crate::syntax::tree::{Template, TemplatePart};

/// Parts that are joined by one instruction; longer texts are put together piece by piece.
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
            Dest::Drop | Dest::Put(_) => self.each_part(parts, dest),
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
                let markup = self.frame.temp();
                let inner = Dest::Put(Sink { markup, form: Form::Text });
                self.gather(markup, |this| this.each_part(parts, inner));
                self.gathered(markup, true, dest);
            }
        }
        self.frame.release(mark);
    }

    fn each_part(&mut self, parts: &'a [TemplatePart], dest: Dest) {
        for part in parts {
            match part {
                TemplatePart::Literal(literal) => {
                    if let Dest::Put(_) = dest {
                        self.frame.pending.push_str(&literal.text);
                    }
                }
                TemplatePart::Interpolation(value) => self.value(value, dest),
                TemplatePart::Control(control) => self.control(control, dest),
            }
        }
    }
}
