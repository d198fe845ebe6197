//! The content of a file as the body of an answer: read piece by piece where waiting for a disk keeps nobody waiting.
//!
//! - **B1** A piece is read when the one before it was taken; a peer that does not read costs one piece.
//! - **B2** A small file is one piece, charged to the process's pool until it was sent, and closed at once; a large one holds a descriptor of the budget until it was sent.
//! - **B3** A file that ends early cuts the answer off; its peer sees that it is not whole.

use super::blocking::Blocking;
use super::body::{Body, Cut};
use crate::app::public::Content;
use crate::value::{Lease, Pool};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of a piece.
const PIECE_BYTES: u64 = 64 << 10;
/// A file that is larger is not read at once.
const AT_ONCE_BYTES_MAX: u64 = 256 << 10;

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoContent {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// All descriptors for files, or all memory, are in use.
    #[error("the server sends too many files at the moment")]
    Busy,
}

/// The body; `permit` is one of the budget's descriptors for files.
pub(super) async fn of(
    content: Content,
    blocking: &Blocking,
    permit: impl FnOnce() -> Option<OwnedSemaphorePermit>,
    pool: &Arc<Pool>,
) -> Result<Body, NoContent> {
    let Content { file, offset, bytes } = content;
    if bytes <= AT_ONCE_BYTES_MAX {
        let mut lease = Lease::new(Arc::clone(pool));
        if !lease.grow(usize::try_from(bytes).unwrap_or(usize::MAX)) {
            return Err(NoContent::Busy);
        }
        let read = blocking.run(move || read(file, Some(offset), bytes)).await;
        let (_, piece) = read.map_err(|panicked| io::Error::other(panicked.to_string()))?;
        let piece = piece?;
        let whole = u64::try_from(piece.len()).is_ok_and(|read| read == bytes);
        return if whole {
            Ok(Body::leased(piece, lease))
        } else {
            Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
        };
    }
    let permit = permit().ok_or(NoContent::Busy)?;
    let body = FileBody { file: Some(file), seek: Some(offset), left: bytes, reading: None, _permit: permit };
    Ok(Body::Stream(Box::pin(body)))
}

struct FileBody {
    /// None while a piece is read.
    file: Option<File>,
    seek: Option<u64>,
    left: u64,
    reading: Option<JoinHandle<(File, io::Result<Bytes>)>>,
    _permit: OwnedSemaphorePermit,
}

/// The next bytes, so many at most.
fn read(mut file: File, seek: Option<u64>, bytes: u64) -> (File, io::Result<Bytes>) {
    let mut piece = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
    let sought = seek.map_or(Ok(0), |offset| file.seek(SeekFrom::Start(offset)));
    let read = sought.and_then(|_| (&mut file).take(bytes).read_to_end(&mut piece));
    (file, read.map(|_| Bytes::from(piece)))
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = match (self.reading.take(), self.file.take()) {
            (Some(reading), _) => reading,
            (None, Some(file)) => {
                let (seek, bytes) = (self.seek.take(), self.left.min(PIECE_BYTES));
                spawn_blocking(move || read(file, seek, bytes))
            }
            (None, None) => return Poll::Ready(Some(Err(Cut))),
        };
        let Poll::Ready(done) = Pin::new(&mut reading).poll(cx) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let Ok((file, Ok(piece))) = done else { return Poll::Ready(Some(Err(Cut))) };
        if piece.is_empty() {
            return Poll::Ready(Some(Err(Cut)));
        }
        self.file = Some(file);
        self.left = self.left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::io::Write as _;
    use tokio::sync::Semaphore;

    fn content(bytes: u64, offset: u64) -> Content {
        let mut file = tempfile::tempfile().unwrap();
        let all: Vec<u8> = (0..bytes + offset).map(|n| (n % 251) as u8).collect();
        file.write_all(&all).unwrap();
        Content { file, offset, bytes }
    }

    async fn sent(content: Content, permits: usize) -> Result<Vec<u8>, NoContent> {
        let permits = Arc::new(Semaphore::new(permits));
        let body =
            of(content, &Blocking::new(1), || permits.try_acquire_owned().ok(), &Pool::new(1 << 20)).await?;
        Ok(body.collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn small_and_large_files_arrive_whole_from_their_offset() {
        for bytes in [1, PIECE_BYTES, AT_ONCE_BYTES_MAX, AT_ONCE_BYTES_MAX + 1] {
            let got = sent(content(bytes, 7), 1).await.unwrap();
            let expected: Vec<u8> = (7..bytes + 7).map(|n| (n % 251) as u8).collect();
            assert!(got == expected, "{bytes}");
        }
    }

    #[tokio::test]
    async fn a_large_file_needs_a_descriptor_and_a_small_one_none() {
        assert!(matches!(sent(content(AT_ONCE_BYTES_MAX + 1, 0), 0).await, Err(NoContent::Busy)));
        assert_eq!(sent(content(5, 0), 0).await.unwrap().len(), 5);
    }

    #[tokio::test]
    async fn a_small_file_is_paid_for_until_it_was_sent() {
        let pool = Pool::new(1 << 20);
        let blocking = Blocking::new(1);
        let body = of(content(200_000, 0), &blocking, || None, &pool).await.unwrap();
        assert!(pool.leased() >= 200_000);
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 200_000);
        assert_eq!(pool.leased(), 0);
        let full = of(content(200_000, 0), &blocking, || None, &Pool::new(1 << 10)).await;
        assert!(matches!(full, Err(NoContent::Busy)));
    }

    #[tokio::test]
    async fn a_file_that_ends_early_cuts_the_answer_off() {
        let mut large = content(AT_ONCE_BYTES_MAX + 1, 0);
        large.bytes += 10;
        let permits = Arc::new(Semaphore::new(1));
        let body = of(large, &Blocking::new(1), || permits.try_acquire_owned().ok(), &Pool::new(1 << 20))
            .await
            .unwrap();
        assert_eq!(body.collect().await.unwrap_err(), Cut);
        let mut small = content(5, 0);
        small.bytes += 1;
        assert!(sent(small, 1).await.is_err());
    }
}
