//! The type of a body (RFC 9110, section 8.3), as far as bodies differ by it.

use mime_guess::Mime;
use mime_guess::mime;

/// How a body is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data`, with the text between its parts, if it is lawful.
    Multipart(Option<String>),
    /// `text/plain`
    Text,
    /// Anything else, or nothing said.
    Other,
}

impl Media {
    /// Reads a `Content-Type`; none if it is malformed.
    pub fn parse(content_type: &str) -> Option<Self> {
        let mime: Mime = content_type.trim().parse().ok()?;
        Some(match mime.essence_str().to_ascii_lowercase().as_str() {
            "application/json" => Self::Json,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart(boundary(&mime)),
            "text/plain" => Self::Text,
            _ => Self::Other,
        })
    }
}

/// RFC 2046, section 5.1.1: 1 to 70 characters of a short list, no blank at the end.
fn boundary(mime: &Mime) -> Option<String> {
    let boundary = mime.get_param(mime::BOUNDARY)?.as_str();
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let whole =
        (1..=70).contains(&boundary.len()) && boundary.bytes().all(lawful) && !boundary.ends_with(' ');
    whole.then(|| boundary.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_any_case_and_with_parameters() {
        for (sent, media) in [
            ("application/json", Media::Json),
            ("Application/JSON; charset=utf-8", Media::Json),
            ("application/x-www-form-urlencoded", Media::Form),
            ("text/plain;charset=UTF-8", Media::Text),
            ("text/html", Media::Other),
            ("application/problem+json", Media::Other),
            ("multipart/form-data; boundary=x", Media::Multipart(Some("x".to_owned()))),
            ("Multipart/Form-Data; Boundary=\"a b\"", Media::Multipart(Some("a b".to_owned()))),
            ("multipart/form-data", Media::Multipart(None)),
            ("multipart/mixed; boundary=x", Media::Other),
        ] {
            assert_eq!(Media::parse(sent), Some(media), "{sent}");
        }
        for sent in ["", "json", "a/b/c", "/", "a/;", "text plain"] {
            assert_eq!(Media::parse(sent), None, "{sent}");
        }
    }

    #[test]
    fn t3_17_boundaries_are_checked() {
        let boundary = |text: &str| Media::parse(&format!("multipart/form-data; boundary=\"{text}\""));
        let longest = "x".repeat(70);
        assert_eq!(boundary(&longest), Some(Media::Multipart(Some(longest.clone()))));
        for text in ["", "x ", "a\tb", "a@b", &"x".repeat(71)] {
            assert!(matches!(boundary(text), None | Some(Media::Multipart(None))), "{text}");
        }
    }
}
