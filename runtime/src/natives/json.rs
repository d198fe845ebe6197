//! JSON in and out: `json_parse`, `json_stringify` and their client names.
//!
//! - **J1** Neither direction recurses: what is open stands on a stack of at most [`DEPTH_MAX`] entries.
//! - **J2** Both run in steps over the text, and a step's work is bounded by the slice, however long one token is.
//! - **J3** What `json_stringify` writes, `json_parse` reads back as equal, for values made of none, bools, ints, finite
//!   numbers, texts, lists and maps with text keys.

mod entity;
mod lex;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::Reader;
pub use write::Writer;

use super::arguments;
use super::define::{TEXT, alias, function, optional, required};
use crate::base::{Kind, Kinds};
use crate::value::Value;
use crate::value::stop::{Outcome, Stop};
use crate::vm::{Context, Flow, Native, Step, Stepped};

/// Lists and maps within each other, in either direction.
pub const DEPTH_MAX: usize = 128;

const PARSE: Native = function("json_parse", &[required("text", TEXT)], Kinds::ANY, parse);
const STRINGIFY: Native = function(
    "json_stringify",
    &[required("value", Kinds::ANY), optional("indent", Kinds::of(&[Kind::Int]))],
    TEXT,
    stringify,
);

/// The family.
pub const NATIVES: &[Native] =
    &[PARSE, STRINGIFY, alias("JSON.parse", PARSE), alias("JSON.stringify", STRINGIFY)];

fn parse(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    Ok(Flow::Step(Box::new(Reader::new(arguments::text(args, 0)?))))
}

fn stringify(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let indent = arguments::optional_int(args, 1)?.unwrap_or(0);
    let Ok(indent) = usize::try_from(indent) else {
        return Err(Stop::value_error(format!("an indent is 0 or more blanks, not {indent}")));
    };
    Ok(Flow::Step(Box::new(Stringify(Writer::new(arguments::value(args, 0)?, indent)))))
}

/// `json_stringify` at work.
#[derive(Debug)]
struct Stringify(Writer);

impl Stepped for Stringify {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        if !self.0.run(context)? {
            return Ok(Step::Again);
        }
        Ok(Step::Done(self.0.finish(context.heap)?))
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        self.0.trace(visit);
    }

    fn held(&self) -> usize {
        self.0.charged()
    }
}
