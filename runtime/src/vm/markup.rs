//! Instructions on markup: values, attributes and tags go in; a view or a text comes out.
//!
//! What is short goes in at once; what has to be walked gets a frame of its own ([`rendering`]), whose result is the
//! markup itself.

mod attribute;
mod classes;
mod piece;
mod rendering;

pub(super) use attribute::{attribute, attributes};
pub(super) use classes::classes;
pub(super) use piece::Form;

use super::native::{Context, Flow, SLICE, Step, Stepped};
use crate::value::stop::{Bug, Outcome, Stop};
use crate::value::text::Texts;
use crate::value::{Handle, Heap, Object, Value, markup::name};
use rendering::Rendering;

/// Bytes that are copied for one unit of fuel.
const BULK_BYTES: usize = 16;

/// The markup in a register.
fn handle(markup: Value) -> Outcome<Handle<Object>> {
    match markup {
        Value::Markup(handle) => Ok(handle),
        _ => Err(Bug::WrongShape.into()),
    }
}

/// Appends a constant as it is.
#[inline]
pub(super) fn text(context: &mut Context<'_>, markup: Value, constant: u32) -> Outcome<()> {
    let handle = handle(markup)?;
    let (markup, memory, texts) = context.heap.markup_and_texts(handle)?;
    let text = texts.uncharged(Texts::constant(constant))?;
    let work = text.len() / BULK_BYTES;
    markup.push(memory, text)?;
    context.charge_fuel(work);
    Ok(())
}

/// Appends a value in the form that its place asks for.
#[inline]
pub(super) fn put(context: &mut Context<'_>, markup: Value, value: Value, form: Form) -> Outcome<Flow> {
    let handle = handle(markup)?;
    let form = if form == Form::Escaped { escaped(context, handle)? } else { form };
    if piece::put(context, handle, value, form)? {
        return Ok(Flow::Value(markup));
    }
    run(context, Rendering::new(handle, value, form))
}

/// How a text is escaped between the quotes of the attribute at hand.
fn escaped(context: &mut Context<'_>, markup: Handle<Object>) -> Outcome<Form> {
    let (markup, _) = context.heap.markup(markup)?;
    Ok(if markup.is_document() { Form::Document } else { Form::Escaped })
}

/// `<tag`, or `</tag>`.
pub(super) fn tag(context: &mut Context<'_>, markup: Value, tag: Value, end: bool) -> Outcome<()> {
    let handle = handle(markup)?;
    let Value::Text(text) = tag else {
        return Err(Stop::value_error(format!("a tag is a text, not {}", tag.kind().name())));
    };
    let (markup, memory, texts) = context.heap.markup_and_texts(handle)?;
    let tag = texts.str(text)?;
    if end {
        let bytes = tag.len().saturating_add(3);
        if name::is_void(tag) {
            return Ok(());
        }
        return markup.push_with(memory, bytes, |out| out.extend(["</", tag, ">"]));
    }
    if !name::is_tag(tag) {
        return Err(Stop::value_error(
            "a computed tag is a lower-case letter and then those, digits or `-`, and neither `script` nor `style`",
        ));
    }
    markup.push_with(memory, tag.len().saturating_add(1), |out| out.extend(["<", tag]))
}

/// Begins the value of an attribute or a `<style>` element.
pub(super) fn begin(heap: &mut Heap, markup: Value, style: bool) -> Outcome<()> {
    let (markup, _) = heap.markup(handle(markup)?)?;
    if style {
        markup.begin_style();
    } else {
        markup.begin_quoted();
    }
    Ok(())
}

/// Ends it.
pub(super) fn end(heap: &mut Heap, markup: Value, style: bool) -> Outcome<()> {
    let (markup, memory) = heap.markup(handle(markup)?)?;
    if style {
        return markup.end_style(memory);
    }
    markup.end_value();
    Ok(())
}

/// What was written, as a view or a text.
pub(super) fn take(context: &mut Context<'_>, markup: Value, text: bool) -> Outcome<Value> {
    let handle = handle(markup)?;
    let bytes = context.heap.markup(handle)?.0.as_str().len();
    let taken = if text {
        context.heap.finish_text(handle).map(Value::Text)
    } else {
        context.heap.finish_view(handle)
    };
    context.charge_fuel(bytes / BULK_BYTES);
    taken
}

/// Does the first step here; what is left after it gets a frame of its own.
fn run(context: &mut Context<'_>, mut rest: impl Stepped + 'static) -> Outcome<Flow> {
    match rest.step(context, None) {
        Ok(Step::Done(value)) => Ok(Flow::Value(value)),
        Ok(Step::Again) | Err(Stop::Collect { .. } | Stop::Need(_)) => Ok(Flow::Step(Box::new(rest))),
        Ok(Step::Call { .. } | Step::Ask(_)) => Err(Bug::BadFrame.into()),
        Err(stop) => {
            context.heap.memory.release(rest.held())?;
            Err(stop)
        }
    }
}
