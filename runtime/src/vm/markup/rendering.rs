//! What has to be walked to become markup: lists, long texts, views with styles, and whatever has a text of its own.
//!
//! One piece after the other goes into the markup, whole or not at all (M2), and the walk remembers how far it came: what
//! a collection or the store interrupts goes on where it stopped.

use super::piece::{self, Form, Stretch, TEXT_BYTES_MAX, VIEW_BYTES_MAX};
use super::{BULK_BYTES, SLICE};
use crate::value::equal::{depth_max, too_deep};
use crate::value::show::{Part, Show};
use crate::value::stop::{Bug, Outcome};
use crate::value::{Handle, Heap, List, Object, Text, Value};
use crate::vm::native::{Context, Step, Stepped};

/// A value on its way into markup.
#[derive(Debug)]
pub(super) struct Rendering {
    markup: Handle<Object>,
    form: Form,
    /// Between the elements of a list whose elements are texts.
    separator: &'static str,
    next: Option<Next>,
    levels: Vec<Level>,
}

/// What is written next.
#[derive(Debug)]
enum Next {
    Value(Value),
    /// The rest of a text, from a byte on.
    Text(Handle<Text>, usize, Form),
    /// The rest of a view, from a byte and from a `<style>` element on.
    View(Handle<Object>, usize, usize),
    Show(Box<Show>),
}

/// Where the walk is in something that is rendered element by element.
#[derive(Clone, Copy, Debug)]
enum Level {
    List(Handle<List>, usize),
    /// The next int, the last, and whether the next one is the first.
    Ints(i64, i64, bool),
}

impl Rendering {
    pub(super) fn new(markup: Handle<Object>, value: Value, form: Form) -> Self {
        Self { markup, form, separator: "", next: Some(Next::Value(value)), levels: Vec::new() }
    }

    /// The elements of a list as escaped texts with blanks between them.
    pub(super) fn words(markup: Handle<Object>, list: Value, form: Form) -> Self {
        Self { separator: " ", ..Self::new(markup, list, form) }
    }

    /// Goes on for about a slice; true when all is written.
    pub(super) fn advance(&mut self, context: &mut Context<'_>) -> Outcome<bool> {
        let mut budget = SLICE;
        while budget > 0 {
            let Some(next) = &mut self.next else {
                if !self.descend(context)? {
                    context.charge_fuel(SLICE.saturating_sub(budget));
                    return Ok(true);
                }
                budget = budget.saturating_sub(4);
                continue;
            };
            let cost = match next {
                Next::Value(value) => {
                    let value = *value;
                    self.value(context, value)?;
                    8
                }
                Next::Text(text, at, form) => {
                    let (text, from, form) = (*text, *at, *form);
                    let end = put_stretch(context.heap, self.markup, (text, from), form)?;
                    let whole = context.heap.texts.bytes(text)?;
                    self.next = (end < whole).then_some(Next::Text(text, end, form));
                    end.saturating_sub(from)
                }
                Next::View(view, at, style) => {
                    let (view, from, nth) = (*view, *at, *style);
                    self.next = put_view(context.heap, self.markup, view, (from, nth))?;
                    VIEW_BYTES_MAX / BULK_BYTES / 4
                }
                Next::Show(show) => {
                    if let Some(Value::Text(text)) = show.step(context.heap, context.program, SLICE / 2)? {
                        self.next = Some(Next::Text(text, 0, self.form));
                    }
                    SLICE / 2
                }
            };
            budget = budget.saturating_sub(cost);
        }
        context.charge_fuel(SLICE);
        Ok(false)
    }

    /// The next element of the innermost list; false when none is left anywhere.
    fn descend(&mut self, context: &mut Context<'_>) -> Outcome<bool> {
        let Some(level) = self.levels.last_mut() else { return Ok(false) };
        let (element, is_first) = match level {
            Level::List(list, at) => {
                let element = context.heap.lists.get(*list)?.items.get(*at).copied();
                (element, *at == 0)
            }
            Level::Ints(next, last, first) => ((*next <= *last).then_some(Value::Int(*next)), *first),
        };
        let Some(element) = element else {
            self.levels.pop();
            return Ok(true);
        };
        if !is_first && !self.separator.is_empty() {
            let (markup, memory) = context.heap.markup(self.markup)?;
            markup.push(memory, self.separator)?;
        }
        match level {
            Level::List(_, at) => *at = at.saturating_add(1),
            Level::Ints(next, last, _) if *next == *last => {
                self.levels.pop();
            }
            Level::Ints(next, _, first) => {
                *next = next.saturating_add(1);
                *first = false;
            }
        }
        self.next = Some(Next::Value(element));
        Ok(true)
    }

    fn value(&mut self, context: &mut Context<'_>, value: Value) -> Outcome<()> {
        if piece::put(context, self.markup, value, self.form)? {
            self.next = None;
            return Ok(());
        }
        // Words of a list are texts: a list among them is one too.
        let opens = self.form == Form::Rendered || !self.separator.is_empty() && self.levels.is_empty();
        let heap = &mut *context.heap;
        let level = match value {
            Value::Text(text) => {
                self.next = Some(Next::Text(text, 0, self.form));
                return Ok(());
            }
            Value::View(view) if self.form == Form::Rendered => {
                self.next = Some(Next::View(view, 0, 0));
                return Ok(());
            }
            Value::View(view) if self.form == Form::Document => {
                self.next = Some(Next::Text(heap.view(view)?.text, 0, Form::Escaped));
                return Ok(());
            }
            Value::List(list) if opens => Level::List(list, 0),
            Value::Query(query) if opens => Level::List(heap.rows(query)?, 0),
            Value::Range(object) if opens => {
                let range = *heap.object(object, |object| match object {
                    Object::Range(range) => Some(range),
                    _ => None,
                })?;
                let (first, last) = range.ends().unwrap_or((1, 0));
                Level::Ints(first, last, true)
            }
            other => {
                let part = Part { value: other, nested: false };
                self.next = Some(Next::Show(Box::new(Show::new([part]))));
                return Ok(());
            }
        };
        if self.levels.len() >= depth_max() {
            return Err(too_deep("rendered"));
        }
        self.levels.push(level);
        self.next = None;
        Ok(())
    }
}

/// Writes a stretch of a text from a byte on, and says where it ended.
fn put_stretch(
    heap: &mut Heap,
    markup: Handle<Object>,
    (text, from): (Handle<Text>, usize),
    form: Form,
) -> Outcome<usize> {
    let (markup, memory, texts) = heap.markup_and_texts(markup)?;
    let whole = texts.uncharged(text)?;
    let end = whole.ceil_char_boundary(from.saturating_add(TEXT_BYTES_MAX));
    let part = whole.get(from..end).ok_or(Bug::WrongShape)?;
    form.push(markup, memory, part)?;
    Ok(end)
}

/// Writes a stretch of a view, and says what is left of it.
fn put_view(
    heap: &mut Heap,
    markup: Handle<Object>,
    view: Handle<Object>,
    (from, nth): (usize, usize),
) -> Outcome<Option<Next>> {
    let found = heap.view(view)?;
    let (text, style) = (found.text, found.styles.get(nth).copied());
    let whole = heap.texts.uncharged(text)?;
    let stretch = match style {
        Some(style) if style.start <= from => Stretch::Style(style),
        next => {
            let end = next.map_or(whole.len(), |style| style.start);
            let longest = whole.ceil_char_boundary(from.saturating_add(VIEW_BYTES_MAX));
            Stretch::Markup { end: end.min(longest) }
        }
    };
    let (markup, memory, texts) = heap.markup_and_texts(markup)?;
    let whole = texts.uncharged(text)?;
    let (end, nth) = match stretch {
        Stretch::Markup { end } => {
            markup.push(memory, whole.get(from..end).ok_or(Bug::WrongShape)?)?;
            (end, nth)
        }
        Stretch::Style(style) => {
            markup.push_style(memory, style.of(whole))?;
            (style.end, nth.saturating_add(1))
        }
    };
    let is_done = end >= whole.len();
    Ok((!is_done).then_some(Next::View(view, end, nth)))
}

impl Stepped for Rendering {
    fn step(&mut self, context: &mut Context<'_>, _: Option<Value>) -> Outcome<Step> {
        let done = self.advance(context)?;
        Ok(if done { Step::Done(Value::Markup(self.markup)) } else { Step::Again })
    }

    fn trace(&self, visit: &mut dyn FnMut(Value)) {
        visit(Value::Markup(self.markup));
        match &self.next {
            Some(Next::Value(value)) => visit(*value),
            Some(Next::Text(text, ..)) => visit(Value::Text(*text)),
            Some(Next::View(view, ..)) => visit(Value::View(*view)),
            Some(Next::Show(show)) => show.trace(visit),
            None => {}
        }
        for level in &self.levels {
            if let Level::List(list, _) = level {
                visit(Value::List(*list));
            }
        }
    }

    fn held(&self) -> usize {
        match &self.next {
            Some(Next::Show(show)) => show.charged(),
            _ => 0,
        }
    }
}
