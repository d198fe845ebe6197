//! Rule B10: handlers, and which one an error at each instruction goes to.

use super::{Broken, Fault, Table, in_range};
use crate::base::span::{to_u32, to_usize};
use crate::code::module::{Function, Handler};

/// Index of the innermost handler of an instruction.
pub(crate) type HandlerOf = Vec<Option<u32>>;

pub(super) fn check(function: &Function) -> Result<HandlerOf, Broken> {
    ranges(function).map_err(|fault| Broken { pc: None, fault })?;
    order(&function.handlers).map_err(|fault| Broken { pc: None, fault })?;
    Ok(innermost(function))
}

fn ranges(function: &Function) -> Result<(), Fault> {
    let count = to_u32(function.code.len());
    for (index, handler) in (0..).zip(&function.handlers) {
        let Handler { start, end, target, register } = *handler;
        // A handler behind its range cannot make a loop that costs no fuel.
        if start >= end || end > target || target >= count {
            return Err(Fault::HandlerRange { handler: index, start, end, target, count });
        }
        in_range(Table::Registers, u32::from(register), usize::from(function.registers))?;
    }
    Ok(())
}

/// Each handler contains or is apart from every one before it. `apart` holds the outermost ones so far, by rising end.
fn order(handlers: &[Handler]) -> Result<(), Fault> {
    let mut apart: Vec<Handler> = Vec::new();
    for (index, handler) in (0..).zip(handlers) {
        if apart.last().is_some_and(|last| handler.end < last.end) {
            return Err(Fault::HandlerOrder { handler: index });
        }
        while apart.last().is_some_and(|last| last.start >= handler.start) {
            apart.pop();
        }
        if apart.last().is_some_and(|last| last.end > handler.start) {
            return Err(Fault::HandlerOrder { handler: index });
        }
        apart.push(*handler);
    }
    Ok(())
}

/// One sweep over the code with the open handlers on a stack.
pub(crate) fn innermost(function: &Function) -> HandlerOf {
    let mut by_start: Vec<(u32, &Handler)> = (0..).zip(&function.handlers).collect();
    // Outer ones first: they come later in the list.
    by_start.sort_by_key(|&(index, handler)| (handler.start, std::cmp::Reverse(index)));
    let mut waiting = by_start.into_iter().peekable();
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut handler_of = vec![None; function.code.len()];
    for (pc, innermost) in (0..).zip(&mut handler_of) {
        while open.last().is_some_and(|&(_, end)| end <= pc) {
            open.pop();
        }
        while let Some((index, handler)) = waiting.next_if(|(_, handler)| handler.start <= pc) {
            open.push((index, handler.end));
        }
        *innermost = open.last().map(|&(index, _)| index);
    }
    handler_of
}

/// The handler that an error at the instruction goes to.
pub(crate) fn handler_at<'f>(function: &'f Function, of: &HandlerOf, pc: usize) -> Option<&'f Handler> {
    let index = of.get(pc).copied().flatten()?;
    function.handlers.get(to_usize(index))
}
