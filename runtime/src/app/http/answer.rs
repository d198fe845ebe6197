//! Answers that tell of a failure: as JSON, or as a small page where a page was asked for.

use crate::record::{self, Outbound};
use std::fmt::Write as _;

/// What a client can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// JSON, whoever says nothing else.
    Json,
    /// A page: `Accept` names `text/html`.
    Page,
}

impl Wanted {
    /// What an `Accept` header asks for (RFC 9110, section 12.5.1); a type of weight 0 is not wanted.
    pub fn of(accept: &str) -> Self {
        let page = accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("text/html"));
            let refused = parts.any(|part| {
                let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
                weight.is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty())
            });
            named && !refused
        });
        if page { Self::Page } else { Self::Json }
    }
}

/// What went wrong, as far as the client is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorAnswer {
    /// 400 to 599.
    pub status: u16,
    /// What is said about it.
    pub message: String,
    /// The kind of the program's error; shown from 500 on.
    pub kind: Option<String>,
    /// What is wrong with each field: a JSON object.
    pub fields: Option<String>,
    /// What only a developer may see: chain, source.
    pub detail: Option<String>,
}

impl ErrorAnswer {
    /// One that says no more than this.
    #[inline(never)]
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), ..Self::default() }
    }

    /// The answer; `id` is the request's.
    pub fn answer(&self, wanted: Wanted, id: &str) -> Outbound {
        let (content_type, body) = match wanted {
            Wanted::Json => ("application/json", self.json(id)),
            Wanted::Page => ("text/html; charset=utf-8", self.page(id)),
        };
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Outbound { status: self.status, headers, body: body.into_bytes(), ..Outbound::default() }
    }

    /// `{"error", "status", "fields", "kind", "id"}`
    pub fn json(&self, id: &str) -> String {
        // Writing to a text does not fail.
        let mut json = format!("{{\"error\":{},\"status\":{}", quoted(&self.message), self.status);
        if let Some(fields) = &self.fields {
            let _ = write!(json, ",\"fields\":{fields}");
        }
        if self.status >= 500 {
            if let Some(kind) = &self.kind {
                let _ = write!(json, ",\"kind\":{}", quoted(kind));
            }
            let _ = write!(json, ",\"id\":{}", quoted(id));
        }
        if let Some(detail) = &self.detail {
            let _ = write!(json, ",\"detail\":{}", quoted(detail));
        }
        json.push('}');
        json
    }

    fn page(&self, id: &str) -> String {
        let title = format!("{} {}", self.status, reason(self.status));
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body><h1>{title}</h1>\n<p>{}</p>\n",
            escape(&self.message)
        );
        if let Some(fields) = &self.fields {
            let _ = writeln!(page, "<pre>{}</pre>", escape(fields));
        }
        if self.status >= 500 {
            let kind = self.kind.as_deref().map(|kind| format!("{}, ", escape(kind))).unwrap_or_default();
            let _ = writeln!(page, "<p><small>{kind}request {}</small></p>", escape(id));
        }
        if let Some(detail) = &self.detail {
            let _ = writeln!(page, "<pre>{}</pre>", escape(detail));
        }
        page.push_str("</body></html>\n");
        page
    }
}

impl From<&record::Failure> for ErrorAnswer {
    fn from(failure: &record::Failure) -> Self {
        let fields = failure.fields.iter().map(|(name, text)| format!("{}:{}", quoted(name), quoted(text)));
        let fields = fields.collect::<Vec<_>>().join(",");
        Self {
            status: failure.status,
            message: failure.message.clone(),
            kind: failure.kind.clone(),
            fields: (!fields.is_empty()).then(|| format!("{{{fields}}}")),
            detail: None,
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn reason(status: u16) -> &'static str {
    ::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

/// Text as markup shows it.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(outbound: &Outbound) -> String {
        String::from_utf8(outbound.body.clone()).unwrap()
    }

    #[test]
    fn pages_are_for_those_who_ask_for_pages() {
        for accept in ["text/html", "text/html,application/xhtml+xml;q=0.9", "a/b, TEXT/HTML;q=0.1"] {
            assert_eq!(Wanted::of(accept), Wanted::Page, "{accept}");
        }
        for accept in ["", "*/*", "application/json", "text/html;q=0", "text/html;q=0.00", "text/htmlx"] {
            assert_eq!(Wanted::of(accept), Wanted::Json, "{accept}");
        }
    }

    #[test]
    fn below_500_kind_and_id_are_not_told() {
        let mut failure =
            ErrorAnswer { kind: Some("HttpError".to_owned()), ..ErrorAnswer::new(404, "No such order") };
        assert_eq!(body(&failure.answer(Wanted::Json, "r1")), r#"{"error":"No such order","status":404}"#);
        failure.status = 500;
        let told = r#"{"error":"No such order","status":500,"kind":"HttpError","id":"r1"}"#;
        assert_eq!(body(&failure.answer(Wanted::Json, "r1")), told);
    }

    #[test]
    fn fields_are_told_as_they_are() {
        let fields = r#"{"b":"is required","a":"is \u003c invalid"}"#.to_owned();
        let failure =
            ErrorAnswer { fields: Some(fields.clone()), ..ErrorAnswer::new(400, "Validation \"failed\"") };
        let told = format!(r#"{{"error":"Validation \"failed\"","status":400,"fields":{fields}}}"#);
        assert_eq!(body(&failure.answer(Wanted::Json, "r1")), told);
    }

    #[test]
    fn x_14_pages_escape_what_they_say() {
        let failure = ErrorAnswer { detail: Some("<b>".to_owned()), ..ErrorAnswer::new(500, "<script>'\"&") };
        let page = body(&failure.answer(Wanted::Page, "<id>"));
        assert!(page.contains("<p>&lt;script&gt;&#39;&quot;&amp;</p>"), "{page}");
        assert!(page.contains("<pre>&lt;b&gt;</pre>") && page.contains("&lt;id&gt;"), "{page}");
        assert!(page.contains("<h1>500 Internal Server Error</h1>"), "{page}");
    }
}
