//! Signals that end a server.

use super::stop::Stop;
use tokio::signal::unix::{SignalKind, signal};

/// The first SIGTERM or SIGINT begins the end, the second completes it.
pub(super) async fn stop(stop: Stop) {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        tracing::warn!("the system does not tell of signals; they end the process without draining");
        return;
    };
    for stage in [Stop::begin, Stop::end] {
        // The streams never end.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stage(&stop);
    }
}
