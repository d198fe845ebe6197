//! The dispatch loop: one match on the instruction, with the frequent cases inline and the rest a call away.
//!
//! The loop keeps what it needs every instant in locals (program counter, code, window) and leaves with a
//! [`Signal`] for everything that touches the call stack in an unusual way. `SINGLE` runs one instruction only: for
//! repeating an operation after a collection, and for collecting before every instruction.

use super::frame::{CodeFrame, Frame, WINDOW, window};
use super::markup::Form;
use super::native::{Context, Flow};
use super::{Vm, arith, call, compare, construct, index, iterate, markup, pattern, raise};
use crate::base::span::{to_u32, to_usize};
use crate::code::Op;
use crate::value::Value;
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::text::Texts;

/// Why the loop was left. The frame's program counter is behind the instruction.
#[derive(Debug)]
pub(super) enum Signal {
    /// One instruction was run.
    Next,
    /// The fuel is used up.
    Yield,
    /// An instruction did not give a value.
    Stop(Stop),
    /// A built-in, or an instruction that is like one, goes on in steps or asks the driver.
    Flow(Flow),
    /// A call that the loop does not do itself.
    Call(call::Request),
    /// The function returned to something that is no function of the program.
    Returned(Value),
    /// A global is read whose file was not initialised.
    Initialise {
        /// The global.
        global: u32,
        /// May it stay unset?
        peek: bool,
    },
    /// A value is raised as an error.
    Throw(Value),
}

/// Runs the topmost frame, a function of the program, and what it calls.
pub(super) fn execute<const SINGLE: bool>(vm: &mut Vm) -> Signal {
    enter::<SINGLE>(vm).unwrap_or_else(Signal::Stop)
}

#[expect(
    clippy::cognitive_complexity,
    reason = "one arm an opcode; splitting the match would split its locals"
)]
fn enter<const SINGLE: bool>(vm: &mut Vm) -> Outcome<Signal> {
    let Vm { program, heap, random, stack, globals, hints, saved, exchange, .. } = vm;
    let program = &**program;
    let CodeFrame { function, mut pc, mut base, slots: mut spilled, mut closure, .. } = *stack.code()?;
    let mut code: &[Op] = &program.function(function)?.code;
    let mut r = window(&mut stack.registers, base)?;
    let mut fresh = true;

    macro_rules! cx {
        () => {
            &mut Context {
                heap: &mut *heap,
                random: &mut *random,
                saved: &mut *saved,
                exchange: &mut *exchange,
                program,
            }
        };
    }
    // What an operation gives goes to a register; what stops it, out of the loop.
    macro_rules! set {
        ($dst:expr, $outcome:expr) => {
            match $outcome {
                Ok(value) => *at(r, $dst) = value,
                Err(stop) => break Signal::Stop(stop.into()),
            }
        };
    }
    macro_rules! done {
        ($outcome:expr) => {
            if let Err(stop) = $outcome {
                break Signal::Stop(stop);
            }
        };
    }
    macro_rules! flow {
        ($dst:expr, $outcome:expr) => {
            match $outcome {
                Ok(Flow::Value(value)) => *at(r, $dst) = value,
                Ok(flow) => {
                    stack.code()?.dst = $dst;
                    break Signal::Flow(flow);
                }
                Err(stop) => break Signal::Stop(stop),
            }
        };
    }
    macro_rules! get {
        ($register:expr) => {
            *at(r, $register)
        };
    }
    // To look at a register without copying it: most instructions need its tag and its payload, and a copy of all 16
    // bytes right after they were written in two parts would wait for both.
    macro_rules! see {
        ($register:expr) => {
            seen(r, $register)
        };
    }
    macro_rules! jump {
        ($target:expr) => {{
            let target = $target;
            if target < pc {
                heap.texts.fuel.spend_few(pc.wrapping_sub(target));
                pc = target;
                if heap.texts.fuel.is_out() {
                    break Signal::Yield;
                }
            } else {
                pc = target;
            }
        }};
    }
    macro_rules! jump_if {
        ($outcome:expr, $target:expr) => {
            match $outcome {
                Ok(true) => jump!($target),
                Ok(false) => {}
                Err(stop) => break Signal::Stop(stop),
            }
        };
    }
    // Calls a function of the program whose arguments are in registers `first`, …, and are as many as it declares.
    macro_rules! invoke {
        ($function:expr, $captured:expr, $callee:expr, $first:expr, $argc:expr, $dst:expr) => {{
            let index = $function;
            let callee = program.function(index)?;
            let new_base = base.wrapping_add($first);
            if callee.params.len() != usize::from($argc)
                || callee.rest
                || callee.slots != 0
                || !stack.has_room(new_base)
            {
                stack.code()?.dst = $dst;
                break Signal::Call(call::Request::registers($callee, $first, $argc));
            }
            let caller = stack.code()?;
            caller.pc = pc;
            caller.dst = $dst;
            closure = $captured;
            spilled = to_u32(stack.slots.len());
            stack.frames.push(Frame::Code(CodeFrame {
                function: index,
                pc: 0,
                base: new_base,
                slots: spilled,
                closure,
                dst: 0,
                component: false,
            }));
            code = &callee.code;
            pc = 0;
            base = new_base;
            r = window(&mut stack.registers, base)?;
            heap.texts.fuel.spend_few(to_u32(code.len()).saturating_add(1));
            if heap.texts.fuel.is_out() {
                break Signal::Yield;
            }
        }};
    }
    macro_rules! call {
        ($callee:expr, $first:expr, $argc:expr, $dst:expr) => {{
            let callee = $callee;
            let (function, captured) = match callee {
                Value::Function(function) => (function, None),
                Value::Closure(handle) => (heap.closures.get(handle)?.function, Some(handle)),
                callee => {
                    stack.code()?.dst = $dst;
                    break Signal::Call(call::Request::registers(callee, $first, $argc));
                }
            };
            invoke!(function, captured, callee, $first, $argc, $dst);
        }};
    }
    macro_rules! returns {
        ($value:expr) => {{
            let value = $value;
            let [.., Frame::Code(caller), Frame::Code(done)] = &*stack.frames else {
                break Signal::Returned(value);
            };
            let (caller, done) = (*caller, *done);
            stack.slots.truncate(to_usize(done.slots));
            stack.frames.pop();
            code = &program.function(caller.function)?.code;
            pc = caller.pc;
            base = caller.base;
            closure = caller.closure;
            spilled = caller.slots;
            r = window(&mut stack.registers, base)?;
            *at(r, caller.dst) = value;
        }};
    }
    macro_rules! int_op {
        ($dst:expr, $left:expr, $right:expr, $int:ident, $number:tt, $slow:expr) => {
            match ($left, $right) {
                (&Value::Int(a), &Value::Int(b)) if let Some(n) = a.$int(b) => {
                    *at(r, $dst) = Value::Int(n);
                }
                (&Value::Number(a), &Value::Number(b)) => *at(r, $dst) = Value::Number(a $number b),
                (&left, &right) => set!($dst, $slow(left, right)),
            }
        };
    }
    macro_rules! order {
        ($left:expr, $right:expr, $op:tt, $slow:expr) => {
            match ($left, $right) {
                (&Value::Int(a), &Value::Int(b)) => Ok(a $op b),
                (&Value::Number(a), &Value::Number(b)) => Ok(a $op b),
                (&left, &right) => $slow(cx!(), left, right),
            }
        };
    }

    let signal = loop {
        if SINGLE {
            if !fresh {
                break Signal::Next;
            }
            fresh = false;
        }
        let Some(&op) = code.get(to_usize(pc)) else { break Signal::Stop(Bug::BadPc.into()) };
        pc = pc.wrapping_add(1);
        match op {
            Op::Move { dst, src } => get!(dst) = copied(see!(src)),
            Op::LoadNone { dst } => get!(dst) = Value::None,
            Op::LoadUnset { dst } => get!(dst) = Value::Unset,
            Op::LoadBool { dst, value } => get!(dst) = Value::Bool(value),
            Op::LoadInt { dst, value } => get!(dst) = Value::Int(i64::from(value)),
            Op::LoadConst { dst, constant } => set!(dst, construct::constant(cx!(), constant)),
            Op::LoadFunction { dst, function } => get!(dst) = Value::Function(function),
            Op::LoadNative { dst, native } => set!(dst, call::native_id(program, native).map(Value::Native)),
            Op::LoadMethod { dst, name } => get!(dst) = Value::Method(name),
            Op::LoadVariant { dst, variant } => set!(dst, construct::variant(program, variant)),
            Op::LoadClient { dst } => get!(dst) = Value::Client,
            Op::LoadSlot { dst, slot } => {
                let at = to_usize(spilled).wrapping_add(to_usize(slot));
                get!(dst) = *stack.slots.get(at).ok_or(Bug::BadIndex)?;
            }
            Op::StoreSlot { src, slot } => {
                let at = to_usize(spilled).wrapping_add(to_usize(slot));
                *stack.slots.get_mut(at).ok_or(Bug::BadIndex)? = get!(src);
            }
            Op::GetGlobal { dst, global } => match globals.get(program, global) {
                Ok(Some(value)) => get!(dst) = value,
                Ok(None) => {
                    stack.code()?.dst = dst;
                    break Signal::Initialise { global, peek: false };
                }
                Err(stop) => break Signal::Stop(stop),
            },
            Op::PeekGlobal { dst, global } => match globals.peek(global) {
                Ok(Some(value)) => get!(dst) = value,
                Ok(None) => {
                    stack.code()?.dst = dst;
                    break Signal::Initialise { global, peek: true };
                }
                Err(stop) => break Signal::Stop(stop),
            },
            Op::SetGlobal { src, global } => done!(globals.set(global, get!(src))),
            Op::CheckSet { src, name } => {
                if let Value::Unset = get!(src) {
                    break Signal::Stop(raise::unbound(program.text(name)));
                }
            }

            Op::NewCell { dst, src } => set!(dst, heap.new_cell(get!(src))),
            Op::GetCell { dst, cell } => match construct::cell_of(get!(cell)) {
                Ok(cell) => get!(dst) = *heap.cells.get(cell)?,
                Err(stop) => break Signal::Stop(stop),
            },
            Op::SetCell { cell, src } => match construct::cell_of(get!(cell)) {
                Ok(cell) => *heap.cells.get_mut(cell)? = get!(src),
                Err(stop) => break Signal::Stop(stop),
            },
            Op::GetCaptured { dst, captured } => {
                let closure = heap.closures.get(closure.ok_or(Bug::BadFrame)?)?;
                let cell = *closure.cells.get(to_usize(captured)).ok_or(Bug::BadIndex)?;
                get!(dst) = *heap.cells.get(cell)?;
            }
            Op::SetCaptured { src, captured } => {
                let closure = heap.closures.get(closure.ok_or(Bug::BadFrame)?)?;
                let cell = *closure.cells.get(to_usize(captured)).ok_or(Bug::BadIndex)?;
                *heap.cells.get_mut(cell)? = get!(src);
            }
            Op::NewClosure { dst, function } => {
                let slots = stack.slots.get(to_usize(spilled)..).unwrap_or_default();
                set!(dst, construct::closure(cx!(), function, r, slots, closure));
            }

            Op::Add { dst, left, right } => match (see!(left), see!(right)) {
                (&Value::Int(a), &Value::Int(b)) if let Some(n) = a.checked_add(b) => {
                    get!(dst) = Value::Int(n);
                }
                (&Value::Number(a), &Value::Number(b)) => get!(dst) = Value::Number(a + b),
                (&left, &right) => flow!(dst, arith::add(cx!(), left, right)),
            },
            Op::Sub { dst, left, right } => {
                int_op!(dst, see!(left), see!(right), checked_sub, -, arith::sub);
            }
            Op::Mul { dst, left, right } => {
                int_op!(dst, see!(left), see!(right), checked_mul, *, arith::mul);
            }
            Op::Div { dst, left, right } => {
                int_op!(dst, see!(left), see!(right), checked_div, /, arith::div);
            }
            Op::Rem { dst, left, right } => {
                int_op!(dst, see!(left), see!(right), checked_rem, %, arith::rem);
            }
            Op::Pow { dst, left, right } => set!(dst, arith::pow(get!(left), get!(right))),
            Op::Concat { dst, left, right } => flow!(dst, arith::concat(cx!(), get!(left), get!(right))),
            Op::AddInt { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_add(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => flow!(dst, arith::add(cx!(), left, Value::Int(i64::from(value)))),
            },
            Op::SubInt { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_sub(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => set!(dst, arith::sub(left, Value::Int(i64::from(value)))),
            },
            Op::Step { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_add(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => set!(dst, arith::step(left, i64::from(value))),
            },
            Op::MulInt { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_mul(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => set!(dst, arith::mul(left, Value::Int(i64::from(value)))),
            },
            Op::DivInt { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_div(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => set!(dst, arith::div(left, Value::Int(i64::from(value)))),
            },
            Op::RemInt { dst, left, value } => match see!(left) {
                &Value::Int(a) if let Some(n) = a.checked_rem(i64::from(value)) => get!(dst) = Value::Int(n),
                &left => set!(dst, arith::rem(left, Value::Int(i64::from(value)))),
            },
            Op::Neg { dst, src } => match get!(src) {
                Value::Number(n) => get!(dst) = Value::Number(-n),
                src => set!(dst, arith::neg(src)),
            },
            Op::Not { dst, src } => match get!(src) {
                Value::Bool(b) => get!(dst) = Value::Bool(!b),
                src => set!(dst, compare::truth(heap, src).map(|b| Value::Bool(!b))),
            },
            Op::Interpolate { dst, base, argc } => {
                flow!(dst, construct::interpolate(cx!(), block(r, base, usize::from(argc))));
            }

            Op::Eq { dst, left, right } => match (see!(left), see!(right)) {
                (&Value::Int(a), &Value::Int(b)) => get!(dst) = Value::Bool(a == b),
                (&left, &right) => flow!(dst, compare::equal(cx!(), left, right, true)),
            },
            Op::Ne { dst, left, right } => match (see!(left), see!(right)) {
                (&Value::Int(a), &Value::Int(b)) => get!(dst) = Value::Bool(a != b),
                (&left, &right) => flow!(dst, compare::equal(cx!(), left, right, false)),
            },
            Op::Lt { dst, left, right } => {
                set!(dst, order!(see!(left), see!(right), <, compare::less).map(Value::Bool));
            }
            Op::Le { dst, left, right } => {
                set!(dst, order!(see!(left), see!(right), <=, compare::less_or_equal).map(Value::Bool));
            }
            Op::In { dst, left, right } => flow!(dst, compare::contains(cx!(), get!(left), get!(right))),
            Op::Is { dst, src, type_ } => {
                set!(dst, compare::is_type(cx!(), get!(src), type_).map(Value::Bool));
            }
            Op::RangeIncl { dst, start, end } => {
                set!(dst, construct::range(heap, get!(start), get!(end), true));
            }
            Op::RangeExcl { dst, start, end } => {
                set!(dst, construct::range(heap, get!(start), get!(end), false));
            }

            Op::Jump { target } => jump!(target),
            Op::JumpIf { src, target } => match see!(src) {
                &Value::Bool(b) => {
                    if b {
                        jump!(target);
                    }
                }
                &src => jump_if!(compare::truth(heap, src), target),
            },
            Op::JumpIfNot { src, target } => match see!(src) {
                &Value::Bool(b) => {
                    if !b {
                        jump!(target);
                    }
                }
                &src => jump_if!(compare::truth(heap, src).map(|b| !b), target),
            },
            Op::JumpIfNone { src, target } => {
                if get!(src).is_none() {
                    jump!(target);
                }
            }
            Op::JumpIfSome { src, target } => {
                if !get!(src).is_none() {
                    jump!(target);
                }
            }
            Op::JumpIfSet { src, target } => {
                if !matches!(get!(src), Value::Unset) {
                    jump!(target);
                }
            }
            Op::JumpLt { left, right, when, target } => {
                let less = order!(see!(left), see!(right), <, compare::less);
                jump_if!(less.map(|b| b == when), target);
            }
            Op::JumpLe { left, right, when, target } => {
                let less = order!(see!(left), see!(right), <=, compare::less_or_equal);
                jump_if!(less.map(|b| b == when), target);
            }
            Op::JumpLtInt { left, value, target } => {
                jump_if!(order!(see!(left), &Value::Int(i64::from(value)), <, compare::less), target);
            }
            Op::JumpLeInt { left, value, target } => {
                jump_if!(
                    order!(see!(left), &Value::Int(i64::from(value)), <=, compare::less_or_equal),
                    target
                );
            }
            Op::JumpGtInt { left, value, target } => {
                jump_if!(order!(&Value::Int(i64::from(value)), see!(left), <, compare::less), target);
            }
            Op::JumpGeInt { left, value, target } => {
                jump_if!(
                    order!(&Value::Int(i64::from(value)), see!(left), <=, compare::less_or_equal),
                    target
                );
            }
            Op::JumpNotLtInt { left, value, target } => {
                let less = order!(see!(left), &Value::Int(i64::from(value)), <, compare::less);
                jump_if!(less.map(|b| !b), target);
            }
            Op::JumpNotLeInt { left, value, target } => {
                let less = order!(see!(left), &Value::Int(i64::from(value)), <=, compare::less_or_equal);
                jump_if!(less.map(|b| !b), target);
            }
            Op::JumpNotGtInt { left, value, target } => {
                let less = order!(&Value::Int(i64::from(value)), see!(left), <, compare::less);
                jump_if!(less.map(|b| !b), target);
            }
            Op::JumpNotGeInt { left, value, target } => {
                let less = order!(&Value::Int(i64::from(value)), see!(left), <=, compare::less_or_equal);
                jump_if!(less.map(|b| !b), target);
            }
            Op::JumpEqInt { left, value, target } => {
                if compare::equals_int(see!(left), i64::from(value)) {
                    jump!(target);
                }
            }
            Op::JumpNeInt { left, value, target } => {
                if !compare::equals_int(see!(left), i64::from(value)) {
                    jump!(target);
                }
            }

            Op::Iterate { dst, src } => set!(dst, iterate::start(cx!(), get!(src))),
            Op::Next { iterator, value, target } => match iterate::next(heap, get!(iterator)) {
                Ok(Some(next)) => get!(value) = next,
                Ok(None) => jump!(target),
                Err(stop) => break Signal::Stop(stop),
            },
            Op::NextPair { iterator, first, second, target } => match iterate::pair(heap, get!(iterator)) {
                Ok(Some((key, value))) => {
                    get!(first) = key;
                    get!(second) = value;
                }
                Ok(None) => jump!(target),
                Err(stop) => break Signal::Stop(stop),
            },
            Op::ForPrepare { base, dst, inclusive, target } => {
                let last = base.wrapping_add(1);
                match iterate::prepare(get!(base), get!(last), inclusive) {
                    Ok(Some(bound)) => {
                        get!(last) = Value::Int(bound);
                        get!(dst) = get!(base);
                    }
                    Ok(None) => jump!(target),
                    Err(stop) => break Signal::Stop(stop),
                }
            }
            Op::ForNext { base, dst, target } => {
                let (&Value::Int(at), &Value::Int(last)) = (see!(base), see!(base.wrapping_add(1))) else {
                    break Signal::Stop(Stop::type_error("a loop counts with ints"));
                };
                if at < last {
                    let next = Value::Int(at.wrapping_add(1));
                    get!(base) = next;
                    get!(dst) = next;
                    jump!(target);
                }
            }

            Op::NewList { dst, base, argc } => {
                set!(dst, construct::list(heap, block(r, base, usize::from(argc))));
            }
            Op::Append { list, base, argc } => {
                done!(construct::append(heap, get!(list), block(r, base, usize::from(argc))));
            }
            Op::AppendAll { list, src } => done!(construct::append_all(cx!(), get!(list), get!(src))),
            Op::NewMap { dst, capacity } => set!(dst, construct::map(heap, capacity)),
            Op::MapSet { map, key, value } => {
                done!(index::set_entry(heap, get!(map), get!(key), get!(value)));
            }
            Op::MapSetAll { map, src } => done!(construct::set_all(cx!(), get!(map), get!(src))),
            Op::GetIndex { dst, object, index } => match (see!(object), see!(index)) {
                (&Value::List(list), &Value::Int(at))
                    if let Ok(at) = usize::try_from(at)
                        && let Some(&value) = heap.lists.get(list)?.items.get(at) =>
                {
                    get!(dst) = value;
                }
                (&object, &index) => set!(dst, index::get(cx!(), object, index)),
            },
            Op::SetIndex { object, index, value } => match (see!(object), see!(index)) {
                (&Value::List(list), &Value::Int(at))
                    if let Ok(at) = usize::try_from(at)
                        && let Some(place) = heap.lists.get_mut(list)?.items.get_mut(at) =>
                {
                    *place = copied(see!(value));
                }
                (&object, &index) => done!(index::set(heap, object, index, get!(value))),
            },
            Op::GetField { dst, object, name } => match see!(object) {
                &Value::Map(map) => {
                    let hint = hint_at(hints, pc);
                    let found = heap.maps.get(map)?.get_hinted(&heap.texts, Texts::constant(name), hint);
                    set!(dst, found.map(|value| value.unwrap_or(Value::None)));
                }
                &object => flow!(dst, call::property(cx!(), object, name)),
            },
            Op::SetField { object, value, name } => match see!(object) {
                &Value::Map(map) => {
                    let hint = hint_at(hints, pc);
                    done!(index::set_field(heap, map, Texts::constant(name), copied(see!(value)), hint));
                }
                &object => done!(index::set_member(cx!(), object, name, get!(value))),
            },
            Op::Slice { dst, object, base } => {
                set!(dst, index::slice(cx!(), get!(object), block(r, base, 3)));
            }
            Op::DeleteKey { map, key } => done!(index::delete(heap, get!(map), get!(key))),

            Op::Call { base: first, argc, dst } => {
                let callee = get!(first);
                call!(callee, usize::from(first).wrapping_add(1), argc, dst);
            }
            Op::CallComponent { base: first, argc, dst } => {
                let (callee, first) = (get!(first), usize::from(first).wrapping_add(1));
                stack.code()?.dst = dst;
                break Signal::Call(call::Request::Component { callee, first, argc });
            }
            Op::CallFunction { base: first, argc, dst, function } => {
                let callee = Value::Function(function);
                invoke!(function, None, callee, usize::from(first).wrapping_add(1), argc, dst);
            }
            Op::CallNative { base: first, argc, dst, native } => {
                let id = call::native_id(program, native)?;
                let args = block(r, first.wrapping_add(1), usize::from(argc));
                flow!(dst, call::native(cx!(), id, args));
                if heap.texts.fuel.is_out() {
                    break Signal::Yield;
                }
            }
            Op::CallMethod { base: first, argc, dst, name } => {
                let receiver = get!(first);
                let own = match receiver {
                    Value::Map(map) => {
                        let hint = hint_at(hints, pc);
                        heap.maps.get(map)?.get_hinted(&heap.texts, Texts::constant(name), hint)?
                    }
                    _ => None,
                };
                if let Some(callee) = own.filter(|&own| call::callable(own)) {
                    call!(callee, usize::from(first).wrapping_add(1), argc, dst);
                } else {
                    let args = block(r, first, usize::from(argc).wrapping_add(1));
                    flow!(dst, call::method(cx!(), name, args));
                    if heap.texts.fuel.is_out() {
                        break Signal::Yield;
                    }
                }
            }
            Op::CallWith { base, dst } => {
                let request = call::Request::with(block(r, base, 3));
                stack.code()?.dst = dst;
                break Signal::Call(request);
            }
            Op::CallMethodWith { base, dst, name } => {
                let request = call::Request::method_with(name, block(r, base, 3));
                stack.code()?.dst = dst;
                break Signal::Call(request);
            }
            Op::Return { src } => returns!(copied(see!(src))),
            Op::ReturnNone {} => returns!(Value::None),

            Op::Throw { src } => match raise::thrown(heap, get!(src)) {
                Ok(error) => break Signal::Throw(error),
                Err(stop) => break Signal::Stop(stop),
            },
            Op::MatchFailed { src } => done!(raise::match_failed(cx!(), get!(src))),
            Op::AssertFailed { left, right, note, source } => {
                let values = [get!(left), get!(right), get!(note)];
                flow!(left, raise::assert_failed(cx!(), values, source));
            }

            Op::IsVariant { dst, src, variant } => {
                set!(dst, pattern::is_variant(cx!(), get!(src), variant).map(Value::Bool));
            }
            Op::GetPayload { dst, src, index } => set!(dst, pattern::payload(heap, get!(src), index)),
            Op::IsListOf { dst, src, rest, length } => {
                set!(dst, pattern::is_list_of(heap, get!(src), rest, length).map(Value::Bool));
            }
            Op::HasKey { dst, src, name } => {
                set!(dst, pattern::has_key(cx!(), get!(src), Texts::constant(name)).map(Value::Bool));
            }
            Op::ListRest { dst, src, from } => set!(dst, pattern::list_rest(cx!(), get!(src), from)),
            Op::TakeList { dst, src, length } => set!(dst, pattern::take_list(cx!(), get!(src), length)),
            Op::CheckMap { src } => done!(pattern::check_map(get!(src))),
            Op::MapRest { dst, src, keys } => set!(dst, pattern::map_rest(cx!(), get!(src), get!(keys))),
            Op::Matches { dst, subject, src } => {
                flow!(dst, compare::matches(cx!(), get!(subject), get!(src)));
            }

            Op::NewMarkup { dst } => set!(dst, heap.new_markup()),
            Op::PutText { markup, constant } => done!(markup::text(cx!(), get!(markup), constant)),
            Op::PutValue { markup, src } => {
                flow!(markup, markup::put(cx!(), get!(markup), get!(src), Form::Rendered));
            }
            Op::PutPart { markup, src, escaped } => {
                let form = if escaped { Form::Escaped } else { Form::Plain };
                flow!(markup, markup::put(cx!(), get!(markup), get!(src), form));
            }
            Op::PutAttribute { markup, src, name } => {
                flow!(markup, markup::attribute(cx!(), get!(markup), get!(src), name));
            }
            Op::PutAttributes { markup, src } => {
                flow!(markup, markup::attributes(cx!(), get!(markup), get!(src)));
            }
            Op::PutClasses { markup, src } => flow!(markup, markup::classes(cx!(), get!(markup), get!(src))),
            Op::PutTag { markup, src, end } => done!(markup::tag(cx!(), get!(markup), get!(src), end)),
            Op::BeginPart { markup, style } => done!(markup::begin(heap, get!(markup), style)),
            Op::EndPart { markup, style } => done!(markup::end(heap, get!(markup), style)),
            Op::TakeMarkup { dst, markup, text } => set!(dst, markup::take(cx!(), get!(markup), text)),
        }
    };
    if let Ok(frame) = stack.code() {
        frame.pc = pc;
    }
    Ok(signal)
}

/// A register. An index of eight bits is always inside a window.
#[expect(
    clippy::indexing_slicing,
    reason = "a u8 indexes 256 registers; the compiler sees that no check is needed"
)]
#[inline]
fn at(window: &mut [Value; WINDOW], register: u8) -> &mut Value {
    &mut window[usize::from(register)]
}

/// A register, to look at.
#[expect(
    clippy::indexing_slicing,
    reason = "a u8 indexes 256 registers; the compiler sees that no check is needed"
)]
#[inline]
fn seen(window: &[Value; WINDOW], register: u8) -> &Value {
    &window[usize::from(register)]
}

/// A copy; of the frequent kinds by tag and payload apart.
#[expect(
    clippy::needless_match,
    reason = "a copy of all 16 bytes stalls on what was just written in two halves"
)]
#[inline]
const fn copied(value: &Value) -> Value {
    match *value {
        Value::Int(n) => Value::Int(n),
        Value::Number(n) => Value::Number(n),
        other => other,
    }
}

/// Where the field that this instruction names was found last time; instructions 256 apart share a place.
#[expect(
    clippy::indexing_slicing,
    reason = "a u8 indexes 256 places; the compiler sees that no check is needed"
)]
#[inline]
fn hint_at(hints: &mut [u8; 256], pc: u32) -> &mut u8 {
    let [low, ..] = pc.to_le_bytes();
    &mut hints[usize::from(low)]
}

/// Registers from `base` on; the verifier saw that they are there.
#[inline]
fn block(window: &[Value; WINDOW], base: u8, count: usize) -> &[Value] {
    let start = usize::from(base);
    window.get(start..start.wrapping_add(count)).unwrap_or_default()
}
