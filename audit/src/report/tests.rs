//! The model and its renderings, over a small made-up catalogue and the real one.

use super::*;
use crate::harness::Outcome;
use render::Format;

fn real() -> Catalogue {
    Catalogue::load(&crate::repository()).unwrap()
}

fn held(inputs: u64) -> Verdict {
    Verdict { outcome: Outcome::Held, inputs, detail: String::new() }
}

/// As if every encoded case had held and the canary had failed.
fn all_held(catalogue: &Catalogue) -> Vec<Option<Verdict>> {
    let verdict = |entry: &Entry| match (entry.vector.tier, entry.vector.is_encoded()) {
        (Tier::Canary, _) => {
            Some(Verdict { outcome: Outcome::WrongResult, inputs: 1, detail: "as meant".into() })
        }
        (_, true) => Some(held(10)),
        (_, false) => None,
    };
    catalogue.entries.iter().map(verdict).collect()
}

#[test]
fn the_totals_add_up() {
    let catalogue = real();
    let page = page(&crate::repository(), &catalogue, &all_held(&catalogue)).unwrap();
    let totals = page.totals;
    assert_eq!(totals.vectors, 47);
    assert_eq!(totals.fixed + totals.open + totals.not_encoded + totals.regressed, 47);
    let phase1: Vec<usize> = page.tiers.iter().map(|tier| tier.phase1_fixed).collect();
    assert_eq!(phase1, [12, 8, 15]);
    assert!(is_sound(&catalogue, &all_held(&catalogue)));
}

#[test]
fn a_fallen_vector_is_regressed_and_unsound() {
    let catalogue = real();
    let mut ran = all_held(&catalogue);
    ran[0] = Some(Verdict { outcome: Outcome::Panic, inputs: 1, detail: "it fell".into() });
    let page = page(&crate::repository(), &catalogue, &ran).unwrap();
    assert_eq!(page.totals.regressed, 1);
    assert!(!is_sound(&catalogue, &ran));
    assert!(Format::Md.render(&page).unwrap().contains("it fell"));
}

#[test]
fn a_canary_that_holds_is_unsound() {
    let catalogue = real();
    let mut ran = all_held(&catalogue);
    let canary = catalogue.entries.iter().position(|entry| entry.vector.tier == Tier::Canary).unwrap();
    ran[canary] = Some(held(1));
    assert!(!is_sound(&catalogue, &ran));
    let page = page(&crate::repository(), &catalogue, &ran).unwrap();
    assert!(render::summary(&page).contains("blind"));
}

#[test]
fn the_json_has_the_documented_keys_and_no_others() {
    let catalogue = real();
    let page = page(&crate::repository(), &catalogue, &all_held(&catalogue)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&Format::Json.render(&page).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&json), ["schema", "strength", "tiers", "totals", "vectors"]);
    let totals = [
        "fixed",
        "found_since",
        "found_since_fixed",
        "not_encoded",
        "open",
        "proved",
        "regressed",
        "vectors",
    ];
    assert_eq!(keys(&json["totals"]), totals);
    assert_eq!(keys(&json["tiers"][0]), ["fixed", "phase1_fixed", "tier", "total"]);
    let vector = [
        "component",
        "full_run",
        "fuzz_targets",
        "guards",
        "id",
        "inputs_tried",
        "knockout",
        "outcome",
        "phase1",
        "repro",
        "status",
        "strength",
        "tier",
        "title",
    ];
    for row in json["vectors"].as_array().unwrap() {
        assert_eq!(keys(row), vector);
        assert_eq!(keys(&row["knockout"]), ["by", "contained_by", "outcome", "state"]);
        assert_eq!(keys(&row["strength"]), ["held", "score"]);
    }
    assert_eq!(json["vectors"][0]["tier"], 1);
    assert_eq!(json["vectors"][47]["tier"], "X");
    assert_eq!(json["vectors"].as_array().unwrap().len(), catalogue.entries.len() - 1);
}

#[test]
fn the_json_validates_against_its_published_schema() {
    let catalogue = real();
    let schema = serde_json::from_str(include_str!("../../schemas/report.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let page = page(&crate::repository(), &catalogue, &all_held(&catalogue)).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&Format::Json.render(&page).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    json["vectors"][0]["status"] = "mended".into();
    assert!(!validator.is_valid(&json));
}

#[test]
fn reports_hold_nothing_of_this_machine() {
    let catalogue = real();
    let page = page(&crate::repository(), &catalogue, &all_held(&catalogue)).unwrap();
    let here = crate::repository().display().to_string();
    for format in [Format::Md, Format::Json, Format::Badge] {
        let text = format.render(&page).unwrap();
        assert_eq!(text, format.render(&page).unwrap());
        assert!(!text.contains(&here));
    }
}

#[test]
fn the_page_stands_alone() {
    let catalogue = real();
    let page = page(&crate::repository(), &catalogue, &all_held(&catalogue)).unwrap();
    let html = Format::Html.render(&page).unwrap();
    for outside in ["src=\"http", "href=\"http", "@import", "<script src"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("prefers-color-scheme") && html.contains("T1-08"));
}
