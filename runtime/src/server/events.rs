//! Events of a stream as they are sent (HTML, "Server-sent events", section 9.2.5), and the queue to its client.
//!
//! - **V1** Whatever the data, it arrives as it was: each of its lines has a prefix, and none of them ends the event.
//! - **V2** At most [`EVENTS_MAX`] events wait for a client, charged to the process's pool; `emit` waits for room.
//! - **V3** A client that takes nothing for the stall limit is gone.

use crate::value::{Lease, Pool};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that wait for a client.
pub const EVENTS_MAX: usize = 16;
/// So long nothing is said before a comment is.
pub const SILENCE: Duration = Duration::from_secs(15);
/// A comment: it keeps the connection open and says nothing.
pub const COMMENT: &[u8] = b":\n\n";

/// An event as it is sent.
pub fn encode(event: Option<&str>, data: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().saturating_add(16));
    if let Some(event) = event {
        // A name is one line; where it is not, its first is.
        let name = lines(event).next().unwrap_or_default();
        field(&mut out, "event: ", name);
    }
    lines(data).for_each(|line| field(&mut out, "data: ", line));
    out.push(b'\n');
    out
}

fn field(out: &mut Vec<u8>, prefix: &str, line: &str) {
    out.extend(prefix.as_bytes());
    out.extend(line.as_bytes());
    out.push(b'\n');
}

/// Lines that end in LF, CR or both; the client joins them with LF.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(['\r', '\n']) else { return rest.take() };
        let (line, end) = text.split_at_checked(at)?;
        rest = end.strip_prefix("\r\n").or_else(|| end.get(1..));
        Some(line)
    })
}

/// An event on its way, charged until it was written.
#[derive(Debug)]
pub struct Event {
    bytes: Vec<u8>,
    _lease: Lease,
}

impl AsRef<[u8]> for Event {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why an event was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The client is gone, or as good as.
    #[error("nobody reads this stream any more")]
    Gone,
    /// The process has no memory for it.
    #[error("no memory for the event")]
    NoMemory,
}

/// The execution's end of a stream.
#[derive(Debug)]
pub struct Sender {
    queue: mpsc::Sender<Event>,
    pool: Arc<Pool>,
    stall: Duration,
}

/// The connection's end of a stream.
pub type Receiver = mpsc::Receiver<Event>;

/// A stream to a client that is gone when it takes nothing for so long.
pub fn queue(pool: Arc<Pool>, stall: Duration) -> (Sender, Receiver) {
    let (queue, receiver) = mpsc::channel(EVENTS_MAX);
    (Sender { queue, pool, stall }, receiver)
}

impl Sender {
    /// Queues an event once there is room.
    pub async fn emit(&self, event: Option<&str>, data: &str) -> Result<(), Unsent> {
        let mut lease = Lease::new(Arc::clone(&self.pool));
        let worst = event.map_or(0, str::len).saturating_add(data.len().saturating_mul(2)).saturating_add(64);
        if !lease.grow(worst) {
            return Err(Unsent::NoMemory);
        }
        let bytes = encode(event, data);
        let permit = tokio::time::timeout(self.stall, self.queue.reserve()).await;
        match permit {
            Ok(Ok(permit)) => {
                permit.send(Event { bytes, _lease: lease });
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Unsent::Gone),
        }
    }

    /// What knows when the client is gone.
    pub fn client(&self) -> Client {
        Client(self.queue.downgrade())
    }
}

/// Whoever reads a stream. Knowing of it does not keep the stream open.
#[derive(Clone, Debug)]
pub struct Client(mpsc::WeakSender<Event>);

impl Client {
    /// Waits until it is gone.
    pub async fn gone(&self) {
        if let Some(queue) = self.0.upgrade() {
            queue.closed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(event: Option<&str>, data: &str) -> String {
        String::from_utf8(encode(event, data)).unwrap()
    }

    /// V1
    #[test]
    fn every_line_of_the_data_has_its_prefix() {
        assert_eq!(encoded(None, "a"), "data: a\n\n");
        assert_eq!(encoded(Some("orders"), "{}"), "event: orders\ndata: {}\n\n");
        assert_eq!(encoded(None, ""), "data: \n\n");
        assert_eq!(encoded(None, "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
        assert_eq!(
            encoded(None, "a\n\nevent: forged\n\ndata: x"),
            "data: a\ndata: \ndata: event: forged\ndata: \ndata: data: x\n\n"
        );
        assert_eq!(encoded(Some("a\ndata: forged"), "é"), "event: a\ndata: é\n\n");
    }

    /// A client as the HTML standard has it, for one event.
    fn read(stream: &str) -> (Option<String>, String, usize) {
        let (mut name, mut data, mut events) = (None, Vec::new(), 0);
        for line in stream.strip_suffix('\n').unwrap().split(['\n', '\r']) {
            match line.split_once(": ") {
                None if line.is_empty() => events += 1,
                None => panic!("a line without a field: {line:?}"),
                Some(("event", value)) => name = Some(value.to_owned()),
                Some(("data", value)) => data.push(value.to_owned()),
                Some((field, _)) => panic!("a field {field:?}"),
            }
        }
        (name, data.join("\n"), events)
    }

    proptest! {
        /// V1
        #[test]
        fn data_arrives_as_it_was(data in "[a: \n\ré€]{0,30}", name in prop::option::of("[a-z]{1,5}")) {
            let joined = data.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(read(&encoded(name.as_deref(), &data)), (name, joined, 1));
        }
    }

    /// V2, V3, X-13
    #[tokio::test(start_paused = true)]
    async fn x_13_a_client_that_does_not_read_is_gone_in_the_end() {
        let pool = Pool::new(1 << 20);
        let (sender, mut receiver) = queue(Arc::clone(&pool), Duration::from_mins(1));
        for _ in 0..EVENTS_MAX {
            assert_eq!(sender.emit(None, "x").await, Ok(()));
        }
        let held = pool.leased();
        assert_eq!(sender.emit(None, "x").await, Err(Unsent::Gone));
        assert_eq!(pool.leased(), held, "what was not queued is not charged");
        assert_eq!(receiver.recv().await.unwrap().as_ref(), b"data: x\n\n");
        assert_eq!(sender.emit(Some("n"), "y").await, Ok(()), "room again");
        let client = sender.client();
        drop(receiver);
        client.gone().await;
        assert_eq!((sender.emit(None, "z").await, pool.leased()), (Err(Unsent::Gone), 0));
    }

    /// V2
    #[tokio::test]
    async fn an_event_without_memory_is_refused() {
        let (sender, _receiver) = queue(Pool::new(1000), Duration::from_mins(1));
        assert_eq!(sender.emit(None, &"x".repeat(1000)).await, Err(Unsent::NoMemory));
        assert_eq!(sender.emit(None, "x").await, Ok(()));
    }
}
