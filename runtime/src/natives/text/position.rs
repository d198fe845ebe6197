//! Where a text stands in another: `index_of`, `last_index_of`. Positions are code points, -1 is absent.

use crate::natives::{arguments, steps};
use crate::value::stop::Outcome;
use crate::value::text::search::{self, Progress};
use crate::value::{Handle, Text, Value};
use crate::vm::{Context, Flow, Step, Stepped};

pub fn index_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, false)
}

pub fn last_index_of(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    begin(context, args, true)
}

fn begin(context: &mut Context<'_>, args: &[Value], backward: bool) -> Outcome<Flow> {
    let (content, needle) = (arguments::text(args, 0)?, arguments::text(args, 1)?);
    let bytes = context.heap.texts.bytes(content)?;
    let at = if backward { bytes } else { 0 };
    steps::start(context, Position { content, needle, backward, at }, steps::bulk(bytes))
}

#[derive(Debug)]
struct Position {
    content: Handle<Text>,
    needle: Handle<Text>,
    backward: bool,
    at: usize,
}

impl Stepped for Position {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let text = context.heap.texts.get(self.content)?;
        let (content, needle) = (text.as_str(), context.heap.texts.uncharged(self.needle)?);
        let work = steps::bulk(content.len().min(search::STRETCH_BYTES.max(needle.len())));
        let progress = if self.backward {
            search::find_last(content, needle, self.at)
        } else {
            search::find(content, needle, self.at)
        };
        let step = match progress {
            Progress::Found(byte) => {
                Step::Done(steps::int(context.heap.texts.indexed(self.content)?.position_of(byte)))
            }
            Progress::Missing => Step::Done(Value::Int(-1)),
            Progress::Paused(at) => {
                self.at = at;
                Step::Again
            }
        };
        context.charge_fuel(work);
        Ok(step)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.content));
        visit(Value::Text(self.needle));
    }
}
