//! The campaign over several targets: a live line for each on a terminal, findings filed as they come, the ledger.

use super::super::run::Shard;
use super::super::triage::{TRIES_MAX, describe, today};
use super::super::{Common, Failure, Found};
use super::{Fuzz, io};
use crate::fuzz::campaign::{self, Artifact, Budget, Campaign, Progress};
use crate::fuzz::programs::Programs;
use crate::fuzz::{TARGETS, Target};
use crate::harness::schedule::in_parallel;
use crate::report::history::{self, Fuzzed};
use crate::triage::{self, Context, Filed};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::path::Path;

pub(super) fn run(options: &Fuzz, common: Common) -> Result<Found, Failure> {
    let repository = crate::repository();
    let targets = chosen(&options.targets, options.shard)?;
    let programs = Programs::build(&repository).map_err(io("cannot build the fuzz targets"))?;
    let side_by_side = common.jobs().min(targets.len()).max(1);
    // A share of the time for each; those that run side by side share no clock.
    let share = options.total.as_secs() * side_by_side as u64 / targets.len().max(1) as u64;
    let total = std::time::Duration::from_secs(share.max(1));
    let budget = Budget { total, per_input: options.per_input, seed: options.seed };
    if !common.quiet {
        out!("{} targets, {} s each, {side_by_side} at a time", targets.len(), total.as_secs());
    }
    let view = View::new(common);
    let campaigns = in_parallel(&targets, side_by_side, |target| {
        let line = view.line(target.name, total.as_secs());
        let campaign = campaign::run(&repository, &programs, target, budget, |progress, findings| {
            line.show(progress, findings);
        });
        line.end();
        campaign
    });
    let mut findings = 0;
    let commit = history::commit(&repository);
    for (target, campaign) in targets.iter().zip(campaigns) {
        let campaign = campaign.map_err(io("cannot run a fuzz target"))?;
        if let Some(why) = &campaign.broken {
            return Err(io("a fuzz target could not run")(std::io::Error::other(format!(
                "{}: {why}",
                target.name
            ))));
        }
        if !common.quiet || !campaign.artifacts.is_empty() {
            out!("{}", summary(target, &campaign));
        }
        findings += campaign.artifacts.len();
        for artifact in &campaign.artifacts {
            tell(&repository, target, artifact, options)?;
        }
        if !options.dry {
            history::add_fuzzed(&repository, &line_of(target, &campaign, &commit))?;
        }
    }
    if !common.quiet {
        out!(
            "{}",
            if findings == 0 { "nothing was found".to_owned() } else { format!("{findings} inputs fail") }
        );
    }
    Ok(Found::from(findings == 0))
}

fn chosen(names: &[String], shard: Option<Shard>) -> Result<Vec<&'static Target>, Failure> {
    let mut targets: Vec<&'static Target> = Vec::new();
    for name in names {
        targets.push(super::super::fuzz_target(name)?);
    }
    if names.is_empty() {
        targets.extend(TARGETS);
    }
    Ok(Shard::of(shard, targets))
}

/// Files a finding, and says what became of it.
fn tell(
    repository: &Path,
    target: &'static Target,
    artifact: &Artifact,
    options: &Fuzz,
) -> Result<(), Failure> {
    let after = format!("{} after {:.1} s", target.name, artifact.after.as_secs_f64());
    if options.dry {
        let said = artifact.log.lines().find(|line| line.contains("panicked at") || line.contains("ERROR:"));
        out!("{after}: {}", said.unwrap_or("it failed"));
        return Ok(());
    }
    let context = Context {
        by: format!("audit fuzz {}", target.name),
        day: today(),
        tries_max: TRIES_MAX,
        log: Some(artifact.log.clone()),
    };
    let filed = triage::file(repository, &super::super::runner()?, target, artifact.input.clone(), &context)?;
    out!("{}", describe(&after, &filed));
    if filed == Filed::Harmless {
        // Only the fuzzer's build fails. The input is kept for a person to look at.
        let folder = repository.join("fuzz/artifacts").join(target.name);
        let path = folder.join(format!("unreproduced-{}", artifact.input.len()));
        let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &artifact.input));
        kept.map_err(io("cannot keep the input"))?;
        out!("  it fails under the fuzzer alone: {}", path.display());
    }
    Ok(())
}

fn line_of(target: &Target, campaign: &Campaign, commit: &str) -> Fuzzed {
    Fuzzed {
        at: history::now(),
        commit: commit.to_owned(),
        target: target.name.to_owned(),
        executions: campaign.progress.executions,
        seconds: campaign.took.as_secs(),
        edges: campaign.progress.edges,
        corpus: campaign.progress.corpus,
        findings: campaign.artifacts.len() as u64,
    }
}

fn summary(target: &Target, campaign: &Campaign) -> String {
    let progress = campaign.progress;
    format!(
        "{:<22} {:>9} executions in {:>4} s ({}/s), {} edges, {} inputs, {} found",
        target.name,
        progress.executions,
        campaign.took.as_secs(),
        progress.rate,
        progress.edges,
        progress.corpus,
        campaign.artifacts.len()
    )
}

/// A line for each running target on a terminal; nothing elsewhere.
struct View {
    bars: Option<MultiProgress>,
}

struct Line {
    bar: Option<ProgressBar>,
}

impl View {
    fn new(common: Common) -> Self {
        Self { bars: (!common.quiet && std::io::stderr().is_terminal()).then(MultiProgress::new) }
    }

    fn line(&self, name: &str, seconds: u64) -> Line {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(seconds));
            let style = ProgressStyle::with_template("{prefix:22} {bar:20} {elapsed:>4} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(name.to_owned());
            bar
        });
        Line { bar }
    }
}

impl Line {
    fn show(&self, progress: Progress, findings: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(bar.elapsed().as_secs());
            bar.set_message(format!(
                "{} executions, {}/s, {} edges, {} inputs, {findings} found",
                progress.executions, progress.rate, progress.edges, progress.corpus
            ));
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
