//! `public/`: files that are served as they are.
//!
//! - **P1** Nothing outside the folder is opened, wherever a path or a link leads.
//! - **P2** A name that begins with a dot is not served, nor what a link to one shows.
//! - **P3** Only plain files are; opening one never waits.
//! - **P4** A file is never read whole here: an answer says which bytes of it follow.
//!
//! Absences: no folder is listed, no file is compressed, nothing is cached.

mod condition;
mod range;
#[cfg(test)]
mod tests;

use super::exchange::of_failure;
use super::files::FilePath;
use crate::base::guard::{Guard, off};
use crate::record::{Failure, Inbound, Outbound, Pairs};
use condition::Verdict;
use mime_guess::mime;
use range::Range;
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times beyond have no form in a header (RFC 9110, section 5.6.7): the first second of the year 10000.
const TIME_END_SECONDS: u64 = 253_402_300_800;

/// Its name in a project.
pub const PUBLIC_FOLDER: &str = "public";

/// The folder.
#[derive(Clone, Debug)]
pub struct Public {
    root: PathBuf,
}

/// An answer, and which bytes of which file are its content.
#[derive(Debug)]
pub struct Served {
    /// Status and headers; no body.
    pub outbound: Outbound,
    /// What `Content-Length` says; of the content that a `HEAD` does not get, too.
    pub bytes: u64,
    /// The content; none where there is none to send.
    pub content: Option<Content>,
}

/// Bytes of a file.
#[derive(Debug)]
pub struct Content {
    /// Open, at its beginning.
    pub file: File,
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub bytes: u64,
}

/// What conditions and ranges are about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    bytes: u64,
    /// With quotes; it changes whenever the file does.
    etag: String,
    modified: Option<SystemTime>,
}

impl Public {
    /// The files in and below a folder, which need not exist.
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The answer to a request for a file; none if there is none of that path. Reads the disk.
    pub fn serve(&self, request: &Inbound) -> Option<Served> {
        let (file, metadata) = self.open(&request.path)?;
        let version = Version::of(&metadata);
        let mut headers = version.headers(&request.path);
        let (head, get) = (request.method == "HEAD", request.method == "GET");
        if !get && !head {
            let allow = vec![("allow".to_owned(), "GET, HEAD, OPTIONS".to_owned())];
            return Some(if request.method == "OPTIONS" {
                Served::empty(Outbound { status: 204, headers: allow, ..Outbound::default() })
            } else {
                Served::refusal(405, "This file can only be read", allow)
            });
        }
        let (status, offset, bytes) = match condition::judge(&request.headers, &version) {
            Verdict::NotModified => (304, 0, 0),
            Verdict::Failed => {
                return Some(Served::refusal(412, "This file is not as the request expects", headers));
            }
            // RFC 9110, section 14.2: a range is for GET alone.
            Verdict::Go { ranges: true } if get => match range::of(&request.headers, version.bytes) {
                Range::Whole => (200, 0, version.bytes),
                Range::Part { first, bytes } => {
                    let last = first.saturating_add(bytes).saturating_sub(1);
                    headers.push((
                        "content-range".to_owned(),
                        format!("bytes {first}-{last}/{}", version.bytes),
                    ));
                    (206, first, bytes)
                }
                Range::Outside => {
                    headers.push(("content-range".to_owned(), format!("bytes */{}", version.bytes)));
                    return Some(Served::refusal(416, "This file has no such range", headers));
                }
            },
            Verdict::Go { .. } => (200, 0, version.bytes),
        };
        let content = (get && bytes > 0).then_some(Content { file, offset, bytes });
        Some(Served { outbound: Outbound { status, headers, ..Outbound::default() }, bytes, content })
    }

    fn open(&self, path: &str) -> Option<(File, Metadata)> {
        // A target's path was decoded and has no `..`; what a file's path may be is checked all the same.
        let path = FilePath::parse(path.strip_prefix('/')?).ok()?;
        if hidden(Path::new(path.as_str())) && !off(Guard::PublicFolder) {
            return None;
        }
        let root = self.root.canonicalize().ok()?;
        let place = root.join(path.as_str()).canonicalize().ok()?;
        let inside = place.strip_prefix(&root).is_ok_and(|below| !hidden(below));
        if !inside && !off(Guard::PublicFolder) {
            return None;
        }
        // No link is left to follow, and a pipe would wait for its other end.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(place).ok()?;
        let metadata = file.metadata().ok()?;
        metadata.is_file().then_some((file, metadata))
    }
}

impl Served {
    const fn empty(outbound: Outbound) -> Self {
        Self { outbound, bytes: 0, content: None }
    }

    /// An error, beside these headers; its form is the client's choice.
    fn refusal(status: u16, message: &str, mut headers: Pairs) -> Self {
        let failure = Failure { status, message: message.to_owned(), ..Failure::default() };
        let mut outbound = of_failure(failure);
        headers.retain(|(name, _)| name != "content-type");
        outbound.headers.append(&mut headers);
        Self::empty(outbound)
    }
}

/// Does a name on the way begin with a dot?
fn hidden(path: &Path) -> bool {
    path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        let bytes = metadata.len();
        let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let since = since.filter(|since| since.as_secs() < TIME_END_SECONDS);
        let etag = format!("\"{bytes:x}-{:x}\"", since.unwrap_or_default().as_nanos());
        // Headers count seconds.
        let modified = since.and_then(|since| UNIX_EPOCH.checked_add(Duration::from_secs(since.as_secs())));
        Self { bytes, etag, modified }
    }

    fn headers(&self, path: &str) -> Pairs {
        let mut headers = vec![
            ("content-type".to_owned(), content_type(path)),
            ("etag".to_owned(), self.etag.clone()),
            ("accept-ranges".to_owned(), "bytes".to_owned()),
            // Kept by whoever likes, but asked for each time: a file may be replaced at any moment.
            ("cache-control".to_owned(), "no-cache".to_owned()),
        ];
        if let Some(modified) = self.modified {
            headers.push(("last-modified".to_owned(), httpdate::fmt_http_date(modified)));
        }
        headers
    }
}

fn content_type(path: &str) -> String {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    let text = guess.type_() == mime::TEXT
        || matches!(guess.subtype().as_str(), "javascript" | "json" | "xml")
        || guess.suffix() == Some(mime::XML);
    if text { format!("{}; charset=utf-8", guess.essence_str()) } else { guess.essence_str().to_owned() }
}
