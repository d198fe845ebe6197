//! The cookies of a request (RFC 6265, section 5.4).
//!
//! A browser sends every cookie that any program on this host has set. What is no cookie of ours is therefore passed
//! over, not refused: a name without `=`, an escape that stands for no text.

use super::fields::FIELDS_MAX;
use crate::record::Pairs;
use cookie::Cookie;

/// The cookies of a `Cookie` header, values decoded; none if there are too many (D4).
pub fn decode(header: &str) -> Option<Pairs> {
    let mut cookies = Pairs::new();
    for cookie in Cookie::split_parse_encoded(header).flatten() {
        if cookies.len() >= FIELDS_MAX {
            return None;
        }
        cookies.push((cookie.name().to_owned(), cookie.value().to_owned()));
    }
    Some(cookies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_decoded_and_what_is_none_is_passed_over() {
        let cookies = decode("a=1; b=%20x%3D; =y; c; d=%ff; e=\"q\";; f=2; a=3").unwrap();
        let shown: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["a=1", "b= x=", "e=\"q\"", "f=2", "a=3"]);
        assert_eq!(decode(""), Some(vec![]));
    }

    #[test]
    fn cookies_are_bounded() {
        assert_eq!(decode(&"a=1; ".repeat(FIELDS_MAX)).map(|cookies| cookies.len()), Some(FIELDS_MAX));
        assert_eq!(decode(&"a=1; ".repeat(FIELDS_MAX + 1)), None);
    }
}
