//! `audit prove`: takes guards away. An ordinary build makes the knock-out build in a target folder of its own and
//! hands over to it; only that build has the switches.

use super::{Common, Failure, Found, Tier};
use clap::Args;

/// `audit prove`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit prove T1-08 T1-09 T3-01
  audit prove --stale       only what has changed since its proof

Which cases held at their full size with the guards on is kept in reports/full.json; --quick leaves that out.

Exit codes: 0 every vector bites without its guard and holds with it, 1 one does not, 2 wrong usage, 3 the audit failed")]
pub(super) struct Prove {
    /// Vectors, such as T1-08; all encoded ones when none is named
    ids: Vec<String>,
    /// Only this tier
    #[arg(long, value_enum, conflicts_with = "ids")]
    tier: Option<Tier>,
    /// Only proofs that what they rest on has outrun
    #[arg(long)]
    stale: bool,
    /// With the guards on, only the quick size
    #[arg(long)]
    quick: bool,
}

#[cfg(not(feature = "knockout"))]
impl Prove {
    /// Ids are looked at before minutes are spent on a build.
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        super::select(&super::catalogue()?, &self.ids, self.tier)?;
        hand_over(common)
    }
}

/// Builds the knock-out and runs it with the arguments of this process.
#[cfg(not(feature = "knockout"))]
fn hand_over(common: Common) -> Result<Found, Failure> {
    use std::process::Command;
    let io = |what| move |error| Failure::Io { what, error };
    let repository = crate::repository();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), Into::into);
    let target = target.join("knockout");
    if !common.quiet {
        out!("building the knock-out in {} (minutes the first time)", target.display());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--package", "audit", "--features", "knockout", "--target-dir"];
    let built = Command::new(cargo).args(build).arg(&target).current_dir(&repository).status();
    if !built.map_err(io("cannot start cargo"))?.success() {
        return Err(Failure::Io {
            what: "cannot build the knock-out",
            error: std::io::Error::other("cargo failed"),
        });
    }
    let status = Command::new(target.join("debug/audit")).args(std::env::args_os().skip(1)).status();
    match status.map_err(io("cannot start the knock-out"))?.code() {
        Some(0) => Ok(Found::AsClaimed),
        Some(1) => Ok(Found::Fallen),
        Some(2) => Err(Failure::Usage("see above".to_owned())),
        _ => Err(Failure::Io { what: "the knock-out failed", error: std::io::Error::other("see above") }),
    }
}

#[cfg(feature = "knockout")]
impl Prove {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        use crate::cases::Runner;
        use crate::harness::Size;
        use crate::harness::schedule::in_parallel;
        use crate::prove::hash::Hasher;
        use crate::prove::record::{Proofs, State};
        use crate::prove::{prove, state_now};

        let repository = crate::repository();
        let path = repository.join("reports/proof.json");
        let catalogue = super::catalogue()?;
        let mut proofs = Proofs::load(&path)?;
        let hasher = Hasher::new(&repository)?;
        let mut chosen = super::select(&catalogue, &self.ids, self.tier)?;
        chosen.retain(|entry| entry.vector.without.is_some());
        let mut work = Vec::new();
        for entry in chosen {
            let hash = hasher.of(entry)?;
            let state = state_now(proofs.find(&entry.vector.id), &hash);
            if !self.stale || matches!(state, State::Stale | State::None) {
                work.push((entry, hash));
            }
        }
        let runner = Runner::this_program()
            .map_err(|error| Failure::Io { what: "cannot find this program", error })?;
        let size = if self.quick { Size::Quick } else { Size::Full };
        let progress = super::progress::Progress::new(work.len(), common);
        let results = in_parallel(&work, common.jobs(), |(entry, hash)| {
            progress.begins(&entry.vector.id);
            let result = prove(&runner, entry, size, hash.clone());
            match &result {
                Ok(proof) => progress.ended(lines(proof), true),
                Err(error) => progress.ended(format_args!("{:<7} {error}", entry.vector.id), true),
            }
            result
        });
        progress.finish();
        // What one vector cannot be tried for takes nothing from the others.
        let (mut new, mut broken) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(proof) => new.push(proof),
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        let accepted = |id: &str| {
            let known = catalogue.find(id).and_then(|entry| entry.vector.without.as_ref());
            known.is_some_and(|without| without.not_load_bearing.is_some())
        };
        let unproved = |proof: &&crate::prove::record::Proof| match proof.state {
            State::Proved => false,
            State::NotLoadBearing => !accepted(&proof.id),
            State::Stale | State::None => true,
        };
        let failed: Vec<String> = new.iter().filter(unproved).map(|proof| proof.id.clone()).collect();
        let ids: Vec<&str> = catalogue.entries.iter().map(|entry| entry.vector.id.as_str()).collect();
        let count = new.len();
        if size == Size::Full {
            let full = |proof: &crate::prove::record::Proof| crate::full::FullRun {
                id: proof.id.clone(),
                inputs: proof.inputs,
                outcome: proof.with,
                hash: proof.hash.clone(),
            };
            crate::full::store(&repository, &catalogue, new.iter().map(full).collect())?;
        }
        proofs.renew(new, &ids);
        proofs.save(&path)?;
        if !common.quiet {
            let vectors = if count == 1 { "vector" } else { "vectors" };
            out!("{count} {vectors} tried, {} not proved", failed.len());
        }
        for id in &failed {
            eprintln!("{id} is not proved");
        }
        match broken {
            Some(error) => Err(error.into()),
            None => Ok(failed.is_empty().into()),
        }
    }
}

/// A proof as the terminal shows it: the verdict, and a line for each run without something.
#[cfg(feature = "knockout")]
fn lines(proof: &crate::prove::record::Proof) -> String {
    use std::fmt::Write as _;
    let by = proof.by.map_or("", crate::catalogue::By::name);
    let mut text =
        format!("{:<7} {:<17} by {by:<7} with the guard: {}", proof.id, proof.state.name(), proof.with);
    for row in &proof.matrix {
        let _ = write!(text, "\n          without {}: {}", row.off.join(" and "), row.outcome);
    }
    if let Some(second) = &proof.contained_by {
        let _ = write!(text, "\n          contained by {second}");
    }
    if let Some(reason) = &proof.reason {
        let _ = write!(text, "\n          {reason}");
    }
    text
}
