//! What binds names: targets of assignments, loops and parameters, and the patterns of `match`.

use super::{Expr, Name, NodeId, Type};
use crate::base::Span;

/// What a value is taken apart into.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TargetKind,
}

/// The kinds of targets.
#[derive(Clone, Debug)]
pub enum TargetKind {
    /// One name, bound or assigned.
    Name(Name),
    /// `[a, b, ...rest]`.
    List {
        /// By position.
        items: Vec<Target>,
        /// Takes what is left.
        rest: Option<Name>,
    },
    /// `{a, b: target, ...rest}`.
    Map {
        /// By key.
        entries: Vec<TargetEntry>,
        /// Takes what is left.
        rest: Option<Name>,
    },
}

/// `key: target`, or `key` alone.
#[derive(Clone, Debug)]
pub struct TargetEntry {
    /// What is looked up.
    pub key: Name,
    /// What is bound; for a shorthand a name of the same text and span with an id of its own.
    pub target: Target,
    /// Was the target left out?
    pub shorthand: bool,
}

/// A pattern of an arm, or a part of one.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Identifies the pattern.
    pub id: NodeId,
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: PatternKind,
}

/// The kinds of patterns.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// `_`.
    Wildcard,
    /// A bare name: a variant, a variable to compare with, or a binding; names decide.
    Name(Name),
    /// `is Type`.
    Is(Type),
    /// `Circle(p)` or `Shape.Circle(p)`.
    Variant {
        /// Before the dot.
        enumeration: Option<Name>,
        /// The variant's name.
        name: Name,
        /// For its payload, at least one.
        payload: Vec<Pattern>,
    },
    /// `[p, q, ...rest]`.
    List {
        /// By position.
        items: Vec<Pattern>,
        /// Takes what is left.
        rest: Option<Name>,
    },
    /// `{k: p, n, ...rest}`.
    Map {
        /// By key.
        entries: Vec<PatternEntry>,
        /// Takes what is left.
        rest: Option<Name>,
    },
    /// Anything else is compared.
    Expr(Expr),
    /// `p | q` inside brackets, braces or a payload; at least two.
    Alternatives(Vec<Pattern>),
}

/// `key: pattern`, or `key` alone.
#[derive(Clone, Debug)]
pub struct PatternEntry {
    /// What must be present.
    pub key: Name,
    /// What it must match; for a shorthand a name of the same text and span with an id of its own.
    pub pattern: Pattern,
    /// Was the pattern left out?
    pub shorthand: bool,
}
