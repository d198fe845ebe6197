//! A verified module, linked with the built-ins of this process and ready for any number of VMs.

use super::link::{Arity, LinkError, Methods};
use super::liveness::Liveness;
use super::native::Native;
use crate::base::Kind;
use crate::base::builtin::NativeId;
use crate::base::span::to_usize;
use crate::code::Function;
use crate::code::verify::Verified;
use crate::record::{EntityShape, Translations};
use crate::value::{Bug, Heap, Pattern, Text, Value};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What VMs run; shared by all of them, on any thread.
#[derive(Debug)]
pub struct Program {
    /// The code and its tables; it went through the verifier.
    pub module: Verified,
    /// The text constants, at the index of their constant; constants of other kinds are empty texts here.
    pub texts: Arc<[Text]>,
    /// The built-ins of the process.
    pub table: &'static [Native],
    /// The module's built-ins by their number in this process.
    pub(super) natives: Box<[NativeId]>,
    /// The module's constants as values; regexes are made objects when they are loaded.
    pub(super) constants: Box<[Loaded]>,
    /// The methods that each name constant names.
    pub(super) methods: Box<[Option<Box<Methods>>]>,
    /// The patterns of rules of fields, by source and flags.
    pub(super) rule_patterns: HashMap<(Arc<str>, Arc<str>), Arc<Pattern>>,
    /// Which registers are live where, for each function that a collection met.
    pub(super) liveness: Box<[OnceLock<Liveness>]>,
    /// The built-ins that, in steps, list the rows of a query, and tell whether it has none.
    pub(super) runners: [Option<NativeId>; 2],
    /// The project's texts in several languages.
    pub(super) translations: OnceLock<Translations>,
    /// How many arguments each built-in of the table takes.
    pub(super) arities: Box<[Arity]>,
}

/// A constant, ready to be loaded.
#[derive(Clone, Debug)]
pub(super) enum Loaded {
    /// A value as it stands.
    Value(Value),
    /// A pattern that every VM shares.
    Regex(Arc<Pattern>),
}

impl Program {
    /// Resolves the names of built-ins, compiles regexes, and prepares method dispatch.
    pub fn link(module: Verified, table: &'static [Native]) -> Result<Self, LinkError> {
        super::link::link(module, table)
    }

    /// The built-in function of that name.
    pub fn builtin(&self, name: &str) -> Option<NativeId> {
        let at = self.table.iter().position(|native| native.signature.name == name)?;
        u16::try_from(at).ok().map(NativeId)
    }

    /// Gives it its texts in several languages, once.
    pub fn speak(&self, translations: Translations) {
        // A program that has some keeps them.
        let _ = self.translations.set(translations);
    }

    /// Its texts in several languages.
    pub fn translations(&self) -> Option<&Translations> {
        self.translations.get()
    }

    /// The function with that index.
    #[inline]
    pub fn function(&self, index: u32) -> Result<&Function, Bug> {
        self.module.functions.get(to_usize(index)).ok_or(Bug::BadIndex)
    }

    /// The built-in with that number.
    #[inline]
    pub fn native(&self, id: NativeId) -> Result<&'static Native, Bug> {
        self.table.get(usize::from(id.0)).ok_or(Bug::BadIndex)
    }

    /// The method that a name constant names for a kind of receiver.
    #[inline]
    pub fn method(&self, name: u32, kind: Kind) -> Option<NativeId> {
        self.methods.get(to_usize(name))?.as_ref()?.of(kind)
    }

    /// The text of a constant.
    pub fn text(&self, constant: u32) -> &str {
        self.texts.get(to_usize(constant)).map_or("", Text::as_str)
    }

    /// The shape of an entity.
    pub fn entity_shape(&self, of: u32) -> Option<&EntityShape> {
        self.module.entities.entities.get(to_usize(of))
    }

    /// The pattern of a rule of a field.
    pub fn rule_pattern(&self, source: &Arc<str>, flags: &Arc<str>) -> Option<Arc<Pattern>> {
        self.rule_patterns.get(&(Arc::clone(source), Arc::clone(flags))).cloned()
    }

    /// The names of a variant's payload.
    pub fn payload(&self, of: u32, variant: u32) -> Result<&[Arc<str>], Bug> {
        let shape = self.module.enums.get(to_usize(of)).ok_or(Bug::BadIndex)?;
        Ok(&shape.variants.get(to_usize(variant)).ok_or(Bug::BadIndex)?.1)
    }

    /// How many arguments a function value declares: what a callback is called with, at most.
    pub fn parameters(&self, heap: &Heap, callee: Value) -> Result<usize, Bug> {
        let declared = |function: u32| {
            let function = self.function(function)?;
            Ok(if function.rest { usize::MAX } else { function.params.len() })
        };
        match callee {
            Value::Function(function) => declared(function),
            Value::Closure(closure) => declared(heap.closures.get(closure)?.function),
            // A built-in, a method name or a variant's constructor gets the element alone.
            _ => Ok(1),
        }
    }

    /// Which registers of a function are live where.
    pub(super) fn liveness(&self, function: u32) -> Result<&Liveness, Bug> {
        let place = self.liveness.get(to_usize(function)).ok_or(Bug::BadIndex)?;
        let function = self.function(function)?;
        Ok(place.get_or_init(|| Liveness::of(&self.module, function)))
    }

    /// The name of an enum and of one of its variants.
    pub fn variant(&self, of: u32, variant: u32) -> Result<(&str, &str), Bug> {
        let shape = self.module.enums.get(to_usize(of)).ok_or(Bug::BadIndex)?;
        let (name, _) = shape.variants.get(to_usize(variant)).ok_or(Bug::BadIndex)?;
        Ok((&shape.name, name))
    }
}
