//! Every step fails once, by what it is there to notice; and what was not looked at is said.

use super::*;
use crate::gate::figures::Bench;
use crate::gate::performance::Ratio;
use crate::mutants::record::{Module, Survivor};
use crate::report::golden;

fn what(step: &Step) -> Vec<&str> {
    step.regressions.iter().map(|regression| regression.what.as_str()).collect()
}

fn is_open(step: &Step) -> bool {
    step.regressions.is_empty() && step.absent.is_none()
}

#[test]
fn a_canary_vector_that_holds_and_an_open_vector_that_does_too_are_named() {
    let mut page = golden::page();
    page.canary.held = false;
    assert!(is_open(&vectors(&page, &[])));
    assert_eq!(what(&vectors(&page, &["X-40"])), ["X-40"]);
    page.canary.held = true;
    assert_eq!(what(&vectors(&page, &[])), ["the canary vector"]);
}

#[test]
fn an_input_that_does_what_it_must_not_and_an_empty_corpus_are_named() {
    let fine = Replayed { inputs: 3, ..Replayed::default() };
    assert!(is_open(&corpora(&[("source", fine.clone())])));
    let wrong = vec![("a".to_owned(), "panic: x".to_owned()), ("b".to_owned(), "hang".to_owned())];
    let fell = corpora(&[("source", fine), ("view", Replayed { wrong, inputs: 2, ..Replayed::default() })]);
    assert_eq!(what(&fell), ["corpus of view"]);
    assert!(fell.regressions[0].now.starts_with("2 not as they must be, such as a: panic"));
    assert!(fell.regressions[0].show.ends_with("replay view"));
    assert_eq!(what(&corpora(&[("view", Replayed::default())])), ["corpus of view"]);
}

fn calls(rustc: &str, count: usize) -> Surface {
    Surface { rustc: rustc.to_owned(), calls: [("hyper".to_owned(), count)].into(), ..Surface::default() }
}

#[test]
fn a_surface_that_grew_is_named_and_one_that_cannot_be_compared_is_said() {
    assert!(is_open(&surface(Some(&calls("1", 2)), &calls("1", 2))));
    let grown = surface(Some(&calls("1", 2)), &calls("1", 3));
    assert_eq!(what(&grown), ["panicking calls of hyper in the release binary"]);
    let other = surface(Some(&calls("1", 2)), &calls("2", 3));
    assert!(other.says.contains("made with 1, and this is 2") && other.absent.is_some());
    assert_eq!(
        surface(None, &calls("1", 3)).absent.as_deref(),
        Some("cargo run -p audit -- surface --accept")
    );
}

#[test]
fn a_ratio_above_its_limit_is_named_and_no_measurement_is_said() {
    let limits = Limits {
        ratio: vec![Ratio { of: "flin".into(), to: "lua".into(), mean_max: 1.5, each_max: 3.0 }],
        figure: Vec::new(),
    };
    let times = |flin: f64| -> Times {
        [("fib".to_owned(), [("flin".to_owned(), flin), ("lua".to_owned(), 1.0)].into())].into()
    };
    assert!(is_open(&speed(&limits, &times(1.5))));
    assert_eq!(what(&speed(&limits, &times(2.0))), ["geometric mean, flin to lua"]);
    assert_eq!(speed(&limits, &Times::new()).absent.as_deref(), Some(performance::COMMAND));
}

#[test]
fn too_few_mutants_caught_are_named_and_no_sample_is_said() {
    let sample = |caught, missed| {
        let survivor = Survivor { file: String::new(), line: 1, change: String::new() };
        let module = Module { caught, survivors: vec![survivor; missed], unviable: 0 };
        Mutants { modules: [("vm".to_owned(), module)].into(), ..Mutants::default() }
    };
    assert!(is_open(&mutants(&sample(45, 5))));
    assert_eq!(what(&mutants(&sample(44, 6))), ["mutants that a test catches"]);
    assert_eq!(mutants(&Mutants::default()).absent.as_deref(), Some("cargo run -p audit -- mutants"));
}

#[test]
fn a_blind_fuzzer_and_a_finding_are_named() {
    assert!(is_open(&canary(true)) && is_open(&fuzzing(60, true)));
    assert_eq!(what(&canary(false)), ["the fuzzers' canary"]);
    assert_eq!(what(&fuzzing(60, false)), ["fuzzing"]);
}

#[test]
fn what_was_not_looked_at_is_a_regression_where_everything_must_be() {
    assert!(is_open(&proofs(Some(true))));
    for step in [proofs(None), no_fuzzing(), no_baseline(), mutants(&Mutants::default())] {
        let demanded = step.demanded().unwrap();
        assert_eq!(demanded.what, step.name);
        assert_eq!(Some(demanded.show), step.absent);
    }
    assert_eq!(canary(true).demanded(), None);
}

#[test]
fn a_figure_below_its_limit_is_named() {
    let limits = [Figure { bench: "http".into(), name: "pages".into(), min: Some(4.0), max: None }];
    let measured = |pages: f64| -> Figures {
        let bench = Bench { commit: String::new(), ratios: [("pages".to_owned(), pages)].into() };
        [("http".to_owned(), bench)].into()
    };
    assert!(is_open(&figures(&limits, &measured(4.0), &[])));
    assert_eq!(what(&figures(&limits, &measured(3.0), &[])), ["http: pages"]);
    assert!(figures(&limits, &measured(4.0), &["http"]).says.ends_with("another runtime than this: http"));
}
