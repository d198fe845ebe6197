//! Calls: what is known of the callee decides which instruction makes them.
//!
//! Arguments are evaluated in source order into the registers from which the callee takes them. Spread arguments,
//! named ones of an unknown callee, and more than registers can hold travel in a list and a map.

use super::frame::Reg;
use super::program::{Compiler, Static};
use crate::base::Span;
use crate::base::builtin::{NativeId, Signature};
use crate::check::names::Binding;
use crate::code::op::Op;
use crate::syntax::tree::{Arg, Name, TargetKind};

/// What a call is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// A value that comes before the arguments, from a pipeline.
    pub lead: Option<Reg>,
    /// What stands in the parentheses.
    pub args: &'a [Arg],
}

impl Given<'_> {
    fn count(&self) -> usize {
        self.args.len().saturating_add(usize::from(self.lead.is_some()))
    }

    fn has_spread(&self) -> bool {
        self.args.iter().any(|arg| arg.spread)
    }

    fn has_named(&self) -> bool {
        self.args.iter().any(|arg| arg.name.is_some())
    }
}

/// What is called.
#[derive(Clone, Copy)]
enum Callee<'a> {
    Value(Reg),
    Function(u32),
    Native(u32),
    Method(Reg, &'a Name),
}

/// What a callee that is known says of its parameters.
struct Shape<'n> {
    names: Vec<Option<&'n str>>,
    required: Vec<bool>,
    open: bool,
}

impl<'n> Shape<'n> {
    fn of_function(found: &Static<'n>) -> Self {
        let params = &found.tree.params;
        let name = |kind: &'n TargetKind| match kind {
            TargetKind::Name(name) => Some(&*name.text),
            TargetKind::List { .. } | TargetKind::Map { .. } => None,
        };
        Self {
            names: params.iter().map(|param| name(&param.target.kind)).collect(),
            required: params
                .iter()
                .map(|param| !param.rest && !super::function::may_be_left_out(param))
                .collect(),
            open: params.last().is_some_and(|param| param.rest),
        }
    }

    fn of_native(signature: &'n Signature) -> Self {
        Self {
            names: signature.params.iter().map(|param| Some(param.name)).collect(),
            required: signature.params.iter().map(|param| !param.optional).collect(),
            open: signature.variadic,
        }
    }

    /// For each argument the parameter that takes it; none where only the machine can tell, or will refuse.
    fn places(&self, given: Given<'_>) -> Option<Vec<usize>> {
        if self.open && given.has_named() {
            return None;
        }
        let mut taken = vec![false; self.names.len()];
        let mut places = Vec::with_capacity(given.count());
        let lead = usize::from(given.lead.is_some());
        for (at, arg) in given.args.iter().enumerate() {
            let place = match &arg.name {
                None => at.saturating_add(lead),
                Some(name) => self.names.iter().position(|param| *param == Some(&*name.text))?,
            };
            if arg.name.is_some() && (taken.get(place) == Some(&true) || place < lead) {
                return None;
            }
            if let Some(taken) = taken.get_mut(place) {
                *taken = true;
            }
            places.push(place);
        }
        // A gap before the last argument must be one that may stay empty.
        let count = places.iter().map(|place| place.saturating_add(1)).max().unwrap_or(0);
        let gaps = taken.iter().zip(&self.required).take(count).skip(lead);
        let lacks = gaps.into_iter().any(|(taken, required)| *required && !taken);
        (!lacks).then_some(places)
    }
}

impl<'a> Compiler<'a> {
    /// Calls what a name stands for.
    #[inline(never)]
    pub fn named_call(&mut self, name: &'a Name, given: Given<'a>, dst: Reg, span: Span) {
        let mark = self.frame.mark();
        match self.certain(name) {
            Some(&Binding::Function(file, id)) if self.statics.contains_key(&(file, id)) => {
                if let Some(&found) = self.statics.get(&(file, id)) {
                    self.function_call(found, given, dst, span);
                }
            }
            Some(&Binding::Native(id)) => self.native_call(id, given, dst, span),
            Some(Binding::Method) => self.uniform_call(name, given, dst, span),
            _ => {
                let base = self.first_of_block(dst);
                self.read(name, base, super::place::Unset::Raise);
                self.call_at(base, given, dst, span);
            }
        }
        self.frame.release(mark);
    }

    /// A call where registers are scarce: what is evaluated waits in slots.
    fn sheltered_call(&mut self, callee: Callee<'a>, given: Given<'a>, dst: Reg, span: Span) {
        let work = self.scratch(dst);
        let held = match callee {
            Callee::Value(src) | Callee::Method(src, _) => {
                let slot = self.frame.slot();
                self.frame.emit(Op::StoreSlot { src, slot });
                if src != dst && self.frame.is_last_temp(src) {
                    self.frame.release(u16::from(src));
                }
                Some(slot)
            }
            Callee::Function(_) | Callee::Native(_) => None,
        };
        let positional = given.args.iter().filter(|arg| arg.name.is_none());
        self.list_from(given.lead, positional.map(|arg| (arg.spread, &arg.value)), work);
        let positional = self.frame.slot();
        self.frame.emit(Op::StoreSlot { src: work, slot: positional });
        self.frame.emit(Op::LoadNone { dst: work });
        let named = self.frame.slot();
        if given.has_named() {
            self.frame.emit(Op::NewMap { dst: work, capacity: 0 });
        }
        self.frame.emit(Op::StoreSlot { src: work, slot: named });
        for arg in given.args {
            let Some(name) = &arg.name else { continue };
            let mark = self.frame.mark();
            let value = self.operand_in(&arg.value, work);
            let object = self.frame.temp();
            self.frame.emit(Op::LoadSlot { dst: object, slot: named });
            let name = self.name_constant(name);
            self.frame.emit(Op::SetField { object, value, name });
            self.frame.release(mark);
        }
        let (base, list, map) = (self.frame.temp(), self.frame.temp(), self.frame.temp());
        self.frame.emit(Op::LoadSlot { dst: list, slot: positional });
        self.frame.emit(Op::LoadSlot { dst: map, slot: named });
        match (callee, held) {
            (Callee::Function(function), _) => self.frame.emit(Op::LoadFunction { dst: base, function }),
            (Callee::Native(native), _) => self.frame.emit(Op::LoadNative { dst: base, native }),
            (_, Some(slot)) => self.frame.emit(Op::LoadSlot { dst: base, slot }),
            (Callee::Value(src) | Callee::Method(src, _), None) => self.move_to(base, src),
        }
        self.frame.span = span;
        if let Callee::Method(_, name) = callee {
            let name = self.name_constant(name);
            self.frame.emit(Op::CallMethodWith { base, dst, name });
        } else {
            self.frame.emit(Op::CallWith { base, dst });
        }
    }

    fn function_call(&mut self, found: Static<'a>, given: Given<'a>, dst: Reg, span: Span) {
        if self.frame.is_crowded() {
            return self.sheltered_call(Callee::Function(found.index), given, dst, span);
        }
        let base = self.first_of_block(dst);
        let function = found.index;
        let argc = if self.fits(given) { self.placed(&Shape::of_function(&found), given) } else { None };
        if let Some(argc) = argc {
            self.frame.span = span;
            self.frame.emit(Op::CallFunction { base, argc, dst, function });
        } else {
            self.frame.emit(Op::LoadFunction { dst: base, function });
            self.call_at(base, given, dst, span);
        }
    }

    /// Calls a built-in function.
    pub fn native_call(&mut self, id: NativeId, given: Given<'a>, dst: Reg, span: Span) {
        let Some(signature) = self.signature(id) else { return };
        let mark = self.frame.mark();
        let native = self.tables.native(signature.name);
        if self.frame.is_crowded() {
            self.sheltered_call(Callee::Native(native), given, dst, span);
            return self.frame.release(mark);
        }
        let base = self.first_of_block(dst);
        let argc = if self.fits(given) { self.placed(&Shape::of_native(signature), given) } else { None };
        if let Some(argc) = argc {
            self.frame.span = span;
            self.frame.emit(Op::CallNative { base, argc, dst, native });
        } else {
            self.frame.emit(Op::LoadNative { dst: base, native });
            self.call_at(base, given, dst, span);
        }
        self.frame.release(mark);
    }

    /// A method name called like a function: its first argument is the receiver.
    fn uniform_call(&mut self, name: &'a Name, given: Given<'a>, dst: Reg, span: Span) {
        let first = given.args.first().filter(|arg| !arg.spread && arg.name.is_none());
        let base = self.first_of_block(dst);
        match (given.lead, first) {
            (Some(lead), _) => {
                self.move_to(base, lead);
                self.method_at(base, name, Given { lead: None, ..given }, (dst, span));
            }
            (None, Some(first)) => {
                self.expr_to(&first.value, base);
                let args = given.args.get(1..).unwrap_or_default();
                self.method_at(base, name, Given { lead: None, args }, (dst, span));
            }
            (None, None) => {
                let constant = self.name_constant(name);
                self.frame.emit(Op::LoadMethod { dst: base, name: constant });
                self.call_at(base, given, dst, span);
            }
        }
    }

    /// Calls a method of a value.
    #[inline(never)]
    pub fn method_call(&mut self, object: Reg, name: &'a Name, given: Given<'a>, to: (Reg, Span)) {
        let base = self.callee_register(object, to.0);
        self.move_to(base, object);
        self.method_at(base, name, given, to);
    }

    /// Calls a method of the value at `base`, the last register taken.
    fn method_at(&mut self, base: Reg, name: &'a Name, given: Given<'a>, (dst, span): (Reg, Span)) {
        if self.frame.is_crowded() {
            return self.sheltered_call(Callee::Method(base, name), given, dst, span);
        }
        let constant = self.name_constant(name);
        if self.is_plain(given) {
            let argc = self.arguments(given);
            self.frame.span = span;
            self.frame.emit(Op::CallMethod { base, argc, dst, name: constant });
        } else {
            self.packed(given);
            self.frame.span = span;
            self.frame.emit(Op::CallMethodWith { base, dst, name: constant });
        }
    }

    /// Calls the value in a register.
    #[inline(never)]
    pub fn value_call(&mut self, callee: Reg, given: Given<'a>, dst: Reg, span: Span) {
        let base = self.callee_register(callee, dst);
        self.move_to(base, callee);
        self.call_at(base, given, dst, span);
    }

    /// Calls the value at `base`, the last register taken.
    fn call_at(&mut self, base: Reg, given: Given<'a>, dst: Reg, span: Span) {
        if self.frame.is_crowded() {
            return self.sheltered_call(Callee::Value(base), given, dst, span);
        }
        if self.is_plain(given) {
            let argc = self.arguments(given);
            self.frame.span = span;
            self.frame.emit(Op::Call { base, argc, dst });
        } else {
            self.packed(given);
            self.frame.span = span;
            self.frame.emit(Op::CallWith { base, dst });
        }
    }

    /// The first register of a block: `register` itself when it is the last one taken.
    fn first_of_block(&mut self, register: Reg) -> Reg {
        if self.frame.is_last_temp(register) { register } else { self.frame.temp() }
    }

    /// The first register of a block for a callee that is in a register already.
    fn callee_register(&mut self, callee: Reg, dst: Reg) -> Reg {
        // Where registers are scarce it waits in a slot and needs none of its own.
        if self.frame.is_last_temp(callee) || self.frame.is_crowded() && callee == dst {
            return callee;
        }
        self.first_of_block(dst)
    }

    fn fits(&self, given: Given<'_>) -> bool {
        !given.has_spread() && given.count() < self.frame.room().min(200)
    }

    fn is_plain(&self, given: Given<'_>) -> bool {
        self.fits(given) && !given.has_named()
    }

    /// Arguments in a row, into the next registers.
    fn arguments(&mut self, given: Given<'a>) -> u8 {
        if let Some(lead) = given.lead {
            let register = self.frame.temp();
            self.move_to(register, lead);
        }
        for arg in given.args {
            let register = self.frame.temp();
            self.expr_to(&arg.value, register);
        }
        u8::try_from(given.count()).unwrap_or(u8::MAX)
    }

    /// Arguments where the parameters want them.
    fn placed(&mut self, shape: &Shape<'_>, given: Given<'a>) -> Option<u8> {
        if !given.has_named() {
            return Some(self.arguments(given));
        }
        let places = shape.places(given)?;
        let lead = usize::from(given.lead.is_some());
        let count = places.iter().map(|place| place.saturating_add(1)).max().unwrap_or(0).max(lead);
        if count >= self.frame.room() {
            return None;
        }
        let registers: Vec<Reg> = (0..count).map(|_| self.frame.temp()).collect();
        if let (Some(lead), Some(&register)) = (given.lead, registers.first()) {
            self.move_to(register, lead);
        }
        for (at, &dst) in registers.iter().enumerate().skip(lead) {
            if !places.contains(&at) {
                self.frame.emit(Op::LoadUnset { dst });
            }
        }
        for (arg, place) in given.args.iter().zip(places) {
            if let Some(&register) = registers.get(place) {
                self.expr_to(&arg.value, register);
            }
        }
        u8::try_from(count).ok()
    }

    /// Arguments as a list and a map (or none), into the next two registers.
    fn packed(&mut self, given: Given<'a>) {
        let list = self.frame.temp();
        let named = self.frame.temp();
        let positional = given.args.iter().filter(|arg| arg.name.is_none());
        self.list_from(given.lead, positional.map(|arg| (arg.spread, &arg.value)), list);
        if !given.has_named() {
            self.frame.emit(Op::LoadNone { dst: named });
            return;
        }
        self.frame.emit(Op::NewMap { dst: named, capacity: 0 });
        for arg in given.args {
            let Some(name) = &arg.name else { continue };
            let mark = self.frame.mark();
            let value = self.operand(&arg.value);
            let name = self.name_constant(name);
            self.frame.emit(Op::SetField { object: named, value, name });
            self.frame.release(mark);
        }
    }
}
