//! The right to answer a request. While it lives, the next request waits; it goes with the answer's body, so that it is
//! given back however the answer ends.

use super::traffic::{Phase, Traffic};
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Response, StatusCode};
use std::pin::Pin;
use std::task::{Context, Poll};

/// See the module.
#[derive(Debug)]
pub struct Ticket(Traffic);

impl Ticket {
    pub(super) const fn new(traffic: Traffic) -> Self {
        Self(traffic)
    }

    /// Ties the ticket to the answer. Behind 101 the gate stands open: what follows is no HTTP. An answer that did not wait
    /// for the request's body says that the connection ends with it (RFC 9112, section 9.6): nobody reads that body.
    pub fn attach<B>(self, mut response: Response<B>) -> Response<Answer<B>> {
        let mut state = self.0.state();
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            state.upgraded = true;
        } else if state.phase() == Phase::Body {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        drop(state);
        response.map(|body| Answer { body, ticket: Some(self) })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.state().answered();
    }
}

/// The body of an answer, and its ticket.
#[derive(Debug)]
pub struct Answer<B> {
    body: B,
    ticket: Option<Ticket>,
}

impl<B> Answer<B> {
    /// An answer that nobody holds a ticket for: a refusal's.
    pub const fn without_ticket(body: B) -> Self {
        Self { body, ticket: None }
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            self.ticket = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
