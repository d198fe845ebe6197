//! Inputs that are data: raw bytes on a connection with what must come back.

use super::input::Part;
use super::sources::SourceError;
use crate::harness::Size;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The server of a vector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Served {
    /// Its `flin.config`; the port is always the system's choice.
    pub config: String,
    /// Its files, by path; a small application of the driver's where there are none.
    pub files: BTreeMap<String, String>,
    /// What its log must hold in the end, and what it must not.
    pub log: Logged,
}

/// What a log says, beside that each entry is one line without control characters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logged {
    /// Each of these.
    pub holds: Vec<String>,
    /// None of these.
    pub never: Vec<String>,
}

/// Bytes on one connection, or one connection for each spelling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What people see.
    pub name: String,
    /// What is sent; `{each}` stands for the spelling.
    #[serde(default)]
    pub send: String,
    /// Or pieces, for bytes that are no text and for what repeats.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// What is tried in place of `{each}`, one after the other.
    #[serde(default)]
    pub each: Vec<Spelling>,
    /// So many bytes at a time; all at once where it is not given.
    pub pieces: Option<usize>,
    /// Then the client ends its side.
    #[serde(default)]
    pub half_close: bool,
    /// What answers are to requests that get no body back: `HEAD`.
    #[serde(default)]
    pub bodiless: bool,
    /// Left out of the quick size.
    #[serde(default)]
    pub full_only: bool,
    /// What must come back.
    pub expect: Answers,
}

/// What is tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Spelling {
    /// Itself.
    Text(String),
    /// With where it is from, or answers of its own.
    Known(Known),
}

/// A spelling that is known from somewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Itself.
    pub text: String,
    /// Where it was described.
    pub source: Option<String>,
    /// The statuses of its answers, where they are not the exchange's.
    pub status: Option<Vec<u16>>,
}

/// What happens behind the last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The server closes, and says nothing more.
    #[default]
    Close,
    /// The connection serves on: an ordinary request on it is answered.
    Open,
}

/// Answers, in their order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Their statuses; interim ones (1xx) are left out.
    pub status: Vec<u16>,
    /// Any of these will do for the last one.
    #[serde(default)]
    pub or: Vec<u16>,
    /// A text that the last body contains.
    pub contains: Option<String>,
    /// The last body, whole.
    pub body: Option<String>,
    /// Fields of the last answer: each of these, with a value that contains this.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// What follows.
    #[serde(default)]
    pub then: Then,
}

impl Spelling {
    /// Itself.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Known(known) => &known.text,
        }
    }
}

/// Bytes to send, with what people call them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// What people call them.
    pub name: String,
    /// Themselves.
    pub bytes: Vec<u8>,
    /// The statuses that must come back.
    pub status: Vec<u16>,
}

impl Exchange {
    /// Everything that is sent, each on a connection of its own.
    pub fn sendings(&self, size: Size) -> Result<Vec<Sending>, SourceError> {
        let status = self.expect.status.clone();
        if !self.parts.is_empty() {
            let mut bytes = self.send.clone().into_bytes();
            for part in &self.parts {
                bytes.extend(part.bytes(&self.name, size)?);
            }
            return Ok(vec![Sending { name: self.name.clone(), bytes, status }]);
        }
        if self.each.is_empty() {
            let bytes = self.send.clone().into_bytes();
            return Ok(vec![Sending { name: self.name.clone(), bytes, status }]);
        }
        let each = self.each.iter().map(|spelling| {
            let text = spelling.text();
            let own = match spelling {
                Spelling::Known(known) => known.status.clone(),
                Spelling::Text(_) => None,
            };
            let name = format!("{}: {}", self.name, text.escape_debug());
            let bytes = self.send.replace("{each}", text).into_bytes();
            Sending { name, bytes, status: own.unwrap_or_else(|| status.clone()) }
        });
        Ok(each.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_is_sent_on_its_own() {
        let exchange: Exchange = toml::from_str(
            "name = 'n'\nsend = 'a {each} b'\neach = ['1', { text = '2', source = 's', status = [501] }]\nexpect = { status = [400] }",
        )
        .unwrap();
        let all = exchange.sendings(Size::Quick).unwrap();
        assert_eq!(all[0], Sending { name: "n: 1".into(), bytes: b"a 1 b".to_vec(), status: vec![400] });
        assert_eq!((all[1].bytes.as_slice(), all[1].status.as_slice()), (&b"a 2 b"[..], &[501][..]));
        assert_eq!(exchange.expect.then, Then::Close);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(toml::from_str::<Answers>("status = [200]\nboddy = 'x'").is_err());
        assert!(toml::from_str::<Known>("text = 'x'\nsorce = 'y'").is_err());
    }
}
