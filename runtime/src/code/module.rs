//! A compiled program: functions, constants and tables, as the compiler makes it and a `.flinc` file holds it.
//!
//! A [`Module`] is not trusted: whoever runs it goes through `verify`, which gives a `Verified`.

use super::op::Op;
use crate::base::span::to_usize;
use crate::base::{Kind, Span};
use crate::record::{EntityShape, Schema};
use crate::syntax::tree::Method;
use std::sync::Arc;

/// A program before it is verified.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Constants without duplicates.
    pub constants: Vec<Const>,
    /// Functions; operands name them by index.
    pub functions: Vec<Function>,
    /// Index of the function that runs the file's top level.
    pub entry: u32,
    /// Built-ins by name, resolved when the module is loaded.
    pub natives: Vec<NativeRef>,
    /// Types that `is` and patterns ask for.
    pub types: Vec<TypeShape>,
    /// Enums.
    pub enums: Vec<EnumShape>,
    /// Entities; operands, types and references name them by index.
    pub entities: Schema,
    /// All variants that operands name: enum and variant.
    pub variants: Vec<(u32, u32)>,
    /// Files with global variables, and what initialises them.
    pub files: Vec<GlobalFile>,
    /// Global variables: index of their file in `files`, and their name (a text constant).
    pub globals: Vec<(u32, u32)>,
    /// `test` blocks: name (a text constant) and function.
    pub tests: Vec<(u32, u32)>,
    /// What `validate` blocks declare; a built-in names them by index. Each has fields alone.
    pub forms: Vec<EntityShape>,
    /// What a server answers with, and what a scheduler runs.
    pub endpoints: Vec<Endpoint>,
    /// Names of the source files that spans refer to, with the byte offset of each line's start.
    pub sources: Vec<SourceLines>,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// An int that does not fit an operand.
    Int(i64),
    /// A double; compared by bits where duplicates are looked for.
    Number(f64),
    /// Milliseconds.
    Duration(i64),
    /// A text.
    Text(Arc<str>),
    /// Pattern and flags of a regex literal; compiled when the module is loaded.
    Regex(Arc<str>, Arc<str>),
}

/// A built-in by name; `method` ones take their receiver as first argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NativeRef {
    /// Its name.
    pub name: Arc<str>,
}

/// A type as `is` sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeShape {
    /// A kind.
    Kind(Kind),
    /// An enum of the program.
    Enum(u32),
    /// An entity of the program.
    Entity(u32),
    /// Any value.
    Any,
    /// One of these (indices into the list of types, all below this one's own).
    AnyOf(Vec<u32>),
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumShape {
    /// Its name.
    pub name: Arc<str>,
    /// Variants: name and names of the payload (empty text where it has none).
    pub variants: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

/// A file whose top-level variables are global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalFile {
    /// Path below the project's root.
    pub name: Arc<str>,
    /// The function that runs its top level; none for the entry file, which is running already.
    pub initialiser: Option<u32>,
}

/// What a request, a connection or a schedule starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What starts it.
    pub kind: EndpointKind,
    /// The pattern of its path, such as `/users/:id/*rest`; the file of a job (a text constant).
    pub path: u32,
    /// The function that does all of it; it takes nothing.
    pub function: u32,
}

/// What starts an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// A request of this method.
    Route(Method),
    /// A `GET` of a file that renders its top level.
    Page,
    /// A WebSocket.
    Socket,
    /// A `GET` that is answered with a stream of events.
    Stream,
    /// So many milliseconds after the last time.
    Every {
        /// At least [`EVERY_MILLIS_MIN`].
        millis: i64,
    },
    /// A cron expression (a text constant), in UTC.
    Cron(u32),
}

/// The shortest interval of a job.
pub const EVERY_MILLIS_MIN: i64 = 1_000;

/// Parameters that arrive in registers 0, 1, …; further ones arrive in spill slots 0, 1, …
pub const REGISTER_PARAMS: usize = 200;

/// A parameter as a call sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamShape {
    /// Its name (a text constant); none for a destructuring one.
    pub name: Option<u32>,
    /// May it be left out? (The function's own code fills in the default where it arrives unset.)
    pub optional: bool,
}

/// Where a closure takes a captured variable from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The cell in this register of the frame that makes the closure.
    Register(u8),
    /// The cell in this spill slot of that frame.
    Slot(u32),
    /// The running function's own captured variable.
    Captured(u32),
}

/// `start..end` is protected: an error there goes on at `target`, bound to `register`, `depth` ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First protected instruction.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Where it goes on.
    pub target: u32,
    /// Where the error goes.
    pub register: u8,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// Its name (a text constant), for chains and `to_text`; none for a lambda.
    pub name: Option<u32>,
    /// Parameters, the first [`REGISTER_PARAMS`] in registers and the others in spill slots; an absent optional one is
    /// unset.
    pub params: Vec<ParamShape>,
    /// Does the last parameter collect the rest into a list?
    pub rest: bool,
    /// Are surplus arguments ignored (a deferred block)?
    pub ignores_arguments: bool,
    /// For a condition of a query: the function that gives the values that fields must have, for an index. It takes
    /// nothing, and captures the first of what this one captures.
    pub hint: Option<u32>,
    /// Registers used, 1 to 256.
    pub registers: u16,
    /// Spill slots used.
    pub slots: u32,
    /// Captured variables.
    pub captures: Vec<Capture>,
    /// Instructions.
    pub code: Vec<Op>,
    /// Innermost first.
    pub handlers: Vec<Handler>,
    /// Where instructions come from: first instruction and span, rising; each holds up to the next.
    pub spans: Vec<(u32, Span)>,
}

/// What positions in chains are computed from, so that a `.flinc` needs no source text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLines {
    /// Path below the project's root.
    pub name: Arc<str>,
    /// For each span start used by the module: byte offset, line, column; rising by offset.
    pub positions: Vec<(u32, u32, u32)>,
}

/// A place in the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'m> {
    /// The file's path below the project's root.
    pub file: &'m str,
    /// 1-based.
    pub line: u32,
    /// 1-based, in code points.
    pub column: u32,
}

impl SourceLines {
    /// Line and column of a byte offset that some span starts at.
    pub fn locate(&self, offset: u32) -> Option<(u32, u32)> {
        let at = self.positions.binary_search_by_key(&offset, |(offset, _, _)| *offset).ok()?;
        self.positions.get(at).map(|&(_, line, column)| (line, column))
    }
}

impl Function {
    /// Where the instruction comes from.
    pub fn span_at(&self, pc: u32) -> Option<Span> {
        let at = self.spans.partition_point(|(first, _)| *first <= pc).checked_sub(1)?;
        self.spans.get(at).map(|(_, span)| *span)
    }
}

impl Module {
    /// Where an instruction of a function comes from.
    pub fn place(&self, function: u32, pc: u32) -> Option<Place<'_>> {
        let span = self.functions.get(to_usize(function))?.span_at(pc)?;
        let source = self.sources.get(to_usize(span.file.0))?;
        let (line, column) = source.locate(span.start)?;
        Some(Place { file: &source.name, line, column })
    }
}
