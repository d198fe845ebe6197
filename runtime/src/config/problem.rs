//! What can be wrong with a `flin.config`, and how it is said.

use super::FILE_BYTES_MAX;
use super::quantity::Fault;
use crate::base::span::Position;
use std::fmt;

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
    #[error("unknown section `[{name}]`{hint}")]
    UnknownSection {
        /// As written.
        name: String,
        /// What it could have been.
        hint: Hint,
    },
    /// A key outside all sections.
    #[error("unknown key `{name}` outside a section; {}", outside(*meant))]
    UnknownTopLevel {
        /// As written.
        name: String,
        /// Section and key that are near.
        meant: Option<(&'static str, &'static str)>,
    },
    /// A key that its section does not have.
    #[error("unknown key `{name}` in `[{section}]`{hint}")]
    UnknownKey {
        /// The section.
        section: &'static str,
        /// As written.
        name: String,
        /// What it could have been.
        hint: Hint,
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

/// What somebody could have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A known name is near.
    Nearest(&'static str),
    /// None is: these are known.
    Known(Vec<&'static str>),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(name) => write!(f, "; did you mean `{name}`?"),
            Self::Known(names) => write!(f, "; known are {}", names.join(", ")),
        }
    }
}

fn outside(meant: Option<(&str, &str)>) -> String {
    match meant {
        Some((section, key)) => format!("did you mean `{key}` in `[{section}]`?"),
        None => "keys stand below a section such as `[server]`".to_owned(),
    }
}
