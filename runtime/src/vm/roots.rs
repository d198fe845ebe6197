//! What is alive: registers that can still be read, spill slots, globals, functions and built-ins under way.

use super::Vm;
use super::frame::Frame;
use super::program::Program;
use crate::base::span::to_usize;
use crate::code::verify::registers::Registers;
use crate::value::stop::Bug;
use crate::value::{Closure, Handle, Value};

/// Bytes in use that a collection gets through while an instruction is run, about.
const BYTES_A_UNIT: usize = 256;

/// A call under way: function, next instruction, and whether the one before it will be run again.
type Call = (u32, usize, bool);

/// What is live in the calls that were looked at last: in a deep recursion they are the same few.
#[derive(Default)]
struct Recent([Option<(Call, Registers)>; 4]);

impl Recent {
    fn live(&mut self, program: &Program, call: Call) -> Result<Registers, Bug> {
        if let Some((_, live)) = self.0.iter().flatten().find(|(known, _)| *known == call) {
            return Ok(*live);
        }
        let (index, pc, repeated) = call;
        let (function, liveness) = (program.function(index)?, program.liveness(index)?);
        let mut live = liveness.within(&program.module, function, pc);
        if repeated {
            // What the operation reads is read again; what it leads to when it fails, too.
            live = live.union(liveness.at(&program.module, function, pc.saturating_sub(1)));
        }
        self.0.rotate_right(1);
        if let Some(first) = self.0.first_mut() {
            *first = Some((call, live));
        }
        Ok(live)
    }
}

impl Vm {
    /// Frees what is not alive. `wanted` bytes will be asked for right after. `about_to_run` tells whether the topmost
    /// frame's next instruction is still to be run; otherwise the one before it is under way.
    ///
    /// Registers that are dead are cleared first: they may name objects that this collection frees. It costs fuel, so
    /// that a program that meets one at every turn still meets its deadline in time.
    pub(super) fn collect(&mut self, wanted: usize, about_to_run: bool) -> Result<(), Bug> {
        let cost = self.heap.memory.used() / BYTES_A_UNIT;
        self.heap.texts.fuel.spend(cost);
        self.clear_dead(about_to_run)?;
        let Self { heap, stack, globals, saved, exchange, start, exhausted, .. } = self;
        heap.collect(wanted, |marker| {
            marker.visit_all(&stack.registers);
            marker.visit_all(&stack.slots);
            globals.values().for_each(|value| marker.visit(value));
            saved.values().for_each(|value| marker.visit(value));
            exhausted.error().into_iter().for_each(|error| marker.visit(error));
            exchange.iter().for_each(|exchange| exchange.trace(&mut |value| marker.visit(value)));
            for native in &stack.natives {
                native.state.trace(&mut |value| marker.visit(value));
                native.answer.into_iter().for_each(|value| marker.visit(value));
                if let Some(call) = native.call {
                    marker.visit(call.callee);
                    marker.visit_all(&call.args);
                }
            }
            for frame in &stack.frames {
                if let Frame::Code(code) = frame {
                    code.closure.into_iter().for_each(|closure: Handle<Closure>| {
                        marker.visit(Value::Closure(closure));
                    });
                }
            }
            if let Some((_, args)) = start {
                marker.visit_all(args);
            }
        })
    }

    /// Clears every register that nothing will read. Windows overlap: a register that a caller lost belongs to what it
    /// called, so each frame is looked at from its own base to the next one's.
    fn clear_dead(&mut self, about_to_run: bool) -> Result<(), Bug> {
        let program = &*self.program;
        let top = self.stack.frames.len().saturating_sub(1);
        let codes = self.stack.frames.iter().enumerate().filter_map(|(at, frame)| match frame {
            Frame::Code(code) => Some((at, code)),
            Frame::Native | Frame::Global { .. } | Frame::Need { .. } => None,
        });
        let mut codes = codes.peekable();
        let registers = &mut self.stack.registers;
        let mut cleared = 0;
        let mut known = Recent::default();
        while let Some((at, code)) = codes.next() {
            let pc = to_usize(code.pc);
            let repeated = matches!(self.stack.frames.get(at.saturating_add(1)), Some(Frame::Need { .. }));
            let live = if at == top && about_to_run {
                program.liveness(code.function)?.at(&program.module, program.function(code.function)?, pc)
            } else {
                known.live(program, (code.function, pc, repeated))?
            };
            let end = codes.peek().map_or(registers.len(), |(_, next)| next.base);
            let own = registers.get_mut(code.base..end).unwrap_or_default();
            for (place, register) in own.iter_mut().zip(0_usize..) {
                let is_live = u8::try_from(register).is_ok_and(|register| live.has(register));
                if !is_live {
                    *place = Value::Unset;
                }
            }
            cleared = end;
        }
        registers.iter_mut().skip(cleared).for_each(|register| *register = Value::Unset);
        Ok(())
    }
}
