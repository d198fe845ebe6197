//! Bytes that arrive in pieces and must be UTF-8: a code point may be split between two pieces.

use super::super::arguments;
use super::bytes_of;
use crate::value::stop::{ErrorKind, Outcome, Stop};
use crate::value::{Heap, TextBuilder, Value};
use crate::vm::native::SLICE;
use crate::vm::{Context, Flow, Step, Stepped};

/// A text made of pieces of bytes.
#[derive(Debug, Default)]
pub struct Utf8Builder {
    out: TextBuilder,
    /// The beginning of a code point whose end is in the next piece; less than four bytes.
    split: Vec<u8>,
}

/// The bytes are not UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct NotUtf8;

impl From<NotUtf8> for Stop {
    fn from(_: NotUtf8) -> Self {
        Self::raise(ErrorKind::InvalidText, "the bytes are not UTF-8")
    }
}

impl Utf8Builder {
    /// Appends a piece. When a collection is needed first, nothing was changed.
    pub fn push(&mut self, heap: &mut Heap, piece: &[u8]) -> Outcome<Result<(), NotUtf8>> {
        self.out.reserve(heap, self.split.len().saturating_add(piece.len()))?;
        let mut whole = std::mem::take(&mut self.split);
        whole.extend_from_slice(piece);
        let valid = match std::str::from_utf8(&whole) {
            Ok(_) => whole.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Ok(Err(NotUtf8)),
        };
        let (now, later) = whole.split_at_checked(valid).unwrap_or((&whole, &[]));
        self.out.push_str(heap, std::str::from_utf8(now).unwrap_or_default())?;
        self.split = later.to_vec();
        Ok(Ok(()))
    }

    /// The text; the pieces must not end inside a code point.
    pub fn finish(&mut self, heap: &mut Heap) -> Outcome<Result<Value, NotUtf8>> {
        if !self.split.is_empty() {
            return Ok(Err(NotUtf8));
        }
        self.out.finish(heap).map(Ok)
    }

    /// Bytes charged for what was written.
    pub const fn charged(&self) -> usize {
        self.out.charged()
    }
}

/// `bytes.text`: none unless UTF-8.
pub fn text(_: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let bytes = arguments::value(args, 0)?;
    Ok(Flow::Step(Box::new(ToText { bytes, at: 0, out: Utf8Builder::default() })))
}

#[derive(Debug)]
struct ToText {
    bytes: Value,
    at: usize,
    out: Utf8Builder,
}

impl Stepped for ToText {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let bytes = bytes_of(context.heap, self.bytes)?;
        let rest = bytes.get(self.at..).unwrap_or_default();
        let piece = rest.get(..SLICE).unwrap_or(rest).to_vec();
        context.charge_fuel(piece.len());
        let outcome = if piece.is_empty() {
            self.out.finish(context.heap)?.map(Step::Done)
        } else {
            self.out.push(context.heap, &piece)?.map(|()| Step::Again)
        };
        self.at = self.at.saturating_add(piece.len());
        match outcome {
            Ok(step) => Ok(step),
            Err(NotUtf8) => Ok(Step::Done(Value::None)),
        }
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(self.bytes);
    }

    fn held(&self) -> usize {
        self.out.charged()
    }
}
