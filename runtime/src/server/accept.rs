//! The accept loop: never more connections than promised, and an answer to those that are too many.
//!
//! - **A1** A connection beyond the limit is told 503 with `Retry-After` and closed; it holds a descriptor for a second
//!   at most, and few of them at a time.
//! - **A2** Without descriptors the spare one is given up to take a connection and refuse it; then the loop goes on.
//! - **A3** No error of `accept` ends the loop, and none makes it spin.

use super::connection;
use super::descriptors::Spare;
use super::metrics::Closed;
use super::{Point, Shared, task};
use crate::base::guard::{Guard, off};
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// What a connection that is too many is told.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    x-content-type-options: nosniff\r\n\
    x-frame-options: SAMEORIGIN\r\n\
    referrer-policy: strict-origin-when-cross-origin\r\n\
    content-length: 63\r\n\r\n\
    {\"error\": \"The server has too many connections\", \"status\": 503}";
/// How long a refused peer may take to read that.
const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// Bytes of a refused peer's request that are taken off it, so that it sees the answer and not a reset.
const REFUSED_BYTES_MAX: usize = 64 << 10;
/// How long the loop rests when the system refuses.
const PAUSE: Duration = Duration::from_millis(20);

/// Accepts until the server stops.
pub async fn run(shared: Arc<Shared>, listener: Arc<TcpListener>) {
    let mut stopping = shared.stopping();
    let mut spare = Spare::default();
    loop {
        spare.hold();
        let accepted = tokio::select! {
            biased;
            () = stopping.begun() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                shared.probe.at(Point::Accepted);
                take(&shared, stream, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) if is_out_of_descriptors(&error) && !off(Guard::SpareDescriptor) => {
                take_with(&mut spare, &shared, &listener).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the system refuses a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn take(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    let permit = Arc::clone(&shared.connections).try_acquire_owned();
    match permit {
        Ok(permit) => {
            shared.metrics.accepted.inc();
            task::start(connection::serve(Arc::clone(shared), stream, peer, permit));
        }
        Err(_) if off(Guard::ConnectionLimit) => {
            let one = Arc::new(tokio::sync::Semaphore::new(1));
            if let Ok(permit) = one.try_acquire_owned() {
                task::start(connection::serve(Arc::clone(shared), stream, peer, permit));
            }
        }
        Err(_) => {
            shared.metrics.closed(Closed::Limit);
            match Arc::clone(&shared.refusals).try_acquire_owned() {
                Err(_) => refuse_at_once(stream),
                Ok(permit) => {
                    task::start(async move {
                        // A peer that is slower than that is not owed an answer.
                        let _ = timeout(REFUSAL_TIME, refuse(stream)).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Says 503, and lets the peer read it before the connection is closed.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await?;
    let mut left = REFUSED_BYTES_MAX;
    let mut bytes = [0; 1024];
    while left > 0 {
        match stream.read(&mut bytes).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}

/// The same without waiting: what has come is taken, what fits is written. A fresh connection has room for it; what
/// happens otherwise is the peer's loss.
fn refuse_at_once(stream: TcpStream) {
    // The runtime does not know yet that it can be written to; the system does.
    let Ok(mut stream) = stream.into_std() else { return };
    let mut bytes = [0; 1024];
    let mut left = REFUSED_BYTES_MAX;
    while left > 0 {
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(read) => left = left.saturating_sub(read),
        }
    }
    let _ = stream.write_all(REFUSAL);
}

/// Takes one connection with the spare descriptor, and refuses it, unless there are descriptors again (A2). The system
/// says that there are none even where nobody waits.
async fn take_with(spare: &mut Spare, shared: &Arc<Shared>, listener: &TcpListener) {
    spare.release();
    match timeout(PAUSE, listener.accept()).await {
        Ok(Ok((stream, peer))) => {
            spare.hold();
            if spare.is_held() {
                return take(shared, stream, peer);
            }
            shared.metrics.closed(Closed::Descriptors);
            refuse_at_once(stream);
        }
        // Another thread was faster with the descriptor, or the peer is gone.
        Ok(Err(_)) => tokio::time::sleep(PAUSE).await,
        Err(_) => {}
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| code == Some(errno.raw_os_error()))
}

/// Errors of the connection that was about to be taken, which say nothing about the next.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9112 2.2-d, 2.2-e, 9.3-b
    #[test]
    fn the_refusal_is_one_whole_answer() {
        let text = std::str::from_utf8(REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
        assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
        for line in head.split("\r\n") {
            assert!(line.starts_with(|first: char| first.is_ascii_alphabetic()), "{line:?}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
        let mut headers = ::http::HeaderMap::new();
        crate::app::http::defaults(&mut headers);
        assert!(!headers.is_empty());
        for (name, value) in &headers {
            let line = format!("{name}: {}", value.to_str().unwrap());
            assert!(head.lines().any(|of| of == line), "{line}");
        }
    }
}
