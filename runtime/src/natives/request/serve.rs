//! The pipeline: the body is read, then middleware within middleware runs around the handler, and its answer goes out.

use super::answer::Answering;
use super::{exchange, respond};
use crate::natives::json::Reader;
use crate::record::Body;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Object, Value};
use crate::vm::exchange::Word;
use crate::vm::{Context, Flow, Step, Stepped};

/// Runs the functions that it is given: middleware from the outermost on, the handler last. The answer is left in the
/// exchange. The compiler gives it functions alone; bytecode may give it anything, or nothing.
pub fn serve(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let steps = args.iter().map(|step| match step {
        Value::Function(index) => Ok(*index),
        _ => Err(Stop::type_error("a step of a pipeline is a function")),
    });
    let steps = steps.collect::<Outcome<Vec<u32>>>()?;
    if steps.is_empty() {
        return Err(Stop::type_error("a pipeline has a handler"));
    }
    let exchange = exchange(context, "a handler")?;
    exchange.steps = steps;
    (exchange.current, exchange.begun) = (0, 1);
    Ok(Flow::Step(Box::new(Serving::Body)))
}

/// `next()`
pub fn next(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    let exchange = exchange(context, "next()")?;
    let inner = exchange.current.saturating_add(1);
    if inner >= exchange.steps.len() {
        return Err(Stop::value_error(
            "next() runs what comes after a middleware, and there is nothing here",
        ));
    }
    if exchange.begun > inner {
        return Err(Stop::value_error("next() was called already; it runs once"));
    }
    Ok(Flow::Step(Box::new(Nexting { calling: false })))
}

/// The value of a step as the answer: what it gave, unless it let others answer and gave nothing that is one.
fn settled(context: &mut Context<'_>, value: Value) -> Outcome<Handle<Object>> {
    let exchange = exchange(context, "an answer")?;
    let answered = exchange.begun > exchange.current.saturating_add(1);
    match (value, exchange.response) {
        (Value::Response(_) | Value::Error(_), _) | (_, None) => respond::answer(context, value),
        (_, Some(response)) if answered => respond::answer(context, Value::Response(response)),
        (value, Some(_)) => respond::answer(context, value),
    }
}

fn call(context: &mut Context<'_>, step: usize) -> Outcome<Step> {
    let exchange = exchange(context, "a handler")?;
    let function = *exchange.steps.get(step).ok_or(Bug::BadIndex)?;
    Ok(Step::Call { callee: Value::Function(function), args: [Value::None; 3], argc: 0 })
}

/// `@serve` at work.
#[derive(Debug)]
enum Serving {
    /// The body was not looked at.
    Body,
    /// It is read as JSON.
    Json(Reader),
    /// The outermost step is to run.
    Run,
    /// It runs.
    Running,
    /// Its answer goes out.
    Answering(Answering),
}

impl Serving {
    fn body(&mut self, context: &mut Context<'_>) -> Outcome<()> {
        let Some(exchange) = context.exchange else {
            // Bytecode may call it where nothing is served.
            return Err(super::outside("request"));
        };
        *self = if let Body::Json(text) = &mut exchange.inbound.body {
            context.heap.reserve_text(text.len())?;
            let Value::Text(text) = context.heap.put_text(std::mem::take(text)) else {
                return Err(Bug::WrongShape.into());
            };
            Self::Json(Reader::new(text))
        } else {
            Self::Run
        };
        Ok(())
    }
}

impl Stepped for Serving {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        match self {
            Self::Body => self.body(context)?,
            Self::Json(reader) => match reader.step(context, None) {
                Ok(Step::Done(value)) => {
                    exchange(context, "body")?.set_word(Word::Body, value);
                    *self = Self::Run;
                }
                Err(Stop::Raise(raise)) if raise.kind == ErrorKind::ValueError => {
                    let response = respond::invalid_json(context)?;
                    *self = Self::Answering(Answering::new(response));
                }
                other => return other,
            },
            Self::Run => {
                let call = call(context, 0)?;
                *self = Self::Running;
                return Ok(call);
            }
            Self::Running => {
                let value = answer.ok_or(Bug::BadAnswer)?;
                let response = settled(context, value)?;
                *self = Self::Answering(Answering::new(response));
            }
            Self::Answering(answering) => return answering.step(context),
        }
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        match self {
            Self::Json(reader) => reader.trace(visit),
            Self::Answering(answering) => answering.trace(visit),
            Self::Body | Self::Run | Self::Running => {}
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Json(reader) => reader.held(),
            Self::Answering(answering) => answering.held(),
            Self::Body | Self::Run | Self::Running => 0,
        }
    }

    fn starts_level(&self) -> bool {
        true
    }

    fn catches(&self) -> bool {
        matches!(self, Self::Running)
    }
}

/// `next()` at work.
#[derive(Debug)]
struct Nexting {
    calling: bool,
}

impl Stepped for Nexting {
    fn step(&mut self, context: &mut Context<'_>, answer: Option<Value>) -> Outcome<Step> {
        if let Some(value) = answer {
            self.calling = false;
            let settled = settled(context, value);
            if let Err(stop @ (Stop::Collect { .. } | Stop::Need(_))) = settled {
                return Err(stop);
            }
            let exchange = exchange(context, "next()")?;
            exchange.current = exchange.current.saturating_sub(1);
            let response = settled?;
            exchange.response = Some(response);
            return Ok(Step::Done(Value::Response(response)));
        }
        let exchange = exchange(context, "next()")?;
        let inner = exchange.current.saturating_add(1);
        let step = call(context, inner)?;
        let exchange = super::exchange(context, "next()")?;
        (exchange.current, exchange.begun) = (inner, inner.saturating_add(1));
        self.calling = true;
        Ok(step)
    }

    fn trace(&self, _: &mut dyn FnMut(Value)) {}

    fn starts_level(&self) -> bool {
        true
    }

    fn catches(&self) -> bool {
        self.calling
    }
}
