//! Which vector a failure belongs to: by a guard that stands nowhere any more, by the one that stands nearest to where it
//! failed, or, since an oracle sees a wrong result far from its cause, by a case that falls in the same build.

use super::replay::Seen;
use crate::cases::{Runner, Status};
use crate::catalogue::{Catalogue, Claim, Entry};
use crate::fuzz::Target;
use crate::guards;
use crate::harness::{HarnessError, Outcome, Size};
use flin_runtime::base::guard::Guard;
use std::path::Path;

/// A vector, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub vector: String,
    /// In a few words.
    pub because: String,
}

/// A guard further away in the same file says nothing.
const LINES_MAX: usize = 40;
/// Frames further out are everybody's.
const FRAMES: usize = 6;

/// The vector that a failure of this target most likely belongs to.
pub fn vector_of(
    repository: &Path,
    runner: &Runner,
    catalogue: &Catalogue,
    target: &Target,
    seen: &Seen,
) -> Result<Option<Known>, HarnessError> {
    match lost_guard(catalogue, target, seen).or_else(|| near_guard(repository, catalogue, target, seen)) {
        Some(known) => Ok(Some(known)),
        None => fallen(runner, catalogue, target, seen.outcome),
    }
}

/// Runs the cases that the target covers.
fn fallen(
    runner: &Runner,
    catalogue: &Catalogue,
    target: &Target,
    outcome: Outcome,
) -> Result<Option<Known>, HarnessError> {
    let covered = |entry: &&Entry| {
        let vector = &entry.vector;
        vector.status == Claim::Fixed && vector.fuzz_targets.iter().any(|name| name == target.name)
    };
    let mut fell = Vec::new();
    for entry in catalogue.entries.iter().filter(covered) {
        let ended = runner.run(entry, Size::Quick, &[])?.outcome;
        if Status::of(entry.vector.status, Some(ended)) == Status::Regressed {
            fell.push((entry.vector.id.as_str(), ended));
        }
    }
    Ok(most_alike(fell, outcome))
}

/// The first of the cases that fell, those before the others that ended as the input did.
fn most_alike(mut fell: Vec<(&str, Outcome)>, outcome: Outcome) -> Option<Known> {
    fell.sort_by_key(|(_, ended)| *ended != outcome);
    let ((first, _), others) = fell.split_first()?;
    let others: Vec<&str> = others.iter().map(|(id, _)| *id).collect();
    let and =
        if others.is_empty() { String::new() } else { format!(", as do those of {}", others.join(", ")) };
    Some(Known { vector: (*first).to_owned(), because: format!("its case falls too{and}") })
}

/// A guard that no line of the sources asks for has been removed, and its vector is back.
fn lost_guard(catalogue: &Catalogue, target: &Target, seen: &Seen) -> Option<Known> {
    let lost = |guard: &&Guard| {
        target.is_for(guard.module())
            && guards::describe(guard.name()).is_some_and(|guard| guard.place.is_none())
    };
    let guard = Guard::ALL.iter().find(lost)?;
    let entry = best(catalogue, guard.name(), target, seen.outcome)?;
    Some(Known {
        vector: entry.vector.id.clone(),
        because: format!("its guard {} stands nowhere", guard.name()),
    })
}

fn near_guard(repository: &Path, catalogue: &Catalogue, target: &Target, seen: &Seen) -> Option<Known> {
    let frames = seen.frames.iter().take(FRAMES).filter_map(|frame| frame.place.as_deref());
    let places =
        seen.place.as_deref().into_iter().chain(frames).filter(|place| place.starts_with("runtime/"));
    for place in places {
        let mut parts = place.split(':');
        let (Some(file), Some(line)) = (parts.next(), parts.next().and_then(|line| line.parse().ok())) else {
            continue;
        };
        let Some((guard, lines)) = nearest(&repository.join(file), line) else { continue };
        if let Some(entry) = best(catalogue, guard.name(), target, seen.outcome) {
            let because = format!("{lines} lines from its guard {}", guard.name());
            return Some(Known { vector: entry.vector.id.clone(), because });
        }
    }
    None
}

/// The guard whose use in a file is nearest to a line, and how far away it is.
fn nearest(file: &Path, line: usize) -> Option<(Guard, usize)> {
    let text = std::fs::read_to_string(file).ok()?;
    nearest_in(&text, line)
}

fn nearest_in(text: &str, line: usize) -> Option<(Guard, usize)> {
    let uses = text.lines().enumerate().flat_map(|(at, text)| {
        let names = text.split("Guard::").skip(1);
        names.filter_map(move |rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            Some((Guard::by_name(&name)?, (at + 1).abs_diff(line)))
        })
    });
    uses.filter(|(_, lines)| *lines <= LINES_MAX).min_by_key(|(_, lines)| *lines)
}

/// Among the vectors of a guard the one that this target covers and that claims such an end.
fn best<'a>(catalogue: &'a Catalogue, guard: &str, target: &Target, outcome: Outcome) -> Option<&'a Entry> {
    let of_guard =
        catalogue.entries.iter().filter(|entry| entry.vector.guards.iter().any(|name| name == guard));
    let score = |entry: &&Entry| {
        let vector = &entry.vector;
        let covered = vector.fuzz_targets.iter().any(|name| name == target.name);
        let claimed = vector.without.as_ref().is_some_and(|without| without.outcome.contains(&outcome));
        (covered, claimed)
    };
    of_guard.rev().max_by_key(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_guard_counts_and_a_far_one_does_not() {
        let text = format!("off(Guard::IndexPastEnd)\n\n\noff(Guard::SliceClamp){}", "\n".repeat(100));
        assert_eq!(nearest_in(&text, 3), Some((Guard::SliceClamp, 1)));
        assert_eq!(nearest_in(&text, 1), Some((Guard::IndexPastEnd, 0)));
        assert_eq!(nearest_in(&text, 90), None);
    }

    #[test]
    fn a_case_that_ends_as_the_input_did_goes_before_others_that_fall() {
        let fell = vec![("X-09", Outcome::Panic), ("X-10", Outcome::WrongResult), ("T3-16", Outcome::Panic)];
        let known = most_alike(fell, Outcome::WrongResult).unwrap();
        assert_eq!(known.vector, "X-10");
        assert_eq!(known.because, "its case falls too, as do those of X-09, T3-16");
        assert_eq!(most_alike(Vec::new(), Outcome::Panic), None);
    }

    #[test]
    fn a_guards_vector_is_found() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let target = Target::by_name("program_differential").unwrap();
        let entry = best(&catalogue, "DivideByZero", target, Outcome::Panic).unwrap();
        assert!(entry.vector.guards.iter().any(|name| name == "DivideByZero"));
    }
}
