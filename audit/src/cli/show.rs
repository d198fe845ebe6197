//! `audit show ID`: one vector, on a screen.

use super::{Failure, Found};
use crate::fuzz::finders::Finders;
use crate::guards;
use clap::Args;

/// `audit show`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  audit show T1-08")]
pub(super) struct Show {
    /// The vector, such as T1-08
    id: String,
}

impl Show {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let catalogue = super::catalogue()?;
        let entry = super::vector(&catalogue, &self.id)?;
        let vector = &entry.vector;
        out!("{}  {}\n", vector.id, vector.title);
        out!("  tier        {}", vector.tier);
        out!("  component   {}", vector.component);
        out!("  status      {}", super::list::claim(entry));
        out!("\n  cause       {}", vector.story.cause);
        out!("  consequence {}", vector.story.consequence);
        out!("  trigger     {}", vector.story.trigger);
        out!("  expected    {}\n", vector.expected);
        for name in &vector.guards {
            match guards::describe(name) {
                Some(guard) => {
                    out!("  guard       {name} at {}: {}", guard.place_or_module(), guard.purpose);
                }
                None => out!("  guard       {name}"),
            }
        }
        if let Some(without) = &vector.without {
            let outcomes: Vec<_> = without.outcome.iter().map(|outcome| outcome.name()).collect();
            out!("  without it  {} (by {})", outcomes.join(" or "), without.by.name());
            if let Some(second) = &without.contained_by {
                out!("  contained   by {second}, which is taken away as well to see that");
            }
            if let Some(reason) = &without.not_load_bearing {
                out!("  not load-bearing: {reason}");
            }
        }
        for waiting in &vector.waiting {
            out!("  waiting     {} (needs the {})", waiting.name, waiting.needs);
        }
        let fuzz_targets = Finders::read(&crate::repository()).of(vector);
        if !fuzz_targets.is_empty() {
            out!("  found by    the fuzz targets {}", fuzz_targets.join(", "));
        }
        let folder = entry.folder.strip_prefix(crate::repository()).unwrap_or(&entry.folder);
        out!("  case        {}/vector.toml", folder.display());
        if vector.is_encoded() {
            out!("  run it      cargo run -p audit -- run {}", vector.id);
            out!("\n  by hand:");
            for line in vector.repro.trim().lines() {
                out!("    {line}");
            }
        }
        Ok(Found::AsClaimed)
    }
}
