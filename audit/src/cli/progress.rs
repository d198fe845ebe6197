//! Progress: a bar on a terminal, a plain line a case elsewhere, nothing when asked to be quiet.

use super::Common;
use crate::harness::Outcome;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::IsTerminal as _;
use std::time::Duration;

pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    pub(super) fn new(total: usize, common: Common) -> Self {
        let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
            let bar = ProgressBar::new(total as u64);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { lines: !common.quiet && bar.is_none(), bar }
    }

    /// The bar alone, for commands whose output is one screen.
    pub(super) fn bar_only(total: usize, common: Common) -> Self {
        Self { lines: false, ..Self::new(total, common) }
    }

    pub(super) fn begins(&self, label: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(label.to_owned());
        }
    }

    /// One case is done; on a terminal the line stays only if `keep`.
    pub(super) fn ended(&self, line: impl Display, keep: bool) {
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                if keep {
                    bar.println(line.to_string());
                }
            }
            None if self.lines => out!("{line}"),
            None => {}
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Colours an outcome where standard output is a terminal and nobody asked for none.
pub(super) fn paint(outcome: Outcome) -> String {
    let wanted =
        std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    match (wanted, outcome) {
        (false, _) => format!("{outcome:<16}"),
        (true, Outcome::Held) => format!("\u{1b}[32m{outcome:<16}\u{1b}[0m"),
        (true, _) => format!("\u{1b}[31m{outcome:<16}\u{1b}[0m"),
    }
}
