//! The one model. Renderers read it and compute nothing.

use super::coverage::Target;
use super::history::Moment;
use super::severity::Severity;
use super::strength::Strength;
use super::surface::Surface;
use crate::cases::Status;
use crate::catalogue::{By, Phase1, Tier};
use crate::harness::Outcome;
use crate::prove::record::{Row as MatrixRow, State};
use serde::{Serialize, Serializer};

/// Counts over the 47, and over what was found since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Totals {
    /// In tiers 1 to 3.
    pub vectors: usize,
    /// Of them, seen to hold.
    pub fixed: usize,
    /// Known to fail.
    pub open: usize,
    /// Without a case.
    pub not_encoded: usize,
    /// Claimed to hold, and do not.
    pub regressed: usize,
    /// Seen to bite without their guards.
    pub proved: usize,
    /// Found since.
    pub found_since: usize,
    /// Of them, seen to hold.
    pub found_since_fixed: usize,
}

/// One tier's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TierSum {
    /// 1, 2 or 3.
    pub tier: u8,
    /// Vectors in it.
    pub total: usize,
    /// Seen to hold now.
    pub fixed: usize,
    /// Fixed by the first hardening pass.
    pub phase1_fixed: usize,
}

/// A tier as JSON has it: a number, or "X".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierOf(pub Tier);

impl Serialize for TierOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Tier::One => serializer.serialize_u8(1),
            Tier::Two => serializer.serialize_u8(2),
            Tier::Three => serializer.serialize_u8(3),
            Tier::Found | Tier::Canary => serializer.serialize_str(self.0.name()),
        }
    }
}

/// A guard by name and module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// Its name.
    pub name: String,
    /// The module below the runtime's crate.
    pub module: String,
}

/// What the stored proof says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Knockout {
    /// How far it is proved.
    pub state: State,
    /// How the guards are taken away.
    pub by: Option<By>,
    /// What is seen without them.
    pub outcome: Option<Outcome>,
    /// The second line of defence.
    pub contained_by: Option<String>,
}

/// A vector as other tools read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `T1-01`.
    pub id: String,
    /// 1, 2, 3 or "X".
    pub tier: TierOf,
    /// A few words.
    pub title: String,
    /// The part of the runtime.
    pub component: String,
    /// Where it stands.
    pub status: Status,
    /// How its case ended; null where it has none.
    pub outcome: Option<Outcome>,
    /// In this run, which is of the quick size.
    pub inputs_tried: u64,
    /// The last run of the full size; null where none is recorded.
    pub full_run: Option<FullSize>,
    /// What keeps it harmless.
    pub guards: Vec<Guard>,
    /// Without them.
    pub knockout: Knockout,
    /// Where the first hardening pass left it; null for those found since.
    pub phase1: Option<Phase1>,
    /// What looks for more of its kind.
    pub fuzz_targets: Vec<String>,
    /// How strongly the fix is held.
    pub strength: Marks,
    /// The command that shows it.
    pub repro: String,
}

/// The last run of a case at its full size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FullSize {
    /// Inputs tried.
    pub inputs: u64,
    /// Has something that it rests on changed since?
    pub stale: bool,
}

/// A vector's kinds of evidence in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// How many of the legend's.
    pub score: usize,
    /// Their letters, in the order of the legend.
    pub held: String,
}

/// One kind of evidence by its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// In a row of marks.
    pub letter: char,
    /// What it stands for.
    pub name: &'static str,
}

/// `reports/latest.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Latest<'a> {
    /// Of this file: 1.
    pub schema: u8,
    /// Counts.
    pub totals: Totals,
    /// Counts by tier.
    pub tiers: &'a [TierSum],
    /// What the marks of a vector's strength stand for.
    pub strength: &'a [Kind],
    /// Every vector.
    pub vectors: Vec<&'a Row>,
}

/// What the proof saw with the guards on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guarded {
    /// How the case ended.
    pub outcome: Outcome,
    /// Why nothing is proved, if so.
    pub reason: Option<String>,
}

/// A vector as a person reads it.
#[derive(Clone, Debug, Serialize)]
pub struct VectorPage {
    /// What other tools read.
    pub row: Row,
    /// The status in words.
    pub status_shown: String,
    /// Why it did not hold.
    pub detail: String,
    /// The story.
    pub cause: String,
    /// The story.
    pub consequence: String,
    /// The story.
    pub trigger: String,
    /// What must hold.
    pub expected: String,
    /// Guards with their places in the sources.
    pub places: Vec<String>,
    /// Inputs that wait for another part.
    pub waiting: Vec<String>,
    /// Tests that name the vector.
    pub tests: usize,
    /// How strongly the fix is held, with how much there is of each kind.
    pub strength: Strength,
    /// What a missing guard costs; none where nothing was taken away.
    pub severity: Option<Severity>,
    /// Inputs in the corpora of its fuzz targets.
    pub corpus: usize,
    /// Lines for a shell.
    pub by_hand: String,
    /// With the guards on; none where nothing was proved.
    pub guarded: Option<Guarded>,
    /// Each run without something.
    pub matrix: Vec<MatrixRow>,
}

/// The case that must fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Canary {
    /// It held, which is bad.
    pub held: bool,
    /// How it ended.
    pub outcome: String,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// Of the JSON: 1.
    pub schema: u8,
    /// Counts.
    pub totals: Totals,
    /// Counts by tier.
    pub tiers: Vec<TierSum>,
    /// The case that must fail.
    pub canary: Canary,
    /// What the marks of a vector's strength stand for.
    pub legend: &'static [Kind],
    /// Where the runtime may still panic.
    pub surface: Surface,
    /// Panicking calls that the release binary may have.
    pub binary: crate::surface::Surface,
    /// What cargo-mutants said.
    pub mutants: crate::mutants::record::Mutants,
    /// Fuzz targets and their corpora.
    pub fuzz: Vec<Target>,
    /// Totals over time.
    pub trend: Vec<Moment>,
    /// Every vector.
    pub vectors: Vec<VectorPage>,
}
