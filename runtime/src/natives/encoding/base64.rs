//! Base64 (RFC 4648, section 4): padded on output; padding is optional on input, blanks are refused.

use super::super::arguments;
use super::bytes_of;
use super::utf8::Utf8Builder;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, Object, Text, TextBuilder, Value};
use crate::vm::{Context, Flow, Step, Stepped};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

/// Bytes of a step; three of them make four characters.
const STEP_BYTES: usize = 3072;
const STEP_CHARS: usize = 4096;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub fn encode(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let source = arguments::value(args, 0)?;
    Ok(Flow::Step(Box::new(Encode { source, at: 0, out: TextBuilder::default() })))
}

pub fn decode(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    start(args, Target::Text(Utf8Builder::default()))
}

pub fn decode_bytes(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    start(args, Target::Bytes { bytes: Vec::new(), charged: 0 })
}

fn start(args: &[Value], target: Target) -> Outcome<Flow> {
    let source = arguments::text(args, 0)?;
    Ok(Flow::Step(Box::new(Decode { source, at: 0, target })))
}

#[derive(Debug)]
struct Encode {
    source: Value,
    at: usize,
    out: TextBuilder,
}

impl Stepped for Encode {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let bytes = bytes_of(context.heap, self.source)?;
        let rest = bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Step::Done(self.out.finish(context.heap)?));
        }
        let piece = rest.get(..STEP_BYTES).unwrap_or(rest);
        let all = bytes.len().div_ceil(3).saturating_mul(4);
        let (length, encoded) = (piece.len(), BASE64_STANDARD.encode(piece));
        context.charge_fuel(length);
        self.out.reserve_total(context.heap, all)?;
        self.out.push_str(context.heap, &encoded)?;
        self.at = self.at.saturating_add(length);
        Ok(Step::Again)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(self.source);
    }

    fn held(&self) -> usize {
        self.out.charged()
    }
}

/// What the decoded bytes become.
#[derive(Debug)]
enum Target {
    Text(Utf8Builder),
    Bytes { bytes: Vec<u8>, charged: usize },
}

#[derive(Debug)]
struct Decode {
    source: Handle<Text>,
    at: usize,
    target: Target,
}

impl Decode {
    fn advance(&mut self, heap: &mut Heap) -> Outcome<Step> {
        let source = heap.texts.uncharged(self.source)?.as_bytes();
        if let (0, Target::Bytes { bytes, charged }) = (self.at, &mut self.target) {
            // Three bytes for four characters, and the rest of a last group.
            let most = (source.len() / 4).saturating_add(1).saturating_mul(3);
            if *charged == 0 {
                heap.memory.charge(most)?;
                *charged = most;
                bytes.reserve_exact(most);
            }
        }
        let source = heap.texts.uncharged(self.source)?.as_bytes();
        let rest = source.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return self.target.finish(heap).map(Step::Done);
        }
        let piece = rest.get(..STEP_CHARS).unwrap_or(rest);
        let length = piece.len();
        // Padding ends the text, so only the last piece may have any, and then all of it.
        let may_be_padded = length == rest.len() && length.is_multiple_of(4);
        let decoded = LENIENT.decode(piece).ok().filter(|_| may_be_padded || !piece.contains(&b'='));
        let decoded = decoded.ok_or_else(|| Stop::value_error("the text is not base64"))?;
        match &mut self.target {
            Target::Text(out) => out.push(heap, &decoded)??,
            Target::Bytes { bytes, .. } => bytes.extend_from_slice(&decoded),
        }
        self.at = self.at.saturating_add(length);
        Ok(Step::Again)
    }
}

impl Target {
    fn finish(&mut self, heap: &mut Heap) -> Outcome<Value> {
        match self {
            Self::Text(out) => Ok(out.finish(heap)??),
            Self::Bytes { bytes, charged } => {
                // The shared form is a copy, so both are charged for a moment.
                let object = heap.new_object(Object::Bytes(bytes.as_slice().into()))?;
                *bytes = Vec::new();
                heap.memory.release(std::mem::take(charged))?;
                Ok(Value::Bytes(object))
            }
        }
    }

    const fn charged(&self) -> usize {
        match self {
            Self::Text(out) => out.charged(),
            Self::Bytes { charged, .. } => *charged,
        }
    }
}

impl Stepped for Decode {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        context.charge_fuel(STEP_CHARS);
        self.advance(context.heap)
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Text(self.source));
    }

    fn held(&self) -> usize {
        self.target.charged()
    }
}
