//! Views: elements, attributes and components out of bytes, with hostile texts in them.
//!
//! Oracle: a small strict reader of HTML, which shares no code with the runtime, finds in the markup exactly the tags,
//! attributes and texts that were put together, and what is no name is refused as one: no text that a program computed ever stands outside of a text or an
//! attribute's value, and every tag is closed. It is for `value::markup`, `vm::markup`, `compile::element` and
//! `compile::attribute`.

use super::{Target, machine};
use crate::generate::Choices;
use flin_runtime::app::{End, SourceFile};
use flin_runtime::check::Role;
use std::fmt::Write as _;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "view",
    modules: &["value::markup", "vm::markup", "compile::element", "compile::attribute"],
    input_bytes_max: 200,
    judge: target,
};

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

/// Repetitions of what is long.
const LONG: usize = 3_000;

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
    /// Does the sheet stand in it, and the scoped one?
    styled: [bool; 2],
}

/// The target. One view in four is rendered with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    let choices = Choices::new(bytes);
    let mut view = View { choices, source: String::new(), expected: Vec::new(), styled: [false; 2] };
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
            match self.choices.below(11) {
                0 | 1 => self.value(),
                9 => self.odd(),
                10 => self.style(),
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

    /// What is no plain text: lists in lists, views as values, maps, markup that a program vouches for, void elements.
    fn odd(&mut self) {
        let text = self.text();
        let shown = literal(&text);
        let token = |text: &str| Token::Text(text.to_owned());
        let (written, tokens) = match self.choices.below(15) {
            8 => {
                let loops = "{for x in [1, 2, 3]}<p>{if x == 2}{continue}{/if}{x}</p>{/for}".to_owned();
                let element = |text| {
                    [Token::Start("p".to_owned(), Vec::new()), token(text), Token::End("p".to_owned())]
                };
                (loops, element("1").into_iter().chain(element("3")).collect())
            }
            9 => {
                let checked =
                    vec![("type".to_owned(), Some("checkbox".to_owned())), ("checked".to_owned(), None)];
                let plain = vec![("type".to_owned(), Some("radio".to_owned()))];
                let written = "<input type=\"checkbox\" bind={1}/><input type=radio bind={none}/>".to_owned();
                let start = |attributes| Token::Start("input".to_owned(), attributes);
                (written, vec![start(checked), start(plain)])
            }
            // Longer than one step of a rendering.
            10 => {
                let written = format!("{{{shown}.repeat({LONG})}}{{(1..{LONG})}}");
                let numbers: String = (1..=LONG).map(|n| n.to_string()).collect();
                (written, vec![Token::Text(text.repeat(LONG) + &numbers)])
            }
            11 => {
                let written =
                    format!("<b a={{{shown}.repeat({LONG})}} {{...[\"b\": {shown}.repeat({LONG})]}}/>");
                let long = |name: &str| (name.to_owned(), Some(text.repeat(LONG)));
                let attributes = vec![long("a"), long("b")];
                (written, vec![Token::Start("b".to_owned(), attributes), Token::End("b".to_owned())])
            }
            12 => {
                let written = format!(
                    "<b class=\"y {{({shown})}}\" class:z={{true}} class={{[\"w\".repeat({LONG}), 5]}}/>"
                );
                let class = format!("y {text} z {} 5", "w".repeat(LONG));
                let start = Token::Start("b".to_owned(), vec![("class".to_owned(), Some(class))]);
                (written, vec![start, Token::End("b".to_owned())])
            }
            13 => {
                let verdict = if is_attribute(&text) { "yes" } else { "no" };
                let written = format!("{{(try <b {{...[{shown}: 1]}}/>) is error ? \"no\" : \"yes\"}}");
                (written, vec![token(verdict)])
            }
            14 => {
                let verdict = if is_tag(&text) { "yes" } else { "no" };
                (format!("{{(try <{{{shown}}}/>) is error ? \"no\" : \"yes\"}}"), vec![token(verdict)])
            }
            0 => (format!("{{[1, [{shown}, [1..3]]]}}"), vec![Token::Text(format!("1{text}123"))]),
            1 => {
                let tag = || "b".to_owned();
                let tokens = vec![Token::Start(tag(), Vec::new()), Token::Text(text), Token::End(tag())];
                (format!("{{[none, <b>{{{shown}}}</b>]}}"), tokens)
            }
            2 => ("{({ k: [1, none] })}".to_owned(), vec![token("{\"k\": [1, none]}")]),
            3 => ("{raw(\"&lt;\")}{90s}{error(\"K\", \"m\")}".to_owned(), vec![token("<1m30sK: m")]),
            4 => {
                let value = vec![("value".to_owned(), Some(text))];
                (format!("<input bind={{{shown}}}/>"), vec![Token::Start("input".to_owned(), value)])
            }
            5 => ("{for k, v in ({ a: 1, b: 2 })}{k}{v}{/for}".to_owned(), vec![token("a1b2")]),
            6 => (
                "{match 2 { 1 -> \"one\", _ -> <hr/> }}".to_owned(),
                vec![Token::Start("hr".to_owned(), Vec::new())],
            ),
            _ => {
                self.source.push_str("{for x in [1, 2]}{x}{/for}<Show {...({ t: \"t\" })}/>");
                self.expected.push(token("12"));
                let title = vec![("title".to_owned(), Some("t".to_owned()))];
                (String::new(), vec![Token::Start("b".to_owned(), title), Token::End("b".to_owned())])
            }
        };
        self.source.push_str(&written);
        self.expected.extend(tokens);
    }

    /// A style sheet, which is written once however often it occurs.
    fn style(&mut self) {
        let scoped = self.choices.once_in(2);
        let written = if scoped { "<style scoped>" } else { "<style>" };
        let _ = write!(self.source, "{written}p {{ x: y }}</style>");
        if !std::mem::replace(&mut self.styled[usize::from(scoped)], true) {
            let attributes = if scoped { vec![("scoped".to_owned(), None)] } else { Vec::new() };
            self.expected.push(Token::Start("style".to_owned(), attributes));
            self.expected.push(Token::Text("p { x: y }".to_owned()));
            self.expected.push(Token::End("style".to_owned()));
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
        let (written, name, value) = match self.choices.below(16) {
            9 => (format!("aria-{name}={{true}}"), format!("aria-{name}"), Some("true".to_owned())),
            10 if at == 0 => ("click={1}".to_owned(), "data-on-click".to_owned(), None),
            11 => (format!("key={{1}} ref={{2}} {name}={{<b/>}}"), name, Some("<b></b>".to_owned())),
            12 if at == 0 => (
                "class={[\"x\", none, [\"y\"]]} class:z={1} class:w={0}".to_owned(),
                "class".to_owned(),
                Some("x  [\"y\"] z".to_owned()),
            ),
            13 => (
                format!("{{...({{ n{at}: none, {name}: [{shown}, 2], m{at}: false }})}}"),
                name,
                Some(format!("{text} 2")),
            ),
            14 => (
                format!("{name}=\"{{if true}}{{({shown})}}{{else}}b{{/if}}{{for k in 1..2}}-{{k}}{{/for}}\""),
                name,
                Some(format!("{text}-1-2")),
            ),
            15 if at == 1 => {
                (format!("{{...[\"action\": {shown}]}}"), "action".to_owned(), Some(address(text)))
            }
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

/// Can a text of [`FRAGMENTS`] be the name of an attribute?
fn is_attribute(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphabetic() || c == ':')
}

/// Can it be a tag?
fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase())
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
        if !["br", "hr", "input"].contains(&name) {
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
