//! `audit corpus minimise`: the smallest set of inputs that covers what the committed and the newly found ones cover.

use super::{Common, Failure, Found};
use crate::fuzz::campaign::found_folder;
use crate::fuzz::programs::Programs;
use crate::fuzz::{TARGETS, Target};
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::{Command, Stdio};

/// `audit corpus`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit corpus minimise                every target
  audit corpus minimise source         one of them

The fuzzer's own merge keeps a set of inputs that covers every edge which fuzz/corpus/<target> and what `audit fuzz`
found cover. The new set takes the place of the old one only while it is within 400 files and 300 KB.

Exit codes: 0 done, 1 a corpus is too large, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Corpus {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Keeps what covers something that nothing else covers
    #[command(alias = "minimize")]
    Minimise {
        /// Targets; all when none is named
        targets: Vec<String>,
    },
}

/// Bounds of a committed corpus.
const FILES_MAX: usize = 400;
const BYTES_MAX: u64 = 300 * 1024;

impl Corpus {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let What::Minimise { targets: names } = &self.what;
        let mut targets: Vec<&'static Target> = Vec::new();
        for name in names {
            targets.push(super::fuzz_target(name)?);
        }
        if names.is_empty() {
            targets.extend(TARGETS);
        }
        let repository = crate::repository();
        let io = |what| move |error| Failure::Io { what, error };
        let programs = Programs::build(&repository).map_err(io("cannot build the fuzz targets"))?;
        let mut fits = true;
        for target in targets {
            let merged = merge(&repository, &programs, target).map_err(io("cannot minimise"))?;
            fits &= merged.fits;
            if !common.quiet || !merged.fits {
                let kept = if merged.fits { "" } else { ": too large, the old corpus stays" };
                out!("{:<22} {} files, was {}{kept}", target.name, merged.after, merged.before);
            }
        }
        Ok(fits.into())
    }
}

struct Merged {
    before: usize,
    after: usize,
    fits: bool,
}

fn merge(repository: &Path, programs: &Programs, target: &Target) -> std::io::Result<Merged> {
    let old = repository.join("fuzz/corpus").join(target.name);
    let new = tempfile::tempdir()?;
    let found = found_folder(repository, target.name);
    std::fs::create_dir_all(&found)?;
    let mut command = Command::new(programs.program(target.name)?);
    command.args(["-merge=1", "-set_cover_merge=1", "-timeout=10", "-rss_limit_mb=4096"]);
    command.arg(format!("-max_len={}", target.input_bytes_max)).arg(new.path()).arg(&old).arg(found);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !ended.success() {
        return Err(std::io::Error::other(format!("the merge of {} ended with {ended}", target.name)));
    }
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(new.path())? {
        files += 1;
        bytes += entry?.metadata()?.len();
    }
    let before = std::fs::read_dir(&old)?.count();
    let fits = (1..=FILES_MAX).contains(&files) && bytes <= BYTES_MAX;
    if fits {
        std::fs::remove_dir_all(&old)?;
        std::fs::create_dir_all(&old)?;
        for entry in std::fs::read_dir(new.path())? {
            let entry = entry?;
            std::fs::copy(entry.path(), old.join(entry.file_name()))?;
        }
    }
    Ok(Merged { before, after: files, fits })
}
