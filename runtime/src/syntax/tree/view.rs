//! Text templates, elements and control blocks: what produces text or markup.

use super::{Body, Expr, ForHead, Name, NodeId};
use crate::base::Span;
use std::sync::Arc;

/// Text with its interpolations.
#[derive(Clone, Debug)]
pub struct Template {
    /// With its quotes.
    pub span: Span,
    /// How it was quoted.
    pub quote: Quote,
    /// In source order; neighbouring literals are one.
    pub parts: Vec<TemplatePart>,
}

impl Template {
    /// The text, when nothing in it is computed.
    pub fn as_static(&self) -> Option<Arc<str>> {
        match self.parts.as_slice() {
            [] => Some("".into()),
            [TemplatePart::Literal(literal)] => Some(literal.text.clone()),
            _ => None,
        }
    }
}

/// The kinds of quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quote {
    /// `"…"`
    Double,
    /// `'…'`
    Single,
    /// `` `…` ``
    Backtick,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text as it is, escapes resolved.
    Literal(Literal),
    /// `{expr}`, or `${expr}` in backticks.
    Interpolation(Expr),
    /// `{if c} … {/if}` and its kin in text mode, or a braced form.
    Control(Box<Control>),
}

/// Literal text.
#[derive(Clone, Debug)]
pub struct Literal {
    /// Where it stands, escapes and all.
    pub span: Span,
    /// What it means.
    pub text: Arc<str>,
}

/// A control block.
#[derive(Clone, Debug)]
pub struct Control {
    /// Identifies the block.
    pub id: NodeId,
    /// From its first `{` to its last `}`.
    pub span: Span,
    /// What its bodies hold.
    pub mode: Mode,
    /// What it does.
    pub kind: ControlKind,
}

/// The mode of the place where a control block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Statements.
    Code,
    /// Inside an element.
    Content,
    /// Inside a text template.
    Text,
}

/// The kinds of control blocks.
#[derive(Clone, Debug)]
pub enum ControlKind {
    /// `{if c} … {else if d} … {else} … {/if}`.
    If {
        /// The conditions in order, at least one.
        arms: Vec<ControlArm>,
        /// After `{else}`.
        otherwise: Option<Block>,
    },
    /// `{for x in xs} … {/for}`.
    For {
        /// What is iterated.
        head: ForHead,
        /// What is rendered for each.
        body: Block,
    },
    /// `{each xs as x} … {/each}`: always an `In` head.
    Each {
        /// What is iterated.
        head: ForHead,
        /// What is rendered for each.
        body: Block,
    },
    /// `{while c} … {/while}`.
    While {
        /// Tested before each round.
        condition: Expr,
        /// What is rendered for each round.
        body: Block,
    },
    /// `{if c { … } else { … }}`, `{match x { … }}` and the like: the statements between the outer braces, evaluated at
    /// once. The first is or begins with an `if`, `match`, `for` or `while`.
    Braced(Body),
}

/// One condition of a control block and what it shows.
#[derive(Clone, Debug)]
pub struct ControlArm {
    /// Tested.
    pub condition: Expr,
    /// Shown.
    pub body: Block,
}

/// The body of a control block, in the block's mode.
#[derive(Clone, Debug)]
pub enum Block {
    /// Statements.
    Code(Body),
    /// View content.
    Content(Content),
    /// Text.
    Text(Vec<TemplatePart>),
}

/// An element, fragment or declaration.
#[derive(Clone, Debug)]
pub struct Element {
    /// Identifies the element.
    pub id: NodeId,
    /// From its first `<` to its last `>`.
    pub span: Span,
    /// What it is.
    pub kind: ElementKind,
}

/// The kinds of elements.
#[derive(Clone, Debug)]
pub enum ElementKind {
    /// `<tag attrs>content</tag>`.
    Tagged(Box<Tagged>),
    /// `<>content</>`.
    Fragment(Content),
    /// `<!DOCTYPE html>`: written out as it is.
    Declaration(Arc<str>),
}

/// An element with a tag.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// Its name.
    pub tag: Tag,
    /// In source order.
    pub attrs: Vec<Attr>,
    /// Raw text only, in `<script>` and `<style>`.
    pub content: Content,
    /// How it ends.
    pub closing: Closing,
}

/// How an element ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// `<a/>`.
    SelfClosed,
    /// A void element without `/`.
    Void,
    /// An end tag.
    EndTag,
}

/// An element's name.
#[derive(Clone, Debug)]
pub enum Tag {
    /// An HTML element.
    Html(Name),
    /// A component: starts with an uppercase letter.
    Component(Name),
    /// `<{expr}>`.
    Dynamic(Expr),
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: AttrKind,
}

/// The kinds of attributes.
#[derive(Clone, Debug)]
pub enum AttrKind {
    /// `name=value` or `name`.
    Named(Name, AttrValue),
    /// `{...map}`.
    Spread(Expr),
}

/// An attribute's value.
#[derive(Clone, Debug)]
pub enum AttrValue {
    /// Only the name is there.
    Bare,
    /// `"text {value}"`.
    Text(Template),
    /// `{value}`: statements, usually one.
    Braced(Body),
    /// `{if c} … {/if}`, in code mode, or a braced form.
    Control(Box<Control>),
    /// Without quotes.
    Unquoted(Literal),
}

/// What stands between tags.
#[derive(Clone, Debug)]
pub struct Content {
    /// Without the tags.
    pub span: Span,
    /// In source order.
    pub parts: Vec<ContentPart>,
}

/// A part of view content.
#[derive(Clone, Debug)]
pub enum ContentPart {
    /// Markup text, passed through.
    Text(Literal),
    /// `{ … }`: statements whose value is rendered.
    Braced(Body),
    /// A control block in content mode, or a braced form.
    Control(Box<Control>),
    /// A nested element.
    Element(Box<Element>),
    /// A comment; produces nothing.
    Comment(Span),
}
