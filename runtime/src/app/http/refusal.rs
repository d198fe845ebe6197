//! Why a request is answered before any program sees it.

use super::answer::ErrorAnswer;
use super::fields::FieldsFault;
use super::multipart::MultipartFault;
use super::percent::TextFault;
use super::target::PathFault;
use crate::base::guard::{Guard, fired};

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
    /// What a trusted proxy says of its client's address.
    #[error("the last x-forwarded-for is no address; the proxy has to write the client's IP address there")]
    ForwardedFor,
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
            | Self::ForwardedFor
            | Self::Cookies
            | Self::ContentType
            | Self::Json(_)
            | Self::Form(FieldsFault::Text { .. })
            | Self::Multipart(_)
            | Self::Text(_) => 400,
        }
    }

    /// The guard that refuses it.
    const fn guard(&self) -> Option<Guard> {
        Some(match self {
            Self::Path(PathFault::Text { fault, .. })
            | Self::Query(FieldsFault::Text { fault, .. })
            | Self::Form(FieldsFault::Text { fault, .. })
            | Self::Multipart(MultipartFault::Text { fault, .. })
            | Self::Header { fault, .. }
            | Self::Json(fault)
            | Self::Text(fault) => match fault {
                TextFault::Escape { .. } => Guard::PercentEscape,
                TextFault::Utf8 { .. } => Guard::Utf8Network,
            },
            Self::Path(PathFault::DotPart { .. } | PathFault::Nul { .. } | PathFault::Slash { .. }) => {
                Guard::TargetPath
            }
            Self::Query(FieldsFault::TooMany) | Self::Form(FieldsFault::TooMany) => Guard::FieldCount,
            Self::Multipart(MultipartFault::TooMany) => Guard::PartCount,
            Self::Multipart(MultipartFault::HeaderEnd { .. }) => Guard::PartHeader,
            Self::Multipart(MultipartFault::FileName { .. }) => Guard::PartFileName,
            Self::Multipart(MultipartFault::Truncated { .. }) => Guard::PartEnd,
            Self::Path(PathFault::Relative | PathFault::EmptyPart { .. })
            | Self::Multipart(_)
            | Self::ForwardedFor
            | Self::Cookies
            | Self::ContentType
            | Self::ContentEncoding
            | Self::TooLarge { .. } => return None,
        })
    }

    /// As an answer says it; counts what was held back.
    pub fn failure(&self) -> ErrorAnswer {
        if let Some(guard) = self.guard() {
            fired(guard);
        }
        ErrorAnswer::new(self.status(), self.to_string())
    }
}
