//! Why a `.flinc` file was refused: where, and the numbers.

use crate::code::format::{FILE_BYTES_MAX, VERSION};
use crate::record::DataError;

/// What stands for one of a few things in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// A flag: 0 or 1.
    Flag,
    /// Is something there: 0 or 1.
    Option,
    /// Kind of a constant.
    Constant,
    /// Kind of a type.
    Type,
    /// Kind of a value.
    Kind,
    /// Kind of a capture.
    Capture,
    /// Type of a field.
    FieldType,
    /// Rule of a field.
    Rule,
    /// Kind of an endpoint.
    Endpoint,
    /// Method of a route.
    Method,
    /// What deleting the target of a reference does.
    OnDelete,
}

impl Tag {
    const fn noun(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Option => "mark of an optional part",
            Self::Constant => "kind of constant",
            Self::Type => "kind of type",
            Self::Kind => "kind of value",
            Self::Capture => "kind of capture",
            Self::FieldType => "type of field",
            Self::Rule => "rule of a field",
            Self::Endpoint => "kind of endpoint",
            Self::Method => "method of a route",
            Self::OnDelete => "rule for deleting",
        }
    }
}

/// A refusal of the decoder. Offsets are bytes from the file's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The file is too large.
    #[error("{bytes} bytes are too many for bytecode; at most {FILE_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The first bytes are not those of bytecode.
    #[error("no bytecode: the file does not start with its mark")]
    Magic,
    /// Another version.
    #[error("bytecode of version {found} at offset 6; this flin reads version {VERSION}: build it again")]
    Version {
        /// The file's version.
        found: u16,
    },
    /// The file ends too early.
    #[error("{needed} bytes are needed at offset {offset}, {left} are left")]
    Truncated {
        /// Where they should start.
        offset: usize,
        /// How many should follow.
        needed: usize,
        /// How many do.
        left: usize,
    },
    /// The content was changed.
    #[error("the checksum at offset 8 is {stored:08x}, the content's is {computed:08x}: the file is damaged")]
    Checksum {
        /// In the file.
        stored: u32,
        /// Of the file.
        computed: u32,
    },
    /// Another number of sections.
    #[error("{found} sections at offset 12, not {expected}")]
    SectionCount {
        /// In the file.
        found: u32,
        /// In this version.
        expected: u32,
    },
    /// Another section than the one that comes next.
    #[error("section {found} at offset {offset}, where section {expected} belongs")]
    SectionKind {
        /// Where it stands.
        offset: usize,
        /// In the file.
        found: u32,
        /// The next one in order.
        expected: u32,
    },
    /// A section that leaves a gap, overlaps, or ends outside the file.
    #[error(
        "the section described at offset {offset} is {start}+{length}, where {expected} and at most {left} belong"
    )]
    SectionPlace {
        /// Where it is described.
        offset: usize,
        /// First byte.
        start: u32,
        /// Bytes.
        length: u32,
        /// Where the one before it ended.
        expected: usize,
        /// Bytes left in the file.
        left: usize,
    },
    /// Bytes that belong to nothing.
    #[error("{bytes} bytes too many at offset {offset}")]
    Surplus {
        /// The first of them.
        offset: usize,
        /// How many.
        bytes: usize,
    },
    /// More elements than the rest of the section can hold.
    #[error(
        "{count} elements of at least {element_bytes} bytes at offset {offset}, where {left} bytes are left"
    )]
    Count {
        /// Where the count stands.
        offset: usize,
        /// The count.
        count: u32,
        /// The least that an element takes.
        element_bytes: usize,
        /// What is left.
        left: usize,
    },
    /// A tag that means nothing.
    #[error("{found} at offset {offset} is no {}", tag.noun())]
    Tag {
        /// Where.
        offset: usize,
        /// What it should say.
        tag: Tag,
        /// What it says.
        found: u8,
    },
    /// A register above 255.
    #[error("register {found} at offset {offset}; the last one is 255")]
    Register {
        /// Where.
        offset: usize,
        /// What it says.
        found: u32,
    },
    /// A text that is not UTF-8.
    #[error("the text of {bytes} bytes at offset {offset} is not UTF-8 from its byte {valid} on")]
    Text {
        /// Where it starts.
        offset: usize,
        /// Its size.
        bytes: usize,
        /// Bytes that are fine.
        valid: usize,
    },
    /// Bytes that are no value.
    #[error("the value at offset {offset}: {error}")]
    Value {
        /// Where its bytes start.
        offset: usize,
        /// What is wrong with them.
        error: DataError,
    },
    /// None or several values where there is one.
    #[error("{found} values at offset {offset}, where one belongs")]
    Values {
        /// Where the bytes start.
        offset: usize,
        /// How many.
        found: usize,
    },
    /// An unknown opcode.
    #[error("unknown opcode {code:#04x} at offset {offset}")]
    Opcode {
        /// Where.
        offset: usize,
        /// The opcode.
        code: u8,
    },
    /// Bytes of an instruction that it does not use are not zero.
    #[error("the instruction at offset {offset} has something in bytes that it does not use")]
    Padding {
        /// Where the instruction starts.
        offset: usize,
    },
}
