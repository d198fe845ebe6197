//! What can be wrong with a `flin.config`, and how it is said.

use super::FILE_BYTES_MAX;
use super::quantity::Fault;
use crate::base::span::Position;

/// A problem and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ProblemAt {
    /// The place in the file.
    pub position: Position,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The file is too large.
    #[error("{bytes} bytes are too many; at most {FILE_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not TOML.
    #[error("not valid TOML: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A section that there is not.
    #[error("unknown section `[{name}]`{}", suggestion(nearest))]
    UnknownSection {
        /// As written.
        name: String,
        /// The known one that it resembles most.
        nearest: &'static str,
    },
    /// A key outside all sections.
    #[error("unknown key `{name}` outside a section; did you mean `{key}` in `[{section}]`?")]
    UnknownTopLevel {
        /// As written.
        name: String,
        /// Section of the known one that it resembles most.
        section: &'static str,
        /// The known one.
        key: &'static str,
    },
    /// A key that its section does not have.
    #[error("unknown key `{name}` in `[{section}]`{}", suggestion(nearest))]
    UnknownKey {
        /// The section.
        section: &'static str,
        /// As written.
        name: String,
        /// The known one that it resembles most.
        nearest: &'static str,
    },
    /// A section's name stands for a value.
    #[error("`{name}` is a section: write `[{name}]`, and its keys below")]
    NoSection {
        /// The section.
        name: &'static str,
    },
    /// A value that its key cannot have.
    #[error("`{section}.{key}`: {fault}")]
    Value {
        /// The section.
        section: &'static str,
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
}

fn suggestion(nearest: &str) -> String {
    format!("; did you mean `{nearest}`?")
}
