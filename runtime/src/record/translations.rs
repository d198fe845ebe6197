//! Texts in several languages: what `translations/<language>.json` says, and which language a client wants.
//!
//! A file holds texts by key; a map inside it holds more of them, reached by keys with dots. Whatever else is in it is
//! refused, with the place.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Bytes of one file.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Languages of a project.
pub const LANGUAGES_MAX: usize = 256;
/// Languages of an `Accept-Language` that are looked at.
const WANTED_MAX: usize = 32;
/// Bytes of a language's name.
const NAME_BYTES_MAX: usize = 35;
/// The language where nobody says another.
const DEFAULT: &str = "en";

/// Why a file of translations cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranslationError {
    /// The name of the file.
    #[error("the file is called like a language, in letters, digits and `-`: `en.json`, `de-AT.json`")]
    Name,
    /// No JSON.
    #[error(
        "line {line}, column {column}: this is no JSON that can be read: nested too deep, cut off or malformed"
    )]
    Json {
        /// 1-based.
        line: usize,
        /// 1-based, in bytes.
        column: usize,
    },
    /// JSON that is no map.
    #[error("a map of keys to texts is needed here")]
    NotAMap,
    /// A value that is neither a text nor a map.
    #[error("the value of `{0}` is neither a text nor a map of texts")]
    NotAText(String),
}

/// The texts of one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// By the keys of the file itself.
    exact: HashMap<String, Arc<str>>,
    /// Of maps inside, by their keys joined with dots.
    nested: HashMap<String, Arc<str>>,
}

impl Catalogue {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, TranslationError> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| TranslationError::Json { line: error.line(), column: error.column() })?;
        let serde_json::Value::Object(root) = json else { return Err(TranslationError::NotAMap) };
        let mut catalogue = Self::default();
        let mut waiting = vec![(String::new(), root)];
        while let Some((above, map)) = waiting.pop() {
            for (key, value) in map {
                let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                match value {
                    serde_json::Value::String(text) if above.is_empty() => {
                        catalogue.exact.insert(path, text.into());
                    }
                    serde_json::Value::String(text) => {
                        catalogue.nested.insert(path, text.into());
                    }
                    serde_json::Value::Object(inner) => waiting.push((path, inner)),
                    _ => return Err(TranslationError::NotAText(path.chars().take(80).collect())),
                }
            }
        }
        Ok(catalogue)
    }

    /// The text of a key: the file's own, else of the map that a path with dots leads to.
    pub fn text(&self, key: &str) -> Option<&Arc<str>> {
        self.exact.get(key).or_else(|| self.nested.get(key))
    }
}

/// The languages of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translations {
    /// By name, in lower case.
    languages: BTreeMap<String, Catalogue>,
}

impl Translations {
    /// Adds a language by its file.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), TranslationError> {
        let is_name = !name.is_empty()
            && name.len() <= NAME_BYTES_MAX
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name {
            return Err(TranslationError::Name);
        }
        self.languages.insert(name.to_ascii_lowercase(), Catalogue::parse(bytes)?);
        Ok(())
    }

    /// The language that is there of the one that is asked for by name: itself, or what it is a kind of.
    fn find(&self, name: &str) -> Option<&Catalogue> {
        let name = name.trim().to_ascii_lowercase();
        let kind_of = || name.split_once('-').and_then(|(of, _)| self.languages.get(of));
        self.languages.get(&name).or_else(kind_of)
    }

    /// The language of a session, else the first that `Accept-Language` (RFC 9110, 12.5.4) prefers, else English.
    pub fn choose(&self, session: Option<&str>, accepted: Option<&str>) -> Option<&Catalogue> {
        let by_session = session.and_then(|name| self.find(name));
        let by_header = || wanted(accepted.unwrap_or_default()).into_iter().find_map(|name| self.find(name));
        by_session.or_else(by_header).or_else(|| self.find(DEFAULT))
    }
}

/// The languages of an `Accept-Language`, the most wanted first; those of equal weight in their order.
fn wanted(header: &str) -> Vec<&str> {
    let mut found: Vec<(u16, &str)> = Vec::new();
    for item in header.split(',').take(WANTED_MAX) {
        let (name, rest) = item.split_once(';').unwrap_or((item, ""));
        let weight = match rest.trim().strip_prefix("q=") {
            Some(number) => thousandths(number.trim()),
            None => 1000,
        };
        let name = name.trim();
        if weight > 0 && !name.is_empty() && name != "*" {
            found.push((weight, name));
        }
    }
    found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    found.into_iter().map(|(_, name)| name).collect()
}

/// A weight such as `0.8` in thousandths; 0 for what is none.
fn thousandths(weight: &str) -> u16 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    match whole {
        "1" => 1000,
        "0" if part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{part:0<3}").parse().unwrap_or(0)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages() -> Translations {
        let mut translations = Translations::default();
        translations
            .add("en", br#"{"a": "A", "b.c": "exact", "b": {"c": "nested", "d": {"e": "deep"}}}"#)
            .unwrap();
        translations.add("de-AT", b"\xef\xbb\xbf{\"a\": \"\xc3\x84\"}").unwrap();
        translations.add("fr", b"{}").unwrap();
        translations
    }

    #[test]
    fn a_key_is_exact_before_it_is_a_path() {
        let languages = languages();
        let english = languages.choose(None, None).unwrap();
        assert_eq!(english.text("b.c").map(|text| &**text), Some("exact"));
        assert_eq!(english.text("b.d.e").map(|text| &**text), Some("deep"));
        assert_eq!((english.text("b"), english.text("b.x"), english.text("")), (None, None, None));
    }

    #[test]
    fn the_session_comes_before_the_header_and_english_last() {
        let languages = languages();
        let says = |session, header| {
            languages.choose(session, header).and_then(|c| c.text("a")).map(ToString::to_string)
        };
        assert_eq!(says(Some("de-at"), Some("en")).as_deref(), Some("Ä"));
        assert_eq!(says(Some("xx"), Some("de-AT")).as_deref(), Some("Ä"));
        assert_eq!(says(None, Some("fr;q=0.1, de-AT;q=0.9, *")).as_deref(), Some("Ä"));
        assert_eq!(says(None, Some("fr-CA, de-AT;q=0.9")), None);
        assert_eq!(says(None, Some("de-AT;q=0, en-US;q=0.2")).as_deref(), Some("A"));
        assert_eq!(says(None, Some("de;q=x, ;;,")).as_deref(), Some("A"));
        assert_eq!(Translations::default().choose(Some("en"), Some("en")), None);
    }

    #[test]
    fn bad_files_are_refused_with_the_place() {
        let refused = |bytes: &[u8]| Catalogue::parse(bytes).unwrap_err();
        assert_eq!(refused(b"{\n \"a\": }"), TranslationError::Json { line: 2, column: 7 });
        assert_eq!(refused(b"[]"), TranslationError::NotAMap);
        assert_eq!(refused(br#"{"a": {"b": 1}}"#), TranslationError::NotAText("a.b".to_owned()));
        assert!(matches!(refused(b"{\"a\": \"\xff\"}"), TranslationError::Json { .. }));
        let deep = format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000));
        assert!(matches!(refused(deep.as_bytes()), TranslationError::Json { .. }));
        assert_eq!(Translations::default().add("../en", b"{}"), Err(TranslationError::Name));
    }
}
