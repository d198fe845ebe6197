//! What waits to be sent to one peer: bounded in number and bytes, filled by anybody, emptied by its connection.
//!
//! - **Q1** At most [`MESSAGES_MAX`] messages wait, of [`BYTES_MAX`] bytes, one larger message alone excepted; a peer that
//!   is further behind gets nothing more, and its connection ends.
//! - **Q2** What waits is charged to the process's pool, once however many peers it waits for.
//! - **Q3** Nobody waits with the lock held; posting costs the same whatever the peer does.

use super::websocket::{CloseCode, frame, frame_bytes};
use crate::base::guard::{Guard, off};
use crate::record::Message;
use crate::value::{Lease, Pool};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Messages that a peer may be behind.
pub const MESSAGES_MAX: usize = 256;
/// Bytes that a peer may be behind.
pub const BYTES_MAX: usize = 16 << 20;

/// What a parcel costs beside its bytes.
const OVERHEAD_BYTES: usize = 128;

/// A message as it is sent, charged as long as anybody has it.
#[derive(Debug)]
pub struct Parcel {
    frame: Vec<u8>,
    _lease: Lease,
}

impl Parcel {
    /// The message as a frame; none when the pool has no memory for it.
    pub fn of(message: &Message, pool: &Arc<Pool>) -> Option<Arc<Self>> {
        let payload = match message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
        };
        let mut lease = Lease::new(Arc::clone(pool));
        let charged = lease.grow(frame_bytes(payload).saturating_add(OVERHEAD_BYTES));
        charged.then(|| Arc::new(Self { frame: frame(message), _lease: lease }))
    }

    /// The frame's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.frame
    }
}

impl AsRef<[u8]> for Parcel {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

/// The peer takes nothing more: it was too far behind, or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer takes nothing more")]
pub struct Shut;

/// How a mailbox stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It takes messages.
    #[default]
    Open,
    /// Its peer was too far behind.
    Behind,
    /// Its peer is gone.
    Gone,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Mailbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    taken: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    parcels: VecDeque<Arc<Parcel>>,
    bytes: usize,
    standing: Standing,
    /// What the connection is closed with once nothing waits.
    close: Option<CloseCode>,
    /// Events that the program has yet to deal with, and may answer.
    owed: usize,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message to what waits.
    pub fn post(&self, parcel: Arc<Parcel>) -> Result<(), Shut> {
        let mut waiting = self.lock();
        let posted = waiting.post(parcel);
        drop(waiting);
        self.changed.notify_one();
        if posted.is_err() {
            self.taken.notify_one();
        }
        posted
    }

    /// The message that has waited longest.
    pub fn take(&self) -> Option<Arc<Parcel>> {
        let mut waiting = self.lock();
        let parcel = waiting.parcels.pop_front()?;
        waiting.bytes = waiting.bytes.saturating_sub(parcel.frame.len());
        drop(waiting);
        self.taken.notify_one();
        Some(parcel)
    }

    /// The connection is to be closed once what waits was sent. What was said first counts.
    pub fn close(&self, code: CloseCode) {
        self.lock().close.get_or_insert(code);
        self.changed.notify_one();
    }

    /// What the connection is to be closed with now: nothing waits any more.
    pub fn closes(&self) -> Option<CloseCode> {
        let waiting = self.lock();
        waiting.close.filter(|_| waiting.parcels.is_empty())
    }

    /// The program is to deal with one more event.
    pub fn owe(&self) {
        let mut waiting = self.lock();
        waiting.owed = waiting.owed.saturating_add(1);
    }

    /// The program has dealt with one.
    pub fn dealt(&self) {
        let mut waiting = self.lock();
        waiting.owed = waiting.owed.saturating_sub(1);
        drop(waiting);
        self.changed.notify_one();
    }

    /// May the program still answer something that its peer said?
    pub fn is_owing(&self) -> bool {
        self.lock().owed > 0
    }

    /// Waits until one more message could wait, or none will ever again.
    pub async fn room(&self) {
        while !self.has_room() && self.standing() == Standing::Open {
            self.taken.notified().await;
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.lock().standing
    }

    /// Does nothing wait?
    pub fn is_empty(&self) -> bool {
        self.lock().parcels.is_empty()
    }

    /// Could one more message wait?
    pub fn has_room(&self) -> bool {
        let waiting = self.lock();
        waiting.parcels.len() < MESSAGES_MAX && waiting.bytes < BYTES_MAX
    }

    /// Takes nothing more, and forgets what waits.
    pub fn shut(&self) {
        self.lock().end(Standing::Gone);
        self.changed.notify_one();
        self.taken.notify_one();
    }

    /// Waits until something was posted or dealt with, or it was shut, since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Waiting {
    fn post(&mut self, parcel: Arc<Parcel>) -> Result<(), Shut> {
        if self.standing != Standing::Open {
            return Err(Shut);
        }
        let bytes = self.bytes.saturating_add(parcel.frame.len());
        let full = self.parcels.len() >= MESSAGES_MAX || (bytes > BYTES_MAX && !self.parcels.is_empty());
        if full && !off(Guard::MailboxBound) {
            self.end(Standing::Behind);
            return Err(Shut);
        }
        self.bytes = bytes;
        self.parcels.push_back(parcel);
        Ok(())
    }

    fn end(&mut self, how: Standing) {
        self.standing = how;
        self.parcels = VecDeque::new();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(bytes: usize, pool: &Arc<Pool>) -> Arc<Parcel> {
        Parcel::of(&Message::Binary(vec![0; bytes].into()), pool).unwrap()
    }

    /// Q1, X-13
    #[test]
    fn x_13_a_peer_256_messages_behind_gets_nothing_more() {
        let (pool, mailbox) = (Pool::new(1 << 20), Mailbox::default());
        for n in 0..MESSAGES_MAX {
            assert!(mailbox.has_room());
            assert_eq!(mailbox.post(parcel(n, &pool)), Ok(()));
        }
        assert_eq!(mailbox.take().unwrap().bytes().len(), frame_bytes(0), "the first first");
        assert_eq!(mailbox.post(parcel(1, &pool)), Ok(()));
        assert_eq!((mailbox.has_room(), mailbox.standing()), (false, Standing::Open));
        assert_eq!(mailbox.post(parcel(1, &pool)), Err(Shut));
        assert_eq!(mailbox.standing(), Standing::Behind);
        assert_eq!((mailbox.take().is_none(), pool.leased()), (true, 0), "what waited is free again");
        assert_eq!(mailbox.post(parcel(1, &pool)), Err(Shut));
    }

    /// Q1, X-13
    #[test]
    fn x_13_a_peer_many_bytes_behind_gets_nothing_more() {
        let (pool, mailbox) = (Pool::new(usize::MAX), Mailbox::default());
        assert_eq!(mailbox.post(parcel(BYTES_MAX + 1, &pool)), Ok(()), "one large message alone may wait");
        assert_eq!(mailbox.post(parcel(1, &pool)), Err(Shut));
        let mailbox = Mailbox::default();
        assert_eq!(mailbox.post(parcel(BYTES_MAX - 12, &pool)), Ok(()));
        assert_eq!(mailbox.post(parcel(0, &pool)), Ok(()));
        assert_eq!(mailbox.post(parcel(100, &pool)), Err(Shut));
    }

    /// Q2
    #[test]
    fn a_message_is_charged_once_for_all_that_it_waits_for() {
        let pool = Pool::new(10_000);
        let (one, two) = (Mailbox::default(), Mailbox::default());
        let shared = parcel(5000, &pool);
        one.post(Arc::clone(&shared)).unwrap();
        two.post(shared).unwrap();
        assert_eq!(pool.leased(), frame_bytes(5000) + OVERHEAD_BYTES);
        assert!(
            Parcel::of(&Message::Text("x".repeat(5000).into()), &pool).is_none(),
            "no memory for a second"
        );
        one.shut();
        assert!(pool.leased() > 0);
        drop(two.take());
        assert_eq!(pool.leased(), 0);
        assert_eq!(one.post(parcel(1, &pool)), Err(Shut));
    }

    #[tokio::test]
    async fn whoever_waits_hears_of_a_message_posted_before() {
        let (pool, mailbox) = (Pool::new(1 << 20), Mailbox::default());
        mailbox.post(parcel(1, &pool)).unwrap();
        mailbox.changed().await;
        assert!(mailbox.take().is_some() && mailbox.is_empty());
    }
}
