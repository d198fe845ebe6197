//! What a program computes with: 16-byte values that copy, and the heap that their handles point into.
//!
//! Invariants:
//!
//! - **V1** A [`Value`] is `Copy` and 16 bytes; whatever is larger lives in the [`Heap`] and is named by a handle.
//! - **V2** Nothing in the heap owns another object: dropping a heap is flat, however deep its values nest.
//! - **V3** Every byte is charged before it is allocated ([`memory`]), by capacity.
//! - **V4** Objects are freed by the collector alone, between instructions ([`collect`]).
//! - **V5** Text is UTF-8, and no operation splits a code point.
//! - **V6** Integers never wrap.
//! - **V7** Whoever takes the bytes of a long text spends fuel for them ([`fuel`]).
//!
//! Absences: no syntax, no bytecode, no IO, no clock.

pub mod arena;
pub mod builder;
pub mod calendar;
pub mod collect;
pub mod cut;
pub mod entity;
pub mod equal;
pub mod fetched;
pub mod format;
pub mod fuel;
pub mod heap;
pub mod list;
pub mod map;
pub mod markup;
pub mod memory;
pub mod number;
pub mod object;
pub mod order;
pub mod pattern;
pub mod range;
pub mod show;
pub mod stop;
pub mod text;

pub use arena::Handle;
pub use builder::TextBuilder;
pub use entity::{Entity, Query};
pub use heap::Heap;
pub use list::List;
pub use map::Map;
pub use memory::{BLOCK_BYTES, Lease, Memory, Pool, RESERVE_BYTES};
pub use object::{Closure, ErrorValue, Object, Range, Response, Variant};
pub use pattern::Pattern;
pub use stop::{Bug, ErrorKind, Need, Raise, Stop};
pub use text::Text;

use crate::base::Kind;
use crate::base::builtin::NativeId;

/// A value of the language, or (`Unset`, `Cell`, `Iterator`, `Markup`, `Reference`) one of the machine's own.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// The machine's: a variable that no assignment has reached, an argument that was not given.
    Unset,
    /// The absent value.
    None,
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A double.
    Number(f64),
    /// Milliseconds since 1970-01-01 UTC.
    Time(i64),
    /// Signed milliseconds.
    Duration(i64),
    /// Immutable UTF-8.
    Text(Handle<Text>),
    /// A mutable list, by reference.
    List(Handle<List>),
    /// A mutable map, by reference.
    Map(Handle<Map>),
    /// A function of the program that captures nothing: its index.
    Function(u32),
    /// A function with captured variables.
    Closure(Handle<Closure>),
    /// A built-in function as a value.
    Native(NativeId),
    /// A method name as a value: a function of its receiver. The index of its name in the program's constants.
    Method(u32),
    /// A variant without payload.
    Plain {
        /// Index of the enum in the program.
        of: u32,
        /// Index of the variant in the enum.
        variant: u32,
    },
    /// The function that makes a variant with payload.
    Constructor {
        /// Index of the enum in the program.
        of: u32,
        /// Index of the variant in the enum.
        variant: u32,
    },
    /// A variant with payload ([`Object::Variant`]).
    Variant(Handle<Object>),
    /// [`Object::Range`].
    Range(Handle<Object>),
    /// [`Object::Error`].
    Error(Handle<Object>),
    /// [`Object::Regex`].
    Regex(Handle<Object>),
    /// [`Object::Bytes`].
    Bytes(Handle<Object>),
    /// [`Object::View`].
    View(Handle<Object>),
    /// [`Object::Entity`].
    Entity(Handle<Object>),
    /// [`Object::Query`].
    Query(Handle<Object>),
    /// [`Object::Response`].
    Response(Handle<Object>),
    /// What browser-only names yield on the server.
    Client,
    /// The machine's: a captured variable.
    Cell(Handle<Value>),
    /// The machine's: the state of a `for` loop ([`Object::Iterator`]).
    Iterator(Handle<Object>),
    /// The machine's: markup that grows ([`Object::Markup`]).
    Markup(Handle<Object>),
    /// The machine's: what a field that refers to an entity holds until it is read.
    Reference {
        /// Index of the entity in the program's schema.
        of: u32,
        /// Its id.
        id: u64,
    },
}

const _: () = assert!(size_of::<Value>() == 16, "V1");

impl Value {
    /// The kind that a program sees. The machine's own values never reach one; they count as none.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Unset
            | Self::None
            | Self::Cell(_)
            | Self::Iterator(_)
            | Self::Markup(_)
            | Self::Reference { .. } => Kind::None,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Number(_) => Kind::Number,
            Self::Time(_) => Kind::Time,
            Self::Duration(_) => Kind::Duration,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Map(_) => Kind::Map,
            Self::Function(_)
            | Self::Closure(_)
            | Self::Native(_)
            | Self::Method(_)
            | Self::Constructor { .. } => Kind::Function,
            Self::Plain { .. } | Self::Variant(_) => Kind::Variant,
            Self::Range(_) => Kind::Range,
            Self::Error(_) => Kind::Error,
            Self::Regex(_) => Kind::Regex,
            Self::Bytes(_) => Kind::Bytes,
            Self::View(_) => Kind::View,
            Self::Entity(_) => Kind::Entity,
            Self::Query(_) => Kind::Query,
            Self::Response(_) => Kind::Response,
            Self::Client => Kind::Client,
        }
    }

    /// Is it none (or absent)?
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None | Self::Unset)
    }
}
