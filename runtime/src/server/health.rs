//! Is the process alive, and should it get requests? With reasons, as JSON.

use serde::Serialize;
use std::borrow::Cow;

/// How a server is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The process answers.
    pub live: bool,
    /// It should get requests.
    pub ready: bool,
    /// Why not, or what an operator should look at.
    pub reasons: Vec<Cow<'static, str>>,
    /// Seconds since the start.
    pub uptime_seconds: u64,
}

/// What it follows from.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    /// No new work is taken.
    pub stopping: bool,
    /// A task that is begun again too often.
    pub troubled: Option<&'static str>,
    /// Why the store takes no saves.
    pub unwritable: Option<Cow<'static, str>>,
    /// Why the last save was refused, while the next one may be taken.
    pub failing: Option<Cow<'static, str>>,
    /// Why sessions that were ended may be taken again after a restart.
    pub forgetful: Option<Cow<'static, str>>,
    /// Why the newest program is not the one that runs; of `flin dev`.
    pub stale: Option<Cow<'static, str>>,
    /// Seconds since the start.
    pub uptime_seconds: u64,
}

impl Health {
    /// What the signs say. A store that takes no saves still answers reads: that is a reason, and not ready, so that
    /// whoever balances load prefers one that takes both. One whose last save failed takes the next all the same: only that
    /// shows whether the disk is well again. Ended sessions that are not kept are refused all the same as
    /// long as the process lives: somebody has to look at the disk, and requests may come.
    pub fn of(signs: Signs) -> Self {
        let Signs { stopping, troubled, unwritable, failing, forgetful, stale, uptime_seconds } = signs;
        let mut reasons: Vec<Cow<'static, str>> = Vec::new();
        if stopping {
            reasons.push("the server is stopping".into());
        }
        if let Some(task) = troubled {
            reasons.push(format!("the {task} was begun again three times within a minute").into());
        }
        let read_only = unwritable.is_some();
        if let Some(reason) = unwritable {
            reasons.push(format!("the store is read-only: {reason}").into());
        }
        let ready = reasons.is_empty();
        if let Some(reason) = failing.filter(|_| !read_only) {
            reasons.push(format!("the last save was refused: {reason}").into());
        }
        reasons.extend(forgetful);
        reasons.extend(stale);
        Self { live: true, ready, reasons, uptime_seconds }
    }

    /// 200 while it is ready, else 503.
    pub const fn status(&self) -> u16 {
        if self.ready { 200 } else { 503 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told() {
        assert!(Health::of(Signs::default()).ready);
        let signs = Signs {
            stopping: true,
            troubled: Some("accept loop"),
            unwritable: Some("disk full".into()),
            ..Signs::default()
        };
        let health = Health::of(signs);
        assert_eq!((health.live, health.ready, health.status(), health.reasons.len()), (true, false, 503, 3));
        assert!(health.reasons.iter().any(|reason| reason.contains("disk full")));
        let stale = Health::of(Signs { stale: Some("errors".into()), ..Signs::default() });
        assert_eq!((stale.ready, stale.reasons.len()), (true, 1));
        let failing = Signs { failing: Some("disk full".into()), ..Signs::default() };
        let health = Health::of(failing.clone());
        assert_eq!(
            (health.ready, health.reasons),
            (true, vec!["the last save was refused: disk full".into()])
        );
        let both = Health::of(Signs { unwritable: Some("disk full".into()), ..failing });
        assert_eq!((both.ready, both.reasons.len()), (false, 1));
        let forgetful = Health::of(Signs { forgetful: Some("disk full".into()), ..Signs::default() });
        assert_eq!((forgetful.ready, forgetful.reasons), (true, vec!["disk full".into()]));
    }
}
