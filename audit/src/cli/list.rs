//! `audit list`: the catalogue, a line a vector.

use super::{Failure, Found, Tier};
use crate::catalogue::{Claim, Entry};
use clap::{Args, ValueEnum};

/// `audit list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  audit list\n  audit list --tier 3 --status not-encoded")]
pub(super) struct List {
    /// Only this tier
    #[arg(long, value_enum)]
    tier: Option<Tier>,
    /// Only what the catalogue claims to be so
    #[arg(long, value_enum)]
    status: Option<StatusName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusName {
    Fixed,
    Open,
    NotEncoded,
}

impl StatusName {
    fn is(self, claim: Claim) -> bool {
        let wanted = match self {
            Self::Fixed => Claim::Fixed,
            Self::Open => Claim::Open,
            Self::NotEncoded => Claim::NotEncoded,
        };
        wanted == claim
    }
}

impl List {
    pub(super) fn run(&self) -> Result<Found, Failure> {
        let catalogue = super::catalogue()?;
        let tier = self.tier.map(crate::catalogue::Tier::from);
        let chosen = |entry: &&Entry| {
            let vector = &entry.vector;
            tier.is_none_or(|tier| tier == vector.tier)
                && self.status.is_none_or(|status| status.is(vector.status))
        };
        for entry in catalogue.entries.iter().filter(chosen) {
            let vector = &entry.vector;
            let claim = claim(entry);
            out!(
                "{:<7} {:<6} {:<20} {:<10} {}",
                vector.id,
                vector.tier,
                claim,
                vector.component,
                vector.title
            );
        }
        Ok(Found::AsClaimed)
    }
}

/// What the catalogue claims, as people read it.
pub(super) fn claim(entry: &Entry) -> &'static str {
    let vector = &entry.vector;
    match vector.status {
        _ if vector.tier == crate::catalogue::Tier::Canary => "must fail",
        Claim::Fixed if vector.is_partial() => "fixed (script part)",
        Claim::Fixed => "fixed",
        Claim::Open => "open",
        Claim::NotEncoded => "not-encoded",
    }
}
