//! The layout of a `.flinc` file: what encoder and decoder agree on. Integers are little-endian.
//!
//! ```text
//! 0   6  magic 7F 'F' 'L' 'I' 'N' 'C'
//! 6   2  version
//! 8   4  CRC-32 of everything behind it
//! 12  4  number of sections
//! 16     section table: kind, offset, length (4 bytes each) for every section, in the order of `Section`
//!        sections, one behind the other, the last one ending with the file
//! ```
//!
//! A file has one spelling: padding is zero, flags are 0 or 1, sections stand in order without gaps. So whatever decodes
//! encodes to the same bytes.

/// The first bytes of every file. The first one is in no text, so that nobody takes it for a source.
pub const MAGIC: [u8; 6] = *b"\x7fFLINC";

/// The version that this build writes and reads.
pub const VERSION: u16 = 3;

/// Where the checksum stands; it covers everything from [`CHECKED_FROM`] on.
pub const CHECKSUM_AT: usize = 8;

/// First byte that the checksum covers.
pub const CHECKED_FROM: usize = 12;

/// Bytes of an entry of the section table.
pub const SECTION_ENTRY_BYTES: usize = 12;

/// Bytes before the sections.
pub const HEADER_BYTES: usize = 16 + Section::ALL.len() * SECTION_ENTRY_BYTES;

/// The largest file that is looked at.
pub const FILE_BYTES_MAX: usize = 64 << 20;

/// Bytes of an instruction: opcode, three bytes, a 32-bit word.
pub const INSTRUCTION_BYTES: usize = 8;

macro_rules! sections {
    ($($(#[doc = $doc:literal])+ $code:literal $name:ident)+) => {
        /// The sections of a file, in their order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Section { $($(#[doc = $doc])+ $name = $code),+ }

        impl Section {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As written in the section table.
            pub const fn code(self) -> u32 {
                match self { $(Self::$name => $code),+ }
            }

            /// Its name, for people.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What it holds.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),+)),+ }
            }
        }
    };
}

sections! {
    /// Index of the function that runs the file's top level.
    1 Entry
    /// Constants: a tag (0 int, 1 number, 2 duration, 3 text, 4 regex) and the value; a regex is pattern and flags.
    2 Constants
    /// Functions: name, parameters, flags, hint, registers, slots, captures, code, handlers, spans.
    3 Functions
    /// Names of built-ins.
    4 Natives
    /// Types: a tag (0 kind, 1 enum, 2 entity, 3 any, 4 one of) and what it needs.
    5 Types
    /// Enums: name, and variants with the names of their payload.
    6 Enums
    /// Entities: name, fields (name, type, flags, constant default, function of the default, rules, what deleting the
    /// target does), unique fields and indexes. A value among them is its size and its bytes as the store keeps them.
    7 Entities
    /// Variants that operands name: enum and variant.
    8 Variants
    /// Files with global variables: name and initialiser.
    9 Files
    /// Global variables: file and name.
    10 Globals
    /// Tests: name and function.
    11 Tests
    /// Source files: name, and offset, line and column of each place that spans start at.
    12 Sources
    /// Endpoints: a tag (0 a route of a method, 1 page, 2 socket, 3 stream, 4 every, 5 cron), the method's number,
    /// milliseconds or expression, then path and function.
    13 Endpoints
    /// What `validate` blocks declare, as entities are.
    14 Forms
}

/// Puts the right checksum into the bytes of a file, so that what else is wrong with it can be looked at.
pub fn seal(bytes: &mut [u8]) {
    let Some((head, checked)) = bytes.split_at_mut_checked(CHECKED_FROM) else { return };
    if let Some(place) = head.get_mut(CHECKSUM_AT..) {
        place.copy_from_slice(&crc32fast::hash(checked).to_le_bytes());
    }
}
