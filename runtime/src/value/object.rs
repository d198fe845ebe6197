//! Closures, and the objects that are too rare for an arena of their own.

use super::arena::Handle;
use super::entity::{Entity, Query};
use super::map::Map;
use super::markup::{Markup, View};
use super::pattern::Pattern;
use super::text::Text;
use super::{ErrorKind, Value};
use std::sync::Arc;

/// A function of the program with the variables that it captured.
#[derive(Debug)]
pub struct Closure {
    /// Index of the function in the program.
    pub function: u32,
    /// The captured variables, in the order of the function's capture list.
    pub cells: Box<[Handle<Value>]>,
}

/// An object of [`super::Heap::objects`].
#[derive(Debug)]
pub enum Object {
    /// A lazy range of ints.
    Range(Range),
    /// An error value.
    Error(Box<ErrorValue>),
    /// A variant with payload.
    Variant(Variant),
    /// A compiled pattern.
    Regex(Arc<Pattern>),
    /// Immutable, opaque bytes.
    Bytes(Arc<[u8]>),
    /// Rendered markup.
    View(View),
    /// Markup that grows.
    Markup(Box<Markup>),
    /// The state of a `for` loop.
    Iterator(Iterator),
    /// An entity.
    Entity(Box<Entity>),
    /// A query.
    Query(Box<Query>),
    /// A response.
    Response(Box<Response>),
}

/// The answer to a request as a value; shared, and a program may change it.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// 100 to 599; where none is set, the body decides.
    pub status: Option<u16>,
    /// Headers as the program wrote them.
    pub headers: Handle<Map>,
    /// The body, not converted yet.
    pub body: Value,
    /// The error that it was made of, if it was, and the body that was made of that.
    pub error: Option<(Handle<Object>, Handle<Map>)>,
}

/// `start..end` or `start..<end`, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First element, when there is one.
    pub start: i64,
    /// The bound as written.
    pub end: i64,
    /// Is the bound itself an element?
    pub inclusive: bool,
}

/// A variant with its payload.
#[derive(Debug)]
pub struct Variant {
    /// Index of the enum in the program.
    pub of: u32,
    /// Index of the variant in the enum.
    pub variant: u32,
    /// At least one value.
    pub payload: Box<[Value]>,
}

/// The kind of an error value.
#[derive(Clone, Copy, Debug)]
pub enum ErrorName {
    /// One that the runtime raises.
    Known(ErrorKind),
    /// The program's own (also `HttpError`, `Timeout`).
    Own(Handle<Text>),
}

/// An error as a value.
#[derive(Clone, Debug)]
pub struct ErrorValue {
    /// Its kind.
    pub kind: ErrorName,
    /// Its message.
    pub message: Handle<Text>,
    /// HTTP status.
    pub status: u16,
    /// Where it was raised and through which calls it came, innermost first; empty until it is raised.
    pub trace: Vec<TracePoint>,
    /// Calls that the trace leaves out, before its last place.
    pub left_out: u32,
    /// An error or none.
    pub cause: Value,
    /// A map or none (which reads as an empty map).
    pub data: Option<Handle<Map>>,
}

/// The function of a note that was added before the error was raised.
pub const NOWHERE: u32 = u32::MAX;

/// Entries of a chain that notes are added to; behind so many, a note takes the place of the one before it. Each note
/// copies the chain, which would be quadratic in a loop.
pub const CHAIN_MAX: usize = 256;

/// Adds a note at the end of a chain, at the outermost place that it has come to.
pub fn add_note(chain: &mut Vec<TracePoint>, note: Handle<Text>) {
    let note = Some(note);
    let nowhere = TracePoint { function: NOWHERE, pc: 0, note };
    let last = chain.last().map_or(nowhere, |last| TracePoint { note, ..*last });
    if chain.len() >= CHAIN_MAX {
        chain.pop();
    }
    chain.reserve_exact(1);
    chain.push(last);
}

impl ErrorValue {
    /// Was it raised? Notes may have been added before.
    pub fn is_raised(&self) -> bool {
        self.trace.iter().any(|point| point.function != NOWHERE)
    }
}

/// One entry of an error's chain.
#[derive(Clone, Copy, Debug)]
pub struct TracePoint {
    /// Index of the function in the program.
    pub function: u32,
    /// The instruction that was running.
    pub pc: u32,
    /// Added by `context`.
    pub note: Option<Handle<Text>>,
}

/// What a `for` loop runs over: a snapshot, taken at its start.
#[derive(Debug)]
pub enum Iterator {
    /// Nothing is left.
    Empty,
    /// Elements copied from a list.
    Items {
        /// The elements.
        items: Box<[Value]>,
        /// How many were given.
        at: usize,
    },
    /// Key and value pairs copied from a map.
    Pairs {
        /// The pairs.
        pairs: Box<[(Value, Value)]>,
        /// How many were given.
        at: usize,
    },
    /// Ints of a range.
    Ints {
        /// The next one.
        next: i64,
        /// The last one.
        last: i64,
        /// How many were given.
        at: usize,
    },
    /// Code points of a text.
    Chars {
        /// The text.
        text: Handle<Text>,
        /// Byte offset of the next one.
        byte: usize,
        /// How many were given.
        at: usize,
    },
}
