//! Why a request is answered before any program sees it.

use super::answer::Failure;
use super::fields::FieldsFault;
use super::multipart::MultipartFault;
use super::percent::TextFault;
use super::target::PathFault;

/// What every answer to a body that is not JSON says, whatever is wrong with it.
pub const INVALID_JSON: &str = "Invalid JSON in request body";

/// A request that is not looked at any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The path of the target.
    #[error("path: {0}")]
    Path(PathFault),
    /// Its query.
    #[error("query: {0}")]
    Query(FieldsFault),
    /// A header.
    #[error("header {name}: {fault}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with its value.
        fault: TextFault,
    },
    /// More cookies than there may be fields.
    #[error("there are too many cookies; send fewer")]
    Cookies,
    /// `Content-Type` is malformed or comes twice.
    #[error("the content type is malformed; send one `type/subtype`")]
    ContentType,
    /// The body is compressed.
    #[error("bodies with a content encoding are not taken; send the body as it is")]
    ContentEncoding,
    /// The body is larger than it may be.
    #[error("the body is larger than {bytes_max} bytes")]
    TooLarge {
        /// What is allowed.
        bytes_max: u64,
    },
    /// A JSON body that is not UTF-8.
    #[error("{INVALID_JSON}")]
    Json(TextFault),
    /// A form.
    #[error("form: {0}")]
    Form(FieldsFault),
    /// A multipart body.
    #[error("form: {0}")]
    Multipart(MultipartFault),
    /// A body of text.
    #[error("body: {0}")]
    Text(TextFault),
}

impl Refusal {
    /// What it is answered with.
    pub const fn status(&self) -> u16 {
        match self {
            Self::ContentEncoding => 415,
            Self::TooLarge { .. }
            | Self::Form(FieldsFault::TooMany)
            | Self::Multipart(MultipartFault::TooMany | MultipartFault::HeaderEnd { .. }) => 413,
            Self::Path(_)
            | Self::Query(_)
            | Self::Header { .. }
            | Self::Cookies
            | Self::ContentType
            | Self::Json(_)
            | Self::Form(FieldsFault::Text { .. })
            | Self::Multipart(_)
            | Self::Text(_) => 400,
        }
    }

    /// As an answer says it.
    pub fn failure(&self) -> Failure {
        Failure::new(self.status(), self.to_string())
    }
}
