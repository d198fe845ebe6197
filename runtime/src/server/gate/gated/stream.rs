//! The gated stream as a stream: when it reads, when it waits, how it ends.

use super::{Gated, Next};
use crate::base::guard::{Guard, off};
use crate::server::gate::traffic::Phase;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is taken from the stream at once.
const READ_BYTES: usize = 8 << 10;
/// What is thrown away at the end of a connection before it is closed on its peer.
const LINGER_BYTES_MAX: usize = 1 << 20;

impl<S: AsyncRead + Unpin> Gated<S> {
    /// Reads what is there, at most [`READ_BYTES`]; 0 is the end.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        let read = buffer.filled();
        if self.given > 0 {
            self.held.drain(..self.given.min(self.held.len()));
            self.cleared = self.cleared.saturating_sub(self.given);
            self.given = 0;
        }
        self.held.extend_from_slice(read);
        self.has_ended |= read.is_empty();
        Poll::Ready(Ok(read.len()))
    }

    fn poll_checked(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.give(out) {
                return Poll::Ready(Ok(()));
            }
            if let Some(refusal) = self.refusal {
                return self.refuse(refusal, out);
            }
            if self.clear() {
                continue;
            }
            let is_open = self.traffic.state().is_open;
            let in_body = self.messages.front().is_some_and(|message| message.is_begun);
            if is_open && !in_body {
                // The next request waits. A peer that sends no more may still read its answer (G6); a request that it
                // left cut off is refused in its turn, behind that answer.
                if self.has_ended && self.messages.is_empty() && self.next == Next::Request {
                    self.refusal = self.gate.end(self.held.get(self.cleared..).unwrap_or_default());
                    if self.refusal.is_some() {
                        continue;
                    }
                }
                if self.has_ended || !self.may_read() {
                    return Poll::Pending;
                }
            } else if self.next == Next::Nothing && self.messages.is_empty() {
                return self.end();
            } else if self.has_ended {
                self.refusal = self.gate.end(self.held.get(self.cleared..).unwrap_or_default());
                if self.refusal.is_none() {
                    return self.end();
                }
                continue;
            } else if self.held.is_empty() {
                // An idle connection holds no memory here.
                self.held = Vec::new();
            }
            ready!(self.fill(cx))?;
        }
    }

    /// Tells the reader of the end, or has it wait for its own flush (G7).
    fn end(&mut self) -> Poll<io::Result<()>> {
        self.end_waits = !self.is_flushed && !off(Guard::AnswerFlushed);
        if self.end_waits { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// Everything that was written is on its way.
    fn flushed(&mut self) {
        self.is_flushed = true;
        if std::mem::take(&mut self.end_waits) {
            self.traffic.state().wake();
        }
    }

    /// What was read ahead, and then the stream itself (G4).
    fn poll_upgraded(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let rest = self.held.get(self.given..).unwrap_or_default();
        if rest.is_empty() {
            self.held = Vec::new();
            self.given = 0;
            return Pin::new(&mut self.stream).poll_read(cx, out);
        }
        let piece = rest.get(..out.remaining()).unwrap_or(rest);
        out.put_slice(piece);
        self.given = self.given.saturating_add(piece.len());
        Poll::Ready(Ok(()))
    }

    /// Reads and throws away, until the peer is done too or enough was thrown away (G5).
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_clean = self.refusal.is_none() && self.held.is_empty() && self.messages.is_empty();
        if is_clean || self.is_upgraded {
            return Poll::Ready(());
        }
        self.traffic.state().enter(Phase::Linger);
        while !self.has_ended && self.discarded < LINGER_BYTES_MAX {
            let read = ready!(self.fill(cx)).unwrap_or(0);
            self.discarded = self.discarded.saturating_add(read);
            self.held.clear();
            self.given = 0;
            if read == 0 {
                break;
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gated<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let gated = &mut *self;
        if !gated.is_upgraded {
            gated.heed(cx);
        }
        if gated.is_upgraded {
            return gated.poll_upgraded(cx, out);
        }
        let polled = gated.poll_checked(cx, out);
        if polled.is_pending() {
            gated.note_phase();
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gated<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_flushed = false;
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.took(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.is_shut = true;
        }
        ready!(self.poll_linger(cx));
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_flushed = false;
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.took(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
