//! Expressions. Runs of operators are flat: see the invariants of the tree.

use super::{Body, Control, Element, Function, Jump, Name, NodeId, Pattern, Template, Type};
use crate::base::Span;
use std::sync::Arc;

/// One expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Identifies the expression.
    pub id: NodeId,
    /// Where it stands; parentheses around it are outside.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// Every kind of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `none`, `nil` or `null`.
    None,
    /// `true` or `false`.
    Bool(bool),
    /// An int; the smallest one when `-` stands directly before 2^63.
    Int(i64),
    /// A number.
    Number(f64),
    /// A duration in milliseconds.
    Duration(i64),
    /// Text in any quotes.
    Text(Box<Template>),
    /// `/pattern/flags`.
    Regex(Box<Regex>),
    /// A name that is read.
    Name(Name),
    /// `(inner)`; kept, so that a chain in parentheses stays one operand.
    Paren(Box<Expr>),
    /// `[a, ...b]`.
    List(Vec<ListItem>),
    /// `[k: v]` or `{k: v}`.
    Map(Box<MapLiteral>),
    /// `Name { field: value }`.
    Construct(Box<Construct>),
    /// `response { … }`.
    Response(Vec<MapEntry>),
    /// A lambda, an anonymous `fn` or a deferred block.
    Function(Box<Function>),
    /// `if` as an operand.
    If(Box<If>),
    /// `match` as an operand.
    Match(Box<Match>),
    /// An element as an operand.
    Element(Box<Element>),
    /// A control block as an operand.
    Control(Box<Control>),
    /// `transaction { … }`.
    Transaction(Body),
    /// `try operand`: its value, or the error it raised.
    Try(Box<Expr>),
    /// `try { … } catch e { … }` as an operand.
    TryCatch(Box<TryCatch>),
    /// `save e` and its kin.
    Store(StoreOp, Box<Expr>),
    /// `c ? a : d ? b : e`.
    Conditional(Box<Conditional>),
    /// `x |> f(a) |> g`.
    Pipeline(Box<Pipeline>),
    /// Operators of one level, left to right: `a + b - c`.
    Chain(Box<Chain>),
    /// `a..b` or `a..<b`.
    Range(Box<Range>),
    /// `!x`, `-x`, `typeof x`, `new X(…)`.
    Unary(UnaryOp, Box<Expr>),
    /// `a ** b ** c`, right to left; at least two operands.
    Power(Vec<Expr>),
    /// A base with calls, indices, members, `@`, `++` or `--`.
    Postfix(Box<Postfix>),
    /// `a = b += c`.
    Assign(Box<Assign>),
}

/// `/pattern/flags`.
#[derive(Clone, Debug)]
pub struct Regex {
    /// Between the slashes, as written.
    pub pattern: Arc<str>,
    /// After them; any of `imsg`.
    pub flags: Arc<str>,
}

/// An element of a list literal.
#[derive(Clone, Debug)]
pub struct ListItem {
    /// Does `...` stand before it?
    pub spread: bool,
    /// The element, or the list whose elements are taken.
    pub value: Expr,
}

/// A map literal.
#[derive(Clone, Debug)]
pub struct MapLiteral {
    /// Which brackets it was written with.
    pub style: MapStyle,
    /// In source order, which is the order of evaluation.
    pub entries: Vec<MapEntry>,
}

/// The two ways to write a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapStyle {
    /// `[k: v]`: each key is an expression.
    Bracket,
    /// `{k: v}`: a word is its own text.
    Brace,
}

/// An entry of a map literal or a construction.
#[derive(Clone, Debug)]
pub enum MapEntry {
    /// `key: value`.
    Pair(MapKey, Expr),
    /// `name` for `name: name`.
    Shorthand(Name),
    /// `...map`.
    Spread(Expr),
}

/// A key in a map literal.
#[derive(Clone, Debug)]
pub enum MapKey {
    /// A word that stands for its own text.
    Word(Name),
    /// A quoted key, or any key of a bracket map.
    Expr(Expr),
    /// `[expr]` in a brace map.
    Computed(Expr),
}

/// `Name { … }`.
#[derive(Clone, Debug)]
pub struct Construct {
    /// What is built.
    pub name: Name,
    /// Its fields.
    pub entries: Vec<MapEntry>,
}

/// `if … else if … else`.
#[derive(Clone, Debug)]
pub struct If {
    /// The conditions in order, at least one.
    pub arms: Vec<IfArm>,
    /// After the last `else`.
    pub otherwise: Option<Branch>,
}

/// One condition and what runs under it.
#[derive(Clone, Debug)]
pub struct IfArm {
    /// Tested.
    pub condition: Expr,
    /// Runs; written with `then` when it is an expression.
    pub branch: Branch,
}

/// What stands under a condition.
#[derive(Clone, Debug)]
pub enum Branch {
    /// In braces.
    Body(Body),
    /// After `then`, or bare after `else`.
    Expr(Expr),
}

/// `match subject { … }`.
#[derive(Clone, Debug)]
pub struct Match {
    /// What is compared.
    pub subject: Expr,
    /// Tried in order.
    pub arms: Vec<Arm>,
}

/// One arm of a `match`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Identifies the arm.
    pub id: NodeId,
    /// From its first pattern to the end of its body.
    pub span: Span,
    /// Alternatives, at least one.
    pub patterns: Vec<Pattern>,
    /// After `if`.
    pub guard: Option<Expr>,
    /// After the arrow.
    pub body: ArmBody,
}

/// What stands after an arm's arrow.
#[derive(Clone, Debug)]
pub enum ArmBody {
    /// Statements in braces.
    Body(Body),
    /// An element, control block or expression.
    Expr(Expr),
    /// A jump and where it stands.
    Jump(Jump, Span),
}

/// `try { … } catch name { … }`.
#[derive(Clone, Debug)]
pub struct TryCatch {
    /// Runs first.
    pub body: Body,
    /// Bound to the error.
    pub name: Option<Name>,
    /// Runs when the first raised.
    pub handler: Body,
}

/// The operators of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOp {
    /// Insert or add a version.
    Save,
    /// Soft delete.
    Delete,
    /// Undo a soft delete.
    Restore,
    /// Remove for good.
    Destroy,
}

/// `c ? a : d ? b : e`, right-associative.
#[derive(Clone, Debug)]
pub struct Conditional {
    /// Each condition with its value, at least one.
    pub arms: Vec<(Expr, Expr)>,
    /// After the last colon.
    pub otherwise: Expr,
}

/// `first |> stage |> stage`.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The value that enters.
    pub first: Expr,
    /// Each a name, member or call.
    pub stages: Vec<Expr>,
}

/// Operators of one precedence level, left to right.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The leftmost operand.
    pub first: Expr,
    /// The operators and what stands right of them, at least one.
    pub rest: Vec<Link>,
}

/// An operator of a chain and its right side.
#[derive(Clone, Debug)]
pub struct Link {
    /// Identifies the result of this step.
    pub id: NodeId,
    /// Which operator.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// Its right side.
    pub right: LinkRight,
}

/// The right side of an operator.
#[derive(Clone, Debug)]
pub enum LinkRight {
    /// Of every operator but `is`.
    Expr(Expr),
    /// Of `is`.
    Type(Type),
}

/// Infix operators that form chains. Those on one line share a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `??`
    Coalesce,
    /// `?:`
    Elvis,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `is`
    Is,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `++`
    Concat,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// `start..end` or `start..<end`.
#[derive(Clone, Debug)]
pub struct Range {
    /// First bound.
    pub start: Expr,
    /// Last bound.
    pub end: Expr,
    /// `..<`?
    pub exclusive: bool,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Negate,
    /// `typeof`
    Typeof,
    /// `new`, which does nothing
    New,
}

/// An operand and what follows it without a gap.
#[derive(Clone, Debug)]
pub struct Postfix {
    /// The operand.
    pub base: Expr,
    /// At least one.
    pub ops: Vec<PostfixOp>,
}

/// One postfix operation.
#[derive(Clone, Debug)]
pub struct PostfixOp {
    /// Identifies the result of this step.
    pub id: NodeId,
    /// The operation alone, without what stands before it.
    pub span: Span,
    /// Which.
    pub kind: PostfixKind,
}

/// Every kind of postfix operation.
#[derive(Clone, Debug)]
pub enum PostfixKind {
    /// `(a, b)`.
    Call(Args),
    /// `[i]`.
    Index(Expr),
    /// `[a:b:step]`.
    Slice(Box<Slice>),
    /// `.name`.
    Member(Name),
    /// `?.name`.
    OptionalMember(Name),
    /// `@ when`.
    At(Expr),
    /// `++`.
    Increment,
    /// `--`.
    Decrement,
}

/// `[start:end:step]`.
#[derive(Clone, Debug)]
pub struct Slice {
    /// First bound.
    pub start: Option<Expr>,
    /// Last bound, excluded.
    pub end: Option<Expr>,
    /// Step.
    pub step: Option<Expr>,
}

/// Arguments in parentheses.
#[derive(Clone, Debug)]
pub struct Args {
    /// With the parentheses.
    pub span: Span,
    /// Positional ones first.
    pub args: Vec<Arg>,
}

/// One argument.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `name:`.
    pub name: Option<Name>,
    /// `...`?
    pub spread: bool,
    /// What is passed.
    pub value: Expr,
}

/// `a = b += value`, evaluated as written from right to left.
#[derive(Clone, Debug)]
pub struct Assign {
    /// The places and their operators, leftmost first, at least one.
    pub steps: Vec<AssignStep>,
    /// What is assigned.
    pub value: Expr,
}

/// One place of an assignment.
#[derive(Clone, Debug)]
pub struct AssignStep {
    /// A name, or a postfix expression that ends in a member or an index.
    pub place: Expr,
    /// Which assignment.
    pub op: AssignOp,
    /// Where the operator stands.
    pub op_span: Span,
}

/// Assignment operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `-=`
    Subtract,
    /// `*=`
    Multiply,
    /// `/=`
    Divide,
    /// `%=`
    Remainder,
}
