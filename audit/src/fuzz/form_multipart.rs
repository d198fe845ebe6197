//! Forms, sent in pieces to a handler that answers what it got of them.
//!
//! For `app::http::multipart`, `app::http::fields`, `app::http::percent` and `app::http::media`.
//!
//! The first byte says how large the pieces are, the second what the rest is: the bytes of a body or a recipe for one, of
//! parts or of fields.
//!
//! Oracle: an obvious reader finds the same parts or fields, or the body is refused; one with more of them than allowed
//! is refused for that.

use super::Target;
use super::connection::{application, serve};
use super::json_body::chunked;
use crate::generate::Choices;
use crate::oracle::json_text::{Json, read};
use crate::oracle::multipart::{self, form};
use flin_runtime::app::Application;
use flin_runtime::record::{Body, Part};
use flin_runtime::server::gate::Limits;
use std::sync::LazyLock;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "form_multipart",
    modules: &["app::http::multipart", "app::http::fields", "app::http::percent", "app::http::media"],
    input_bytes_max: 600,
    judge: target,
};

/// Tokens to build bodies from.
pub const DICTIONARY: &str = include_str!("../../../fuzz/dictionaries/form_multipart.dict");

/// A recipe makes bodies of up to twice 64 KiB, and an end.
const LIMITS: Limits =
    Limits { head_bytes_max: 700, fields_max: 12, body_bytes_max: 1 << 18, pipelined_max: 4 };
/// Parts of a body, fields of a form.
const FIELDS_MAX: usize = 1_000;
const LONGEST: &str = "0123456789'()+_,-./:=? 0123456789'()+_,-./:=?-0123456789'()+_,-./:=?-2";
/// Boundaries, each with how it is written; one is none, one is too long.
const BOUNDARIES: &[(&str, Option<&str>)] = &[
    ("boundary=B", Some("B")),
    ("boundary=\"a b\"", Some("a b")),
    ("Boundary=--", Some("--")),
    ("charset=utf-8", None),
    ("boundary=\"\"", None),
    ("boundary=\"é\"", None),
];

/// Bytes have no JSON form, so files are shown without them.
const ECHO: &str = r#"
    route POST {
        if body == none { return none }
        shown = [:]
        for name, part in body {
            shown[name] = part
            if type_of(part) == "map" {
                shown[name] = ["filename": part.filename, "content_type": part.content_type, "size": part.size, "text": part.text]
            }
        }
        shown
    }
"#;

static APPLICATION: LazyLock<Application> = LazyLock::new(|| application(&[("app/index.flin", ECHO)]));

/// The target.
pub fn target(bytes: &[u8]) {
    let [pieces, way, rest @ ..] = bytes else { return };
    let (content_type, boundary) = match way >> 2 {
        62 => (format!("multipart/form-data; boundary=\"{LONGEST}\""), Some(LONGEST)),
        63 => (format!("multipart/form-data; boundary=\"{LONGEST}3\""), None),
        n => {
            let (written, boundary) = BOUNDARIES[usize::from(n) % BOUNDARIES.len()];
            (format!("multipart/form-data; {written}"), boundary)
        }
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let (content_type, content) = match way % 4 {
        0 => (content_type.as_str(), rest.to_vec()),
        1 => (content_type.as_str(), recipe(rest, boundary.unwrap_or("B"))),
        2 => (urlencoded, rest.to_vec()),
        _ => (urlencoded, fields(rest)),
    };
    let expected = match content.is_empty() {
        true => Some(Expected::Empty),
        false if way % 4 > 1 => form(&content).map(Expected::Fields),
        false => boundary.and_then(|boundary| multipart::parts(&content, boundary)).map(Expected::Parts),
    };
    judge(&content, content_type, *pieces, expected.as_ref());
}

#[derive(Debug)]
enum Expected {
    Empty,
    Parts(Vec<multipart::Part>),
    Fields(Vec<(String, String)>),
}

fn judge(content: &[u8], content_type: &str, pieces: u8, expected: Option<&Expected>) {
    // Chunks and reads are of such a size that even the longest body comes in a few thousand.
    let size = |n: u8| usize::from(n) * (1 + content.len() / 2000);
    let served = serve(
        &APPLICATION,
        LIMITS,
        &chunked(content_type, content, size(pieces & 15)),
        size(pieces >> 4) * 5,
    );
    let [answer] = &served.answers[..] else { panic!("{} answers", served.answers.len()) };
    let [handled] = &served.whole[..] else {
        panic!("{} requests were served: {answer:?}", served.whole.len())
    };
    let Some(found) = &handled.body else { panic!("the head should be lawful") };
    let about = || format!("{content_type} {:?}", String::from_utf8_lossy(content));
    let many = match expected {
        Some(Expected::Parts(parts)) => parts.len() > FIELDS_MAX,
        Some(Expected::Fields(fields)) => fields.len() > FIELDS_MAX,
        Some(Expected::Empty) | None => false,
    };
    let Some(expected) = expected.filter(|_| !many) else {
        let refused = found.is_err() && matches!(answer.status, 400 | 413) && (!many || answer.status == 413);
        assert!(refused, "{} is {found:?}, should be refused", about());
        return;
    };
    let same = match (expected, found) {
        (Expected::Empty, Ok(Body::Empty)) => true,
        (Expected::Fields(fields), Ok(Body::Form(found))) => fields == found,
        (Expected::Parts(parts), Ok(Body::Multipart(found))) => {
            let found = found.iter().map(plain);
            parts.iter().cloned().eq(found)
        }
        _ => false,
    };
    assert!(same, "{} is {found:?}, should be {expected:?}", about());
    answers(expected, answer.status, &answer.body);
}

fn plain(part: &Part) -> multipart::Part {
    match part {
        Part::Field { name, text } => {
            multipart::Part { name: name.clone(), file: None, content: text.clone().into_bytes() }
        }
        Part::File { name, filename, content_type, bytes } => multipart::Part {
            name: name.clone(),
            file: Some((filename.clone(), content_type.clone())),
            content: bytes.to_vec(),
        },
    }
}

/// The handler got a map, in which the last one of a name counts.
fn answers(expected: &Expected, status: u16, body: &[u8]) {
    let shown = String::from_utf8_lossy(body);
    let last: Vec<(&String, Option<&multipart::Part>, &[u8])> = match expected {
        Expected::Empty => {
            assert!(status == 204, "nothing is answered {status} {shown}");
            return;
        }
        Expected::Fields(fields) => fields.iter().map(|(name, text)| (name, None, text.as_bytes())).collect(),
        Expected::Parts(parts) => {
            parts.iter().map(|part| (&part.name, Some(part), part.content.as_slice())).collect()
        }
    };
    let Some(Json::Map(found)) = read(body).filter(|_| status == 200) else { panic!("{status} {shown}") };
    for (name, value) in &found {
        let (_, part, content) = last
            .iter()
            .rfind(|(known, _, _)| *known == name)
            .unwrap_or_else(|| panic!("{name:?} in {shown}"));
        let text = String::from_utf8(content.to_vec()).map_or(Json::Null, Json::Text);
        let Some((filename, kind)) = part.and_then(|part| part.file.as_ref()) else {
            assert!(*value == text, "{name:?} in {shown} should be {text:?}");
            continue;
        };
        let Json::Map(file) = value else { panic!("{name:?} in {shown} should be a file") };
        let known = |key: &str| file.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
        let same = known("filename") == Some(&Json::Text(filename.clone()))
            && known("content_type") == Some(&Json::Text(kind.clone()))
            && known("size") == Some(&Json::Int(size))
            && known("text") == Some(&text);
        assert!(same, "{name:?} in {shown} should be {part:?}");
    }
    assert!(last.iter().all(|(name, _, _)| found.iter().any(|(known, _)| known == *name)), "{shown}");
}

const HEADERS: &[&str] = &[
    "Content-Disposition: form-data; name=\"a\"",
    "Content-Disposition: form-data; name=\"b\"; filename=\"x.txt\"",
    "content-disposition:form-data;filename=c.d;name=c",
    "Content-Disposition: form-data; name=\"\\\"\\\\%22%0D%0A\"",
    "Content-Disposition: form-data; name=a; filename=\"../x\"",
    "Content-Disposition: form-data; name=a; filename=\"a\\\\b\"",
    "Content-Disposition: form-data; name=a; filename=\"%0A\"",
    "Content-Disposition: form-data; name=a; filename*=UTF-8''x",
    "Content-Disposition: form-data; name=a; name=b",
    "Content-Disposition: form-data; filename=x",
    "Content-Disposition: form-data; filename=\" name=a; \"; name=b",
    "Content-Disposition: form-data; name=\"é",
    "Content-Disposition: attachment; name=a",
    "Content-Disposition: form-data ; name = a",
    "Content-Type: text/plain",
    "Content-Type: a/b; c=\"é\"",
    "Content-Transfer-Encoding: 8bit",
    "Content-Transfer-Encoding: base64",
    "X-A.b_c: d",
    "X: \u{1}",
    "no colon",
    ": nameless",
    " folded: x",
];

const CONTENTS: &[&[u8]] = &[
    b"",
    b"text",
    "é🎉".as_bytes(),
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n--",
    b"--B",
    b"\r\n--C--",
    b"\xff\x00",
    b"\r",
    b"--",
    b"Content-Disposition: form-data; name=a\r\n\r\nb",
];

/// A body of parts: of each its headers, its content, what stands around its delimiter, and how often it comes.
fn recipe(bytes: &[u8], boundary: &str) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let mut body = Vec::new();
    while choices.left() > 0 {
        let mut part = format!("--{boundary}").into_bytes();
        part.extend_from_slice(
            choices.pick(&["\r\n", "\r\n", "\r\n", " \t\r\n", "\n", "x\r\n", ""]).as_bytes(),
        );
        for _ in 0..=choices.below(3) {
            let header = choices.pick(HEADERS);
            part.extend_from_slice(header.as_bytes());
            if choices.once_in(20) {
                // A header that is nearly, or quite, too long.
                let bound = 8180 + choices.below(30);
                let length = bound.saturating_sub(part.len());
                part.extend(std::iter::repeat_n(b'x', length));
            }
            part.extend_from_slice(b"\r\n");
        }
        part.extend_from_slice(b"\r\n");
        for _ in 0..choices.below(3) {
            part.extend_from_slice(choices.pick(CONTENTS));
        }
        part.extend_from_slice(choices.pick(&["\r\n", "\r\n", "\r\n", "\n", ""]).as_bytes());
        let times = if choices.once_in(12) { FIELDS_MAX + 2 - choices.below(5) } else { 1 };
        for _ in 0..times.min((1 << 16) / part.len()) {
            body.extend_from_slice(&part);
        }
        if body.len() > 1 << 16 {
            break;
        }
    }
    let end = choices.pick(&["--", "--\r\n", "-- \r\n", "--x", "", "\r\n"]);
    body.extend_from_slice(format!("--{boundary}{end}").as_bytes());
    body
}

const FIELDS: &[&[u8]] = &[
    b"a",
    b"=",
    b"&",
    b"+",
    b"%20",
    b"%",
    b"%C3%A9",
    b"%ff",
    b"%00",
    b"a=b&",
    b";",
    b"%c0%ae",
    "é".as_bytes(),
    b"\xff",
    b"%e",
    b"b=c",
];

/// A form, one field of which may come often.
fn fields(bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let mut body = Vec::new();
    if choices.once_in(6) {
        let times = FIELDS_MAX + 2 - choices.below(5);
        body.extend(choices.pick(&[&b"a=1&"[..], b"&a", b"&&"]).repeat(times));
    }
    while choices.left() > 0 {
        body.extend_from_slice(choices.pick(FIELDS));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::bytes;

    #[test]
    fn recipes_keep_the_oracle_and_many_are_taken() {
        let mut taken = 0;
        for seed in 0..600 {
            let recipe = bytes(seed, 24);
            target(&recipe);
            // The second half of the recipe is of zeros: fewer parts, and a lawful end.
            let lawful = [&recipe[..3], &[0; 3]].concat();
            let whole = multipart::parts(&super::recipe(&lawful, "B"), "B");
            taken += usize::from(whole.is_some_and(|parts| !parts.is_empty()));
        }
        assert!(taken > 30, "{taken}");
    }

    #[test]
    fn parts_and_fields_are_counted() {
        let field = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
        for count in [FIELDS_MAX, FIELDS_MAX + 1] {
            let body = format!("{}--B--", field.repeat(count));
            target(&[b"\x11\x00", body.as_bytes()].concat());
            target(&[b"\x00\x02", "a&".repeat(count).as_bytes()].concat());
        }
    }
}
