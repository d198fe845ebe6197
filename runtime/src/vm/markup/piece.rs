//! Values that go into markup at once: none, scalars, and texts and views that are short enough.

use super::{BULK_BYTES, SLICE};
use crate::value::markup::{Markup, Style};
use crate::value::memory::Memory;
use crate::value::show::write_scalar;
use crate::value::stop::Outcome;
use crate::value::{Handle, Object, Value};
use crate::vm::native::Context;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vm) enum Form {
    /// Rendered: views as they are, lists element by element, functions not at all, other values as escaped text.
    Rendered,
    /// As text, escaped.
    Escaped,
    /// Into the source of a page in an attribute: views as markup of that page, other values as its text.
    Document,
    /// As text.
    Plain,
}

impl Form {
    /// Appends a text.
    #[inline]
    pub(super) fn push(self, markup: &mut Markup, memory: &mut Memory, text: &str) -> Outcome<()> {
        match self {
            Self::Rendered | Self::Escaped => markup.push_escaped(memory, text),
            Self::Document => markup.push_escaped_twice(memory, text),
            Self::Plain => markup.push(memory, text),
        }
    }
}

/// The longest text of a scalar: a duration with all its units.
const SCALAR_BYTES_MAX: usize = 64;

/// Bytes of a text that are escaped at once.
pub(super) const TEXT_BYTES_MAX: usize = SLICE;

/// Bytes of a view that are copied at once.
pub(super) const VIEW_BYTES_MAX: usize = SLICE * BULK_BYTES;

/// Writes the value, unless it has to be walked: then false, and nothing is changed.
#[inline]
pub(super) fn put(
    context: &mut Context<'_>,
    handle: Handle<Object>,
    value: Value,
    form: Form,
) -> Outcome<bool> {
    match value {
        Value::None | Value::Unset | Value::Client => Ok(true),
        Value::Text(text) => {
            let (markup, memory, texts) = context.heap.markup_and_texts(handle)?;
            let text = texts.uncharged(text)?;
            if text.len() > TEXT_BYTES_MAX {
                return Ok(false);
            }
            let work = text.len() / BULK_BYTES;
            form.push(markup, memory, text)?;
            context.charge_fuel(work);
            Ok(true)
        }
        Value::Bool(_) | Value::Int(_) | Value::Number(_) | Value::Time(_) | Value::Duration(_) => {
            let program = context.program;
            let (markup, memory) = context.heap.markup(handle)?;
            // None of these has a character that is escaped.
            markup.push_with(memory, SCALAR_BYTES_MAX, |out| {
                write_scalar(program, value, out);
            })?;
            context.charge_fuel(2);
            Ok(true)
        }
        Value::View(view) if form == Form::Rendered => short_view(context, handle, view),
        Value::Function(_)
        | Value::Closure(_)
        | Value::Native(_)
        | Value::Method(_)
        | Value::Constructor { .. } => Ok(form == Form::Rendered),
        _ => Ok(false),
    }
}

fn short_view(context: &mut Context<'_>, handle: Handle<Object>, view: Handle<Object>) -> Outcome<bool> {
    let found = context.heap.view(view)?;
    if !found.styles.is_empty() {
        return Ok(false);
    }
    let text = found.text;
    let (markup, memory, texts) = context.heap.markup_and_texts(handle)?;
    let text = texts.uncharged(text)?;
    if text.len() > VIEW_BYTES_MAX {
        return Ok(false);
    }
    let work = text.len() / BULK_BYTES;
    markup.push(memory, text)?;
    context.charge_fuel(work);
    Ok(true)
}

/// A part of a view that is copied as one: up to a `<style>` element, or one of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    Markup { end: usize },
    Style(Style),
}
