//! Methods of text. This file holds the table and what is done in one go; the rest is in a file an idea.

mod map;
pub(in crate::natives) mod matches;
mod pad;
mod parts;
mod position;

use super::define::{BOOL, INT, LIST, TEXT, alias, method, optional, property, required};
use super::{arguments, steps};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::Value;
use crate::value::stop::Outcome;
use crate::value::text::blanks;
use crate::vm::{Context, Flow, Native};

/// A text or a regex.
const NEEDLE: Kinds = Kinds::of(&[Kind::Text, Kind::Regex]);
const INT_OR_NONE: Kinds = Kinds::of(&[Kind::Int, Kind::None]);
const ONE_TEXT: &[Param] = &[required("t", TEXT)];
const ONE_NEEDLE: &[Param] = &[required("t", NEEDLE)];
const REPLACEMENT: &[Param] = &[required("t", NEEDLE), required("with", TEXT)];
const BOUNDS: &[Param] = &[optional("a", INT_OR_NONE), optional("b", INT_OR_NONE)];
const INDEX: &[Param] = &[required("i", INT)];
const WIDTH: &[Param] = &[required("n", INT), optional("t", TEXT)];

const IS_EMPTY: Native = property("is_empty", TEXT, BOOL, is_empty);
const UPPER: Native = method("upper", TEXT, &[], TEXT, map::upper);
const LOWER: Native = method("lower", TEXT, &[], TEXT, map::lower);
const STARTS_WITH: Native = method("starts_with", TEXT, ONE_TEXT, BOOL, starts_with);
const ENDS_WITH: Native = method("ends_with", TEXT, ONE_TEXT, BOOL, ends_with);
const CONTAINS: Native = method("contains", TEXT, ONE_NEEDLE, BOOL, contains);
const INDEX_OF: Native = method("index_of", TEXT, ONE_TEXT, INT, position::index_of);
const CHAR_AT: Native = method("char_at", TEXT, INDEX, TEXT, char_at);
const CODE_AT: Native = method("code_at", TEXT, INDEX, INT, code_at);
const PAD_START: Native = method("pad_start", TEXT, WIDTH, TEXT, pad::pad_start);
const PAD_END: Native = method("pad_end", TEXT, WIDTH, TEXT, pad::pad_end);
const MATCHES: Native = method("matches", TEXT, &[required("re", NEEDLE)], BOOL, matches::matches);

/// The family.
pub const NATIVES: &[Native] = &[
    property("length", TEXT, INT, length),
    alias("len", property("length", TEXT, INT, length)),
    IS_EMPTY,
    alias("isEmpty", IS_EMPTY),
    UPPER,
    alias("toUpperCase", UPPER),
    alias("uppercase", UPPER),
    LOWER,
    alias("toLowerCase", LOWER),
    alias("lowercase", LOWER),
    method("capitalize", TEXT, &[], TEXT, map::capitalize),
    method("trim", TEXT, &[], TEXT, trim),
    method("trim_start", TEXT, &[], TEXT, trim_start),
    method("trim_end", TEXT, &[], TEXT, trim_end),
    method("reverse", TEXT, &[], TEXT, map::reverse),
    method("lines", TEXT, &[], LIST, parts::lines),
    method("graphemes", TEXT, &[], LIST, parts::graphemes),
    STARTS_WITH,
    alias("startsWith", STARTS_WITH),
    ENDS_WITH,
    alias("endsWith", ENDS_WITH),
    CONTAINS,
    alias("includes", CONTAINS),
    INDEX_OF,
    alias("indexOf", INDEX_OF),
    method("last_index_of", TEXT, ONE_TEXT, INT, position::last_index_of),
    method("count", TEXT, ONE_TEXT, INT, matches::count),
    method("slice", TEXT, BOUNDS, TEXT, slice),
    method("substring", TEXT, BOUNDS, TEXT, substring),
    CHAR_AT,
    alias("charAt", CHAR_AT),
    CODE_AT,
    alias("charCodeAt", CODE_AT),
    method("split", TEXT, ONE_NEEDLE, LIST, matches::split),
    method("replace", TEXT, REPLACEMENT, TEXT, matches::replace),
    method("replace_first", TEXT, REPLACEMENT, TEXT, matches::replace_first),
    method("repeat", TEXT, &[required("n", INT)], TEXT, pad::repeat),
    PAD_START,
    alias("padStart", PAD_START),
    PAD_END,
    alias("padEnd", PAD_END),
    MATCHES,
    alias("test", MATCHES),
    method("find_all", TEXT, &[required("re", NEEDLE)], LIST, matches::find_all),
];

/// `text.contains(needle)`, which `in` is too.
pub fn contains(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    matches::contains(context, args)
}

fn length(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    steps::done(steps::int(context.heap.texts.get(arguments::text(args, 0)?)?.chars()))
}

fn is_empty(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    steps::done(Value::Bool(context.heap.texts.bytes(arguments::text(args, 0)?)? == 0))
}

fn starts_with(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    compare(context, args, |content, other| content.starts_with(other))
}

fn ends_with(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    compare(context, args, |content, other| content.ends_with(other))
}

fn compare(context: &mut Context<'_>, args: &[Value], holds: fn(&str, &str) -> bool) -> Outcome<Flow> {
    let texts = &context.heap.texts;
    let (content, other) = (arguments::text(args, 0)?, arguments::text(args, 1)?);
    let (content, other) = (texts.uncharged(content)?, texts.uncharged(other)?);
    texts.fuel.look(other.len().min(content.len()));
    steps::done(Value::Bool(holds(content, other)))
}

fn trim(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    trimmed(context, args, true, true)
}

fn trim_start(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    trimmed(context, args, true, false)
}

fn trim_end(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    trimmed(context, args, false, true)
}

fn trimmed(context: &mut Context<'_>, args: &[Value], start: bool, end: bool) -> Outcome<Flow> {
    let text = arguments::text(args, 0)?;
    let content = context.heap.texts.str(text)?;
    let front = if start { content.len().saturating_sub(blanks::trim_start(content).len()) } else { 0 };
    let back = if end { blanks::trim_end(content).len() } else { content.len() };
    steps::done(steps::part(context.heap, Value::Text(text), (front, back.max(front)))?)
}

fn slice(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let text = arguments::text(args, 0)?;
    let (start, end) = (arguments::optional_int(args, 1)?, arguments::optional_int(args, 2)?);
    steps::done(context.heap.slice_text(text, start, end, 1)?)
}

fn substring(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let text = arguments::text(args, 0)?;
    let start = arguments::optional_int(args, 1)?.unwrap_or(0).max(0);
    let end = arguments::optional_int(args, 2)?.unwrap_or(i64::MAX).max(0);
    steps::done(context.heap.slice_text(text, Some(start.min(end)), Some(start.max(end)), 1)?)
}

fn char_at(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (text, index) = (arguments::text(args, 0)?, arguments::int(args, 1)?);
    let found = if index < 0 { None } else { context.heap.texts.indexed(text)?.at(index) };
    let found = found.unwrap_or_default().to_owned();
    steps::done(context.heap.new_text(&found)?)
}

fn code_at(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (text, index) = (arguments::text(args, 0)?, arguments::int(args, 1)?);
    let text = context.heap.texts.indexed(text)?;
    match text.at(index).and_then(|found| found.chars().next()) {
        Some(c) => steps::done(Value::Int(i64::from(u32::from(c)))),
        None => Err(crate::value::text::slice::out_of_bounds(index, "text", text.chars())),
    }
}

#[cfg(test)]
mod tests;
