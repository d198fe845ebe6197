//! Attributes of elements, in source order.

use super::body::{Dest, Form, Sink};
use super::frame::Reg;
use super::program::Compiler;
use crate::base::event::event_of;
use crate::code::op::Op;
use crate::syntax::tree::{Attr, AttrKind, AttrValue, Body, Name, Quote, StmtKind, Tag, Tagged, Template};
use crate::value::markup::place::Place;

impl<'a> Compiler<'a> {
    /// All attributes of an element.
    pub fn attributes(&mut self, tagged: &'a Tagged, markup: Reg) {
        let mark = self.frame.mark();
        let mut classes = Classes::of(self, tagged);
        for (at, attr) in tagged.attrs.iter().enumerate() {
            match &attr.kind {
                AttrKind::Spread(value) => {
                    let mark = self.frame.mark();
                    let mut src = 0;
                    self.apart(|this| src = this.operand(value));
                    self.put_pending(markup);
                    self.frame.span = value.span;
                    self.frame.emit(Op::PutAttributes { markup, src });
                    self.frame.release(mark);
                }
                AttrKind::Named(name, value) => match (&mut classes, class_of(name)) {
                    (Some(classes), Some(class)) => {
                        let words = classes.words;
                        self.class(class, value, words);
                        if classes.last == at {
                            self.put_pending(markup);
                            self.frame.span = attr.span;
                            self.frame.emit(Op::PutClasses { markup, src: words });
                        }
                    }
                    _ => self.attribute(tagged, attr, (name, value), markup),
                },
            }
        }
        self.frame.release(mark);
    }

    #[inline(never)]
    fn attribute(
        &mut self,
        tagged: &'a Tagged,
        attr: &'a Attr,
        (name, value): (&'a Name, &'a AttrValue),
        markup: Reg,
    ) {
        let computed = matches!(value, AttrValue::Braced(_) | AttrValue::Control(_));
        match &*name.text {
            "key" | "ref" | "slot" => return self.for_effect(value),
            "bind" if computed => return self.bound_attribute(tagged, attr, value, markup),
            _ => {}
        }
        if computed && let Some(event) = event_of(&name.text) {
            // What it would do happens in a browser, or not at all.
            return self.known(&[" data-on-", event]);
        }
        match value {
            AttrValue::Bare => self.known(&[" ", &name.text]),
            AttrValue::Unquoted(literal) => self.known(&[" ", &name.text, "=\"", &literal.text, "\""]),
            AttrValue::Text(template) => self.quoted(name, template, markup),
            AttrValue::Braced(_) | AttrValue::Control(_) => {
                self.computed_attribute(&name.text, value, attr, markup);
            }
        }
    }

    /// `name={value}`.
    fn computed_attribute(&mut self, name: &str, value: &'a AttrValue, attr: &'a Attr, markup: Reg) {
        let mark = self.frame.mark();
        let src = self.attribute_value(value);
        self.put_pending(markup);
        let name = self.tables.text(&name.into());
        self.frame.span = attr.span;
        self.frame.emit(Op::PutAttribute { markup, src, name });
        self.frame.release(mark);
    }

    /// `name="text {value}"`.
    fn quoted(&mut self, name: &'a Name, template: &'a Template, markup: Reg) {
        let quote = if template.quote == Quote::Single { "'" } else { "\"" };
        self.known(&[" ", &name.text, "=", quote]);
        let placed = Place::of(&name.text).is_some() && template.as_static().is_none();
        if placed {
            self.put_pending(markup);
            self.frame.emit(Op::BeginPart { markup, style: false });
        }
        self.frame.span = template.span;
        self.text_parts(&template.parts, Dest::Put(Sink { markup, form: Form::Attribute }));
        if placed {
            self.put_pending(markup);
            self.frame.emit(Op::EndPart { markup, style: false });
        }
        self.known(&[quote]);
    }

    /// `bind={place}`: `checked` where that is what a browser shows, else `value`.
    fn bound_attribute(&mut self, tagged: &'a Tagged, attr: &'a Attr, value: &'a AttrValue, markup: Reg) {
        if !is_checkable(tagged) {
            return self.computed_attribute("value", value, attr, markup);
        }
        let mark = self.frame.mark();
        let src = self.attribute_value(value);
        let dst = self.frame.temp();
        self.frame.emit(Op::Not { dst, src });
        self.frame.emit(Op::Not { dst, src: dst });
        self.put_pending(markup);
        let name = self.tables.text(&"checked".into());
        self.frame.span = attr.span;
        self.frame.emit(Op::PutAttribute { markup, src: dst, name });
        self.frame.release(mark);
    }

    /// Writes nothing, and is evaluated like every other.
    fn for_effect(&mut self, value: &'a AttrValue) {
        let mark = self.frame.mark();
        match value {
            AttrValue::Bare | AttrValue::Unquoted(_) => {}
            AttrValue::Text(template) if template.as_static().is_some() => {}
            AttrValue::Text(_) | AttrValue::Braced(_) | AttrValue::Control(_) => {
                self.apart(|this| {
                    this.attribute_value(value);
                });
            }
        }
        self.frame.release(mark);
    }

    /// Runs it with the known markup put aside: what it compiles puts nothing into the markup at hand.
    pub fn apart(&mut self, run: impl FnOnce(&mut Self)) {
        let pending = std::mem::take(&mut self.frame.pending);
        run(self);
        self.frame.pending = pending;
    }

    /// A register that holds the value of an attribute.
    pub fn attribute_value(&mut self, value: &'a AttrValue) -> Reg {
        let mut register = 0;
        self.apart(|this| register = this.attribute_operand(value));
        register
    }

    fn attribute_operand(&mut self, value: &'a AttrValue) -> Reg {
        if let AttrValue::Braced(Body { stmts, .. }) = value
            && let [stmt] = stmts.as_slice()
            && let StmtKind::Expr(value) = &stmt.kind
        {
            return self.operand(value);
        }
        let dst = self.frame.temp();
        match value {
            AttrValue::Bare => self.frame.emit(Op::LoadBool { dst, value: true }),
            AttrValue::Unquoted(literal) => self.text_constant(&literal.text, dst),
            AttrValue::Text(template) => self.template(template, dst),
            AttrValue::Braced(body) => self.body(body, Dest::To(dst)),
            AttrValue::Control(control) => self.control(control, Dest::To(dst)),
        }
        dst
    }

    /// Adds what an attribute says of the classes to the list of words.
    fn class(&mut self, class: Class<'a>, value: &'a AttrValue, words: Reg) {
        let mark = self.frame.mark();
        match class {
            Class::All => self.all_classes(value, words),
            Class::One(name) => {
                let behind = self.frame.label();
                let tested = !matches!(value, AttrValue::Bare);
                if tested {
                    let src = self.attribute_value(value);
                    self.frame.emit(Op::JumpIfNot { src, target: behind.0 });
                }
                let word = self.frame.temp();
                self.text_constant(name, word);
                self.frame.emit(Op::Append { list: words, base: word, argc: 1 });
                if tested {
                    self.frame.bind(behind);
                }
            }
        }
        self.frame.release(mark);
    }

    fn all_classes(&mut self, value: &'a AttrValue, words: Reg) {
        let word = match value {
            AttrValue::Bare => return,
            AttrValue::Braced(_) | AttrValue::Control(_) => self.attribute_value(value),
            AttrValue::Unquoted(_) | AttrValue::Text(_) => {
                // Literal parts stay as they are, so it is markup already.
                let markup = self.frame.temp();
                self.gather(markup, |this| match value {
                    AttrValue::Unquoted(literal) => this.known(&[&literal.text]),
                    AttrValue::Text(template) => {
                        let sink = Sink { markup, form: Form::Attribute };
                        this.text_parts(&template.parts, Dest::Put(sink));
                    }
                    AttrValue::Bare | AttrValue::Braced(_) | AttrValue::Control(_) => {}
                });
                self.gathered(markup, false, Dest::To(markup));
                markup
            }
        };
        let base = self.frame.temp();
        self.move_to(base, word);
        self.frame.emit(Op::Append { list: words, base, argc: 1 });
    }
}

/// What an attribute says of an element's classes.
#[derive(Clone, Copy)]
enum Class<'a> {
    /// `class=…`.
    All,
    /// `class:name=…`.
    One(&'a str),
}

fn class_of(name: &Name) -> Option<Class<'_>> {
    match name.text.strip_prefix("class") {
        Some("") => Some(Class::All),
        Some(rest) => rest.strip_prefix(':').filter(|one| !one.is_empty()).map(Class::One),
        None => None,
    }
}

/// Classes that are put together, because some depend on a condition.
struct Classes {
    /// The register of the list of words.
    words: Reg,
    /// The last attribute that has a say.
    last: usize,
}

impl Classes {
    fn of(compiler: &mut Compiler<'_>, tagged: &Tagged) -> Option<Self> {
        let class = |attr: &Attr| match &attr.kind {
            AttrKind::Named(name, _) if !matches!(tagged.tag, Tag::Component(_)) => {
                class_of(name).map(|class| matches!(class, Class::One(_)))
            }
            _ => None,
        };
        if !tagged.attrs.iter().any(|attr| class(attr) == Some(true)) {
            return None;
        }
        let last = tagged.attrs.iter().rposition(|attr| class(attr).is_some())?;
        let words = compiler.frame.temp();
        compiler.frame.emit(Op::NewList { dst: words, base: words, argc: 0 });
        Some(Self { words, last })
    }
}

/// Is it an input that is checked or not?
fn is_checkable(tagged: &Tagged) -> bool {
    let is_input = matches!(&tagged.tag, Tag::Html(name) if &*name.text == "input");
    is_input
        && tagged.attrs.iter().any(|attr| match &attr.kind {
            AttrKind::Named(name, value) if &*name.text == "type" => {
                let ty = match value {
                    AttrValue::Text(template) => template.as_static(),
                    AttrValue::Unquoted(literal) => Some(literal.text.clone()),
                    AttrValue::Bare | AttrValue::Braced(_) | AttrValue::Control(_) => None,
                };
                ty.is_some_and(|ty| matches!(&*ty, "checkbox" | "radio"))
            }
            _ => false,
        })
}
