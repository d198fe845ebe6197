//! The log: a message of any kind of value, and data as JSON. The driver decides what is written where.
//!
//! What it gets is cut at [`BYTES_MAX`]: whatever writes a log makes copies of it, for which no execution is charged.

use super::super::arguments;
use super::super::define::{NOTHING, function, optional, required};
use super::super::json::Writer;
use super::{alone, printed};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::show::Show;
use crate::value::stop::Outcome;
use crate::value::text::shortened;
use crate::value::{Handle, Heap, Text, Value};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, LogLevel, Native, Step, Stepped};

const PARAMS: &[Param] =
    &[required("message", Kinds::ANY), optional("data", Kinds::of(&[Kind::Map, Kind::None]))];

pub const DEBUG: Native = function("log.debug", PARAMS, NOTHING, |_, args| entry(args, LogLevel::Debug));
pub const INFO: Native = function("log.info", PARAMS, NOTHING, |_, args| entry(args, LogLevel::Info));
pub const WARN: Native = function("log.warn", PARAMS, NOTHING, |_, args| entry(args, LogLevel::Warn));
pub const ERROR: Native = function("log.error", PARAMS, NOTHING, |_, args| entry(args, LogLevel::Error));

fn entry(args: &[Value], level: LogLevel) -> Outcome<Flow> {
    let message = arguments::value(args, 0)?;
    let data = match arguments::given(args, 1) {
        Some(map @ Value::Map(_)) => Some(map),
        _ => None,
    };
    let entry = Entry { level, data, phase: Phase::Message(Show::new([alone(message)])) };
    Ok(Flow::Step(Box::new(entry)))
}

/// Bytes of a message, and of its data.
const BYTES_MAX: usize = 64 << 10;

/// Writes message and data, one after the other, then hands copies to the driver.
#[derive(Debug)]
struct Entry {
    level: LogLevel,
    data: Option<Value>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Message(Show),
    Data(Handle<Text>, Writer),
    Handing(Handle<Text>, Option<Handle<Text>>),
}

impl Entry {
    fn effect(&self, heap: &Heap, message: Handle<Text>, data: Option<Handle<Text>>) -> Outcome<Effect> {
        let message = shortened(heap.texts.str(message)?, BYTES_MAX);
        let data = data.map(|data| heap.texts.str(data)).transpose()?;
        // Half of an object is no JSON; as a text it still tells what there was.
        let data = data.map(|data| match data.len() {
            0..=BYTES_MAX => data.to_owned(),
            _ => serde_json::Value::from(shortened(data, BYTES_MAX)).to_string(),
        });
        Ok(Effect::Log { level: self.level, message, data })
    }
}

impl Stepped for Entry {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        match &mut self.phase {
            Phase::Message(show) => {
                context.charge_fuel(SLICE);
                if let Some(Value::Text(text)) = show.step(context.heap, context.program, SLICE)? {
                    self.phase = match self.data {
                        Some(data) => Phase::Data(text, Writer::new(data, 0)),
                        None => Phase::Handing(text, None),
                    };
                }
                Ok(Step::Again)
            }
            Phase::Data(message, writer) => {
                let message = *message;
                if writer.run(context)?
                    && let Value::Text(data) = writer.finish(context.heap)?
                {
                    self.phase = Phase::Handing(message, Some(data));
                }
                Ok(Step::Again)
            }
            Phase::Handing(message, data) => {
                let (message, data) = (*message, *data);
                Ok(Step::Ask(self.effect(context.heap, message, data)?))
            }
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: &mut Answer) -> Outcome<Step> {
        printed(context, answer).map(Step::Done)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(self.data.unwrap_or(Value::None));
        match &self.phase {
            Phase::Message(show) => show.trace(visit),
            Phase::Data(message, writer) => {
                visit(Value::Text(*message));
                writer.trace(visit);
            }
            Phase::Handing(message, data) => {
                visit(Value::Text(*message));
                visit(data.map_or(Value::None, Value::Text));
            }
        }
    }

    fn held(&self) -> usize {
        match &self.phase {
            Phase::Message(show) => show.charged(),
            Phase::Data(_, writer) => writer.charged(),
            Phase::Handing(..) => 0,
        }
    }
}
