//! `Content-Disposition: form-data; name="…"; filename="…"` of a part (RFC 7578, section 4.2).
//!
//! Quoted values are read as browsers write them (`%22`, `%0D`, `%0A`) and as older clients do (`\"`, `\\`).

use super::MultipartFault;
use crate::base::guard::{Guard, off};

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    /// Name of its field.
    pub name: String,
    /// What the client calls the file; none for an ordinary field.
    pub filename: Option<String>,
}

/// Reads the header's value; `at` is where the part begins.
pub(super) fn parse(value: &str, at: usize) -> Result<Disposition, MultipartFault> {
    let malformed = MultipartFault::Disposition { at };
    let (kind, mut rest) = match value.find(';') {
        Some(end) => value.split_at(end),
        None => (value, ""),
    };
    if !kind.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("form-data") {
        return Err(malformed);
    }
    let (mut name, mut filename) = (None, None);
    while let Some(next) = rest.strip_prefix(';') {
        let next = next.trim_start_matches([' ', '\t']);
        if next.is_empty() {
            break;
        }
        let (key, value) = next.split_once('=').ok_or(malformed)?;
        let (value, after) = parameter(value).ok_or(malformed)?;
        rest = after.trim_start_matches([' ', '\t']);
        let repeated = match key.to_ascii_lowercase().as_str() {
            "name" => name.replace(value).is_some(),
            "filename" => filename.replace(value).is_some(),
            // Clients must not send it, and who ignores it would take a file for a field.
            "filename*" => true,
            other => other.is_empty() || !other.bytes().all(|byte| byte.is_ascii_graphic()),
        };
        if repeated {
            return Err(malformed);
        }
    }
    if !rest.is_empty() && !rest.starts_with(';') {
        return Err(malformed);
    }
    if filename.as_deref().is_some_and(|name| !is_plain_name(name)) {
        return Err(MultipartFault::FileName { at });
    }
    Ok(Disposition { name: name.ok_or(malformed)?, filename })
}

/// A value, quoted or a token, and what follows it.
fn parameter(sent: &str) -> Option<(String, &str)> {
    let Some(quoted) = sent.strip_prefix('"') else {
        let end = sent.find([';', ' ', '\t']).unwrap_or(sent.len());
        let (token, rest) = sent.split_at(end);
        let lawful = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        return lawful.then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((browser_escapes(&value), quoted.get(at.saturating_add(1)..)?)),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            c => value.push(c),
        }
    }
    None
}

fn browser_escapes(value: &str) -> String {
    if !value.contains('%') {
        return value.to_owned();
    }
    value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Is it a name alone: no folder, nothing that a terminal or a file system would act on? An empty one is what a browser
/// sends where no file was chosen.
fn is_plain_name(name: &str) -> bool {
    off(Guard::PartFileName)
        || (!matches!(name, "." | "..") && !name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control()))
}
