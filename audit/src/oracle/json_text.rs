//! A second opinion on JSON (RFC 8259): slow, obvious and strict; it shares no code with the runtime.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Written without fraction and exponent, and inside 64 bits; `-0` is none.
    Int(i64),
    /// Any other number, by its bits.
    Number(u64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// A map; of a repeated key the last value, in the first one's place.
    Map(Vec<(String, Json)>),
}

impl Json {
    /// Levels that it nests: 0 for what is neither list nor map.
    pub fn depth(&self) -> usize {
        let deepest = |depths: &mut dyn Iterator<Item = usize>| depths.max().unwrap_or(0) + 1;
        match self {
            Self::List(items) => deepest(&mut items.iter().map(Self::depth)),
            Self::Map(pairs) => deepest(&mut pairs.iter().map(|(_, value)| value.depth())),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Number(_) | Self::Text(_) => 0,
        }
    }
}

/// The value that a text is; none if it is malformed, or has a number beyond a double's range.
pub fn read(bytes: &[u8]) -> Option<Json> {
    let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
    let mut reader = Reader { text: &text, at: 0 };
    let value = reader.value()?;
    reader.blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|c| self.take(c)).then_some(value)
    }

    fn value(&mut self) -> Option<Json> {
        self.blanks();
        match self.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(Json::Text),
            '[' => self.list(),
            '{' => self.map(),
            _ => self.number(),
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.take(']') {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            match self.next()? {
                ',' => {}
                ']' => return Some(Json::List(items)),
                _ => return None,
            }
        }
    }

    fn map(&mut self) -> Option<Json> {
        self.at += 1;
        let mut pairs: Vec<(String, Json)> = Vec::new();
        self.blanks();
        if self.take('}') {
            return Some(Json::Map(pairs));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            if !self.take(':') {
                return None;
            }
            let value = self.value()?;
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) => *old = value,
                None => pairs.push((key, value)),
            }
            self.blanks();
            match self.next()? {
                ',' => {}
                '}' => return Some(Json::Map(pairs)),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut units: Vec<u16> = Vec::new();
        if !self.take('"') {
            return None;
        }
        loop {
            let c = match self.next()? {
                '"' => return String::from_utf16(&units).ok(),
                '\\' => match self.next()? {
                    c @ ('"' | '\\' | '/') => c,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        units.push(self.unit()?);
                        continue;
                    }
                    _ => return None,
                },
                c if c < ' ' => return None,
                c => c,
            };
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.next()?.to_digit(16)?;
        }
        u16::try_from(unit).ok()
    }

    fn digits(&mut self) -> Option<usize> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(self.at - from)
    }

    fn number(&mut self) -> Option<Json> {
        let from = self.at;
        self.take('-');
        let leading = self.peek()?;
        if self.digits()? > 1 && leading == '0' {
            return None;
        }
        let mut whole = true;
        if self.take('.') {
            whole = false;
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            whole = false;
            let _ = self.take('+') || self.take('-');
            self.digits()?;
        }
        let text: String = self.text[from..self.at].iter().collect();
        match text.parse::<i64>() {
            Ok(int) if whole && text != "-0" => Some(Json::Int(int)),
            _ => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|n| Json::Number(n.to_bits())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let text = |text: &str| Json::Text(text.to_owned());
        let number = |n: f64| Some(Json::Number(n.to_bits()));
        assert_eq!(
            read(b" [1, true,\n{}, \"a\"] "),
            Some(Json::List(vec![Json::Int(1), Json::Bool(true), Json::Map(Vec::new()), text("a")]))
        );
        let twice = Json::Map(vec![("a".to_owned(), Json::Int(2)), ("b".to_owned(), Json::Null)]);
        assert_eq!(read(br#"{"a":1,"b":null,"a":2}"#), Some(twice));
        assert_eq!(read(br#""\ud83d\ude00\u00e9\/""#), Some(text("😀é/")));
        assert_eq!(
            (read(b"-0"), read(b"1e2"), read(b"9223372036854775808")),
            (number(-0.0), number(100.0), number(9_223_372_036_854_775_808.0))
        );
        assert_eq!(read(b"[[], [[]]]").map(|value| value.depth()), Some(3));
    }

    #[test]
    fn what_is_malformed_is_none() {
        for text in [
            "",
            "[",
            "[1,]",
            "{\"a\"}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e999",
            "nul",
            "1 2",
            "\"\\x\"",
            "\"\n\"",
            "\"\\ud83d\"",
            "\u{a0}1",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"\"\xff\""), None);
    }
}
