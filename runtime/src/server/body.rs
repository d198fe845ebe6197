//! Bodies of answers: whole ones, charged to the process's pool until they are sent, and streams.

use crate::value::{Lease, Pool};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A stream ends before its end: the connection is closed, so that nobody takes a part for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer ended early")]
pub struct Cut;

/// Bytes that come bit by bit.
pub type Stream = Pin<Box<dyn HttpBody<Data = Bytes, Error = Cut> + Send>>;

/// A smaller body is not worth counting: connections are counted.
const CHARGED_BYTES_MIN: usize = 16 << 10;

struct Charged {
    bytes: Bytes,
    _lease: Lease,
}

impl AsRef<[u8]> for Charged {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The body of an answer.
#[derive(Default)]
pub enum Body {
    /// None, or all of it was sent.
    #[default]
    Empty,
    /// All of it.
    Whole(Bytes),
    /// What comes bit by bit.
    Stream(Stream),
}

impl Body {
    /// Bytes that are charged until they are sent. They are there already, so a pool that is used up does not refuse
    /// them; small ones are the connection's own.
    pub fn charged(bytes: Bytes, pool: &Arc<Pool>) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        if bytes.len() < CHARGED_BYTES_MIN {
            return Self::Whole(bytes);
        }
        let mut lease = Lease::new(Arc::clone(pool));
        let _ = lease.grow(bytes.len());
        Self::leased(bytes, lease)
    }

    /// Bytes that were paid for before they came.
    pub fn leased(bytes: Bytes, lease: Lease) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Whole(Bytes::from_owner(Charged { bytes, _lease: lease }))
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Whole(Bytes::from(text.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => stream.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(_) => false,
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let exactly = |bytes: usize| SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX));
        match self {
            Self::Empty => exactly(0),
            Self::Whole(bytes) => exactly(bytes.len()),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
