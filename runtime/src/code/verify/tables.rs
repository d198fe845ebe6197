//! Rules B1 to B4, B12: the module's tables and the shape of each function, before any instruction is looked at.

use super::{Fault, Refusal, SLOTS_MAX, Table};
use crate::base::span::{to_u32, to_usize};
use crate::code::module::{
    Const, EVERY_MILLIS_MIN, EndpointKind, Function, Module, REGISTER_PARAMS, TypeShape,
};

const REGISTERS_MAX: u16 = 256;

pub(super) fn check(module: &Module) -> Result<(), Refusal> {
    tables(module).map_err(|fault| Refusal { function: None, pc: None, fault })?;
    for (index, function) in module.functions.iter().enumerate() {
        shape(module, function).and_then(|()| spans(module, function)).map_err(|fault| Refusal {
            function: Some(to_u32(index)),
            pc: None,
            fault,
        })?;
    }
    Ok(())
}

fn tables(module: &Module) -> Result<(), Fault> {
    standalone(module, module.entry)?;
    for &(name, function) in &module.tests {
        text(module, name)?;
        standalone(module, function)?;
    }
    for (index, endpoint) in (0..).zip(&module.endpoints) {
        text(module, endpoint.path)?;
        standalone(module, endpoint.function)?;
        match endpoint.kind {
            EndpointKind::Every { millis } if millis < EVERY_MILLIS_MIN => {
                return Err(Fault::Interval { endpoint: index, millis });
            }
            EndpointKind::Cron(expression) => text(module, expression)?,
            EndpointKind::Route(_)
            | EndpointKind::Page
            | EndpointKind::Socket
            | EndpointKind::Stream
            | EndpointKind::Every { .. } => {}
        }
    }
    for function in module.files.iter().filter_map(|file| file.initialiser) {
        standalone(module, function)?;
    }
    for &(file, name) in &module.globals {
        entry(Table::Files, file, module.files.len())?;
        text(module, name)?;
    }
    for &(of, variant) in &module.variants {
        entry(Table::Enums, of, module.enums.len())?;
        let variants = module.enums.get(to_usize(of)).map_or(0, |shape| shape.variants.len());
        entry(Table::VariantsOfEnum, variant, variants)?;
    }
    for (outer, shape) in (0..).zip(&module.types) {
        match shape {
            TypeShape::Enum(of) => entry(Table::Enums, *of, module.enums.len())?,
            TypeShape::AnyOf(parts) => {
                if let Some(&inner) = parts.iter().find(|&&inner| inner >= outer) {
                    return Err(Fault::TypeOrder { outer, inner });
                }
            }
            TypeShape::Entity(of) => entry(Table::Entities, *of, module.entities.entities.len())?,
            TypeShape::Kind(_) | TypeShape::Any => {}
        }
    }
    super::entities::check(module)?;
    for (file, source) in (0..).zip(&module.sources) {
        let mut places = (1..).zip(source.positions.windows(2));
        if let Some((place, _)) = places.find(|(_, pair)| matches!(pair, [a, b] if a.0 >= b.0)) {
            return Err(Fault::PlaceOrder { file, place });
        }
    }
    Ok(())
}

pub(super) fn entry(table: Table, index: u32, count: usize) -> Result<(), Fault> {
    if to_usize(index) < count {
        Ok(())
    } else {
        Err(Fault::TableIndex { table, index, count: to_u32(count) })
    }
}

fn text(module: &Module, constant: u32) -> Result<(), Fault> {
    entry(Table::Constants, constant, module.constants.len())?;
    match module.constants.get(to_usize(constant)) {
        Some(Const::Text(_)) => Ok(()),
        _ => Err(Fault::TableName { constant }),
    }
}

fn standalone(module: &Module, index: u32) -> Result<(), Fault> {
    entry(Table::Functions, index, module.functions.len())?;
    match module.functions.get(to_usize(index)) {
        Some(function) if !function.params.is_empty() || !function.captures.is_empty() => {
            Err(Fault::NotStandalone {
                function: index,
                params: to_u32(function.params.len()),
                captures: to_u32(function.captures.len()),
            })
        }
        _ => Ok(()),
    }
}

fn shape(module: &Module, function: &Function) -> Result<(), Fault> {
    let params = function.params.len();
    let (registers, slots) = (function.registers, function.slots);
    if registers == 0 || registers > REGISTERS_MAX || params.min(REGISTER_PARAMS) > usize::from(registers) {
        return Err(Fault::FrameRegisters { registers, params: to_u32(params) });
    }
    if function.rest && params == 0 {
        return Err(Fault::FrameRest);
    }
    if slots > SLOTS_MAX {
        return Err(Fault::FrameSlots { slots });
    }
    if params.saturating_sub(REGISTER_PARAMS) > to_usize(slots) {
        return Err(Fault::FrameParams { slots, params: to_u32(params) });
    }
    if let Some(hint) = function.hint {
        entry(Table::Functions, hint, module.functions.len())?;
        let found = module.functions.get(to_usize(hint));
        let fits = |found: &Function| {
            found.params.is_empty() && !found.rest && function.captures.starts_with(&found.captures)
        };
        if !found.is_some_and(fits) {
            let params = to_u32(found.map_or(0, |found| found.params.len()));
            return Err(Fault::FrameHint { function: hint, params });
        }
    }
    let names = function.params.iter().filter_map(|param| param.name).chain(function.name);
    names.into_iter().try_for_each(|name| text(module, name))
}

fn spans(module: &Module, function: &Function) -> Result<(), Fault> {
    let count = to_u32(function.code.len());
    let mut least = 0;
    for (index, &(start, place)) in (0..).zip(&function.spans) {
        if start < least || start >= count {
            return Err(Fault::SpanOrder { span: index, start, count });
        }
        least = start.saturating_add(1);
        let files = to_u32(module.sources.len());
        if place.file.0 >= files || place.start > place.end {
            let (file, start, end) = (place.file.0, place.start, place.end);
            return Err(Fault::SpanPlace { span: index, file, start, end, count: files });
        }
    }
    Ok(())
}
