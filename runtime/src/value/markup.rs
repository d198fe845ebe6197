//! Markup while it grows: what elements are written into piece by piece before it becomes a view.
//!
//! - **M1** Growth is charged before it is made, by capacity.
//! - **M2** A piece is written whole or not at all, so that what met a full budget can be repeated.
//! - **M3** Text that the program computed comes in escaped ([`escape`]), where markup is written inside an attribute
//!   twice; an attribute that names a place to go to ([`place`]) never keeps a value that would run as a script
//!   ([`address`]).
//! - **M4** Of `<style>` elements with equal markup one is kept, however the views that held them were put together.
//!
//! Absences: no element, attribute or component is known here, and no value but text.

mod address;
pub mod escape;
pub mod name;
pub mod place;
mod style;

use super::memory::Memory;
use super::stop::{Bug, Outcome};
use super::{Handle, Heap, Object, Text, Value};
use place::Place;
pub use style::Style;
use style::Styles;

/// The least that a growth makes room for, in bytes.
const GROWTH_MIN_BYTES: usize = 256;

/// Rendered markup as a value: see [`Object::View`].
#[derive(Debug)]
pub struct View {
    /// The markup.
    pub text: Handle<Text>,
    /// The `<style>` elements in it, in order.
    pub styles: Box<[Style]>,
}

impl View {
    /// Of markup without `<style>` elements of its own.
    pub fn plain(text: Handle<Text>) -> Self {
        Self { text, styles: Box::default() }
    }
}

/// Growing markup.
#[derive(Debug, Default)]
pub struct Markup {
    content: String,
    /// Bytes charged for the content and the styles.
    charged: usize,
    /// What the attribute at hand is, if its value is more than a text, and where that value began.
    place: Option<(Place, usize)>,
    /// Where a `<style>` element began.
    style: usize,
    styles: Styles,
}

impl Markup {
    /// Bytes charged besides the slot of its object.
    pub const fn payload(&self) -> usize {
        size_of::<Self>().saturating_add(self.charged)
    }

    /// What was written so far.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// Makes room for so many more bytes.
    #[inline]
    pub fn reserve(&mut self, memory: &mut Memory, more: usize) -> Outcome<()> {
        if self.content.capacity().saturating_sub(self.content.len()) >= more {
            return Ok(());
        }
        self.grow(memory, more)
    }

    #[cold]
    fn grow(&mut self, memory: &mut Memory, more: usize) -> Outcome<()> {
        let capacity = self.content.capacity();
        let wanted = self.content.len().saturating_add(more);
        let grown = memory.grow(capacity, wanted.max(GROWTH_MIN_BYTES), |capacity| capacity)?;
        self.content.reserve_exact(grown.saturating_sub(self.content.len()));
        self.charged = self.charged.saturating_add(grown.saturating_sub(capacity));
        Ok(())
    }

    /// Appends text as it is.
    #[inline]
    pub fn push(&mut self, memory: &mut Memory, text: &str) -> Outcome<()> {
        self.reserve(memory, text.len())?;
        self.content.push_str(text);
        Ok(())
    }

    /// Appends text so that it stays text.
    #[inline]
    pub fn push_escaped(&mut self, memory: &mut Memory, text: &str) -> Outcome<()> {
        self.push_changed(memory, text, escape::length, escape::push)
    }

    /// Appends text so that it stays text in the page whose source is written here.
    pub fn push_escaped_twice(&mut self, memory: &mut Memory, text: &str) -> Outcome<()> {
        self.push_changed(memory, text, escape::length_twice, escape::push_twice)
    }

    #[inline]
    fn push_changed(
        &mut self,
        memory: &mut Memory,
        text: &str,
        length: impl Fn(&str) -> usize,
        push: impl Fn(&str, &mut String),
    ) -> Outcome<()> {
        if escape::first(text).is_none() {
            return self.push(memory, text);
        }
        self.reserve(memory, length(text))?;
        push(text, &mut self.content);
        Ok(())
    }

    /// Appends what `write` adds, which is at most so many bytes, whatever it holds.
    pub fn push_with(
        &mut self,
        memory: &mut Memory,
        bytes_max: usize,
        write: impl FnOnce(&mut String),
    ) -> Outcome<()> {
        self.reserve(memory, bytes_max)?;
        write(&mut self.content);
        Ok(())
    }

    /// The value of an attribute begins here.
    pub fn begin_value(&mut self, place: Option<Place>) {
        self.place = place.map(|place| (place, self.content.len()));
    }

    /// The same of the attribute whose opening quote was written last.
    pub fn begin_quoted(&mut self) {
        self.begin_value(Place::behind(&self.content));
    }

    /// Is the value at hand the source of a page?
    pub const fn is_document(&self) -> bool {
        matches!(self.place, Some((Place::Document, _)))
    }

    /// The value ends here; one that would run as a script becomes `#`.
    pub fn end_value(&mut self) {
        let Some((place, from)) = self.place.take() else { return };
        let from = self.content.floor_char_boundary(from);
        if place.runs_script(self.content.get(from..).unwrap_or_default()) {
            self.cut(from);
            // What was taken away is longer.
            self.content.push('#');
        }
    }

    /// Takes away what was written from an offset on.
    fn cut(&mut self, from: usize) {
        self.content.truncate(from);
        self.styles.cut(from);
    }

    /// A `<style>` element begins here.
    pub const fn begin_style(&mut self) {
        self.style = self.content.len();
    }

    /// A `<style>` element ends here: it is taken away again when there is one like it.
    pub fn end_style(&mut self, memory: &mut Memory) -> Outcome<()> {
        let start = self.content.floor_char_boundary(self.style);
        if self.keeps_style(memory, Style { start, end: self.content.len() })? {
            return Ok(());
        }
        self.cut(start);
        Ok(())
    }

    /// Appends a `<style>` element of a view, unless there is one like it.
    pub fn push_style(&mut self, memory: &mut Memory, element: &str) -> Outcome<()> {
        let start = self.content.len();
        self.push(memory, element)?;
        let kept = self.keeps_style(memory, Style { start, end: self.content.len() });
        if !matches!(kept, Ok(true)) {
            self.content.truncate(start);
        }
        kept.map(|_| ())
    }

    fn keeps_style(&mut self, memory: &mut Memory, style: Style) -> Outcome<bool> {
        memory.charge(style::BYTES)?;
        if self.styles.add(&self.content, style) {
            self.charged = self.charged.saturating_add(style::BYTES);
            return Ok(true);
        }
        memory.release(style::BYTES)?;
        Ok(false)
    }
}

impl Heap {
    /// New markup, empty.
    pub fn new_markup(&mut self) -> Outcome<Value> {
        self.new_object(Object::Markup(Box::default())).map(Value::Markup)
    }

    /// Markup, and the budget that it grows from.
    #[inline]
    pub fn markup(&mut self, handle: Handle<Object>) -> Result<(&mut Markup, &mut Memory), Bug> {
        match self.objects.get_mut(handle)? {
            Object::Markup(markup) => Ok((markup, &mut self.memory)),
            _ => Err(Bug::WrongShape),
        }
    }

    /// The same together with the texts of the heap.
    #[inline]
    pub fn markup_and_texts(
        &mut self,
        handle: Handle<Object>,
    ) -> Result<(&mut Markup, &mut Memory, &super::text::Texts), Bug> {
        match self.objects.get_mut(handle)? {
            Object::Markup(markup) => Ok((markup, &mut self.memory, &self.texts)),
            _ => Err(Bug::WrongShape),
        }
    }

    /// A view's markup and styles.
    pub fn view(&self, handle: Handle<Object>) -> Result<&View, Bug> {
        match self.objects.get(handle)? {
            Object::View(view) => Ok(view),
            _ => Err(Bug::WrongShape),
        }
    }

    /// A view of what was written; the markup is empty afterwards.
    pub fn finish_view(&mut self, handle: Handle<Object>) -> Outcome<Value> {
        self.objects.reserve(&mut self.memory)?;
        let styles = self.markup(handle)?.0.styles.count();
        let payload = styles.saturating_mul(size_of::<Style>());
        self.memory.charge(payload)?;
        let text = match self.finish_text(handle) {
            Ok(text) => text,
            Err(stop) => {
                self.memory.release(payload)?;
                return Err(stop);
            }
        };
        let (markup, memory) = self.markup(handle)?;
        let styles = markup.styles.take();
        let given_up = styles.len().saturating_mul(style::BYTES);
        markup.charged = markup.charged.saturating_sub(given_up);
        memory.release(given_up)?;
        Ok(Value::View(self.put_object(Object::View(View { text, styles }))))
    }

    /// A text of what was written; the markup is empty afterwards.
    pub fn finish_text(&mut self, handle: Handle<Object>) -> Outcome<Handle<Text>> {
        self.texts.arena.reserve(&mut self.memory)?;
        let (markup, memory) = self.markup(handle)?;
        let payload = Text::payload(markup.content.len());
        let capacity = markup.content.capacity();
        memory.charge(payload.saturating_sub(capacity))?;
        memory.release(capacity.saturating_sub(payload))?;
        markup.charged = markup.charged.saturating_sub(capacity);
        let content = std::mem::take(&mut markup.content);
        match self.put_text(content) {
            Value::Text(text) => Ok(text),
            _ => Err(Bug::WrongShape.into()),
        }
    }
}

#[cfg(test)]
mod tests;
