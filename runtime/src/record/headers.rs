//! Headers of a request: kept as they came, and made texts when somebody first reads them, which most handlers never do.

use super::Pairs;
use ::http::{HeaderMap, HeaderName};
use std::ops::Deref;
use std::sync::OnceLock;

/// Names in lower case and values, in the order in which they came; they read as [`Pairs`].
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// Each value is UTF-8.
    sent: HeaderMap,
    /// The same as texts, from the first reading on.
    read: OnceLock<Pairs>,
}

/// The value of a header is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoText {
    /// Of this header.
    pub name: HeaderName,
    /// How many of its bytes are UTF-8.
    pub at: usize,
}

impl Headers {
    /// Headers as they came.
    ///
    /// # Errors
    ///
    /// Names the first whose value is not UTF-8.
    pub fn sent(sent: HeaderMap) -> Result<Self, NoText> {
        for (name, value) in &sent {
            if let Err(error) = std::str::from_utf8(value.as_bytes()) {
                return Err(NoText { name: name.clone(), at: error.valid_up_to() });
            }
        }
        Ok(Self { sent, read: OnceLock::new() })
    }

    /// As they came, for whoever looks for one by name; empty where they were made of pairs.
    pub const fn as_sent(&self) -> &HeaderMap {
        &self.sent
    }

    fn read(&self) -> Pairs {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default().to_owned();
        self.sent.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
    }
}

impl Deref for Headers {
    type Target = Pairs;

    fn deref(&self) -> &Pairs {
        self.read.get_or_init(|| self.read())
    }
}

impl From<Pairs> for Headers {
    fn from(pairs: Pairs) -> Self {
        Self { sent: HeaderMap::new(), read: pairs.into() }
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Pairs::from_iter(pairs).into()
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    fn map(headers: &[(&'static str, &'static [u8])]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        map
    }

    #[test]
    fn headers_read_as_they_came() {
        let headers = Headers::sent(map(&[("x-b", "é".as_bytes()), ("x-a", b"1"), ("x-b", b"2")])).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = vec![pair("x-b", "é"), pair("x-b", "2"), pair("x-a", "1")];
        assert_eq!((&*headers, headers.as_slice()), (&pairs, pairs.as_slice()));
        assert_eq!(headers, Headers::from(pairs));
    }

    #[test]
    fn t3_08_a_value_that_is_no_text_makes_no_headers() {
        let refused = Headers::sent(map(&[("x-a", b"1"), ("x-b", b"ab\xff")])).unwrap_err();
        assert_eq!(refused, NoText { name: HeaderName::from_static("x-b"), at: 2 });
    }
}
