//! Views: elements, attributes and components out of bytes, with hostile texts in them.
//!
//! Oracle: a small strict reader of HTML, which shares no code with the runtime, finds in the markup exactly the tags,
//! attributes and texts that were put together: no text that a program computed ever stands outside of a text or an
//! attribute's value, and every tag is closed. It is for `value::markup`, `vm::markup`, `compile::element` and
//! `compile::attribute`.

use super::machine;
use crate::generate::Choices;
use flin_runtime::app::{End, SourceFile};
use flin_runtime::check::Role;
use std::fmt::Write as _;

/// What it is for.
pub const MODULES: &[&str] = &["value::markup", "vm::markup", "compile::element", "compile::attribute"];

/// What hostile texts are made of.
const FRAGMENTS: &[&str] = &[
    "a",
    "<",
    ">",
    "\"",
    "'",
    "&",
    "&lt;",
    "</p>",
    "<script>",
    "é",
    "🎉",
    "{",
    "}",
    "-->",
    "\u{0}",
    "\n",
    "=",
    "/",
    "javascript:",
    " JAVA\tscript:",
    "data:text/html,",
    "x",
];

/// A component file that shows what it gets.
const SHOW: &str = "<b title={props.t}><slot name=\"s\"/>{children}</b>";

/// A token of markup, character references resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Start(String, Vec<(String, Option<String>)>),
    End(String),
    Text(String),
}

struct View<'a> {
    choices: Choices<'a>,
    source: String,
    expected: Vec<Token>,
}

/// The target. One view in four is rendered with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    let mut view = View { choices: Choices::new(bytes), source: String::new(), expected: Vec::new() };
    view.source.push_str("F = p => <i id={p.n}>{p.children}</i>\nprint(<div>");
    view.expected.push(Token::Start("div".to_owned(), Vec::new()));
    view.content(0);
    view.source.push_str("</div>)");
    view.expected.push(Token::End("div".to_owned()));
    let files = [
        SourceFile::in_memory("page.flin", Role::Script, view.source.as_bytes()),
        SourceFile::in_memory("components/Show.flin", Role::Component, SHOW),
    ];
    let Some(module) = machine::compile_files(&files) else { panic!("does not compile: {}", view.source) };
    let stressed = bytes.len().is_multiple_of(4);
    let ran = machine::run(&module, stressed);
    if stressed && matches!(ran.end, End::Timeout) {
        // Such a run may use little; that it found no internal error is what it was for.
        return;
    }
    assert!(matches!(ran.end, End::Done), "{:?} of {}", ran.end, view.source);
    let markup = ran.output.strip_suffix('\n').unwrap_or(&ran.output);
    let found = read(markup).unwrap_or_else(|why| panic!("{why} in {markup:?} of {}", view.source));
    assert_eq!(found, joined(view.expected), "of {}", view.source);
}

impl View<'_> {
    /// A text that a program computes.
    fn text(&mut self) -> String {
        (0..self.choices.below(4)).map(|_| self.choices.pick(FRAGMENTS)).collect()
    }

    fn content(&mut self, depth: usize) {
        for _ in 0..self.choices.below(4) {
            match self.choices.below(9) {
                0 | 1 => self.value(),
                2 if depth < 6 => self.element(depth),
                3 if depth < 6 => self.function(depth),
                4 if depth < 6 => self.file(depth),
                5 => self.repeated(),
                6 => {
                    self.source.push_str("<br/>");
                    self.expected.push(Token::Start("br".to_owned(), Vec::new()));
                }
                _ => {
                    self.source.push_str("raw ");
                    self.expected.push(Token::Text("raw ".to_owned()));
                }
            }
        }
    }

    /// `{value}`, by itself, in a list or behind a condition.
    fn value(&mut self) {
        let text = self.text();
        let shown = literal(&text);
        let form = match self.choices.below(4) {
            0 => format!("{{{shown}}}"),
            1 => format!("{{[none, {shown}]}}"),
            2 => format!("{{if true}}{{{shown}}}{{else}}no{{/if}}"),
            _ => format!("{{false ? \"no\" : {shown}}}"),
        };
        self.source.push_str(&form);
        self.expected.push(Token::Text(text));
    }

    fn element(&mut self, depth: usize) {
        let tag = self.choices.pick(&["p", "ul", "my-tag"]);
        let computed = self.choices.once_in(4);
        let written = if computed { format!("{{\"{tag}\"}}") } else { tag.to_owned() };
        let _ = write!(self.source, "<{written}");
        let mut attributes = Vec::new();
        for at in 0..self.choices.below(4) {
            self.attribute(at, &mut attributes);
        }
        self.source.push('>');
        self.expected.push(Token::Start(tag.to_owned(), attributes));
        self.content(depth + 1);
        let _ = write!(self.source, "</{written}>");
        self.expected.push(Token::End(tag.to_owned()));
    }

    fn attribute(&mut self, at: usize, attributes: &mut Vec<(String, Option<String>)>) {
        let text = self.text();
        let shown = literal(&text);
        let name = format!("a{at}");
        let (written, name, value) = match self.choices.below(9) {
            0 => (format!("{name}=\"x {{({shown})}}\""), name, Some(format!("x {text}"))),
            1 => (format!("{name}='{{({shown})}}'"), name, Some(text)),
            2 => (format!("{name}={{{shown}}}"), name, Some(text)),
            3 => (format!("{name}={{[{shown}, 1]}}"), name, Some(format!("{text} 1"))),
            4 => (format!("{{...[\"{name}\": {shown}]}}"), name, Some(text)),
            5 => (format!("{name}={{true}}"), name, None),
            6 if at == 0 => (
                format!("class={{{shown}}} class:on={{true}}"),
                "class".to_owned(),
                Some(format!("{text} on")),
            ),
            7 if at == 1 => (format!("href={{{shown}}}"), "href".to_owned(), Some(address(text))),
            8 if at == 2 => (format!("src=\"{{({shown})}}\""), "src".to_owned(), Some(address(text))),
            _ => (format!("{name}={{none}} {name}={{false}}"), String::new(), None),
        };
        let _ = write!(self.source, " {written}");
        if !name.is_empty() {
            attributes.push((name, value));
        }
    }

    /// A component that is a function.
    fn function(&mut self, depth: usize) {
        let text = self.text();
        let _ = write!(self.source, "<F n={{{}}}>", literal(&text));
        self.expected.push(Token::Start("i".to_owned(), vec![("id".to_owned(), Some(text))]));
        self.content(depth + 1);
        self.source.push_str("</F>");
        self.expected.push(Token::End("i".to_owned()));
    }

    /// A component file, with content for a slot behind its other content.
    fn file(&mut self, depth: usize) {
        let (title, slotted) = (self.text(), self.text());
        let _ = write!(self.source, "<Show t={{{}}}>", literal(&title));
        self.expected.push(Token::Start("b".to_owned(), vec![("title".to_owned(), Some(title))]));
        self.expected.push(Token::Start("u".to_owned(), Vec::new()));
        self.expected.push(Token::Text(slotted.clone()));
        self.expected.push(Token::End("u".to_owned()));
        self.content(depth + 1);
        let _ = write!(self.source, "<u slot=\"s\">{{{}}}</u></Show>", literal(&slotted));
        self.expected.push(Token::End("b".to_owned()));
    }

    fn repeated(&mut self) {
        let text = self.text();
        let _ = write!(
            self.source,
            "{{for x, i in [1, 2, 3]}}{{if i == 2}}{{{}}}{{/if}}{{/for}}",
            literal(&text)
        );
        self.expected.push(Token::Text(text));
    }
}

/// A text literal of FLIN.
fn literal(text: &str) -> String {
    let chars = text.chars().map(|c| format!("\\u{{{:X}}}", u32::from(c)));
    format!("\"{}\"", chars.collect::<String>())
}

/// What an address becomes: nothing that a browser would run.
fn address(text: String) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let bare = bare.to_lowercase();
    let runs = ["javascript:", "vbscript:", "data:text/html"].iter().any(|scheme| bare.starts_with(scheme));
    if runs { "#".to_owned() } else { text }
}

/// Neighbouring texts are one, empty ones none.
fn joined(tokens: Vec<Token>) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    for token in tokens {
        match (all.last_mut(), token) {
            (_, Token::Text(text)) if text.is_empty() => {}
            (Some(Token::Text(before)), Token::Text(text)) => before.push_str(&text),
            (_, token) => all.push(token),
        }
    }
    all
}

/// Reads markup strictly: quoted values, lower-case names, every tag closed, no `<` that opens nothing.
fn read(markup: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = markup;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            tokens.push(Token::Text(decoded(&rest[..end])?));
            rest = &rest[end..];
            continue;
        };
        if let Some(tag) = tag.strip_prefix('/') {
            let (name, behind) = tag.split_once('>').ok_or("an end tag does not end")?;
            if open.pop().as_deref() != Some(name) {
                return Err("an end tag that ends nothing");
            }
            tokens.push(Token::End(name.to_owned()));
            rest = behind;
            continue;
        }
        let (name, behind) = word(tag).ok_or("a `<` that opens nothing")?;
        let mut attributes = Vec::new();
        rest = behind;
        while let Some(attribute) = rest.strip_prefix(' ') {
            let (name, behind) = word(attribute).ok_or("an attribute without a name")?;
            let quote = ["=\"", "='"].iter().find_map(|open| Some((behind.strip_prefix(open)?, &open[1..])));
            let value = match quote {
                None => {
                    rest = behind;
                    None
                }
                Some((value, quote)) => {
                    let (value, behind) = value.split_once(quote).ok_or("a value does not end")?;
                    rest = behind;
                    Some(decoded(value)?)
                }
            };
            attributes.push((name.to_owned(), value));
        }
        rest = rest.strip_prefix('>').ok_or("a tag does not end")?;
        if name != "br" {
            open.push(name.to_owned());
        }
        tokens.push(Token::Start(name.to_owned(), attributes));
    }
    if open.is_empty() { Ok(joined(tokens)) } else { Err("an element does not end") }
}

fn word(text: &str) -> Option<(&str, &str)> {
    let goes_on = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let end = text.find(|c| !goes_on(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn decoded(text: &str) -> Result<String, &'static str> {
    if text.contains(['<', '>', '"', '\'']) {
        return Err("a character that has a meaning stands in a text");
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        out.push_str(before);
        let (name, behind) = reference.split_once(';').ok_or("a `&` that begins nothing")?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            _ => return Err("an unknown character reference"),
        });
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_refuses_what_is_not_closed_quoted_or_escaped() {
        for markup in [
            "<p>",
            "</p>",
            "<p></b>",
            "<p a=b></p>",
            "<p a=\"x></p>",
            "a < b",
            "a > b",
            "&",
            "&x;",
            "<P></P>",
            "<p a=\"<\"></p>",
        ] {
            assert!(read(markup).is_err(), "{markup}");
        }
        let found = read("<p a=\"&lt;\" b>x&amp;<br>y</p>").unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found.get(1), Some(&Token::Text("x&".to_owned())));
    }

    #[test]
    fn many_views_render_as_they_were_put_together() {
        let mut state = 1_u64;
        for length in 0..150_usize {
            let mut byte = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            };
            let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
            target(&bytes);
        }
    }
}
