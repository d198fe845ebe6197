//! Findings about a source file: a closed list of codes, a span, a message, labels and help.

use super::span::Span;
use std::fmt;

/// Does the finding stop the program from starting?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident $severity:ident)+) => {
        /// Every diagnostic that FLIN knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// All codes, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As written in messages: `E0101`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What the code stands for, in a line.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }

            /// Error or warning.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity),+ }
            }
        }
    };
}

codes! {
    /// unknown name
    E0001 Error
    /// unknown field or property of a known type
    E0002 Error
    /// type mismatch, or assignment to a function or built-in type
    E0003 Error
    /// wrong number of arguments, or an unknown argument name
    E0004 Error
    /// unknown or ambiguous component
    E0005 Error
    /// duplicate global declaration, field, parameter or test name
    E0006 Error
    /// two routes for one method and path pattern
    E0007 Error
    /// construct out of place
    E0008 Error
    /// bad cron expression, duration or job interval
    E0009 Error
    /// `@on_delete(set_none)` on a reference that is not optional
    E0010 Error
    /// unknown decorator or guard, or wrong arguments for it
    E0011 Error
    /// field expression on a receiver not known to be an entity query
    E0012 Error
    /// not UTF-8
    E0101 Error
    /// unterminated text, comment, block or element
    E0102 Error
    /// unexpected or invalid token
    E0103 Error
    /// mismatched end tag
    E0104 Error
    /// nesting too deep
    E0110 Error
    /// non-exhaustive match
    W0001 Warning
    /// unreachable code
    W0002 Warning
    /// a name hides a built-in method or type
    W0003 Warning
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A second place that a finding cites, such as the start tag that an end tag does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What stands there.
    pub text: String,
}

/// One finding for the author of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule.
    pub code: Code,
    /// Usually the code's own; lowered for files that nothing reachable uses.
    pub severity: Severity,
    /// The place.
    pub span: Span,
    /// What was found and what is allowed; lower case, no full stop.
    pub message: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

// Not inlined: each place that reports something would allocate in its own words.
impl Diagnostic {
    /// A finding with the code's own severity.
    #[inline(never)]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let severity = code.severity();
        Self { code, severity, span, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds what to do.
    #[must_use]
    #[inline(never)]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Cites a second place.
    #[must_use]
    #[inline(never)]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds "did you mean" when one of the known names is near.
    #[must_use]
    pub fn suggest<'a>(mut self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        if self.help.is_none() {
            self.help = nearest(wrong, known).map(|name| format!("did you mean `{name}`?"));
        }
        self
    }

    /// Stops the program?
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The known name nearest to a wrong one (Damerau-Levenshtein distance, at most a third of its length, and at least 1).
/// A name of one letter resembles nothing: every other letter is as near.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names of a megabyte have no neighbours, and the distance is quadratic.
    const LENGTH_MAX: usize = 64;
    let letters = wrong.chars().count();
    if wrong.len() > LENGTH_MAX || letters < 2 {
        return None;
    }
    let allowed = letters.div_ceil(3).max(1);
    // Each letter that one has more costs one: most names need no matrix.
    let alike = |name: &str| name.len() <= LENGTH_MAX && name.chars().count().abs_diff(letters) <= allowed;
    let near = known.into_iter().filter(|name| alike(name) && *name != wrong);
    let scored = near.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    scored.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_a_swapped_letter_and_refuses_a_stranger() {
        assert_eq!(nearest("lenght", ["length", "last"]), Some("length"));
        assert_eq!(nearest("zebra", ["length", "last"]), None);
        assert_eq!((nearest("x", ["t"]), nearest("nw", ["now"])), (None, Some("now")));
    }
}
