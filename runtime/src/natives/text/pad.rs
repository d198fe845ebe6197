//! Texts made of repetitions: `repeat`, `pad_start`, `pad_end`. The size is computed without overflow and charged before
//! anything is made; writing goes in stretches.

#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::natives::{arguments, steps};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Text, Value};
use crate::vm::{Context, Flow, Step, Stepped};
use std::borrow::Cow;

/// Bytes that one step writes.
const STEP_BYTES: usize = 64 << 10;
/// Bytes that are written at once.
const BLOCK_BYTES: usize = 1 << 10;

pub fn repeat(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (text, count) = (arguments::text(args, 0)?, arguments::int(args, 1)?);
    let content = context.heap.texts.uncharged(text)?;
    #[cfg(feature = "knockout")]
    if off(Guard::RepeatBudget) {
        let naive = content.repeat(usize::try_from(count).unwrap_or(usize::MAX));
        return steps::done(context.heap.put_text(naive));
    }
    let Ok(count) = usize::try_from(count) else {
        return Err(Stop::value_error(format!("repeat needs a count of at least 0, not {count}")));
    };
    let bytes = content.len().saturating_mul(count);
    write(context, Padded { text: None, filler: text, before: bytes, after: 0, result: None }, bytes)
}

pub fn pad_start(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    pad(context, args, true)
}

pub fn pad_end(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    pad(context, args, false)
}

fn pad(context: &mut Context<'_>, args: &[Value], start: bool) -> Outcome<Flow> {
    let (text, width) = (arguments::text(args, 0)?, arguments::int(args, 1)?);
    let filler = match arguments::given(args, 2) {
        Some(_) => arguments::text(args, 2)?,
        None => match context.heap.new_text(" ")? {
            Value::Text(blank) => blank,
            _ => return Err(crate::value::Bug::WrongShape.into()),
        },
    };
    let filled = context.heap.texts.indexed(filler)?;
    if filled.as_str().is_empty() {
        return Err(Stop::value_error("the filler must not be empty"));
    }
    let padded = context.heap.texts.get(text)?;
    let missing = missing(width, padded.chars());
    if missing == 0 {
        return steps::done(Value::Text(text));
    }
    // Whole fillers, and the first code points of one more.
    let chars = filled.chars();
    let whole = missing.checked_div(chars).unwrap_or(0);
    let cut = filled.byte_of(missing.checked_rem(chars).unwrap_or(0));
    let bytes = whole.saturating_mul(filled.as_str().len()).saturating_add(cut);
    let total = bytes.saturating_add(padded.as_str().len());
    let (before, after) = if start { (bytes, 0) } else { (0, bytes) };
    write(context, Padded { text: Some(text), filler, before, after, result: None }, total)
}

/// Code points that a text lacks for a width.
fn missing(width: i64, chars: usize) -> usize {
    #[cfg(feature = "knockout")]
    if off(Guard::WidthArithmetic) {
        #[expect(
            clippy::arithmetic_side_effects,
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "the obvious wrong way, to show what the guard holds back"
        )]
        return width as usize - chars;
    }
    usize::try_from(width).unwrap_or(0).saturating_sub(chars)
}

fn write(context: &mut Context<'_>, padded: Padded, bytes: usize) -> Outcome<Flow> {
    steps::start(context, padded, steps::bulk(bytes))
}

/// A text between repetitions of a filler, given by their bytes.
#[derive(Debug)]
struct Padded {
    text: Option<Handle<Text>>,
    filler: Handle<Text>,
    /// Bytes of filler still to be written before the text.
    before: usize,
    /// Bytes of filler still to be written after it.
    after: usize,
    result: Option<String>,
}

impl Stepped for Padded {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let texts = &context.heap.texts;
        let (text, filler) =
            (self.text.map_or(Ok(""), |text| texts.uncharged(text))?, texts.uncharged(self.filler)?);
        let total = text.len().saturating_add(self.before).saturating_add(self.after);
        let Some(result) = &mut self.result else {
            context.heap.reserve_text(total)?;
            self.result = Some(String::with_capacity(total));
            return Ok(Step::Again);
        };
        let written = result.len();
        if self.before > 0 {
            fill(result, filler, &mut self.before);
        } else if self.text.take().is_some() {
            result.push_str(text);
        } else if self.after > 0 {
            fill(result, filler, &mut self.after);
        } else {
            let result = std::mem::take(result);
            return Ok(Step::Done(context.heap.put_text(result)));
        }
        let work = steps::bulk(result.len().saturating_sub(written));
        context.charge_fuel(work);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.filler));
        if let Some(text) = self.text {
            visit(Value::Text(text));
        }
    }
}

/// Writes a stretch of fillers. Every stretch but the last is whole fillers, so each starts with one.
fn fill(result: &mut String, filler: &str, left: &mut usize) {
    let room = STEP_BYTES.max(filler.len()).min(*left);
    let whole = room.checked_div(filler.len()).unwrap_or(0);
    // A few bytes at a time would take longer than the bytes.
    let many = BLOCK_BYTES.checked_div(filler.len()).unwrap_or(0).clamp(1, whole.max(1));
    let block = if many > 1 { Cow::Owned(filler.repeat(many)) } else { Cow::Borrowed(filler) };
    for _ in 0..whole.checked_div(many).unwrap_or(0) {
        result.push_str(&block);
    }
    for _ in 0..whole.checked_rem(many).unwrap_or(0) {
        result.push_str(filler);
    }
    let mut written = whole.saturating_mul(filler.len());
    if room == *left {
        result.push_str(filler.get(..room.saturating_sub(written)).unwrap_or_default());
        written = room;
    }
    *left = left.saturating_sub(written);
}
