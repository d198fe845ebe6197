//! The module's tables while it is being built: each constant, type, variant and built-in occurs once.

use crate::base::Kind;
use crate::base::span::{to_u32, to_usize};
use crate::check::names::{EnumNames, Names, TypeTest};
use crate::code::Module;
use crate::code::module::{Const, EnumShape, Function, NativeRef, TypeShape};
use std::collections::HashMap;
use std::sync::Arc;

/// A constant as a key: doubles by their bits.
#[derive(Clone, PartialEq, Eq, Hash)]
enum ConstKey {
    Int(i64),
    Number(u64),
    Duration(i64),
    Text(Arc<str>),
    Regex(Arc<str>, Arc<str>),
}

/// A module and the indices of what is already in it.
#[derive(Default)]
pub(super) struct Tables {
    /// What is being built.
    pub module: Module,
    constants: HashMap<ConstKey, u32>,
    natives: HashMap<Arc<str>, u32>,
    types: HashMap<TypeShape, u32>,
    variants: HashMap<(u32, u32), u32>,
}

impl Tables {
    /// A module that knows the project's enums.
    pub fn new(names: &Names) -> Self {
        let shape =
            |names: &EnumNames| EnumShape { name: names.name.clone(), variants: names.variants.clone() };
        let module = Module { enums: names.enums.iter().map(shape).collect(), ..Module::default() };
        Self { module, ..Self::default() }
    }

    fn constant(&mut self, key: ConstKey) -> u32 {
        if let Some(&at) = self.constants.get(&key) {
            return at;
        }
        let at = to_u32(self.module.constants.len());
        self.module.constants.push(match key.clone() {
            ConstKey::Int(n) => Const::Int(n),
            ConstKey::Number(bits) => Const::Number(f64::from_bits(bits)),
            ConstKey::Duration(ms) => Const::Duration(ms),
            ConstKey::Text(text) => Const::Text(text),
            ConstKey::Regex(pattern, flags) => Const::Regex(pattern, flags),
        });
        self.constants.insert(key, at);
        at
    }

    /// The index of an int.
    pub fn int(&mut self, n: i64) -> u32 {
        self.constant(ConstKey::Int(n))
    }

    /// The index of a number; each bit pattern is a constant of its own.
    pub fn number(&mut self, n: f64) -> u32 {
        self.constant(ConstKey::Number(n.to_bits()))
    }

    /// The index of a duration in milliseconds.
    pub fn duration(&mut self, ms: i64) -> u32 {
        self.constant(ConstKey::Duration(ms))
    }

    /// The index of a text.
    pub fn text(&mut self, text: &Arc<str>) -> u32 {
        self.constant(ConstKey::Text(text.clone()))
    }

    /// The index of a regex.
    pub fn regex(&mut self, pattern: &Arc<str>, flags: &Arc<str>) -> u32 {
        self.constant(ConstKey::Regex(pattern.clone(), flags.clone()))
    }

    /// The index of a built-in function in the module's list.
    pub fn native(&mut self, name: &str) -> u32 {
        if let Some(&at) = self.natives.get(name) {
            return at;
        }
        let at = to_u32(self.module.natives.len());
        let name: Arc<str> = name.into();
        self.module.natives.push(NativeRef { name: name.clone() });
        self.natives.insert(name, at);
        at
    }

    /// The index of a variant in the module's list.
    pub fn variant(&mut self, enumeration: u32, variant: u32) -> u32 {
        let variants = &mut self.module.variants;
        *self.variants.entry((enumeration, variant)).or_insert_with(|| {
            variants.push((enumeration, variant));
            to_u32(variants.len()).saturating_sub(1)
        })
    }

    fn type_shape(&mut self, shape: TypeShape) -> u32 {
        if let Some(&at) = self.types.get(&shape) {
            return at;
        }
        let at = to_u32(self.module.types.len());
        self.module.types.push(shape.clone());
        self.types.insert(shape, at);
        at
    }

    /// The index of one kind.
    pub fn kind(&mut self, kind: Kind) -> u32 {
        self.type_shape(TypeShape::Kind(kind))
    }

    /// The index of what `is` asks.
    pub fn test(&mut self, test: &TypeTest) -> u32 {
        let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|&kind| test.kinds.has(kind)).collect();
        if kinds.len() == Kind::ALL.len() {
            return self.type_shape(TypeShape::Any);
        }
        let mut parts: Vec<u32> =
            kinds.into_iter().map(|kind| self.type_shape(TypeShape::Kind(kind))).collect();
        parts.extend(test.enums.iter().map(|&at| self.type_shape(TypeShape::Enum(at))));
        parts.extend(test.entities.iter().map(|&at| self.type_shape(TypeShape::Entity(at))));
        match parts.as_slice() {
            [only] => *only,
            _ => self.type_shape(TypeShape::AnyOf(parts)),
        }
    }

    /// Makes room for a function that is compiled later.
    pub fn reserve_function(&mut self) -> u32 {
        self.module.functions.push(Function::default());
        to_u32(self.module.functions.len()).saturating_sub(1)
    }

    /// Fills the room.
    pub fn set_function(&mut self, at: u32, function: Function) {
        if let Some(place) = self.module.functions.get_mut(to_usize(at)) {
            *place = function;
        }
    }
}
