//! A stream that knows for how long its peer has not taken what is written to it.
//!
//! Nothing here waits or ends anything: whoever polls the connection looks at [`Stalled::since`] and decides.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Since when a peer has taken nothing.
#[derive(Clone, Debug, Default)]
pub struct Stalled(Arc<Mutex<Option<Instant>>>);

impl Stalled {
    /// Since when; none while it takes what there is.
    pub fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self, waits: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waits {
            *since = None;
        } else if since.is_none() {
            *since = Some(Instant::now());
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    stalled: Stalled,
}

impl<S> Watched<S> {
    /// Watches a stream.
    pub fn new(stream: S) -> (Self, Stalled) {
        let stalled = Stalled::default();
        (Self { stream, stalled: stalled.clone() }, stalled)
    }

    fn wrote<T>(&self, poll: Poll<T>) -> Poll<T> {
        self.stalled.seen(poll.is_pending());
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
        Poll::Ready(shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_peer_that_does_not_read_is_noticed_until_it_does() {
        let (mut peer, stream) = tokio::io::duplex(4);
        let (mut watched, stalled) = Watched::new(stream);
        watched.write_all(b"1234").await.unwrap();
        assert_eq!(stalled.since(), None);
        let mut writing = Box::pin(watched.write_all(b"5"));
        assert!(std::future::poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx).is_pending())).await);
        assert!(stalled.since().is_some());
        peer.read_exact(&mut [0; 4]).await.unwrap();
        writing.await.unwrap();
        assert_eq!(stalled.since(), None);
    }
}
