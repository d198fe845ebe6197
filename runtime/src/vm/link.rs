//! Linking: from names in a module to the tables that the dispatch loop indexes.

use super::native::Native;
use super::program::{Loaded, Program};
use crate::base::Kind;
use crate::base::builtin::{NativeId, Signature};
use crate::base::guard::{Guard, off};
use crate::base::span::to_u32;
use crate::code::Const;
use crate::code::verify::Verified;
use crate::record::Rule;
use crate::value::pattern::{PROGRAM_PATTERNS_BYTES_MAX, PatternError};
use crate::value::text::Texts;
use crate::value::{Pattern, Text, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// Why a verified module cannot run in this process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It was compiled for a runtime with a built-in that this one does not have.
    #[error("there is no built-in `{0}` in this version; compile the program again")]
    UnknownNative(Arc<str>),
    /// A regex that this version does not compile.
    #[error("the regex /{0}/ does not compile: {1}")]
    Pattern(Arc<str>, PatternError),
    /// All regexes together.
    #[error("the patterns of the program compile to more than {PROGRAM_PATTERNS_BYTES_MAX} bytes together")]
    Patterns,
}

/// The methods of one name: a built-in for each kind of receiver.
#[derive(Debug)]
pub(super) struct Methods([u16; Kind::ALL.len()]);

/// No built-in has this number.
const ABSENT: u16 = u16::MAX;

impl Methods {
    /// The method for a kind of receiver.
    #[inline]
    pub fn of(&self, kind: Kind) -> Option<NativeId> {
        match self.0.get(usize::from(kind as u8)) {
            Some(&id) if id != ABSENT => Some(NativeId(id)),
            _ => None,
        }
    }

    fn set(&mut self, signature: &Signature, id: NativeId) {
        for (place, &kind) in self.0.iter_mut().zip(Kind::ALL) {
            if signature.receiver.has(kind) {
                *place = id.0;
            }
        }
    }
}

/// How many arguments a built-in takes, its receiver included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arity {
    /// The fewest.
    pub min: usize,
    /// The most.
    pub max: usize,
}

impl Arity {
    fn of(signature: &Signature) -> Self {
        let receiver = usize::from(!signature.is_function());
        let required = signature.params.iter().filter(|param| !param.optional).count();
        let params = signature.params.len();
        let max = if signature.variadic { usize::MAX } else { params.saturating_add(receiver) };
        Self { min: required.saturating_add(receiver), max }
    }
}

/// See [`Program::link`].
pub(super) fn link(module: Verified, table: &'static [Native]) -> Result<Program, LinkError> {
    let mut functions = HashMap::new();
    let mut methods: HashMap<&str, Box<Methods>> = HashMap::new();
    for (id, native) in (0..).map(NativeId).zip(table) {
        let signature = &native.signature;
        if signature.is_function() {
            functions.insert(signature.name, id);
        } else {
            let absent = || Box::new(Methods([ABSENT; Kind::ALL.len()]));
            methods.entry(signature.name).or_insert_with(absent).set(signature, id);
        }
    }
    let resolve = |name: &Arc<str>| {
        functions.get(&**name).copied().ok_or_else(|| LinkError::UnknownNative(Arc::clone(name)))
    };
    let natives = module.natives.iter().map(|native| resolve(&native.name)).collect::<Result<_, _>>()?;
    let mut constants = Vec::with_capacity(module.constants.len());
    let mut texts = Vec::with_capacity(module.constants.len());
    let mut named = Vec::with_capacity(module.constants.len());
    let mut patterns = Patterns { known: HashMap::new(), room: PROGRAM_PATTERNS_BYTES_MAX };
    for (at, constant) in module.constants.iter().enumerate() {
        constants.push(load(constant, to_u32(at), &mut patterns)?);
        let text = if let Const::Text(text) = constant { text } else { "" };
        named.push(methods.remove(text));
        texts.push(Text::new(text));
    }
    let mut rule_patterns = HashMap::new();
    for (source, flags) in rules(&module) {
        let pattern = patterns.compiled(source, flags)?;
        rule_patterns.insert((Arc::clone(source), Arc::clone(flags)), pattern);
    }
    Ok(Program {
        rule_patterns,
        texts: texts.into(),
        table,
        translations: OnceLock::new(),
        natives,
        runners: ["@rows", "@is_empty"].map(|name| functions.get(name).copied()),
        constants: constants.into(),
        methods: named.into(),
        arities: table.iter().map(|native| Arity::of(&native.signature)).collect(),
        liveness: module.functions.iter().map(|_| OnceLock::new()).collect(),
        module,
    })
}

fn load(constant: &Const, at: u32, patterns: &mut Patterns) -> Result<Loaded, LinkError> {
    Ok(Loaded::Value(match constant {
        Const::Int(n) => Value::Int(*n),
        Const::Number(n) => Value::Number(*n),
        Const::Duration(ms) => Value::Duration(*ms),
        Const::Text(_) => Value::Text(Texts::constant(at)),
        Const::Regex(source, flags) => {
            return Ok(Loaded::Regex(patterns.compiled(source, flags)?));
        }
    }))
}

/// The patterns of a module, each compiled and counted once, as the checker counts them.
struct Patterns {
    known: HashMap<(Arc<str>, Arc<str>), Arc<Pattern>>,
    /// Bytes that the further ones may take.
    room: usize,
}

impl Patterns {
    fn compiled(&mut self, source: &Arc<str>, flags: &Arc<str>) -> Result<Arc<Pattern>, LinkError> {
        let key = (Arc::clone(source), Arc::clone(flags));
        if let Some(known) = self.known.get(&key) {
            return Ok(Arc::clone(known));
        }
        let refused = |error| LinkError::Pattern(Arc::clone(source), error);
        let pattern = Arc::new(Pattern::compile(source, flags).map_err(refused)?);
        if !off(Guard::PatternTotal) {
            self.room = self.room.checked_sub(pattern.bytes).ok_or(LinkError::Patterns)?;
        }
        self.known.insert(key, Arc::clone(&pattern));
        Ok(pattern)
    }
}

/// Source and flags of each pattern that a rule of a field names.
fn rules(module: &Verified) -> BTreeSet<(&Arc<str>, &Arc<str>)> {
    let shapes = module.entities.entities.iter().chain(&module.forms);
    let fields = shapes.flat_map(|shape| &shape.fields);
    let mut found = BTreeSet::new();
    for rule in fields.flat_map(|field| &field.rules) {
        if let Rule::Pattern(source, flags) = rule {
            found.insert((source, flags));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Function, Module, Op, Unverified, verify};

    fn linked(patterns: &[&str]) -> Result<Program, LinkError> {
        let entry = Function { registers: 1, code: vec![Op::ReturnNone {}], ..Function::default() };
        let constants = patterns.iter().map(|&pattern| Const::Regex(pattern.into(), "".into())).collect();
        let module = Module { functions: vec![entry], constants, ..Module::default() };
        link(verify(Unverified(module)).unwrap(), crate::natives::TABLE)
    }

    #[test]
    fn patterns_that_do_not_compile_are_refused_before_anything_runs() {
        assert!(linked(&["a|b"]).is_ok());
        let refused = linked(&["a", "(b"]).unwrap_err();
        assert!(refused.to_string().starts_with("the regex /(b/ does not compile: "), "{refused}");
        let large = linked(&[r"(\w{1000}){100}"]).unwrap_err();
        assert!(matches!(large, LinkError::Pattern(_, PatternError::TooLarge)), "{large}");
    }

    #[test]
    fn x_26_patterns_are_bounded_together() {
        // Many states, each with many ways on: much memory for little work.
        let large = |n: usize| format!("[acegikmoqsuwyACEGIKMOQSUWY02468]{{2500}}{n}");
        let many: Vec<String> = (0..100).map(large).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(linked(&many[..20]).is_ok());
        assert_eq!(linked(&many).unwrap_err(), LinkError::Patterns);
        assert!(linked(&[many[0]; 100]).is_ok(), "one that occurs again takes no more");
    }
}
