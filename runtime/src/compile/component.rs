//! Components: what a tag passes on, and files whose top level is one.
//!
//! A component file becomes a function of three: `props`, `children`, and the content for named slots (a map, or none).
//! It is compiled when the first tag names it, so what nothing uses costs nothing.

use super::body::Dest;
use super::frame::{Frame, Key, Location, Reg};
use super::program::Compiler;
use crate::base::FileId;
use crate::base::event::is_handler;
use crate::check::component_name;
use crate::check::names::Binding;
use crate::check::project::ProjectFile;
use crate::check::walk::{Visit, walk_element, walk_expr, walk_function};
use crate::code::module::{Function, ParamShape};
use crate::code::op::Op;
use crate::syntax::tree::{
    self, AttrKind, AttrValue, Body, Content, Element, ElementKind, Expr, ExprKind, Name, PostfixKind,
    StmtKind, Tag, Tagged,
};
use std::sync::Arc;

/// What only a component has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word {
    /// What its attributes say.
    Props,
    /// Its content, without what goes to named slots.
    Children,
    /// Its content for named slots.
    Slots,
}

/// In the order of a component's parameters.
const WORDS: [Word; 3] = [Word::Props, Word::Children, Word::Slots];

impl Word {
    /// The one that a name stands for.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "props" => Some(Self::Props),
            "children" => Some(Self::Children),
            _ => None,
        }
    }
}

impl<'a> Compiler<'a> {
    /// Is the file at hand a component?
    pub fn is_component(&self) -> bool {
        self.component.is_some()
    }

    /// A component's tag, into markup.
    #[inline(never)]
    pub fn component(&mut self, name: &'a Name, tagged: &'a Tagged, markup: Reg) {
        let mark = self.frame.mark();
        self.put_pending(markup);
        let is_function = self.names.uses.contains_key(&name.id);
        let props = self.frame.temp();
        self.props(tagged, props);
        let slots = (!is_function && tagged.content.parts.iter().any(super::slot::is_marked)).then(|| {
            let slots = self.frame.temp();
            self.empty_map(slots, 0);
            let slot = self.frame.slot();
            self.frame.emit(Op::StoreSlot { src: slots, slot });
            self.frame.release(u16::from(slots));
            slot
        });
        let base = if self.frame.is_crowded() {
            self.sheltered_content(&tagged.content, slots, (mark, props, markup))
        } else {
            let base = self.frame.temp();
            let (first, second) = (self.frame.temp(), self.frame.temp());
            self.slotted(&tagged.content, second, slots);
            self.frame.emit(Op::TakeMarkup { dst: second, markup: second, text: false });
            self.move_to(first, props);
            base
        };
        // The registers behind the base hold the attributes and the content now.
        let (first, second) = (base.saturating_add(1), base.saturating_add(2));
        self.frame.span = name.span;
        let argc = if is_function {
            self.read(name, base, super::place::Unset::Raise);
            let children = self.tables.text(&"children".into());
            self.frame.emit(Op::SetField { object: first, value: second, name: children });
            1
        } else {
            let third = self.frame.temp();
            match slots {
                Some(slot) => self.frame.emit(Op::LoadSlot { dst: third, slot }),
                None => self.frame.emit(Op::LoadNone { dst: third }),
            }
            let Some(function) = self.component_of(name) else {
                self.unsupported(name.span, &format!("there is no component `{}`", name.text));
                return self.frame.release(mark);
            };
            self.frame.emit(Op::LoadFunction { dst: base, function });
            3
        };
        self.frame.span = name.span;
        self.frame.emit(Op::CallComponent { base, argc, dst: base });
        self.frame.emit(Op::PutValue { markup, src: base });
        self.frame.release(mark);
    }

    /// Content where registers are scarce: attributes and the markup at hand wait in slots. Gives the base of a call with
    /// both behind it.
    fn sheltered_content(
        &mut self,
        content: &'a Content,
        slots: Option<u32>,
        (mark, props, markup): (u16, Reg, Reg),
    ) -> Reg {
        let (waiting, outer) = (self.frame.slot(), self.frame.slot());
        self.frame.emit(Op::StoreSlot { src: props, slot: waiting });
        self.frame.emit(Op::StoreSlot { src: markup, slot: outer });
        self.frame.release(mark);
        self.slotted(content, markup, slots);
        let base = self.frame.temp();
        let (first, second) = (self.frame.temp(), self.frame.temp());
        self.frame.emit(Op::TakeMarkup { dst: second, markup, text: false });
        self.frame.emit(Op::LoadSlot { dst: first, slot: waiting });
        self.frame.emit(Op::LoadSlot { dst: markup, slot: outer });
        base
    }

    /// Content of a component into markup of its own; what is marked for a slot goes into the map in `slots`.
    fn slotted(&mut self, content: &'a Content, markup: Reg, slots: Option<u32>) {
        let outer = std::mem::replace(&mut self.frame.slotted, slots);
        self.gather(markup, |this| this.content(content, markup));
        self.frame.slotted = outer;
    }

    /// `props` = a map of the attributes.
    fn props(&mut self, tagged: &'a Tagged, props: Reg) {
        self.empty_map(props, tagged.attrs.len());
        for attr in &tagged.attrs {
            let mark = self.frame.mark();
            match &attr.kind {
                AttrKind::Spread(value) => {
                    let src = self.operand(value);
                    self.frame.span = value.span;
                    self.frame.emit(Op::MapSetAll { map: props, src });
                }
                // Says where the component's own markup goes.
                AttrKind::Named(name, _) if &*name.text == "slot" => {}
                AttrKind::Named(name, value) => {
                    let value = match value {
                        AttrValue::Braced(body) if is_handler(&name.text) && !is_plain(body) => {
                            let dst = self.frame.temp();
                            self.deferred(body, dst);
                            dst
                        }
                        value => self.attribute_value(value),
                    };
                    let name = self.tables.text(&name.text);
                    self.frame.span = attr.span;
                    self.frame.emit(Op::SetField { object: props, value, name });
                }
            }
            self.frame.release(mark);
        }
    }

    /// `dst` = a function that runs the statements.
    fn deferred(&mut self, body: &'a Body, dst: Reg) {
        let index = self.tables.reserve_function();
        self.enter_frame(Frame::new(body.span));
        self.stmts(&body.stmts, Dest::Return);
        let mut function = self.finish_frame(None);
        self.leave_frame();
        function.ignores_arguments = true;
        self.frame.span = body.span;
        self.made_function(index, function, dst);
    }

    /// The function of the component file that a tag names.
    fn component_of(&mut self, tag: &Name) -> Option<u32> {
        let file = *self.names.components.get(&tag.id)?;
        if let Some(&function) = self.components.get(&file) {
            return Some(function);
        }
        let function = self.tables.reserve_function();
        self.components.insert(file, function);
        self.waiting.push(file);
        Some(function)
    }

    /// Compiles the component files that tags named so far, and those that they name.
    pub fn component_files(&mut self) {
        while let Some(id) = self.waiting.pop() {
            let files = &self.input.project.files;
            if let Some(file) = files.iter().find(|file| file.id == id).copied()
                && let Some(&index) = self.components.get(&id)
            {
                let function = self.component_file(&file);
                self.tables.set_function(index, function);
            }
        }
    }

    fn component_file(&mut self, file: &ProjectFile<'a>) -> Function {
        let Some(names) = self.input.names.files.get(&file.id) else { return Function::default() };
        (self.file, self.names, self.component) = (file.id, names, Some(file.id));
        let body = &file.tree.body;
        self.frame = Frame::new(body.span);
        let shared = Shared::of(self, file);
        for (word, shared) in WORDS.into_iter().zip(shared.words) {
            let register = self.frame.variable();
            let place = if shared {
                self.frame.emit(Op::NewCell { dst: register, src: register });
                Location::Cell(register)
            } else {
                Location::Register(register)
            };
            self.frame.places.insert(Key::Component(word), place);
        }
        self.enter_scope(body.id);
        self.hoist_file(body);
        self.rendering(&body.stmts);
        let name: Arc<str> = component_name(file.path).into();
        let mut function = self.finish_frame(Some(&name));
        function.params = WORDS.iter().map(|_| ParamShape { name: None, optional: true }).collect();
        self.component = None;
        function
    }

    /// `dst` = what only a component has.
    pub fn read_word(&mut self, word: Word, dst: Reg) {
        let place = self.locate(Key::Component(word));
        self.load(place, dst, false);
    }
}

/// Is what stands in the braces a value as it is: a name, a member, a lambda or a deferred block?
fn is_plain(body: &Body) -> bool {
    let [stmt] = body.stmts.as_slice() else { return false };
    let StmtKind::Expr(value) = &stmt.kind else { return false };
    match &super::body::unparen(value).kind {
        ExprKind::Name(_) | ExprKind::Function(_) => true,
        ExprKind::Postfix(postfix) => postfix
            .ops
            .iter()
            .all(|op| matches!(op.kind, PostfixKind::Member(_) | PostfixKind::OptionalMember(_))),
        _ => false,
    }
}

/// Which words of a component functions inside it may read; errs on the side of yes.
struct Shared<'c, 'a> {
    compiler: &'c Compiler<'a>,
    /// Functions around, and what may become one.
    depth: u32,
    words: [bool; 3],
}

impl<'c, 'a> Shared<'c, 'a> {
    fn of(compiler: &'c Compiler<'a>, file: &ProjectFile<'a>) -> Shared<'c, 'a> {
        let mut shared = Shared { compiler, depth: 0, words: [false; 3] };
        shared.body(&file.tree.body);
        shared
    }

    fn inside(&mut self, walk: impl FnOnce(&mut Self)) {
        self.depth = self.depth.saturating_add(1);
        walk(self);
        self.depth = self.depth.saturating_sub(1);
    }

    fn share(&mut self, word: Word) {
        if let Some(at) = WORDS.iter().position(|known| *known == word)
            && let Some(place) = self.words.get_mut(at)
        {
            *place |= self.depth > 0;
        }
    }
}

impl<'t> Visit<'t> for Shared<'_, '_> {
    fn read(&mut self, name: &'t Name) {
        if let Some(word) = Word::of(&name.text)
            && self.compiler.candidates(name).contains(&Binding::Context)
        {
            self.share(word);
        }
    }

    fn element(&mut self, element: &'t Element) {
        if let ElementKind::Tagged(tagged) = &element.kind
            && matches!(&tagged.tag, Tag::Html(name) if &*name.text == "slot")
        {
            self.share(Word::Children);
            self.share(Word::Slots);
        }
        walk_element(self, element);
    }

    fn expr(&mut self, expr: &'t Expr) {
        // A condition of a query becomes a function.
        if matches!(expr.kind, ExprKind::Postfix(_)) {
            self.inside(|this| walk_expr(this, expr));
        } else {
            walk_expr(self, expr);
        }
    }

    fn function(&mut self, function: &'t tree::Function) {
        self.inside(|this| walk_function(this, function));
    }

    fn open_unit(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }

    fn close_unit(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// The component files by what names them, while the module grows.
pub(super) type Components = std::collections::HashMap<FileId, u32>;
