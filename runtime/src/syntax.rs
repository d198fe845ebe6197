//! Source text to tree and back: lexer, parser with recovery, formatter.
//!
//! Absences: this layer knows no scopes, no types of values and no bytecode.

mod decode;
mod format;
pub mod lexer;
mod parse;
pub mod tree;

pub use decode::{NotUtf8, decode_source};
pub use format::{format, format_tree};
pub use parse::{ParseLimits, Parsed, parse};
