//! Times and durations. The clock is an effect: the driver answers it.

#[cfg(test)]
mod tests;

use super::arguments;
use super::define::{INT, TEXT, function, method, property, required};
use super::excerpt::excerpt;
use crate::base::{Kind, Kinds};
use crate::value::calendar::{self, DAY_MILLIS};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::{Value, number};
use crate::vm::native::SLICE;
use crate::vm::{Answer, Context, Effect, Flow, Native};
use jiff::civil::DateTime;

const TIME: Kinds = Kinds::of(&[Kind::Time]);
const DURATION: Kinds = Kinds::of(&[Kind::Duration]);
const NUMBER: Kinds = Kinds::of(&[Kind::Number]);
const TEXT_OR_INT: Kinds = Kinds::of(&[Kind::Text, Kind::Int]);

/// The family.
pub const NATIVES: &[Native] = &[
    property("now", Kinds::NONE, TIME, |_, _| Ok(clock(|_, answer| answered(answer).map(Value::Time)))),
    function("Date.now", &[], INT, |_, _| Ok(clock(|_, answer| answered(answer).map(Value::Int)))),
    property("today", Kinds::NONE, TIME, |_, _| Ok(clock(|_, answer| day_from(answer, 0)))),
    property("yesterday", Kinds::NONE, TIME, |_, _| Ok(clock(|_, answer| day_from(answer, -1)))),
    property("tomorrow", Kinds::NONE, TIME, |_, _| Ok(clock(|_, answer| day_from(answer, 1)))),
    function("time", &[required("x", TEXT_OR_INT)], TIME, time),
    property("year", TIME, INT, |_, args| part(args, |at| at.year().into())),
    property("month", TIME, INT, |_, args| part(args, |at| at.month().into())),
    property("day", TIME, INT, |_, args| part(args, |at| at.day().into())),
    property("hour", TIME, INT, |_, args| part(args, |at| at.hour().into())),
    property("minute", TIME, INT, |_, args| part(args, |at| at.minute().into())),
    property("second", TIME, INT, |_, args| part(args, |at| at.second().into())),
    property("weekday", TIME, INT, |_, args| part(args, |at| at.weekday().to_sunday_zero_offset().into())),
    method("to_ms", Kinds::of(&[Kind::Time, Kind::Duration]), &[], INT, to_ms),
    method("iso", TIME, &[], TEXT, iso),
    method("format", TIME, &[required("pattern", TEXT)], TEXT, by_pattern),
    method("add", TIME, &[required("duration", DURATION)], TIME, add),
    property("seconds", DURATION, NUMBER, seconds),
];

fn at(args: &[Value]) -> Outcome<i64> {
    match arguments::value(args, 0)? {
        Value::Time(time) => Ok(time),
        _ => Err(Bug::WrongShape.into()),
    }
}

fn part(args: &[Value], of: fn(DateTime) -> i64) -> Outcome<Flow> {
    let civil = calendar::civil(at(args)?).ok_or(Bug::InternalValue)?;
    Ok(Flow::Value(Value::Int(of(civil))))
}

/// Asks what time it is, and makes a value of the answer.
fn clock(convert: fn(&mut Context<'_>, &Answer) -> Outcome<Value>) -> Flow {
    Flow::Effect(Effect::Now, convert)
}

fn answered(answer: &Answer) -> Outcome<i64> {
    match answer {
        Answer::Millis(millis) => calendar::within(*millis).ok_or(Stop::Bug(Bug::BadAnswer)),
        _ => Err(Bug::BadAnswer.into()),
    }
}

/// 00:00 UTC of the day that is so many days after today.
fn day_from(answer: &Answer, days: i64) -> Outcome<Value> {
    let today = calendar::start_of_day(answered(answer)?);
    Ok(Value::Time(number::move_time(today, days.saturating_mul(DAY_MILLIS))?))
}

fn time(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let time = match arguments::value(args, 0)? {
        Value::Int(millis) => {
            let outside = || format!("{millis} ms is no time within the years 0 to 9999");
            calendar::within(millis).ok_or_else(|| Stop::value_error(outside()))?
        }
        Value::Text(text) => parse(context.heap.texts.str(text)?)?,
        _ => return Err(Bug::WrongShape.into()),
    };
    Ok(Flow::Value(Value::Time(time)))
}

/// Reads a time as people write it.
pub fn parse(text: &str) -> Outcome<i64> {
    calendar::parse_time(text).ok_or_else(|| {
        let found = excerpt(text);
        Stop::value_error(format!(
            "{found} is no time; allowed is YYYY-MM-DD, with HH:MM[:SS[.mmm]] and an offset after it"
        ))
    })
}

fn to_ms(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    match arguments::value(args, 0)? {
        Value::Time(millis) | Value::Duration(millis) => Ok(Flow::Value(Value::Int(millis))),
        _ => Err(Bug::WrongShape.into()),
    }
}

fn iso(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let mut out = String::new();
    calendar::write_time(&mut out, at(args)?);
    Ok(Flow::Value(context.heap.new_text(&out)?))
}

fn by_pattern(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let time = at(args)?;
    let pattern = arguments::text(args, 1)?;
    let bytes = context.heap.texts.bytes(pattern)?;
    if bytes > SLICE {
        return Err(Stop::value_error(format!("a pattern for times has at most {SLICE} bytes, not {bytes}")));
    }
    context.charge_fuel(bytes);
    let mut out = String::new();
    calendar::write_pattern(&mut out, time, context.heap.texts.str(pattern)?);
    Ok(Flow::Value(context.heap.new_text(&out)?))
}

fn add(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let Value::Duration(by) = arguments::value(args, 1)? else { return Err(Bug::WrongShape.into()) };
    Ok(Flow::Value(Value::Time(number::move_time(at(args)?, by)?)))
}

fn seconds(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let Value::Duration(millis) = arguments::value(args, 0)? else { return Err(Bug::WrongShape.into()) };
    Ok(Flow::Value(Value::Number(number::to_number(millis) / 1000.0)))
}
