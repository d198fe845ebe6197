//! The broadcaster: the one task that owns the rooms. Connections and executions send it commands.
//!
//! - **K1** Commands are carried out one after the other, in the order of their sending.
//! - **K2** At most [`COMMANDS_MAX`] wait; whoever sends one more waits for room.
//! - **K3** A panic ends the command that it happened in. The rooms outlive the task, and whoever begins it again goes on
//!   with the next command.

use super::mailbox::{Mailbox, Parcel};
use super::rooms::{Member, Rooms};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, mpsc};

/// Commands that wait for the broadcaster.
pub const COMMANDS_MAX: usize = 1024;

/// What the broadcaster does.
#[derive(Debug)]
pub enum Command {
    /// A connection joins a room.
    Join {
        /// Which.
        room: Arc<str>,
        /// Who.
        member: Member,
        /// Where it hears.
        mailbox: Arc<Mailbox>,
    },
    /// A connection leaves a room.
    Leave {
        /// Which.
        room: Arc<str>,
        /// Who.
        member: Member,
    },
    /// A connection ended.
    Gone(Member),
    /// To every member of a room.
    Broadcast {
        /// Which.
        room: Arc<str>,
        /// What.
        parcel: Arc<Parcel>,
    },
}

/// Where commands are sent. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Broadcaster {
    commands: mpsc::Sender<Command>,
    next: Arc<AtomicU64>,
    levels: Arc<Levels>,
}

#[derive(Debug, Default)]
struct Levels {
    rooms: AtomicU64,
    members: AtomicU64,
}

/// What the task works on, whichever run of it.
#[derive(Debug)]
pub struct Desk(Mutex<Held>);

#[derive(Debug)]
struct Held {
    levels: Arc<Levels>,
    rooms: Rooms,
    commands: mpsc::Receiver<Command>,
}

/// A broadcaster, and the desk that [`run`] works at.
pub fn open() -> (Broadcaster, Arc<Desk>) {
    let (sender, commands) = mpsc::channel(COMMANDS_MAX);
    let levels = Arc::<Levels>::default();
    let desk = Desk(Mutex::new(Held { levels: Arc::clone(&levels), rooms: Rooms::default(), commands }));
    (Broadcaster { commands: sender, next: Arc::default(), levels }, Arc::new(desk))
}

impl Broadcaster {
    /// A number for a new connection.
    pub fn member(&self) -> Member {
        Member(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Rooms with a member, and members of all rooms.
    pub fn levels(&self) -> (u64, u64) {
        (self.levels.rooms.load(Ordering::Relaxed), self.levels.members.load(Ordering::Relaxed))
    }

    /// Sends a command once there is room for it. Where the task is gone for good, so is the server: nobody hears.
    pub async fn send(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }
}

/// Carries out commands until no sender is left. `before` is called before each, and may panic.
pub async fn run(desk: Arc<Desk>, before: impl Fn()) {
    let mut held = desk.0.lock().await;
    let Held { levels, rooms, commands } = &mut *held;
    while let Some(command) = commands.recv().await {
        before();
        match command {
            Command::Join { room, member, mailbox } => rooms.join(room, member, mailbox),
            Command::Leave { room, member } => rooms.leave(&room, member),
            Command::Gone(member) => rooms.gone(member),
            Command::Broadcast { room, parcel } => {
                rooms.broadcast(&room, &parcel);
                // Whoever was written to shall write before the next message comes.
                tokio::task::yield_now().await;
            }
        }
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        levels.rooms.store(count(rooms.count()), Ordering::Relaxed);
        levels.members.store(count(rooms.members()), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Message;
    use crate::server::stop::Stop;
    use crate::server::supervise::{Restarts, supervise};
    use crate::value::Pool;
    use std::sync::atomic::AtomicU32;

    fn say(room: &str, text: &str, pool: &Arc<Pool>) -> Command {
        Command::Broadcast {
            room: room.into(),
            parcel: Parcel::of(&Message::Text(text.into()), pool).unwrap(),
        }
    }

    /// K1, K3, X-20
    #[tokio::test(start_paused = true)]
    async fn x_20_a_panic_costs_one_command_and_the_rooms_live_on() {
        let (pool, stop, restarts) = (Pool::new(1 << 20), Stop::default(), Restarts::default());
        let (broadcaster, desk) = open();
        let count = Arc::new(AtomicU32::new(0));
        let begin = move || {
            let count = Arc::clone(&count);
            run(Arc::clone(&desk), move || {
                let third = count.fetch_add(1, Ordering::Relaxed) == 2;
                if third {
                    std::panic::resume_unwind(Box::new("injected"));
                }
            })
        };
        let task = tokio::spawn(supervise("broadcaster", restarts.clone(), stop.watch(), begin));
        let (member, mailbox) = (broadcaster.member(), Arc::new(Mailbox::default()));
        let joined = Command::Join { room: "a".into(), member, mailbox: Arc::clone(&mailbox) };
        broadcaster.send(joined).await;
        for text in ["1", "lost", "3"] {
            broadcaster.send(say("a", text, &pool)).await;
        }
        broadcaster.send(Command::Gone(member)).await;
        broadcaster.send(say("a", "4", &pool)).await;
        drop(broadcaster);
        let mut heard = Vec::new();
        while heard.len() < 2 {
            mailbox.changed().await;
            heard.extend(std::iter::from_fn(|| mailbox.take()).map(|parcel| parcel.bytes()[2]));
        }
        assert_eq!(heard, *b"13");
        assert!(restarts.total() >= 1);
        stop.begin();
        task.await.unwrap();
        assert!(mailbox.is_empty(), "it left before the last");
    }
}
