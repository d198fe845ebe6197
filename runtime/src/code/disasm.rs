//! A module as people read it: each function's frame, handlers and instructions, with names for what operands point to.
//!
//! Works on any module, verified or not: what points nowhere is shown as its number.

use super::module::{Capture, Const, Endpoint, EndpointKind, Function, Module, REGISTER_PARAMS, TypeShape};
use super::op::{Op, Operand, OperandValue, TABLE};
use crate::base::render::printable;
use crate::base::span::{Span, to_usize};
use std::collections::BTreeSet;
use std::fmt;

/// Characters of a constant that are shown.
const CONSTANT_CHARS_MAX: usize = 40;

/// Prints as a listing.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'m>(pub &'m Module);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(module) = *self;
        for (index, function) in (0..).zip(&module.functions) {
            if index > 0 {
                writeln!(f)?;
            }
            head(f, module, index, function)?;
            code(f, module, function)?;
        }
        module.endpoints.iter().try_for_each(|endpoint| listed(f, module, endpoint))
    }
}

fn listed(f: &mut fmt::Formatter<'_>, module: &Module, endpoint: &Endpoint) -> fmt::Result {
    let path = text(module, endpoint.path);
    let what = match endpoint.kind {
        EndpointKind::Route(method) => method.name().to_owned(),
        EndpointKind::Page => "page".to_owned(),
        EndpointKind::Socket => "socket".to_owned(),
        EndpointKind::Stream => "stream".to_owned(),
        EndpointKind::Every { millis } => format!("every {millis}ms"),
        EndpointKind::Cron(expression) => format!("cron \"{}\"", text(module, expression)),
    };
    writeln!(f, "endpoint {what} {path}: function {}", endpoint.function)
}

fn head(f: &mut fmt::Formatter<'_>, module: &Module, index: u32, function: &Function) -> fmt::Result {
    let name = function.name.map_or_else(|| "fn".to_owned(), |name| text(module, name));
    let role = if index == module.entry { ", entry" } else { "" };
    writeln!(
        f,
        "function {index} <{name}>{role}: {} registers, {} slots",
        function.registers, function.slots
    )?;
    for (at, param) in function.params.iter().enumerate() {
        let name = param.name.map_or_else(|| "_".to_owned(), |name| text(module, name));
        let rest = function.rest && at.saturating_add(1) == function.params.len();
        let (dots, mark) = (if rest { "..." } else { "" }, if param.optional { "?" } else { "" });
        match at.checked_sub(REGISTER_PARAMS) {
            None => writeln!(f, "  parameter r{at} {dots}{name}{mark}")?,
            Some(slot) => writeln!(f, "  parameter slot {slot} {dots}{name}{mark}")?,
        }
    }
    for (captured, source) in function.captures.iter().enumerate() {
        write!(f, "  captured {captured} from ")?;
        match source {
            Capture::Register(register) => writeln!(f, "r{register}")?,
            Capture::Slot(slot) => writeln!(f, "slot {slot}")?,
            Capture::Captured(outer) => writeln!(f, "captured {outer}")?,
        }
    }
    if let Some(hint) = function.hint {
        writeln!(f, "  values of fields from function {hint}")?;
    }
    for handler in &function.handlers {
        let (start, end) = (handler.start, handler.end);
        writeln!(f, "  errors in {start}..{end} go to L{}, in r{}", handler.target, handler.register)?;
    }
    Ok(())
}

fn code(f: &mut fmt::Formatter<'_>, module: &Module, function: &Function) -> fmt::Result {
    let mut labels: BTreeSet<u32> = function.handlers.iter().map(|handler| handler.target).collect();
    for op in &function.code {
        op.operands(|kind, value| {
            if kind == Operand::Target {
                labels.insert(value.into());
            }
        });
    }
    let mut spans = function.spans.iter().peekable();
    for (pc, op) in (0..).zip(&function.code) {
        while let Some((_, span)) = spans.next_if(|(start, _)| *start <= pc) {
            writeln!(f, "    ; {}", place(module, *span))?;
        }
        if labels.contains(&pc) {
            writeln!(f, "  L{pc}:")?;
        }
        instruction(f, module, pc, *op)?;
    }
    Ok(())
}

fn instruction(f: &mut fmt::Formatter<'_>, module: &Module, pc: u32, op: Op) -> fmt::Result {
    let at = TABLE.binary_search_by_key(&op.code(), |info| info.code).ok();
    let Some(info) = at.and_then(|at| TABLE.get(at)) else { return Err(fmt::Error) };
    write!(f, "    {pc:5}  {:<14}", info.name)?;
    let mut names = info.operands.iter();
    let mut shown = Vec::with_capacity(info.operands.len());
    op.operands(|kind, value| {
        let name = names.next().map_or("", |(name, _)| *name);
        shown.push(operand(module, name.trim_end_matches('_'), kind, value));
    });
    writeln!(f, " {}", shown.join(", "))
}

fn operand(module: &Module, name: &str, kind: Operand, OperandValue(n): OperandValue) -> String {
    let index = u32::try_from(n).unwrap_or(u32::MAX);
    match kind {
        Operand::Read | Operand::Write | Operand::Update | Operand::Base => format!("{name} r{n}"),
        Operand::Count | Operand::Small | Operand::Imm => format!("{name} {n}"),
        Operand::Flag => format!("{name} {}", n != 0),
        Operand::Constant => constant(module, index),
        Operand::Name => text(module, index),
        Operand::Function => {
            let name = module.functions.get(to_usize(index)).and_then(|function| function.name);
            format!("function {n}{}", name.map_or(String::new(), |name| format!(" <{}>", text(module, name))))
        }
        Operand::Native => {
            let native = module.natives.get(to_usize(index));
            native
                .map_or_else(|| format!("built-in {n}"), |native| format!("built-in {}", short(&native.name)))
        }
        Operand::Global => {
            let global = module.globals.get(to_usize(index));
            global
                .map_or_else(|| format!("global {n}"), |(_, name)| format!("global {}", text(module, *name)))
        }
        Operand::Captured => format!("captured {n}"),
        Operand::Slot => format!("slot {n}"),
        Operand::Target => format!("L{n}"),
        Operand::Type => type_name(module, index),
        Operand::Variant => variant(module, index).unwrap_or_else(|| format!("variant {n}")),
    }
}

fn text(module: &Module, index: u32) -> String {
    match module.constants.get(to_usize(index)) {
        Some(Const::Text(text)) => short(text),
        _ => format!("constant {index}"),
    }
}

fn constant(module: &Module, index: u32) -> String {
    match module.constants.get(to_usize(index)) {
        Some(Const::Int(n)) => format!("{n}"),
        Some(Const::Number(n)) => format!("{n:?}"),
        Some(Const::Duration(millis)) => format!("{millis}ms"),
        Some(Const::Text(text)) => format!("\"{}\"", short(text)),
        Some(Const::Regex(pattern, flags)) => format!("/{}/{}", short(pattern), short(flags)),
        None => format!("constant {index}"),
    }
}

fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(CONSTANT_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    printable(&shown)
}

fn type_name(module: &Module, index: u32) -> String {
    match module.types.get(to_usize(index)) {
        Some(TypeShape::Kind(kind)) => format!("type {}", kind.name()),
        Some(TypeShape::Enum(of)) => {
            let shape = module.enums.get(to_usize(*of));
            shape.map_or_else(|| format!("enum {of}"), |shape| format!("enum {}", short(&shape.name)))
        }
        Some(TypeShape::Entity(of)) => {
            let shape = module.entities.entities.get(to_usize(*of));
            shape.map_or_else(|| format!("entity {of}"), |shape| format!("entity {}", short(&shape.name)))
        }
        Some(TypeShape::Any) => "type any".to_owned(),
        // Its parts are not followed: an unverified type may name itself.
        Some(TypeShape::AnyOf(parts)) => format!("one of types {parts:?}"),
        None => format!("type {index}"),
    }
}

fn variant(module: &Module, index: u32) -> Option<String> {
    let (of, variant) = module.variants.get(to_usize(index))?;
    let shape = module.enums.get(to_usize(*of))?;
    let (name, _) = shape.variants.get(to_usize(*variant))?;
    Some(format!("{}.{}", short(&shape.name), short(name)))
}

fn place(module: &Module, span: Span) -> String {
    let Some(source) = module.sources.get(to_usize(span.file.0)) else {
        return format!("source file {}, byte {}", span.file.0, span.start);
    };
    let name = short(&source.name);
    match source.locate(span.start) {
        Some((line, column)) => format!("{name}:{line}:{column}"),
        None => format!("{name}, byte {}", span.start),
    }
}

#[cfg(test)]
mod tests;
