//! The log: a message of any kind of value, and data as JSON. The driver decides what is written where.

use super::super::arguments;
use super::super::define::{NOTHING, function, optional, required};
use super::super::json::Writer;
use super::{alone, printed};
use crate::base::builtin::Param;
use crate::base::{Kind, Kinds};
use crate::value::show::Show;
use crate::value::stop::Outcome;
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
    let entry = Entry { level, data, phase: Phase::Message(Show::new([alone(message)])), charged: 0 };
    Ok(Flow::Step(Box::new(entry)))
}

/// Writes message and data, one after the other, then hands copies to the driver.
#[derive(Debug)]
struct Entry {
    level: LogLevel,
    data: Option<Value>,
    phase: Phase,
    /// For the copies.
    charged: usize,
}

#[derive(Debug)]
enum Phase {
    Message(Show),
    Data(Handle<Text>, Writer),
    Handing(Handle<Text>, Option<Handle<Text>>),
}

impl Entry {
    fn effect(&self, heap: &Heap, message: Handle<Text>, data: Option<Handle<Text>>) -> Outcome<Effect> {
        let message = heap.texts.str(message)?.to_owned();
        let data = data.map(|data| heap.texts.str(data)).transpose()?.map(str::to_owned);
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
                let mut bytes = context.heap.texts.str(message)?.len();
                if let Some(data) = data {
                    bytes = bytes.saturating_add(context.heap.texts.str(data)?.len());
                }
                context.heap.memory.charge(bytes)?;
                self.charged = bytes;
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
        let written = match &self.phase {
            Phase::Message(show) => show.charged(),
            Phase::Data(_, writer) => writer.charged(),
            Phase::Handing(..) => 0,
        };
        written.saturating_add(self.charged)
    }
}
