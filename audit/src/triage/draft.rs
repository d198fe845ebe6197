//! A new X vector for a failure that belongs to none: open, runnable at once, and ready to be completed.

use super::record::slug;
use super::replay::Seen;
use super::{TriageError, at};
use crate::catalogue::{Catalogue, Tier};
use crate::fuzz::Target;
use std::path::Path;

/// The first X that is free.
pub fn next_id(catalogue: &Catalogue) -> String {
    let found = catalogue.entries.iter().filter(|entry| entry.vector.tier == Tier::Found);
    let numbers = found.filter_map(|entry| entry.vector.id.strip_prefix("X-")?.parse::<u32>().ok());
    format!("X-{:02}", numbers.max().unwrap_or(0) + 1)
}

/// Writes the folder of the vector `id`, whose one input is the corpus's `case`.
pub fn write(
    repository: &Path,
    id: &str,
    case: &str,
    target: &Target,
    seen: &Seen,
) -> Result<(), TriageError> {
    let name = case.split('/').next_back().unwrap_or_default();
    let folder = repository.join("audit/vectors/found").join(format!("{id}-{}", slug(name)));
    std::fs::create_dir_all(&folder).map_err(at(&folder))?;
    let path = folder.join("vector.toml");
    std::fs::write(&path, text(id, case, target, seen)).map_err(at(&path))
}

/// The layer that failed, or the one that the target is for.
fn component<'a>(target: &Target, seen: &'a Seen) -> &'a str {
    let place = seen.place.as_deref().and_then(|place| place.strip_prefix("runtime/src/"));
    let layer = place.and_then(|place| place.split(['/', '.']).next());
    let known = target.modules.first().and_then(|module| module.split("::").next());
    layer.or(known).unwrap_or("runtime")
}

fn text(id: &str, case: &str, target: &Target, seen: &Seen) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let what = seen.fingerprint.replace('"', "'");
    let place = seen.place.as_deref().unwrap_or("a place that is not known");
    let name = case.split('/').next_back().unwrap_or_default().replace('-', " ");
    format!(
        "# Drafted by `audit triage`. To complete it: tell the story, write inputs of its kind as data, name the guard that\n\
         # holds it back and what is seen without it, then set the status to fixed. See audit/README.md, \"How to add one\".\n\
         id = {}\ntitle = {}\ntier = \"X\"\ncomponent = {}\nstatus = \"open\"\ndriver = \"target\"\n\
         repro = {}\nexpected = \"Refused with a clear error, or run inside its limits.\"\nartifact = [{}]\n\n\
         [story]\ncause = {}\nconsequence = {}\ntrigger = {}\n",
        quoted(id),
        quoted(&name),
        quoted(component(target, seen)),
        quoted(&format!("cargo run -p audit -- replay {case}")),
        quoted(case),
        quoted(&format!("Not yet known; it fails at {place}: {what}.")),
        quoted(&format!("Not yet judged; the process that meets it ends as {}.", seen.outcome)),
        quoted(&format!("An input that {} found, kept in crash-corpus/{case}.", target.name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Claim, Vector};
    use crate::harness::Outcome;

    #[test]
    fn a_draft_is_an_open_vector_that_can_be_read() {
        let seen = Seen {
            outcome: Outcome::Panic,
            message: "no \"such\" thing".into(),
            place: Some("runtime/src/view/escape.rs:7".into()),
            fingerprint: "runtime/src/view/escape.rs: no _ thing".into(),
            frames: Vec::new(),
        };
        let target = Target::by_name("source").unwrap();
        let text = text("X-99", "source/panic-escape", target, &seen);
        let vector: Vector = toml::from_str(&text).unwrap();
        assert_eq!(
            (vector.id.as_str(), vector.component.as_str(), vector.status),
            ("X-99", "view", Claim::Open)
        );
        assert_eq!(vector.artifact, ["source/panic-escape"]);
    }

    #[test]
    fn the_next_number_is_free() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        assert!(catalogue.find(&next_id(&catalogue)).is_none());
    }
}
