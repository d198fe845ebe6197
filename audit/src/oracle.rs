//! A second opinion: a tree-walking evaluator of FLIN, small and obvious, against which the compiler and VM are fuzzed.
//!
//! It shares the parser with the runtime and nothing else: no compiler, no names table, no built-in. Texts are vectors
//! of characters, maps are lists of pairs, every operation is the first that comes to mind. It is slow on purpose.
//!
//! Deliberately left out: whatever depends on time, randomness, files, memory limits or messages. A program that needs
//! one of these, or too many steps, ends as [`End::Inconclusive`].

mod arithmetic;
mod builtin;
mod builtin_list;
mod builtin_map;
mod builtin_number;
mod builtin_text;
mod env;
mod expr;
pub mod http;
mod json;
pub mod json_text;
pub mod multipart;
mod pattern;
mod postfix;
pub mod regex;
mod stmt;
mod value;

use env::Env;
use flin_runtime::base::FileId;
use flin_runtime::syntax::tree;
use std::rc::Rc;
use value::{ErrorValue, V};

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// To its end.
    Done,
    /// With an uncaught error of this kind.
    Error(String),
    /// With something that this evaluator does not judge.
    Inconclusive(String),
}

/// What a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lines that it printed.
    pub lines: Vec<String>,
    /// How it ended.
    pub end: End,
}

/// Why evaluation of something stopped.
enum Flow {
    Raise(Rc<ErrorValue>),
    Return(V),
    Break,
    Continue,
    Inconclusive(String),
}

type Eval<T> = Result<T, Flow>;

/// An error that the machine words in its own way.
fn raise<T>(kind: &str, message: &str) -> Eval<T> {
    let error = ErrorValue { told: false, ..ErrorValue::new(kind, message.to_owned()) };
    Err(Flow::Raise(Rc::new(error)))
}

/// An error whose message programs see.
fn raise_saying<T>(kind: &str, message: String) -> Eval<T> {
    Err(Flow::Raise(Rc::new(ErrorValue::new(kind, message))))
}

fn type_error<T>(message: &str) -> Eval<T> {
    raise("TypeError", message)
}

fn value_error<T>(message: &str) -> Eval<T> {
    raise("ValueError", message)
}

fn unjudged<T>(what: impl Into<String>) -> Eval<T> {
    Err(Flow::Inconclusive(what.into()))
}

/// Calls nest natively here; programs that go deeper are not judged.
const CALLS_MAX: usize = 60;
/// Evaluations of one program.
const STEPS_MAX: usize = 200_000;
/// Characters or elements that one value may have.
const SIZE_MAX: usize = 100_000;

/// The evaluator of one program.
struct Oracle {
    lines: Vec<String>,
    steps: usize,
    calls: usize,
    enums: Vec<Rc<value::Enum>>,
}

/// Parses and runs a script. None when it does not parse.
pub fn run(source: &str) -> Option<Verdict> {
    let parsed = flin_runtime::syntax::parse(FileId(0), source, flin_runtime::syntax::ParseLimits::default());
    if parsed.diagnostics.iter().any(flin_runtime::base::Diagnostic::is_error) {
        return None;
    }
    Some(run_tree(&parsed.file))
}

/// Runs a parsed script.
pub fn run_tree(file: &tree::File) -> Verdict {
    let mut oracle = Oracle { lines: Vec::new(), steps: 0, calls: 0, enums: Vec::new() };
    oracle.declare_enums(&file.body);
    let env = Env::function(None, env::assigned_in_body(&file.body));
    let end = match oracle.hoist(&file.body, &env).and_then(|()| oracle.body_value(&file.body, &env)) {
        Ok(_) | Err(Flow::Return(_) | Flow::Break | Flow::Continue) => End::Done,
        Err(Flow::Raise(error)) => End::Error(error.kind.clone()),
        Err(Flow::Inconclusive(why)) => End::Inconclusive(why),
    };
    env::forget_all();
    value::forget_all();
    Verdict { lines: oracle.lines, end }
}

impl Oracle {
    fn step(&mut self) -> Eval<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX { unjudged("too many steps") } else { Ok(()) }
    }

    fn declare_enums(&mut self, body: &tree::Body) {
        for stmt in &body.stmts {
            if let tree::StmtKind::Enum(declared) = &stmt.kind {
                let variant = |v: &tree::Variant| {
                    let names = v
                        .payload
                        .iter()
                        .map(|p| p.name.as_ref().map_or(String::new(), |n| n.text.to_string()));
                    (v.name.text.to_string(), names.collect())
                };
                let variants = declared.variants.iter().map(variant).collect();
                self.enums.push(Rc::new(value::Enum { name: declared.name.text.to_string(), variants }));
            }
        }
    }
}
