//! Why an operation did not give a value: it raises, it needs a collection first, or the runtime is at fault.

use super::{Handle, List, Object};
use std::borrow::Cow;

/// What ends an operation early.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// An error that the program may catch.
    Raise(Box<Raise>),
    /// Nothing was changed; run a collection, make room for so many bytes, and run the operation again.
    Collect {
        /// Bytes that were asked for.
        bytes: usize,
    },
    /// Nothing was changed; fetch this from the store, put it where [`super::Heap::needed`] finds it, and run the
    /// operation again.
    Need(Box<Need>),
    /// An invariant of the runtime did not hold.
    Bug(Bug),
}

/// What an operation needs of the store before it can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The rows of a query, as a list.
    Rows(Handle<Object>),
    /// Does a query have no rows? A bool.
    IsEmpty(Handle<Object>),
    /// The entity that a reference names; none when it is gone.
    Entity {
        /// Index of the entity in the program's schema.
        of: u32,
        /// Its id.
        id: u64,
    },
    /// A list with the entities of all references in this one.
    Entities(Handle<List>),
}

/// Result of an operation on values.
pub type Outcome<T> = Result<T, Stop>;

/// An error before it becomes a value: the kind and the message.
#[derive(Clone, Debug, PartialEq)]
pub struct Raise {
    /// The kind.
    pub kind: ErrorKind,
    /// What was found and what is allowed.
    pub message: Cow<'static, str>,
    /// Further texts by name: which field was refused, and why.
    pub data: Vec<(String, String)>,
}

macro_rules! error_kinds {
    ($($name:ident $status:literal)+) => {
        /// The kinds that the runtime itself raises. A program's own kinds are texts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind { $(#[doc = concat!("status ", $status)] $name),+ }

        impl ErrorKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As `err.kind` gives it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// The HTTP status of an uncaught one.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// The kind of that name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

error_kinds! {
    DivisionByZero 500
    IntegerOverflow 500
    IndexOutOfBounds 500
    TypeError 500
    ValueError 500
    NameError 500
    MatchFailed 500
    StackOverflow 500
    MemoryLimitExceeded 500
    ValidationFailed 400
    InvalidText 400
    EntityNotFound 404
    UniqueViolation 409
    ForeignKeyViolation 409
    VersionConflict 409
    FileError 500
    StoreError 503
    AssertionFailed 500
    Error 500
}

/// An invariant of ours that did not hold: trapped and counted, never shown to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Bug {
    /// A handle to an object that is gone.
    #[error("stale handle")]
    StaleHandle,
    /// A handle whose object is of another shape than the value said.
    #[error("object of another shape")]
    WrongShape,
    /// An index into the program's tables that is not there.
    #[error("index outside the program")]
    BadIndex,
    /// The program counter left the code.
    #[error("program counter outside the code")]
    BadPc,
    /// A frame is missing or of the wrong kind.
    #[error("frame missing")]
    BadFrame,
    /// An effect was answered with something that it cannot be answered with.
    #[error("unfitting answer to an effect")]
    BadAnswer,
    /// A value of the machine reached a program.
    #[error("a value of the machine reached a program")]
    InternalValue,
    /// More was released than was charged.
    #[error("memory accounting went below zero")]
    Accounting,
    /// An operation asked again for what was fetched for it.
    #[error("an operation did not use what was fetched for it")]
    Unused,
}

impl Stop {
    /// An error of the program.
    #[cold]
    pub fn raise(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Raise(Box::new(Raise { kind, message: message.into(), data: Vec::new() }))
    }

    /// The same with texts by name.
    #[cold]
    pub fn with_data(kind: ErrorKind, message: String, data: Vec<(String, String)>) -> Self {
        Self::Raise(Box::new(Raise { kind, message: message.into(), data }))
    }

    /// Wrong kind of value.
    #[cold]
    pub fn type_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self::raise(ErrorKind::TypeError, message)
    }

    /// Right kind, unusable value.
    #[cold]
    pub fn value_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self::raise(ErrorKind::ValueError, message)
    }

    /// An integer result outside 64 bits.
    #[cold]
    pub fn overflow(what: &str) -> Self {
        Self::raise(ErrorKind::IntegerOverflow, format!("{what} is outside the range of int"))
    }
}

impl From<Bug> for Stop {
    #[cold]
    fn from(bug: Bug) -> Self {
        Self::Bug(bug)
    }
}
