//! Signals that end a server.

use super::stop::Stop;
use tokio::signal::unix::{SignalKind, signal};

/// The first SIGTERM or SIGINT begins the end, the second completes it. Called within a runtime: from then on, and not
/// only from the first poll, none ends the process as it would by itself.
pub(super) fn stop(stop: Stop) -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
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
}
