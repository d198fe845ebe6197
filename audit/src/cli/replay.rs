//! `audit replay`: every committed input again, on stable and without a fuzzer.

use super::progress::Progress;
use super::{Common, Failure, Found};
use crate::corpus::{self, Replayed};
use crate::fuzz::{TARGETS, Target};
use crate::harness::schedule::in_parallel;
use clap::Args;

/// `audit replay`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit replay                                  everything
  audit replay source unicode_text              two targets
  audit replay source/step-before-a-member      one case of crash-corpus

Seeds and mended crashes must be harmless; a crash whose record has no `fixed_in` must still crash.

Exit codes: 0 as it must be, 1 not, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Replay {
    /// Targets, or cases of crash-corpus; everything when none is named
    #[arg(value_name = "TARGET|CASE")]
    what: Vec<String>,
}

/// A target's whole corpus, or one case of it.
struct Work {
    target: &'static Target,
    case: Option<corpus::record::Case>,
}

impl Replay {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let runner = super::runner()?;
        let work = self.work()?;
        let progress = Progress::new(work.len(), common);
        let results = in_parallel(&work, common.jobs(), |work| {
            let name =
                work.case.as_ref().map_or_else(|| work.target.name.to_owned(), corpus::record::Case::name);
            progress.begins(&name);
            let result = match &work.case {
                Some(case) => corpus::replay_case(&runner, work.target, case),
                None => corpus::replay(&repository, &runner, work.target),
            };
            if let Ok(replayed) = &result {
                progress.ended(line(&name, replayed), !replayed.wrong.is_empty());
            }
            result
        });
        progress.finish();
        let mut sum = Replayed::default();
        for result in results {
            let replayed = result?;
            sum.inputs += replayed.inputs;
            sum.open.extend(replayed.open);
            sum.wrong.extend(replayed.wrong);
        }
        for (input, what) in &sum.wrong {
            eprintln!("{input}: {what}");
        }
        if !common.quiet {
            out!(
                "{} inputs: {} open and failing, {} not as they must be",
                sum.inputs,
                sum.open.len(),
                sum.wrong.len()
            );
        }
        Ok(sum.wrong.is_empty().into())
    }

    fn work(&self) -> Result<Vec<Work>, Failure> {
        if self.what.is_empty() {
            return Ok(TARGETS.iter().map(|target| Work { target, case: None }).collect());
        }
        let known = corpus::record::all(&crate::repository()).map_err(corpus::CorpusError::from)?;
        let mut work = Vec::new();
        for what in &self.what {
            let target = super::fuzz_target(what.split('/').next().unwrap_or_default())?;
            let case = match what.contains('/') {
                true => Some(
                    known
                        .iter()
                        .find(|case| case.name() == *what)
                        .cloned()
                        .ok_or_else(|| Failure::Usage(format!("there is no {what} in crash-corpus")))?,
                ),
                false => None,
            };
            work.push(Work { target, case });
        }
        Ok(work)
    }
}

fn line(name: &str, replayed: &Replayed) -> String {
    let open =
        if replayed.open.is_empty() { String::new() } else { format!(", {} open", replayed.open.len()) };
    let wrong = match replayed.wrong.len() {
        0 => String::new(),
        wrong => format!(", {wrong} NOT AS THEY MUST BE"),
    };
    format!("{name:<22} {:>5} inputs{open}{wrong}", replayed.inputs)
}
