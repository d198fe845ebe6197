//! Rules B15 to B17: what a module says of its entities, and of the forms that requests fill in.

use super::{Fault, Table};
use crate::base::span::{to_u32, to_usize};
use crate::code::module::Module;
use crate::record::{Datum, EntityShape, FieldShape, FieldType, OnDelete, Rule};
use std::collections::HashSet;

pub(super) fn check(module: &Module) -> Result<(), Fault> {
    let mut names = HashSet::new();
    for (entity, shape) in (0..).zip(&module.entities.entities) {
        if !names.insert(&*shape.name) {
            return Err(Fault::EntityName { entity });
        }
        fields(module, entity, shape)?;
        for group in shape.unique.iter().chain(&shape.indexes) {
            if group.is_empty() {
                return Err(Fault::EntityIndex { entity });
            }
            for &field in group {
                super::tables::entry(Table::Fields, field, shape.fields.len())?;
            }
        }
    }
    (0..).zip(&module.forms).try_for_each(|(form, shape)| fields(module, form, shape))
}

fn fields(module: &Module, entity: u32, shape: &EntityShape) -> Result<(), Fault> {
    let mut names = HashSet::new();
    for (at, field) in (0..).zip(&shape.fields) {
        if !names.insert(&*field.name) {
            return Err(Fault::FieldName { entity, field: at });
        }
        let leaf = field.ty.leaf();
        match leaf {
            FieldType::Enum(of) => super::tables::entry(Table::Enums, *of, module.enums.len())?,
            FieldType::Reference(of) => {
                super::tables::entry(Table::Entities, *of, module.entities.entities.len())?;
            }
            _ => {}
        }
        if !matches!(leaf, FieldType::Reference(_)) && field.on_delete != OnDelete::Restrict {
            return Err(Fault::FieldRule { entity, field: at });
        }
        field_functions(module, field)?;
        if !field.rules.iter().all(is_sound) {
            return Err(Fault::FieldRule { entity, field: at });
        }
    }
    Ok(())
}

/// A default takes nothing, a check the entity alone, and neither captures anything.
fn field_functions(module: &Module, field: &FieldShape) -> Result<(), Fault> {
    let checks = field.rules.iter().filter_map(|rule| match rule {
        Rule::Check(function) => Some((*function, 1)),
        _ => None,
    });
    for (index, wanted) in field.default.map(|default| (default, 0)).into_iter().chain(checks) {
        super::tables::entry(Table::Functions, index, module.functions.len())?;
        let Some(function) = module.functions.get(to_usize(index)) else { continue };
        let (params, captures) = (to_u32(function.params.len()), to_u32(function.captures.len()));
        if params != wanted || captures != 0 || function.rest {
            return Err(Fault::FieldFunction { function: index, wanted, params, captures });
        }
    }
    Ok(())
}

fn is_sound(rule: &Rule) -> bool {
    match rule {
        Rule::Min(bound) | Rule::Max(bound) => matches!(bound, Datum::Int(_) | Datum::Number(_)),
        Rule::OneOf(allowed) => allowed.iter().all(|value| match value {
            Datum::None | Datum::List(_) | Datum::Map(_) | Datum::Reference(_) => false,
            Datum::Variant(_, payload) => payload.is_empty(),
            Datum::Bool(_) | Datum::Int(_) | Datum::Number(_) | Datum::Text(_) | Datum::Time(_) => true,
        }),
        _ => true,
    }
}
