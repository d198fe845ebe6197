//! `audit report`: runs every case, prints the table and writes `reports/`.

use super::{Common, Failure, Found};
use crate::cases::{complaint, is_as_claimed};
use crate::harness::{Size, Verdict};
use crate::report::render::{self, Format};
use crate::report::{self, ReportError, history, readme};
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;

/// `audit report`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit report
  audit report --format html --open
  audit report --out /tmp/audit          a look, without a change to the repository

Writes reports/, a line of its history where the numbers or the commit changed, and the table in README.md.

Exit codes: 0 as claimed, 1 a vector fell, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Report {
    /// Only these files; all when none is named
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Vec<Format>,
    /// Writes the files into this folder instead, and neither the history nor README.md
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Opens the page in a browser
    #[arg(long)]
    open: bool,
}

impl Report {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let started = Instant::now();
        let repository = crate::repository();
        let catalogue = super::catalogue()?;
        let chosen = super::select(&catalogue, &[], None)?;
        let mut results = super::run::run_all(&chosen, Size::Quick, common)?.into_iter();
        let mut ran: Vec<Option<Verdict>> = Vec::new();
        for entry in &catalogue.entries {
            let result = if entry.vector.is_encoded() { results.next() } else { None };
            ran.push(result.transpose()?);
        }
        let inputs = ran.iter().flatten().map(|verdict| verdict.inputs).sum();
        let folder = self.out.clone().unwrap_or_else(|| repository.join("reports"));
        let file = |path: &std::path::Path, error| ReportError::File { path: path.to_owned(), error };
        std::fs::create_dir_all(&folder).map_err(|error| file(&folder, error))?;
        let page = report::page(&repository, &catalogue, &ran)?;
        if self.out.is_none() {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            history::append(&repository, page.totals, inputs, took_ms)?;
            let latest = serde_json::to_value(report::latest(&page)).map_err(ReportError::from)?;
            readme::write(&repository, &latest)?;
        }
        let formats = if self.format.is_empty() { Format::ALL.to_vec() } else { self.format.clone() };
        for format in formats {
            let path = folder.join(format.file_name());
            std::fs::write(&path, format.render(&page)?).map_err(|error| file(&path, error))?;
        }
        for (entry, verdict) in catalogue.entries.iter().zip(&ran) {
            if let Some(verdict) = verdict.as_ref().filter(|verdict| !is_as_claimed(entry, verdict.outcome)) {
                eprintln!("{}", complaint(entry, verdict));
            }
        }
        if !common.quiet {
            out!("{}\n{}", render::table(&page), render::summary(&page));
            out!("  pages: {}", folder.display());
        }
        if self.open {
            open(&folder.join(Format::Html.file_name()))?;
        }
        Ok(report::is_sound(&catalogue, &ran).into())
    }
}

fn open(page: &std::path::Path) -> Result<(), Failure> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = std::process::Command::new(opener).arg(page).spawn();
    started.map(drop).map_err(|error| Failure::Io { what: "cannot open a browser", error })
}
