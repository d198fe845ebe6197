//! Which vector a failure belongs to: by a guard that stands nowhere any more, by the one that stands nearest to where it
//! failed, or, since an oracle sees a wrong result far from its cause, by a case that falls in the same build.

use super::replay::Seen;
use crate::cases::{Runner, Status};
use crate::catalogue::{Catalogue, Claim, Entry, Vector};
use crate::fuzz::Target;
use crate::fuzz::finders::Finders;
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
    let search = Search { catalogue, finders: Finders::read(repository), target, seen };
    match search.lost_guard().or_else(|| search.near_guard(repository)) {
        Some(known) => Ok(Some(known)),
        None => search.fallen(runner),
    }
}

/// Whose failure it is, among which vectors.
struct Search<'a> {
    catalogue: &'a Catalogue,
    finders: Finders,
    target: &'a Target,
    seen: &'a Seen,
}

impl<'a> Search<'a> {
    /// Is the target known to find this vector?
    fn finds(&self, vector: &Vector) -> bool {
        self.finders.of(vector).iter().any(|name| name == self.target.name)
    }

    /// Runs the cases that the target is known to find.
    fn fallen(&self, runner: &Runner) -> Result<Option<Known>, HarnessError> {
        let found = |entry: &&Entry| entry.vector.status == Claim::Fixed && self.finds(&entry.vector);
        let mut fell = Vec::new();
        for entry in self.catalogue.entries.iter().filter(found) {
            let ended = runner.run(entry, Size::Quick, &[])?.outcome;
            if Status::of(entry.vector.status, Some(ended)) == Status::Regressed {
                fell.push((entry.vector.id.as_str(), ended));
            }
        }
        Ok(most_alike(fell, self.seen.outcome))
    }

    /// A guard that no line of the sources asks for has been removed, and its vector is back.
    fn lost_guard(&self) -> Option<Known> {
        let lost = |guard: &&Guard| {
            self.target.is_for(guard.module())
                && guards::describe(guard.name()).is_some_and(|guard| guard.place.is_none())
        };
        let guard = Guard::ALL.iter().find(lost)?;
        let entry = self.best(guard.name())?;
        Some(Known {
            vector: entry.vector.id.clone(),
            because: format!("its guard {} stands nowhere", guard.name()),
        })
    }

    fn near_guard(&self, repository: &Path) -> Option<Known> {
        let frames = self.seen.frames.iter().take(FRAMES).filter_map(|frame| frame.place.as_deref());
        let places = self.seen.place.as_deref().into_iter().chain(frames);
        for place in places.filter(|place| place.starts_with("runtime/")) {
            let mut parts = place.split(':');
            let (Some(file), Some(line)) = (parts.next(), parts.next().and_then(|line| line.parse().ok()))
            else {
                continue;
            };
            let Some((guard, lines)) = nearest(&repository.join(file), line) else { continue };
            if let Some(entry) = self.best(guard.name()) {
                let because = format!("{lines} lines from its guard {}", guard.name());
                return Some(Known { vector: entry.vector.id.clone(), because });
            }
        }
        None
    }

    /// Among the vectors of a guard the one that this target finds and that claims such an end.
    fn best(&self, guard: &str) -> Option<&'a Entry> {
        let of_guard = self
            .catalogue
            .entries
            .iter()
            .filter(|entry| entry.vector.guards.iter().any(|name| name == guard));
        let score = |entry: &&Entry| {
            let without = entry.vector.without.as_ref();
            let claimed = without.is_some_and(|without| without.outcome.contains(&self.seen.outcome));
            (self.finds(&entry.vector), claimed)
        };
        of_guard.rev().max_by_key(score)
    }
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
    fn of_a_guards_vectors_the_one_that_claims_such_an_end_is_found() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let place = None;
        let seen = Seen {
            outcome: Outcome::Panic,
            message: String::new(),
            place,
            fingerprint: String::new(),
            frames: Vec::new(),
        };
        let target = Target::by_name("program_differential").unwrap();
        let finders = Finders::read(&crate::repository());
        let search = Search { catalogue: &catalogue, finders, target, seen: &seen };
        let vector = &search.best("DivideByZero").unwrap().vector;
        assert!(vector.guards.iter().any(|name| name == "DivideByZero") && search.finds(vector));
        assert!(!search.finds(&catalogue.find("T3-19").unwrap().vector), "frames are another target's");
    }
}
