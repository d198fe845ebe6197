//! What executions are connected to: rooms for all of them, a client's stream, a peer's mailbox.

use super::Shared;
use super::broadcast::{Broadcaster, Command};
use super::drive::Line;
use super::events::{Client, Sender, Unsent};
use super::mailbox::{Mailbox, Parcel};
use super::rooms::Member;
use crate::app::script::End;
use crate::record::Message;
use crate::value::{Bug, Lease};
use crate::vm::{Answer, Effect};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a program waits for its own peer to take something before the peer counts as too far behind.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a room's name costs, beside its bytes, for each connection in it.
const ROOM_BYTES: usize = 256;

/// What a line does with an effect.
type Performed<'l> = Pin<Box<dyn Future<Output = Result<Answer, End>> + Send + 'l>>;

/// What everything on a server can say something to.
#[derive(Clone, Debug)]
pub struct RoomLine(Arc<Shared>);

impl RoomLine {
    /// To the rooms of this server.
    pub const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    fn broadcaster(&self) -> &Broadcaster {
        &self.0.broadcaster
    }

    async fn broadcast(&self, room: Arc<str>, message: Message) -> Answer {
        let Some(parcel) = Parcel::of(&message, self.0.pool()) else { return Answer::TooLarge };
        self.broadcaster().send(Command::Broadcast { room, parcel }).await;
        Answer::Nothing
    }
}

/// No effect that a line of this kind has: a fault of the compiler.
const fn misplaced() -> End {
    End::Bug(Bug::BadAnswer)
}

impl Line for RoomLine {
    fn perform(&mut self, effect: Effect) -> Performed<'_> {
        self.performed(effect)
    }
}

/// For whoever has one at hand: its count is everybody's, and counting costs.
impl Line for &RoomLine {
    fn perform(&mut self, effect: Effect) -> Performed<'_> {
        self.performed(effect)
    }
}

impl RoomLine {
    fn performed(&self, effect: Effect) -> Performed<'_> {
        Box::pin(async move {
            match effect {
                Effect::Broadcast { room, message } => Ok(self.broadcast(room, message).await),
                _ => Err(misplaced()),
            }
        })
    }
}

/// A stream to a client.
#[derive(Debug)]
pub struct StreamLine {
    rooms: RoomLine,
    sender: Sender,
}

impl StreamLine {
    /// To the client behind this queue.
    pub const fn new(rooms: RoomLine, sender: Sender) -> Self {
        Self { rooms, sender }
    }

    /// Whoever reads it.
    pub fn client(&self) -> Client {
        self.sender.client()
    }
}

impl Line for StreamLine {
    fn perform(&mut self, effect: Effect) -> Performed<'_> {
        Box::pin(async move {
            match effect {
                Effect::Emit { event, data } => match self.sender.emit(event.as_deref(), &data).await {
                    Ok(()) => Ok(Answer::Nothing),
                    Err(Unsent::NoMemory) => Ok(Answer::TooLarge),
                    Err(Unsent::Gone) => Err(End::Gone),
                },
                Effect::Broadcast { room, message } => Ok(self.rooms.broadcast(room, message).await),
                _ => Err(misplaced()),
            }
        })
    }
}

/// A socket's peer.
#[derive(Debug)]
pub struct SocketLine {
    rooms: RoomLine,
    member: Member,
    mailbox: Arc<Mailbox>,
    joined: BTreeSet<Arc<str>>,
    lease: Lease,
    closing: bool,
}

impl SocketLine {
    /// The peer with this mailbox.
    pub fn new(rooms: RoomLine, mailbox: Arc<Mailbox>) -> Self {
        let (member, lease) = (rooms.broadcaster().member(), Lease::new(Arc::clone(rooms.0.pool())));
        Self { rooms, member, mailbox, joined: BTreeSet::new(), lease, closing: false }
    }

    /// Did the program say `close()`? It holds once the handler has ended: what it sends meanwhile goes before.
    pub const fn is_closing(&self) -> bool {
        self.closing
    }

    /// It leaves all its rooms.
    pub async fn gone(&mut self) {
        self.joined.clear();
        self.rooms.broadcaster().send(Command::Gone(self.member)).await;
    }

    async fn send(&self, message: &Message) -> Answer {
        let Some(parcel) = Parcel::of(message, self.rooms.0.pool()) else { return Answer::TooLarge };
        // Whoever computes quickly is not to lose a peer that reads; one that does not is lost below.
        let _ = tokio::time::timeout(PATIENCE, self.mailbox.room()).await;
        // A peer that is gone, or too far behind, hears no more; its close is on its way to the program.
        let _ = self.mailbox.post(parcel);
        Answer::Nothing
    }

    async fn join(&mut self, room: Arc<str>) -> Answer {
        if self.joined.contains(&room) {
            return Answer::Nothing;
        }
        if !self.lease.grow(room.len().saturating_add(ROOM_BYTES)) {
            return Answer::TooLarge;
        }
        self.joined.insert(Arc::clone(&room));
        let (member, mailbox) = (self.member, Arc::clone(&self.mailbox));
        self.rooms.broadcaster().send(Command::Join { room, member, mailbox }).await;
        Answer::Nothing
    }

    async fn leave(&mut self, room: Arc<str>) -> Answer {
        if self.joined.remove(&room) {
            self.lease.shrink(room.len().saturating_add(ROOM_BYTES));
            self.rooms.broadcaster().send(Command::Leave { room, member: self.member }).await;
        }
        Answer::Nothing
    }
}

impl Line for SocketLine {
    fn perform(&mut self, effect: Effect) -> Performed<'_> {
        Box::pin(async move {
            Ok(match effect {
                Effect::Send(message) => self.send(&message).await,
                Effect::Join(room) => self.join(room).await,
                Effect::Leave(room) => self.leave(room).await,
                Effect::Close => {
                    self.closing = true;
                    Answer::Nothing
                }
                Effect::Broadcast { room, message } => self.rooms.broadcast(room, message).await,
                _ => return Err(misplaced()),
            })
        })
    }
}
