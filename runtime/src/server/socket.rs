//! A WebSocket's life: frames on one side, the program's handlers on the other.
//!
//! - **K1** Handlers run one after the other. While one runs, frames go on being written and pings answered; at most one
//!   message is read ahead.
//! - **K2** Whatever ends the connection, `close` runs exactly once, after all that came before it.
//! - **K3** A peer that takes nothing, says nothing or does not answer a close frame is given up after a bounded time.
//! - **K4** A panic or an error that nothing caught closes this connection with 1011, and no other.
//! - **K5** A peer that closes or breaks a rule is answered first what it asked for before, if that takes no longer than a
//!   second.
//! - **K6** Once the server stops, the handler at work is the last before `close`: what waits behind it is not begun, for
//!   the time to drain is short, and all sockets share it.

mod pump;

use super::drive::Held;
use super::line::{RoomLine, SocketLine};
use super::mailbox::Mailbox;
use super::metrics::Entry;
use super::service::contained;
use super::websocket::CloseCode;
use super::{Point, Shared};
use crate::app::boundary::contain;
use crate::app::live::{Dealt, Ending};
use crate::app::script::End;
use crate::record::Message;
use crate::vm::exchange::SocketEvent;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use pump::Pump;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// A request that was answered with 101, and what it holds.
#[derive(Debug)]
pub struct Opened {
    /// What the server shares.
    pub shared: Arc<Shared>,
    /// The connection, once the answer was sent.
    pub upgrade: OnUpgrade,
    /// The execution: its pipeline ran, its events have not begun.
    pub held: Held,
    /// The request's id, for the log.
    pub id: Arc<str>,
    /// Of each event.
    pub deadline: Option<Duration>,
    /// Its place among the connections.
    pub permit: Arc<OwnedSemaphorePermit>,
}

/// Lives it.
pub async fn run(opened: Opened) {
    let Opened { shared, upgrade, held, id, deadline, permit } = opened;
    let mut ending = shared.stopping();
    let life = async {
        // Whoever is gone before the answer was sent never had a socket.
        let Ok(stream) = upgrade.await else { return };
        let mailbox = Arc::new(Mailbox::default());
        // Its `connect`.
        mailbox.owe();
        let (inbox, messages) = mpsc::channel(1);
        let pump = Pump::new(&shared, Arc::clone(&mailbox), inbox);
        let line = SocketLine::new(RoomLine::new(Arc::clone(&shared)), Arc::clone(&mailbox));
        let program =
            Program { shared: &shared, held, line, mailbox: Arc::clone(&mailbox), id: &id, deadline };
        // Where one side panics the other still comes to its end: the program to its `close` (K2), the peer to its code.
        let frames = async {
            if contained(pump.run(TokioIo::new(stream))).await.is_err() {
                shared.metrics.panicked(Entry::Socket);
            }
        };
        let handlers = async {
            if contained(program.run(messages)).await.is_err() {
                shared.metrics.panicked(Entry::Socket);
                mailbox.close(CloseCode::INTERNAL);
            }
        };
        tokio::join!(frames, handlers);
    };
    tokio::select! {
        () = life => {}
        () = ending.ended() => {}
    }
    drop(permit);
}

/// The program's side.
struct Program<'s> {
    shared: &'s Shared,
    held: Held,
    line: SocketLine,
    mailbox: Arc<Mailbox>,
    id: &'s Arc<str>,
    deadline: Option<Duration>,
}

impl Program<'_> {
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let stopping = self.shared.stopping();
        let mut on = self.deal(SocketEvent::Open).await;
        self.mailbox.dealt();
        while let Some(message) = messages.recv().await {
            // Behind its end the program hears nothing more.
            on = on && !stopping.is_begun() && self.deal(SocketEvent::Message(message)).await;
            self.mailbox.dealt();
        }
        self.deal(SocketEvent::Close).await;
        self.line.gone().await;
    }

    /// Deals with an event; false when the socket is to end.
    async fn deal(&mut self, event: SocketEvent) -> bool {
        let binary = matches!(event, SocketEvent::Message(Message::Binary(_)));
        let Some(execution) = self.held.execution() else { return false };
        if binary && !execution.takes_binary() {
            self.mailbox.close(CloseCode::UNSUPPORTED);
            return false;
        }
        execution.happen(event);
        let end = match contain(|| self.shared.probe.at(Point::Message)) {
            Ok(()) => self.held.drive(&self.shared.places, &mut self.line, self.deadline).await,
            Err(_) => End::Panicked,
        };
        // Its close is still to run (K2), so that it is waited for where its time was over.
        self.shared.ended(Entry::Socket, &end, &mut self.held, self.id).await;
        if let Some(execution) = self.held.execution() {
            execution.abandon();
        }
        let code = match Dealt::of(end, false).ending {
            None | Some(Ending::Program) => self.line.is_closing().then_some(CloseCode::NORMAL),
            Some(Ending::Unsupported) => Some(CloseCode::UNSUPPORTED),
            Some(Ending::Error) => Some(CloseCode::INTERNAL),
        };
        if let Some(code) = code {
            self.mailbox.close(code);
        }
        code.is_none()
    }
}

#[cfg(test)]
mod tests;
