//! Reading and writing variables and other names.

use super::component::Word;
use super::frame::{Key, Label, Location, Reg};
use super::program::{Compiler, variable};
use crate::base::FileId;
use crate::base::builtin::NativeId;
use crate::base::span::to_usize;
use crate::check::names::{Binding, VarId, VariableKind};
use crate::code::op::Op;
use crate::syntax::tree::{Name, NodeId};

/// What happens when a name turns out to be unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unset {
    /// `NameError`.
    Raise,
    /// It counts as none.
    IsNone,
}

impl<'a> Compiler<'a> {
    /// What a name may stand for, innermost first.
    pub fn candidates(&self, name: &Name) -> &'a [Binding] {
        if let Some(found) = self.names.uses.get(&name.id) {
            return found;
        }
        &[]
    }

    /// The one thing that a name stands for: its first candidate is set for certain, or there is no other.
    pub fn certain(&self, name: &Name) -> Option<&'a Binding> {
        match self.candidates(name) {
            [only] => Some(only),
            [first @ Binding::Variable(id), ..] if self.is_set(*id) => Some(first),
            _ => None,
        }
    }

    /// Is the variable set here for certain?
    pub fn is_set(&self, id: VarId) -> bool {
        self.frame.state.is_set(id)
            || variable(self.names, id).is_some_and(|variable| variable.kind == VariableKind::Parameter)
    }

    /// The register that a name lives in, when it needs no copy to be read; checks that it is set.
    pub fn name_register(&mut self, name: &Name) -> Option<Reg> {
        let &Binding::Variable(id) = self.certain(name)? else { return None };
        let Location::Register(register) = *self.frame.places.get(&Key::Variable(id))? else { return None };
        if !self.is_set(id) {
            self.check_set(id, register, name);
        }
        Some(register)
    }

    fn check_set(&mut self, id: VarId, src: Reg, name: &Name) {
        let constant = self.tables.text(&name.text);
        self.frame.span = name.span;
        self.frame.emit(Op::CheckSet { src, name: constant });
        self.may_be_unset(id);
        self.frame.state.set(id);
    }

    /// The variable is read where it may be unset, so its register must say so from the start.
    fn may_be_unset(&mut self, id: VarId) {
        if let Some(&Location::Register(register)) = self.frame.places.get(&Key::Variable(id)) {
            self.frame.unset.push(register);
        }
    }

    /// `dst` = what the name stands for.
    pub fn read(&mut self, name: &Name, dst: Reg, unset: Unset) {
        self.frame.span = name.span;
        let candidates = self.candidates(name);
        let done = self.frame.label();
        let last = candidates.len().saturating_sub(1);
        for (at, candidate) in candidates.iter().enumerate() {
            let on_unset = if at < last { None } else { Some(unset) };
            if self.read_candidate(candidate, name, dst, (on_unset, done)) {
                break;
            }
        }
        if candidates.is_empty() {
            self.frame.emit(Op::LoadNone { dst });
        }
        self.frame.bind(done);
    }

    /// True when no further candidate can be meant.
    fn read_candidate(
        &mut self,
        candidate: &'a Binding,
        name: &Name,
        dst: Reg,
        (on_unset, done): (Option<Unset>, Label),
    ) -> bool {
        let (id, place) = match candidate {
            &Binding::Variable(id) => (Some(id), self.locate(Key::Variable(id))),
            &Binding::Global(file, id) => (None, self.global(file, id)),
            other => {
                self.read_other(other, name, dst);
                return true;
            }
        };
        if let Some(id) = id
            && self.is_set(id)
        {
            self.load(place, dst, true);
            return true;
        }
        let raises = on_unset == Some(Unset::Raise);
        self.load(place, dst, raises);
        if let Some(id) = id {
            self.may_be_unset(id);
        }
        match on_unset {
            None => self.frame.emit(Op::JumpIfSet { src: dst, target: done.0 }),
            Some(Unset::IsNone) => {
                self.frame.emit(Op::JumpIfSet { src: dst, target: done.0 });
                self.frame.emit(Op::LoadNone { dst });
            }
            Some(Unset::Raise) => {
                if !matches!(place, Location::Global(_)) {
                    let constant = self.tables.text(&name.text);
                    self.frame.emit(Op::CheckSet { src: dst, name: constant });
                }
                // Reached only when the candidates before were unset: says nothing about this one otherwise.
                if let (Some(id), [_]) = (id, self.candidates(name)) {
                    self.frame.state.set(id);
                }
            }
        }
        false
    }

    fn global(&self, file: FileId, id: VarId) -> Location {
        self.globals.get(&(file, id)).map_or(Location::Missing, |&global| Location::Global(global))
    }

    fn read_other(&mut self, binding: &Binding, name: &Name, dst: Reg) {
        match *binding {
            Binding::Function(file, id) => self.load_function(file, id, name, dst),
            Binding::Native(id) => self.read_native(id, dst),
            Binding::Method => {
                let constant = self.tables.text(&name.text);
                self.frame.emit(Op::LoadMethod { dst, name: constant });
            }
            Binding::Variant(enumeration, at) => {
                let variant = self.tables.variant(enumeration, at);
                self.frame.emit(Op::LoadVariant { dst, variant });
            }
            Binding::Client => self.frame.emit(Op::LoadClient { dst }),
            Binding::Word => {
                let constant = self.tables.text(&name.text);
                self.frame.emit(Op::LoadConst { dst, constant });
            }
            Binding::Field => self.row_field(name, dst),
            Binding::Entity(_) => {
                let message =
                    format!("`{0}` is an entity, not a value: `{0}.all` has all of them", name.text);
                self.unsupported(name.span, &message);
            }
            Binding::Context => match Word::of(&name.text).filter(|_| self.is_component()) {
                Some(word) => self.read_word(word, dst),
                None => self.of_a_request(name, dst),
            },
            Binding::Enum(_) => {
                let message = format!("`{}` is an enum, not a value: name one of its variants", name.text);
                self.unsupported(name.span, &message);
            }
            // The checker said what is wrong, or allows these in types only.
            Binding::Namespace | Binding::Alias(_) | Binding::TypeParam | Binding::Unknown => {
                self.frame.emit(Op::LoadNone { dst });
            }
            Binding::Variable(_) | Binding::Global(..) => {}
        }
        if !self.frame.state.reachable {
            // What follows is compiled, but never emitted.
            self.frame.emit(Op::LoadNone { dst });
        }
    }

    /// What only a request has.
    fn of_a_request(&mut self, name: &Name, dst: Reg) {
        let word = match &*name.text {
            "params" => "@params",
            "query" => "@query_fields",
            "body" => "@body",
            "headers" => "@headers",
            "cookies" => "@cookies",
            "request" => "@request",
            "session" => "@session",
            "response" => "@response",
            // Functions that only a connection, a middleware or a server has: read like any other built-in.
            function @ ("next" | "send" | "join" | "leave" | "close" | "broadcast" | "test_request") => {
                let native = self.tables.native(&format!("@{function}"));
                return self.frame.emit(Op::LoadNative { dst, native });
            }
            _ => return self.of_a_server(name),
        };
        self.frame.span = name.span;
        self.call_native(word, &[], dst);
    }

    /// What only a server has.
    fn of_a_server(&mut self, name: &Name) {
        let message = format!("`{}` exists while a request is answered only", name.text);
        self.unsupported(name.span, &message);
    }

    /// `dst` = a declared function.
    fn load_function(&mut self, file: FileId, id: NodeId, name: &Name, dst: Reg) {
        if let Some(found) = self.statics.get(&(file, id)) {
            self.frame.emit(Op::LoadFunction { dst, function: found.index });
            return;
        }
        let place = self.locate(Key::Function(id));
        self.load(place, dst, true);
        if place == Location::Missing {
            // It stands in a block that was not entered.
            let constant = self.name_constant(name);
            self.frame.emit(Op::CheckSet { src: dst, name: constant });
        }
    }

    /// `dst` = a built-in function, or what it yields when it is read like a value.
    pub fn read_native(&mut self, id: NativeId, dst: Reg) {
        let Some(signature) = self.input.builtins.0.get(usize::from(id.0)) else { return };
        let native = self.tables.native(signature.name);
        if signature.property {
            let mark = self.frame.mark();
            let base = if self.frame.is_last_temp(dst) { dst } else { self.frame.temp() };
            self.frame.emit(Op::CallNative { base, argc: 0, dst, native });
            self.frame.release(mark);
        } else {
            self.frame.emit(Op::LoadNative { dst, native });
        }
    }

    /// `dst` = what the place holds, unset included; a global raises `NameError` by itself where `raises`.
    pub fn load(&mut self, place: Location, dst: Reg, raises: bool) {
        match place {
            Location::Register(src) => self.move_to(dst, src),
            Location::Slot(slot) => self.frame.emit(Op::LoadSlot { dst, slot }),
            Location::Cell(cell) => self.frame.emit(Op::GetCell { dst, cell }),
            Location::CellSlot(slot) => {
                self.frame.emit(Op::LoadSlot { dst, slot });
                self.frame.emit(Op::GetCell { dst, cell: dst });
            }
            Location::Captured(captured) => self.frame.emit(Op::GetCaptured { dst, captured }),
            Location::Global(global) if raises => self.frame.emit(Op::GetGlobal { dst, global }),
            Location::Global(global) => self.frame.emit(Op::PeekGlobal { dst, global }),
            Location::Missing => self.frame.emit(Op::LoadUnset { dst }),
        }
    }

    /// The place holds `src` from here on.
    pub fn store(&mut self, place: Location, src: Reg) {
        match place {
            Location::Register(dst) => self.move_to(dst, src),
            Location::Slot(slot) => self.frame.emit(Op::StoreSlot { src, slot }),
            Location::Cell(cell) => self.frame.emit(Op::SetCell { cell, src }),
            Location::CellSlot(slot) => {
                let mark = self.frame.mark();
                let cell = self.frame.temp();
                self.frame.emit(Op::LoadSlot { dst: cell, slot });
                self.frame.emit(Op::SetCell { cell, src });
                self.frame.release(mark);
            }
            Location::Captured(captured) => self.frame.emit(Op::SetCaptured { src, captured }),
            Location::Global(global) => {
                // Who sets a variable of a file that did not begin would see it set once more when that begins.
                if !self.frame.is_top_level && self.begins_when_read(global) {
                    let mark = self.frame.mark();
                    let dst = self.frame.temp();
                    self.frame.emit(Op::PeekGlobal { dst, global });
                    self.frame.release(mark);
                }
                self.frame.emit(Op::SetGlobal { src, global });
            }
            Location::Missing => {}
        }
    }

    /// Is it a variable of a file whose top level runs when one of them is first read?
    fn begins_when_read(&self, global: u32) -> bool {
        let module = &self.tables.module;
        let file =
            module.globals.get(to_usize(global)).and_then(|&(file, _)| module.files.get(to_usize(file)));
        file.is_some_and(|file| file.initialiser.is_some())
    }

    /// The variable that a name assigns.
    pub fn assigned(&self, name: &Name) -> Option<VarId> {
        self.names.bindings.get(&name.id).copied()
    }

    /// The register that an assignment to the name writes at once.
    pub fn assigned_register(&self, name: &Name) -> Option<Reg> {
        let place = self.frame.places.get(&Key::Variable(self.assigned(name)?));
        if let Some(&Location::Register(register)) = place { Some(register) } else { None }
    }

    /// Assigns `src` to the name's variable.
    pub fn assign_name(&mut self, name: &Name, src: Reg) {
        if let Some(id) = self.assigned(name) {
            self.assign_variable(id, src);
        }
    }

    /// Assigns `src` to a variable.
    pub fn assign_variable(&mut self, id: VarId, src: Reg) {
        let place = self.locate(Key::Variable(id));
        self.store(place, src);
        self.frame.state.set(id);
    }

    /// The name of a text constant in a name operand.
    pub fn name_constant(&mut self, name: &Name) -> u32 {
        self.tables.text(&name.text)
    }

    /// The signature of a built-in.
    pub fn signature(&self, id: NativeId) -> Option<&'static crate::base::builtin::Signature> {
        self.input.builtins.0.get(to_usize(u32::from(id.0)))
    }
}
