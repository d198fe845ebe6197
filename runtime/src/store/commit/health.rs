//! What an operator is told.

use super::{Published, Shared};
use crate::store::sync::{Monitor as _, Threading};
use std::borrow::Cow;

/// How a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Are saves taken? If not, why not.
    pub writable: Result<(), Cow<'static, str>>,
    /// Transactions acknowledged since the store was made.
    pub sequence: u64,
    /// Rows, deleted ones included.
    pub rows: u64,
    /// Bytes of rows and indexes, and how many are allowed.
    pub bytes: usize,
    /// The bound that saves are refused at.
    pub bytes_max: usize,
    /// Bytes that a recovery would replay.
    pub log_bytes: u64,
    /// Checkpoints since the store was opened.
    pub checkpoints: u64,
    /// Panics of the committer, of a checkpoint or of a transaction since the store was opened.
    pub panics: u64,
    /// Why a save was refused; none once a later one is durable.
    pub failing: Option<Cow<'static, str>>,
    /// What went wrong last, whether or not it is over.
    pub last_error: Option<Cow<'static, str>>,
}

/// What the threads write down.
#[derive(Debug)]
pub struct Record {
    pub writable: Result<(), Cow<'static, str>>,
    pub log_bytes: u64,
    pub checkpoints: u64,
    pub panics: u64,
    pub failing: Option<Cow<'static, str>>,
    pub last_error: Option<Cow<'static, str>>,
    /// Why acknowledged transactions may not be durable (`sync = "interval"`).
    pub unsynced: Option<Cow<'static, str>>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            writable: Ok(()),
            log_bytes: 0,
            checkpoints: 0,
            panics: 0,
            failing: None,
            last_error: None,
            unsynced: None,
        }
    }
}

impl Record {
    /// Saves are refused from now on.
    pub fn fail(&mut self, reason: Cow<'static, str>) {
        self.last_error = Some(reason.clone());
        self.writable = Err(reason);
    }
}

impl<T: Threading> Shared<T> {
    /// How the store is now.
    pub fn health(&self) -> Health {
        let Published { sequence, state, .. } = self.published();
        let bytes_max = self.options.memory_max;
        self.health.with(|record| Health {
            writable: record.writable.clone(),
            sequence,
            rows: state.rows(),
            bytes: state.bytes(),
            bytes_max,
            log_bytes: record.log_bytes,
            checkpoints: record.checkpoints,
            panics: record.panics,
            failing: record.failing.clone(),
            last_error: record.last_error.clone(),
        })
    }
}
