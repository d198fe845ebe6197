//! Headers of an answer as a program gives them: names and values checked, lines counted.

use crate::base::guard::{Guard, off};
use crate::natives::steps::bulk;
use crate::record::{FRAMING_HEADERS, Pairs};
use crate::value::map::Entry;
use crate::value::show::write_scalar;
use crate::value::stop::{Outcome, Stop};
use crate::value::{Handle, Heap, Map, Value};
use crate::vm::{Context, Program};

/// Bytes of all headers together, each entry and line with [`LINE_BYTES`] beside its own: nobody charges for them.
pub const HEADERS_BYTES_MAX: usize = 1 << 20;
/// What an entry, and a line of it, counts beside its bytes; few enough fit that the HTTP library has room for all.
const LINE_BYTES: usize = 64;

/// Lines of headers, in order.
#[derive(Debug, Default)]
pub struct Headers {
    /// Name and value of each.
    pub pairs: Pairs,
    /// Bytes that they count.
    bytes: usize,
}

impl Headers {
    /// Adds the lines of an entry of a response's headers, checked; gives what they count.
    pub fn add(&mut self, heap: &Heap, program: &Program, entry: &Entry) -> Outcome<usize> {
        let Value::Text(name) = entry.key else {
            let kind = entry.key.kind().name();
            return Err(Stop::type_error(format!("the name of a header is a text, not {kind}")));
        };
        let (lines, bytes) = (self.pairs.len(), self.bytes);
        let name = heap.texts.str(name)?;
        self.count(name.len())?;
        let name = checked_name(name)?;
        if FRAMING_HEADERS.contains(&&*name) && !off(Guard::HeaderFraming) {
            return Err(Stop::value_error(format!("the header {name} is set by the server")));
        }
        self.add_plain(heap, program, &name, entry.value)?;
        self.pairs.iter().skip(lines).try_for_each(|(name, value)| checked_value(value, name))?;
        Ok(self.bytes.saturating_sub(bytes))
    }

    /// Adds the lines of a header: one for a value, one each for the elements of a list, none for none.
    pub fn add_plain(&mut self, heap: &Heap, program: &Program, name: &str, value: Value) -> Outcome<()> {
        match value {
            Value::None => Ok(()),
            Value::List(list) => {
                let items = &heap.lists.get(list)?.items;
                items.iter().try_for_each(|&item| self.line(heap, program, name, item))
            }
            value => self.line(heap, program, name, value),
        }
    }

    fn count(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(LINE_BYTES);
        if self.bytes > HEADERS_BYTES_MAX {
            let text = format!("headers have at most {HEADERS_BYTES_MAX} bytes together");
            return Err(Stop::value_error(text));
        }
        Ok(())
    }

    fn line(&mut self, heap: &Heap, program: &Program, name: &str, value: Value) -> Outcome<()> {
        let mut written = String::new();
        let text = match value {
            Value::Text(text) => heap.texts.str(text)?,
            value if write_scalar(program, value, &mut written) => &written,
            other => {
                let kind = other.kind().name();
                return Err(Stop::type_error(format!("the header {name} cannot be {kind}: give a text")));
            }
        };
        self.count(name.len().saturating_add(text.len()))?;
        self.pairs.push((name.to_owned(), text.to_owned()));
        Ok(())
    }
}

/// Checks the headers of a response that is being made, so that what is wrong is said where it was written.
pub fn check(context: &mut Context<'_>, headers: Handle<Map>) -> Outcome<()> {
    let mut made = Headers::default();
    let mut entries = context.heap.maps.get(headers)?.iter();
    let done = entries.try_for_each(|entry| made.add(context.heap, context.program, entry).map(drop));
    // What is refused was looked at as well.
    context.charge_fuel(bulk(made.bytes));
    done
}

/// A name of a header in lower case: a token of RFC 9110, section 5.6.2.
pub fn checked_name(name: &str) -> Outcome<String> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if off(Guard::ResponseHeader) || !name.is_empty() && name.bytes().all(token) {
        return Ok(name.to_ascii_lowercase());
    }
    let shown = crate::natives::excerpt::excerpt(name);
    Err(Stop::value_error(format!("{shown} is no name of a header: letters, digits and - are allowed")))
}

/// A value of a header: no line break, no NUL, nor any other control character but the tab.
pub fn checked_value(value: &str, name: &str) -> Outcome<()> {
    let control = |c: char| c.is_ascii_control() && c != '\t';
    if off(Guard::ResponseHeader) || !value.contains(control) {
        return Ok(());
    }
    Err(Stop::value_error(format!("the header {name} cannot hold a line break or another control character")))
}
