//! What a missing guard would cost everybody: measured by the knock-out, with that guard alone switched off.

use crate::catalogue::{By, Driver, Vector};
use crate::harness::Outcome;
use crate::prove::record::{Proof, Row};
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A wrong answer, and everybody is served.
    Low,
    /// One execution ends or something is not given back.
    Medium,
    /// Others wait.
    High,
    /// The process ends, or data is lost.
    Critical,
}

impl Level {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What was seen without the guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Severity {
    /// How bad.
    pub level: Level,
    /// `process`, `thread`, `execution` or `nothing`.
    pub dies: &'static str,
    /// Are others served?
    pub others_served: bool,
    /// Is anything acknowledged lost?
    pub data_lost: bool,
    /// The smallest input of the case, in bytes; none where inputs are generated.
    pub bytes: Option<usize>,
    /// Must one be logged in?
    pub authentication: bool,
}

impl Severity {
    /// From the runs with one guard off each: the worst of them.
    pub fn of(vector: &Vector, proof: &Proof) -> Option<Self> {
        // A counter-model shows what a design without the guard would cost, where nothing can be switched off.
        let told =
            |row: &&Row| row.off.len() == 1 && (proof.by == Some(By::Absent) || !row.is_counter_model());
        let alone = proof.matrix.iter().filter(told).map(|row| row.outcome);
        let outcome = alone.max().filter(|outcome| *outcome != Outcome::Held)?;
        let (level, dies, others_served) = cost(outcome);
        Some(Self {
            level,
            dies,
            others_served,
            data_lost: matches!(outcome, Outcome::DataLoss | Outcome::Corruption),
            bytes: smallest(vector),
            authentication: vector.component == "admin" && vector.driver != Driver::Program,
        })
    }
}

fn cost(outcome: Outcome) -> (Level, &'static str, bool) {
    match outcome {
        Outcome::Held | Outcome::WrongResult => (Level::Low, "nothing", true),
        Outcome::Leak => (Level::Medium, "nothing", true),
        Outcome::ContainedPanic => (Level::Medium, "execution", true),
        Outcome::Hang | Outcome::Deadlock => (Level::High, "thread", false),
        Outcome::Panic
        | Outcome::Abort
        | Outcome::StackOverflow
        | Outcome::OutOfMemory
        | Outcome::DescriptorExhaustion => (Level::Critical, "process", false),
        Outcome::DataLoss | Outcome::Corruption => (Level::Critical, "nothing", true),
    }
}

/// The shortest stimulus that the vector states as data.
fn smallest(vector: &Vector) -> Option<usize> {
    let programs = vector.program.iter().filter_map(|program| program.source.as_ref().map(String::len));
    let tables = vector.table.iter().flat_map(|table| {
        let before = table.given.len();
        let each = table.each.iter().map(move |text| before + text.len());
        each.chain(table.gives.iter().map(move |(text, _)| before + text.len()))
    });
    let products = vector.product.iter().flat_map(|product| {
        let before = product.given.len();
        product.expressions().map(move |text| before + text.len())
    });
    programs.chain(tables).chain(products).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::harness::Verdict;

    #[test]
    fn severity_follows_the_worst_outcome() {
        let mut last = Level::Low;
        for outcome in Outcome::ALL.into_iter().take(11) {
            let (level, ..) = cost(outcome);
            assert!(level >= last, "{outcome}");
            last = level;
        }
        assert_eq!(cost(Outcome::DataLoss).0, Level::Critical);
    }

    #[test]
    fn a_counter_model_counts_where_nothing_else_can_show_the_cost() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let vector = &catalogue.find("T1-09").unwrap().vector;
        let seen = |outcome| Verdict { outcome, inputs: 1, detail: String::new() };
        let mut proof = Proof::begun(vector, &seen(Outcome::Held), String::new());
        proof.matrix = vec![
            Row::new(&["CallDepth".to_owned()], &seen(Outcome::WrongResult)),
            Row::of_counter_model("native-recursion", &seen(Outcome::StackOverflow)),
        ];
        let level = |proof: &Proof| Severity::of(vector, proof).map(|severity| severity.level);
        proof.by = Some(By::Check);
        assert_eq!(level(&proof), Some(Level::Low));
        proof.by = Some(By::Absent);
        assert_eq!(level(&proof), Some(Level::Critical));
    }
}
