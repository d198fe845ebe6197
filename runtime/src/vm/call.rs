//! Calls that the dispatch loop does not do itself: irregular arguments, built-ins, method names, constructors.

use super::construct;
use super::entity::member;
use super::frame::{CodeFrame, Frame, window};
use super::native::{Context, Flow};
use super::program::Program;
use super::{Vm, errors};
use crate::base::builtin::{NativeId, Signature};
use crate::base::span::{to_u32, to_usize};
use crate::base::{Kind, Kinds};
use crate::code::Function;
use crate::code::module::REGISTER_PARAMS;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::text::Texts;
use crate::value::{Closure, Handle, Heap, List, Map, Value};

/// What a call gives: values by place, and a map of values by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'v> {
    /// By place.
    pub args: &'v [Value],
    /// By name.
    pub named: Option<Handle<Map>>,
}

impl<'v> Given<'v> {
    /// Values by place alone.
    pub const fn placed(args: &'v [Value]) -> Self {
        Self { args, named: None }
    }

    /// The same names with other values by place.
    const fn with(self, args: &'v [Value]) -> Self {
        Self { args, ..self }
    }
}

/// A call that an instruction asks for. The register for its result is in the frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request {
    /// Arguments in registers.
    Registers {
        /// The function value.
        callee: Value,
        /// The register of the first argument.
        first: usize,
        /// How many arguments.
        argc: u8,
    },
    /// The same, called as a component.
    Component {
        /// The function value.
        callee: Value,
        /// The register of the first argument.
        first: usize,
        /// How many arguments.
        argc: u8,
    },
    /// Arguments in a list, and named ones in a map.
    With {
        /// The function value.
        callee: Value,
        /// The arguments.
        args: Value,
        /// A map, or none.
        named: Value,
    },
    /// The same of a method.
    MethodWith {
        /// Index of the constant with the method's name.
        name: u32,
        /// What it is a method of.
        receiver: Value,
        /// The arguments after it.
        args: Value,
        /// A map, or none.
        named: Value,
    },
}

impl Request {
    /// Arguments in registers from `first` on.
    pub const fn registers(callee: Value, first: usize, argc: u8) -> Self {
        Self::Registers { callee, first, argc }
    }

    /// Callee, list and map in three registers.
    pub fn with(block: &[Value]) -> Self {
        let [callee, args, named] = three(block);
        Self::With { callee, args, named }
    }

    /// Receiver, list and map in three registers.
    pub fn method_with(name: u32, block: &[Value]) -> Self {
        let [receiver, args, named] = three(block);
        Self::MethodWith { name, receiver, args, named }
    }
}

fn three(block: &[Value]) -> [Value; 3] {
    block.first_chunk().copied().unwrap_or([Value::None; 3])
}

/// The number in this process of a built-in of the module.
#[inline]
pub(super) fn native_id(program: &Program, native: u32) -> Result<NativeId, Bug> {
    program.natives.get(to_usize(native)).copied().ok_or(Bug::BadIndex)
}

/// Can it be called?
pub(super) const fn callable(value: Value) -> bool {
    matches!(value.kind(), Kind::Function)
}

/// Runs a built-in after its arguments (the receiver first) were counted and looked at.
pub(super) fn native(context: &mut Context<'_>, id: NativeId, args: &[Value]) -> Outcome<Flow> {
    let native = context.program.native(id)?;
    let arity = context.program.arities.get(usize::from(id.0)).ok_or(Bug::BadIndex)?;
    let signature = &native.signature;
    if args.len() < arity.min || args.len() > arity.max {
        return Err(errors::native_count(signature, args.len()));
    }
    let receiver = usize::from(!signature.is_function());
    for (param, &arg) in signature.params.iter().zip(args.get(receiver..).unwrap_or_default()) {
        match arg {
            Value::Unset if param.optional => {}
            Value::Unset => return Err(errors::missing(signature.name, param.name)),
            given if param.kinds.has(given.kind()) => {}
            given => return Err(errors::native_kind(signature, param, given.kind())),
        }
    }
    context.charge_fuel(4);
    if args.iter().any(|arg| matches!(arg, Value::Query(_))) {
        return (native.run)(context, &with_rows(context.heap, signature, args)?);
    }
    (native.run)(context, args)
}

/// The arguments with the rows of a query wherever the built-in takes a list.
#[cold]
fn with_rows(heap: &Heap, signature: &Signature, args: &[Value]) -> Outcome<Vec<Value>> {
    let receiver = (!signature.is_function()).then_some(signature.receiver);
    let params = signature.params.iter().map(|param| param.kinds);
    let kinds = receiver.into_iter().chain(params).chain(std::iter::repeat(Kinds::ANY));
    let given = args.iter().zip(kinds).map(|(&arg, kinds)| match arg {
        Value::Query(query) if kinds != Kinds::ANY && kinds.has(Kind::List) => {
            heap.rows(query).map(Value::List)
        }
        other => Ok(other),
    });
    given.collect()
}

/// Runs the method that a name is of the first of these values, given the rest.
pub(super) fn method(context: &mut Context<'_>, name: u32, args: &[Value]) -> Outcome<Flow> {
    let receiver = args.first().copied().unwrap_or(Value::None);
    match context.program.method(name, receiver.kind()) {
        Some(id) => native(context, id, args),
        None => no_method(receiver, context.program.text(name)),
    }
}

/// `object.name` of what is no map.
pub(super) fn property(context: &mut Context<'_>, object: Value, name: u32) -> Outcome<Flow> {
    if let Value::Error(error) = object {
        return super::trace::member(context, error, name).map(Flow::Value);
    }
    if let Value::Response(response) = object {
        return super::response::member(context, response, name).map(Flow::Value);
    }
    if let Value::Entity(entity) = object
        && let Some(value) = member::read(context, entity, context.program.text(name))?
    {
        return Ok(Flow::Value(value));
    }
    if let Some(id) = context.program.method(name, object.kind())
        && context.program.native(id)?.signature.property
    {
        return native(context, id, &[object]);
    }
    match object {
        Value::None | Value::Unset => Ok(Flow::Value(Value::None)),
        Value::Client => Ok(Flow::Value(Value::Client)),
        Value::Entity(entity) => Err(member::unknown(context, entity, context.program.text(name))?),
        other => construct::variant_member(context, other, name),
    }
}

/// A method call that names no method of its receiver.
#[cold]
pub(super) fn no_method(receiver: Value, name: &str) -> Outcome<Flow> {
    match receiver {
        Value::Client => Ok(Flow::Value(Value::Client)),
        other => Err(errors::no_method(other.kind(), name)),
    }
}

impl Vm {
    /// Begins, or does, a call that an instruction asked for.
    pub(super) fn call(&mut self, request: Request) -> Outcome<Option<Flow>> {
        match request {
            Request::Registers { callee, first, argc } => {
                let window = self.stack.top_window()?;
                let args = window.get(first..first.saturating_add(usize::from(argc))).unwrap_or_default();
                let args = args.to_vec();
                let base = self.stack.code()?.base.saturating_add(first);
                self.invoke(callee, Given::placed(&args), base)
            }
            Request::Component { callee, first, argc } => {
                self.stack.admit_component()?;
                let declared = self.program.parameters(&self.heap, callee)?;
                let window = self.stack.top_window()?;
                let end = first.saturating_add(usize::from(argc).min(declared));
                let args = window.get(first..end).unwrap_or_default().to_vec();
                let base = self.stack.code()?.base.saturating_add(first);
                let flow = self.invoke(callee, Given::placed(&args), base)?;
                if flow.is_none() {
                    self.stack.begin_component()?;
                }
                Ok(flow)
            }
            Request::With { callee, args, named } => {
                let base = self.stack.free_base(&self.program)?;
                self.spread(None, args, |vm, args| {
                    vm.invoke(callee, Given { args, named: map_of(named) }, base)
                })
            }
            Request::MethodWith { name, receiver, args, named } => {
                let base = self.stack.free_base(&self.program)?;
                let own = own_function(&self.heap, receiver, name)?;
                if let Some(callee) = own {
                    return self.spread(None, args, |vm, args| {
                        vm.invoke(callee, Given { args, named: map_of(named) }, base)
                    });
                }
                let Some(id) = self.program.method(name, receiver.kind()) else {
                    return no_method(receiver, self.program.text(name)).map(Some);
                };
                self.spread(Some(receiver), args, |vm, args| {
                    vm.invoke(Value::Native(id), Given { args, named: map_of(named) }, base)
                })
            }
        }
    }

    /// Gives the elements of a list as arguments; what that takes is charged for as long.
    fn spread<T>(
        &mut self,
        receiver: Option<Value>,
        args: Value,
        call: impl FnOnce(&mut Self, &[Value]) -> Outcome<T>,
    ) -> Outcome<T> {
        let Value::List(list) = args else { return Err(super::construct::no_list(args)) };
        let count = self.heap.lists.get(list)?.items.len().saturating_add(1);
        let bytes = List::payload(count);
        self.heap.memory.charge(bytes)?;
        let mut values = Vec::with_capacity(count);
        values.extend(receiver);
        values.extend_from_slice(&self.heap.lists.get(list)?.items);
        let result = call(self, &values);
        self.heap.memory.release(bytes)?;
        result
    }

    /// Calls a function value. A function of the program is entered; anything else gives what it gives.
    pub(super) fn invoke(&mut self, callee: Value, given: Given<'_>, base: usize) -> Outcome<Option<Flow>> {
        let (mut callee, mut given) = (callee, given);
        loop {
            return match callee {
                Value::Function(function) => self.enter(function, None, given, base).map(|()| None),
                Value::Closure(closure) => {
                    let function = self.heap.closures.get(closure)?.function;
                    self.enter(function, Some(closure), given, base).map(|()| None)
                }
                Value::Native(id) => self.run_native(id, given).map(Some),
                Value::Method(name) => {
                    let Some((&receiver, rest)) = given.args.split_first() else {
                        return Err(errors::no_receiver(self.program.text(name)));
                    };
                    if let Some(own) = own_function(&self.heap, receiver, name)? {
                        // May be a method name again; each takes an argument away.
                        (callee, given) = (own, given.with(rest));
                        continue;
                    }
                    match self.program.method(name, receiver.kind()) {
                        Some(id) => self.run_native(id, given).map(Some),
                        None => no_method(receiver, self.program.text(name)).map(Some),
                    }
                }
                Value::Constructor { of, variant } => self.construct((of, variant), given).map(Some),
                Value::Client => Ok(Some(Flow::Value(Value::Client))),
                other => Err(errors::not_callable(other.kind())),
            };
        }
    }

    fn run_native(&mut self, id: NativeId, given: Given<'_>) -> Outcome<Flow> {
        let Given { args, named } = given;
        let Self { program, heap, random, saved, exchange, .. } = self;
        let mut context = Context { heap, random, saved, exchange, program };
        let Some(named) = named else { return native(&mut context, id, args) };
        let signature = &context.program.native(id)?.signature;
        let receiver = usize::from(!signature.is_function());
        let mut all = args.to_vec();
        for (name, value) in names(context.heap, named)? {
            let at = signature.params.iter().position(|param| param.name == name);
            let Some(at) = at else { return Err(errors::unknown_argument(signature.name, &name)) };
            give(&mut all, at.saturating_add(receiver), value)
                .map_err(|()| errors::given_twice(signature.name, &name))?;
        }
        native(&mut context, id, &all)
    }

    fn construct(&mut self, which: (u32, u32), given: Given<'_>) -> Outcome<Flow> {
        let Given { args, named } = given;
        let payload = self.program.payload(which.0, which.1)?;
        let (_, variant) = self.program.variant(which.0, which.1)?;
        let mut all = args.to_vec();
        for (name, value) in named.map_or(Ok(Vec::new()), |named| names(&self.heap, named))? {
            let at = payload.iter().position(|field| **field == *name);
            let Some(at) = at else { return Err(errors::unknown_argument(variant, &name)) };
            give(&mut all, at, value).map_err(|()| errors::given_twice(variant, &name))?;
        }
        if all.len() != payload.len() || all.iter().any(|value| matches!(value, Value::Unset)) {
            return Err(errors::count(variant, payload.len(), payload.len(), all.len()));
        }
        construct::payload(&mut self.heap, which, &all).map(Flow::Value)
    }

    /// Pushes a frame for a function of the program, its arguments bound to its parameters.
    fn enter(
        &mut self,
        index: u32,
        closure: Option<Handle<Closure>>,
        given: Given<'_>,
        base: usize,
    ) -> Outcome<()> {
        let Self { program, heap, stack, .. } = self;
        stack.admit()?;
        let function = program.function(index)?;
        let given = if function.ignores_arguments { Given::placed(&[]) } else { given };
        let args = given.args;
        let declared = function.params.len();
        let plain = declared.saturating_sub(usize::from(function.rest));
        if args.len() > plain && !function.rest {
            return Err(errors::count(name_of(program, function), required(function), plain, args.len()));
        }
        let mut bound = args.get(..plain).unwrap_or(args).to_vec();
        if let Some(named) = given.named {
            bind_names(heap, program, function, named, &mut bound)?;
        }
        bound.resize(plain, Value::Unset);
        for (param, value) in function.params.iter().zip(&bound) {
            if matches!(value, Value::Unset) && !param.optional {
                let name = param.name.map_or("a value", |name| program.text(name));
                return Err(errors::missing(name_of(program, function), name));
            }
        }
        if function.rest {
            let rest = args.get(plain..).unwrap_or_default();
            bound.push(construct::list(heap, rest)?);
        }
        stack.reach(base, function.slots, &mut heap.memory)?;
        let slots = stack.slots.len().saturating_sub(to_usize(function.slots));
        let (registers, spilled) = bound.split_at(bound.len().min(REGISTER_PARAMS));
        let window = window(&mut stack.registers, base)?;
        for (register, value) in window.iter_mut().zip(registers) {
            *register = *value;
        }
        for (slot, value) in stack.slots.iter_mut().skip(slots).zip(spilled) {
            *slot = *value;
        }
        let frame = CodeFrame {
            function: index,
            pc: 0,
            base,
            slots: to_u32(slots),
            closure,
            dst: 0,
            component: false,
        };
        stack.frames.push(Frame::Code(frame));
        let work = function.code.len().saturating_add(args.len()).saturating_add(1);
        heap.texts.fuel.spend(work);
        Ok(())
    }
}

/// Puts named arguments at the places of their parameters.
fn bind_names(
    heap: &Heap,
    program: &Program,
    function: &Function,
    named: Handle<Map>,
    bound: &mut Vec<Value>,
) -> Outcome<()> {
    let plain = function.params.len().saturating_sub(usize::from(function.rest));
    for (name, value) in names(heap, named)? {
        let params = function.params.iter().take(plain);
        let mut named = params.map(|param| param.name.map(|name| program.text(name)));
        let Some(at) = named.position(|param| param == Some(&*name)) else {
            return Err(errors::unknown_argument(name_of(program, function), &name));
        };
        give(bound, at, value).map_err(|()| errors::given_twice(name_of(program, function), &name))?;
    }
    Ok(())
}

fn name_of<'p>(program: &'p Program, function: &Function) -> &'p str {
    function.name.map_or("the function", |name| program.text(name))
}

fn required(function: &Function) -> usize {
    function.params.iter().filter(|param| !param.optional).count()
}

fn map_of(value: Value) -> Option<Handle<Map>> {
    if let Value::Map(map) = value { Some(map) } else { None }
}

/// A map's own entry of this name that can be called.
fn own_function(heap: &Heap, receiver: Value, name: u32) -> Outcome<Option<Value>> {
    let Value::Map(map) = receiver else { return Ok(None) };
    let own = heap.maps.get(map)?.get_hinted(&heap.texts, Texts::constant(name), &mut 0)?;
    Ok(own.filter(|&own| callable(own)))
}

/// Named arguments with their names.
fn names(heap: &Heap, named: Handle<Map>) -> Outcome<Vec<(String, Value)>> {
    let entry = |entry: &crate::value::map::Entry| match entry.key {
        Value::Text(name) => Ok((heap.texts.str(name)?.to_owned(), entry.value)),
        _ => Err(Stop::type_error("an argument's name is a text")),
    };
    heap.maps.get(named)?.iter().map(entry).collect()
}

/// Puts a named argument at its place, unless it was given before.
fn give(args: &mut Vec<Value>, at: usize, value: Value) -> Result<(), ()> {
    if args.len() <= at {
        args.resize(at.saturating_add(1), Value::Unset);
    }
    match args.get_mut(at) {
        Some(place) if matches!(place, Value::Unset) => {
            *place = value;
            Ok(())
        }
        _ => Err(()),
    }
}
