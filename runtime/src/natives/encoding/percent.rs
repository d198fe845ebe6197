//! Percent-encoding (RFC 3986, section 2.1): everything but letters, digits and `-._~` is escaped; `+` is itself.

use super::super::arguments;
use super::utf8::Utf8Builder;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, Text, TextBuilder, Value};
use crate::vm::{Context, Flow, Step, Stepped};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Bytes of a step.
const STEP_BYTES: usize = 2048;
/// What is escaped.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub fn encode(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    Ok(Flow::Step(Box::new(Encode { source, at: 0, out: TextBuilder::default() })))
}

pub fn decode(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    Ok(Flow::Step(Box::new(Decode { source, at: 0, out: Utf8Builder::default() })))
}

#[derive(Debug)]
struct Encode {
    source: Handle<Text>,
    at: usize,
    out: TextBuilder,
}

impl Stepped for Encode {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let rest = context.heap.texts.uncharged(self.source)?.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Step::Done(self.out.finish(context.heap)?));
        }
        let piece = rest.get(..rest.floor_char_boundary(STEP_BYTES)).unwrap_or(rest);
        let (length, encoded) = (piece.len(), utf8_percent_encode(piece, RESERVED).to_string());
        context.charge_fuel(length);
        self.out.push_str(context.heap, &encoded)?;
        self.at = self.at.saturating_add(length);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
    }

    fn held(&self) -> usize {
        self.out.charged()
    }
}

#[derive(Debug)]
struct Decode {
    source: Handle<Text>,
    at: usize,
    out: Utf8Builder,
}

impl Decode {
    fn advance(&mut self, heap: &mut Heap) -> Outcome<Step> {
        let source = heap.texts.uncharged(self.source)?;
        let rest = source.as_bytes().get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Step::Done(self.out.finish(heap)??));
        }
        let piece = rest.get(..whole_escapes(rest)).unwrap_or(rest);
        if let Some(at) = broken_escape(piece) {
            let at = self.at.saturating_add(at);
            let position = source.get(..at).unwrap_or_default().chars().count();
            return Err(Stop::value_error(format!(
                "% at position {position} is not followed by two hexadecimal digits"
            )));
        }
        let length = piece.len();
        let decoded: Vec<u8> = percent_decode(piece).collect();
        self.out.push(heap, &decoded)??;
        self.at = self.at.saturating_add(length);
        Ok(Step::Again)
    }
}

/// The length of a piece that ends inside no escape.
fn whole_escapes(rest: &[u8]) -> usize {
    if rest.len() <= STEP_BYTES {
        return rest.len();
    }
    let is_escape = |back: usize| rest.get(STEP_BYTES.saturating_sub(back)) == Some(&b'%');
    if is_escape(1) {
        STEP_BYTES.saturating_sub(1)
    } else if is_escape(2) {
        STEP_BYTES.saturating_sub(2)
    } else {
        STEP_BYTES
    }
}

/// Where a `%` stands that no two hexadecimal digits follow.
fn broken_escape(piece: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'%', piece).find(|at| {
        let digits = piece.get(at.saturating_add(1)..at.saturating_add(3));
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

impl Stepped for Decode {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(STEP_BYTES);
        self.advance(context.heap)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
    }

    fn held(&self) -> usize {
        self.out.charged()
    }
}
