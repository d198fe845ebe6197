//! Slots: where a component shows its content, and which content goes there.

use super::body::{Dest, Sink};
use super::component::Word;
use super::frame::Reg;
use super::program::Compiler;
use crate::code::op::Op;
use crate::syntax::tree::{
    AttrKind, AttrValue, Block, Content, ContentPart, Control, ControlKind, Element, ElementKind, Tagged,
};

impl<'a> Compiler<'a> {
    /// `<slot>`: the content for it, or its own where there is none.
    #[inline(never)]
    pub fn slot(&mut self, tagged: &'a Tagged, markup: Reg) {
        let mark = self.frame.mark();
        self.put_pending(markup);
        let name = value_of(tagged, "name");
        for attr in &tagged.attrs {
            match &attr.kind {
                AttrKind::Named(name, _) if matches!(&*name.text, "name" | "slot") => {}
                AttrKind::Named(_, value) => {
                    let mark = self.frame.mark();
                    self.attribute_value(value);
                    self.frame.release(mark);
                }
                AttrKind::Spread(value) => self.value(value, Dest::Drop),
            }
        }
        let src = self.frame.temp();
        match name {
            Some(name) => {
                self.read_word(Word::Slots, src);
                let index = self.attribute_value(name);
                self.frame.span = tagged.content.span;
                self.frame.emit(Op::GetIndex { dst: src, object: src, index });
            }
            None => self.read_word(Word::Children, src),
        }
        let sink = Sink::content(markup);
        if tagged.content.parts.is_empty() {
            self.put(sink, src);
            return self.frame.release(mark);
        }
        let (default, end) = (self.frame.label(), self.frame.label());
        self.frame.emit(Op::JumpIfNot { src, target: default.0 });
        let before = self.frame.state.clone();
        self.put(sink, src);
        self.frame.jump(end);
        self.frame.state = before.clone();
        self.frame.bind(default);
        self.frame.release(mark);
        self.content(&tagged.content, markup);
        self.put_pending(markup);
        self.frame.state.meet(&before);
        self.frame.bind(end);
    }

    /// An element that is marked for a slot of the component around it: rendered apart and kept for it. False when it is
    /// no such element.
    pub fn put_aside(&mut self, element: &'a Element, markup: Reg) -> bool {
        let Some(slots) = self.frame.slotted else { return false };
        let Some(name) = slot_of(element) else { return false };
        let mark = self.frame.mark();
        self.frame.slotted = None;
        self.put_pending(markup);
        let crowded = self.frame.is_crowded().then(|| (self.frame.slot(), self.frame.slot()));
        let base = self.frame.temp();
        let arguments = [self.frame.temp(), self.frame.temp(), self.frame.temp()];
        let [map, key, content] = arguments;
        let inner = self.frame.mark();
        let name = self.attribute_value(name);
        self.move_to(key, name);
        self.frame.release(inner);
        if let Some((waiting, outer)) = crowded {
            // Where registers are scarce the name and the markup at hand wait in slots.
            self.frame.emit(Op::StoreSlot { src: key, slot: waiting });
            self.frame.emit(Op::StoreSlot { src: markup, slot: outer });
            self.frame.release(mark);
            self.gather(markup, |this| this.element_into(element, markup));
            self.frame.retake(inner);
            self.frame.emit(Op::TakeMarkup { dst: content, markup, text: false });
            self.frame.emit(Op::LoadSlot { dst: key, slot: waiting });
            self.frame.emit(Op::LoadSlot { dst: markup, slot: outer });
        } else {
            self.gather(content, |this| this.element_into(element, content));
            self.frame.emit(Op::TakeMarkup { dst: content, markup: content, text: false });
        }
        // Without a name it is content like any other.
        let (unnamed, end) = (self.frame.label(), self.frame.label());
        self.frame.emit(Op::JumpIfNot { src: key, target: unnamed.0 });
        self.frame.emit(Op::LoadSlot { dst: map, slot: slots });
        self.frame.span = element.span;
        let native = self.tables.native("@slot");
        self.frame.emit(Op::CallNative { base, argc: 3, dst: base, native });
        self.frame.emit(Op::Jump { target: end.0 });
        self.frame.bind(unnamed);
        self.frame.emit(Op::PutValue { markup, src: content });
        self.frame.bind(end);
        self.frame.slotted = Some(slots);
        self.frame.release(mark);
        true
    }
}

/// The value of an attribute.
fn value_of<'t>(tagged: &'t Tagged, wanted: &str) -> Option<&'t AttrValue> {
    tagged.attrs.iter().find_map(|attr| match &attr.kind {
        AttrKind::Named(name, value) if &*name.text == wanted => Some(value),
        AttrKind::Named(..) | AttrKind::Spread(_) => None,
    })
}

fn slot_of(element: &Element) -> Option<&AttrValue> {
    match &element.kind {
        ElementKind::Tagged(tagged) => value_of(tagged, "slot"),
        ElementKind::Fragment(_) | ElementKind::Declaration(_) => None,
    }
}

/// Does the content of a component, blocks in it included, have an element that is marked for a slot?
pub(super) fn is_marked(part: &ContentPart) -> bool {
    fn block(block: &Block) -> bool {
        match block {
            Block::Content(Content { parts, .. }) => parts.iter().any(is_marked),
            Block::Code(_) | Block::Text(_) => false,
        }
    }
    fn control(control: &Control) -> bool {
        match &control.kind {
            ControlKind::If { arms, otherwise } => {
                arms.iter().any(|arm| block(&arm.body)) || otherwise.as_ref().is_some_and(block)
            }
            ControlKind::For { body, .. }
            | ControlKind::Each { body, .. }
            | ControlKind::While { body, .. } => block(body),
            ControlKind::Braced(_) => false,
        }
    }
    match part {
        ContentPart::Element(element) => slot_of(element).is_some(),
        ContentPart::Control(tree) => control(tree),
        ContentPart::Text(_) | ContentPart::Braced(_) | ContentPart::Comment(_) => false,
    }
}
