//! The wire's side of a WebSocket: reads frames, writes what waits, keeps the time.

use super::super::Shared;
use super::super::mailbox::{Mailbox, Standing};
use super::super::stop::Stopping;
use super::super::websocket::{CloseCode, Event, Limits, Peer};
use crate::base::guard::{Guard, off};
use crate::record::Message;
use crate::value::Lease;
use bytes::{Buf as _, Bytes};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

/// What a peer gets to answer a close frame, and then to read ours.
const CLOSING: Duration = Duration::from_secs(5);
/// How long a peer that closes, or breaks a rule, waits for the answer to what it said before.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Bytes that are read at a time.
const READ_BYTES: usize = 8 << 10;

/// See the module.
#[derive(Debug)]
pub struct Pump {
    peer: Peer,
    mailbox: Arc<Mailbox>,
    inbox: mpsc::Sender<Message>,
    stopping: Stopping,
    /// Nothing said for so long: a ping; for twice as long: the end.
    silence: Duration,
    /// Nothing taken for so long: the end.
    stall: Duration,
    /// What is being written.
    out: Bytes,
    /// A message that the program has no room for yet.
    message: Option<Message>,
    /// What was read behind it.
    unread: Bytes,
    heard: Instant,
    pinged: bool,
    wrote: Instant,
    closing: Option<Instant>,
    /// How long a peer may take to answer our close frame when the server stops: its `close` is still to run.
    draining: Duration,
}

impl Pump {
    /// Between a peer's mailbox and the program's inbox.
    pub fn new(shared: &Shared, mailbox: Arc<Mailbox>, inbox: mpsc::Sender<Message>) -> Self {
        let config = &shared.config().server;
        let limits = Limits { message_bytes_max: config.body_bytes_max };
        let now = Instant::now();
        Self {
            peer: Peer::new(limits, Lease::new(Arc::clone(shared.pool()))),
            mailbox,
            inbox,
            stopping: shared.stopping(),
            silence: config.idle_timeout.div_f32(2.0),
            stall: config.request_timeout,
            out: Bytes::new(),
            message: None,
            unread: Bytes::new(),
            heard: now,
            pinged: false,
            wrote: now,
            closing: None,
            draining: config.drain_timeout.div_f32(2.0).min(CLOSING),
        }
    }

    /// Pumps until the connection has ended. Then the inbox is closed, and the mailbox takes nothing more.
    pub async fn run<S: AsyncRead + AsyncWrite>(mut self, stream: S) {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let orderly = self.pump(&mut reader, &mut writer).await;
        self.mailbox.shut();
        let most = self.closing_most();
        let Self { inbox, message, peer, .. } = self;
        // What the peer said before its end is dealt with before its end.
        if let Some(message) = message {
            let _ = inbox.send(message).await;
        }
        drop((inbox, peer));
        if orderly {
            linger(&mut reader, &mut writer, most).await;
        }
    }

    /// True when both sides have said their last word.
    async fn pump<S: AsyncRead + AsyncWrite>(
        &mut self,
        reader: &mut ReadHalf<S>,
        writer: &mut WriteHalf<S>,
    ) -> bool {
        let mut buffer = vec![0; READ_BYTES];
        let mut stopping = self.stopping.clone();
        loop {
            self.hear();
            self.fill();
            if self.out.is_empty() && self.peer.is_over() {
                return true;
            }
            let now = Instant::now();
            let Some(due) = self.due(now) else { return false };
            let reads = !self.peer.is_deaf() && self.message.is_none() && self.unread.is_empty();
            let (writes, stops) = (!self.out.is_empty(), !self.stopping.is_begun());
            tokio::select! {
                wrote = writer.write(&self.out), if writes => match wrote {
                    Ok(0) | Err(_) => return false,
                    Ok(bytes) => {
                        self.out.advance(bytes.min(self.out.len()));
                        self.wrote = Instant::now();
                    }
                },
                read = reader.read(&mut buffer), if reads => match read {
                    Ok(0) | Err(_) => return false,
                    Ok(bytes) => {
                        self.unread = Bytes::copy_from_slice(buffer.get(..bytes).unwrap_or_default());
                        (self.heard, self.pinged) = (Instant::now(), false);
                    }
                },
                room = self.inbox.reserve(), if self.message.is_some() => match (room, self.message.take()) {
                    (Ok(room), Some(message)) => {
                        self.mailbox.owe();
                        room.send(message);
                    }
                    (Ok(_), None) | (Err(_), _) => {}
                },
                () = self.mailbox.changed() => {}
                () = stopping.begun(), if stops => {}
                () = sleep_until(due) => {}
            }
        }
    }

    /// Takes what was read, up to the next message that the program has room for.
    fn hear(&mut self) {
        while self.message.is_none() && !self.unread.is_empty() {
            let (used, event) = self.peer.receive(&self.unread);
            self.unread.advance(used.min(self.unread.len()));
            match event {
                None | Some(Event::Closed(_)) => {}
                Some(Event::Message(message)) => self.message = Some(message),
                Some(Event::Fault(fault)) => tracing::debug!(%fault, "a peer of a WebSocket broke a rule"),
            }
        }
    }

    /// What is written next: control frames, then what waits, then our last word.
    fn fill(&mut self) {
        while self.out.is_empty() {
            let open = self.peer.is_open();
            if let Some(frame) = self.peer.control() {
                self.out = Bytes::from(frame);
            } else if open && self.mailbox.standing() == Standing::Behind {
                self.peer.close(CloseCode::TRY_LATER, "too far behind");
            } else if (open || self.peer.is_answering())
                && let Some(parcel) = self.mailbox.take()
            {
                self.out = Bytes::from_owner(Owned(parcel));
            } else if !open {
                let frame = if self.is_awaited() { None } else { self.peer.last_word() };
                let Some(frame) = frame else { break };
                self.out = Bytes::from(frame);
            } else if let Some(code) = self.mailbox.closes() {
                self.peer.close(code, "");
            } else if self.stopping.is_begun() {
                self.peer.close(CloseCode::GOING_AWAY, "the server stops");
            } else {
                break;
            }
            self.wrote = Instant::now();
        }
        if !self.peer.is_open() && self.closing.is_none() {
            self.closing = Some(Instant::now());
        }
    }

    /// Does a peer that closed wait for what the program may still answer (K5)?
    fn is_awaited(&self) -> bool {
        let owing = self.message.is_some() || self.mailbox.is_owing();
        let is_late = self.closing.is_some_and(|since| since.elapsed() >= LAST_WORDS);
        owing && self.peer.is_answering() && !is_late
    }

    /// How long an end may take.
    fn closing_most(&self) -> Duration {
        if self.stopping.is_begun() { self.draining } else { CLOSING }
    }

    /// When something has to happen by itself; none when the connection is to be given up now (K3).
    fn due(&mut self, now: Instant) -> Option<Instant> {
        if off(Guard::ConnectionTimeouts) {
            return now.checked_add(self.stall);
        }
        // One that is too far behind has shown already that it does not read.
        let behind = self.mailbox.standing() == Standing::Behind;
        if behind && self.closing.is_none() {
            self.closing = Some(now);
        }
        if let Some(since) = self.closing {
            if self.is_awaited() {
                return after(since, LAST_WORDS);
            }
            return after(since, self.closing_most()).filter(|due| *due > now);
        }
        let stalled = if self.out.is_empty() { None } else { after(self.wrote, self.stall) };
        if stalled.is_some_and(|due| due <= now) {
            return None;
        }
        // While the program is busy, nobody listens.
        if self.message.is_some() {
            self.heard = now;
        }
        let (ping, end) =
            (after(self.heard, self.silence)?, after(self.heard, self.silence.saturating_mul(2))?);
        if end <= now {
            self.peer.close(CloseCode::GOING_AWAY, "nothing was heard for too long");
            return Some(now);
        }
        if ping <= now && !std::mem::replace(&mut self.pinged, true) {
            self.peer.ping();
            return Some(now);
        }
        let next = if self.pinged { end } else { ping };
        Some(stalled.map_or(next, |stalled| stalled.min(next)))
    }
}

/// A parcel as the owner of bytes.
struct Owned(Arc<super::super::mailbox::Parcel>);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

fn after(since: Instant, limit: Duration) -> Option<Instant> {
    since.checked_add(limit)
}

/// Ends our side, and gives the peer the chance to read what was said before the connection is gone.
async fn linger<S: AsyncRead + AsyncWrite>(
    reader: &mut ReadHalf<S>,
    writer: &mut WriteHalf<S>,
    most: Duration,
) {
    let Some(end) = after(Instant::now(), most) else { return };
    let mut buffer = vec![0; READ_BYTES];
    let quiet = async {
        if writer.shutdown().await.is_ok() {
            while matches!(reader.read(&mut buffer).await, Ok(bytes) if bytes > 0) {}
        }
    };
    // Whoever does not end its side in time is given up.
    let _ = timeout_at(end, quiet).await;
}
