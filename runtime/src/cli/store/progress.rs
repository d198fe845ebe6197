//! How far long work is: a bar on a terminal, nothing elsewhere.

use crate::store::disk::Disk;
use crate::store::offline::{Watched, files};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;

/// Counts the bytes that are read and written.
pub struct Progress(ProgressBar);

impl Progress {
    /// For work that goes once through a store's files, about.
    pub fn new(what: &'static str, disk: &dyn Disk) -> Self {
        let sizes = files(disk).unwrap_or_default();
        let total = sizes.iter().fold(0_u64, |sum, (_, size)| sum.saturating_add(*size));
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self(bar)
    }

    /// The same disk, its bytes counted.
    pub fn watch(&self, disk: &Arc<dyn Disk>) -> Arc<dyn Disk> {
        let bar = self.0.clone();
        Arc::new(Watched::new(Arc::clone(disk), move |read, written| {
            bar.inc(read.saturating_add(written));
        }))
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}
