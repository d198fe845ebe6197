//! Taking a request's body, charged to the process's pool as it comes.

use super::gate::Refusal;
use super::gate::Traffic;
use crate::value::{Lease, Pool};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::sync::Arc;

/// A whole body.
#[derive(Debug)]
pub struct Received {
    /// Its bytes.
    pub bytes: Bytes,
    /// What they are charged to.
    pub lease: Lease,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Unreceived {
    /// The gate refused what came.
    #[error(transparent)]
    Refused(Refusal),
    /// The process has no memory for it now.
    #[error("the server has no memory for this request at the moment")]
    Memory,
    /// The peer is gone.
    #[error("the client went away")]
    Gone,
}

/// Takes all of a body. How large one may be is the gate's business.
pub async fn receive(
    mut body: Incoming,
    traffic: &Traffic,
    pool: &Arc<Pool>,
) -> Result<Received, Unreceived> {
    let mut lease = Lease::new(Arc::clone(pool));
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = match (frame, traffic.refusal()) {
            (Ok(frame), _) => frame,
            (Err(_), Some(refusal)) => return Err(Unreceived::Refused(refusal)),
            (Err(_), None) => return Err(Unreceived::Gone),
        };
        // Trailers say nothing that a program could ask for.
        let Ok(data) = frame.into_data() else { continue };
        // Twice: vectors double where they grow.
        if !lease.grow(data.len().saturating_mul(2)) {
            return Err(Unreceived::Memory);
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    let bytes = if whole.is_empty() { first } else { Bytes::from(whole) };
    Ok(Received { bytes, lease })
}
