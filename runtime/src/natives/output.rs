//! Values as text for people: `to_text`, `print`, the log, and text as markup.

mod log;
mod markup;

use super::arguments;
use super::define::{NOTHING, TEXT, alias, function, method, required, variadic};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::show::{Part, Show, write_scalar};
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, Native, Step, Stepped, write};

#[cfg(test)]
mod tests;

const X: Param = required("x", Kinds::ANY);
const SLOT: &[Param] = &[
    required("slots", Kinds::of(&[Kind::Map])),
    required("name", Kinds::ANY),
    required("content", Kinds::ANY),
];
const VIEW: Kinds = Kinds::of(&[Kind::View]);
const TEXT_OF: Native = function("text", &[X], TEXT, text_of);
const TO_TEXT: Native = method("to_text", Kinds::ANY, &[], TEXT, text_of);

/// The family.
pub const NATIVES: &[Native] = &[
    variadic(function("print", &[], NOTHING, print)),
    TEXT_OF,
    alias("String", TEXT_OF),
    TO_TEXT,
    alias("toString", TO_TEXT),
    function("escape", &[X], TEXT, markup::escape),
    function("raw", &[X], VIEW, markup::raw),
    function("@slot", SLOT, NOTHING, markup::slot),
    log::DEBUG,
    alias("log_debug", log::DEBUG),
    log::INFO,
    alias("log_info", log::INFO),
    log::WARN,
    alias("log_warn", log::WARN),
    log::ERROR,
    alias("log_error", log::ERROR),
];

/// A value as `to_text` gives it.
const fn alone(value: Value) -> Part {
    Part { value, nested: false }
}

fn text_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    write::joined(context, &[arguments::value(args, 0)?])
}

/// One line, the arguments joined by blanks.
fn print(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    if let Some(line) = short_line(context, args)? {
        context.charge_fuel(line.len());
        return Ok(Flow::Effect(Effect::Print(line), printed));
    }
    let blank = context.heap.new_text(" ")?;
    let mut parts = Vec::with_capacity(args.len().saturating_mul(2));
    for &value in args {
        if !parts.is_empty() {
            parts.push(alone(blank));
        }
        // Only a text by itself is not shown as it is inside of others.
        parts.push(Part { value, nested: value.is_none() });
    }
    Ok(Flow::Step(Box::new(Printing::Writing(Show::new(parts)))))
}

fn printed(_: &mut Context<'_>, answer: &Answer) -> Outcome<Value> {
    match answer {
        Answer::Nothing => Ok(Value::None),
        _ => Err(Bug::BadAnswer.into()),
    }
}

/// The line, where it is short and holds no lists and the like.
fn short_line(context: &Context<'_>, args: &[Value]) -> Outcome<Option<String>> {
    let mut line = String::new();
    for (at, &value) in args.iter().enumerate() {
        if at > 0 {
            line.push(' ');
        }
        match value {
            Value::Text(text) => line.push_str(match context.heap.texts.str(text)? {
                text if text.len() <= SLICE => text,
                _ => return Ok(None),
            }),
            value if value.is_none() => line.push_str("none"),
            value if write_scalar(context.program, value, &mut line) => {}
            _ => return Ok(None),
        }
        if line.len() > SLICE {
            return Ok(None);
        }
    }
    Ok(Some(line))
}

/// Writes a long line, then hands a copy to the driver, charged until that has answered.
#[derive(Debug)]
enum Printing {
    Writing(Show),
    Handing { text: Handle<Text>, charged: usize },
}

impl Stepped for Printing {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match self {
            Self::Writing(show) => {
                context.charge_fuel(SLICE);
                if let Some(Value::Text(text)) = show.step(context.heap, context.program, SLICE)? {
                    *self = Self::Handing { text, charged: 0 };
                }
                Ok(Step::Again)
            }
            Self::Handing { text, charged } => {
                let bytes = context.heap.texts.bytes(*text)?;
                context.heap.memory.charge(bytes)?;
                *charged = bytes;
                Ok(Step::Ask(Effect::Print(context.heap.texts.str(*text)?.to_owned())))
            }
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        printed(context, answer).map(Step::Done)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        match self {
            Self::Writing(show) => show.trace(visit),
            Self::Handing { text, .. } => visit(Value::Text(*text)),
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Writing(show) => show.charged(),
            Self::Handing { charged, .. } => *charged,
        }
    }
}
