//! Golden files of every rendering, over a small page that holds one of each: fixed and proved, regressed, waiting.

use super::coverage::Target;
use super::history::Moment;
use super::model::*;
use super::render::{Format, summary};
use super::severity::{Level, Severity};
use super::strength::{KINDS, Mark, Strength};
use super::surface::{Module as Layer, Surface};
use crate::cases::Status;
use crate::catalogue::{By, Phase1, Tier};
use crate::harness::Outcome;
use crate::mutants::record::{Module, Mutants, Survivor};
use crate::prove::record::{Row as MatrixRow, State};

fn row(id: &str, tier: Tier, status: Status, outcome: Option<Outcome>) -> Row {
    let proved = status == Status::Fixed;
    Row {
        id: id.to_owned(),
        tier: TierOf(tier),
        title: format!("the <title> of {id}"),
        component: "value".to_owned(),
        status,
        outcome,
        inputs_tried: if outcome.is_some() { 12 } else { 0 },
        full_run: proved.then_some(FullSize { inputs: 1234, stale: true }),
        guards: vec![Guard { name: "Guarded".to_owned(), module: "value::number".to_owned() }],
        knockout: Knockout {
            state: if proved { State::Proved } else { State::None },
            by: proved.then_some(By::Naive),
            outcome: proved.then_some(Outcome::Panic),
            contained_by: proved.then(|| "PanicBoundary".to_owned()),
        },
        phase1: (tier != Tier::Found).then_some(Phase1::Fixed),
        fuzz_targets: vec!["source".to_owned()],
        strength: strength(proved).held(),
        repro: format!("cargo run -p audit -- repro {id}"),
    }
}

fn strength(proved: bool) -> Strength {
    let mark = |kind, held| Mark { kind, held, detail: "none".to_owned() };
    let marks = KINDS.into_iter().map(|kind| mark(kind, kind.letter == 'R' || kind.letter == 'K' && proved));
    Strength { score: if proved { 2 } else { 1 }, marks: marks.collect() }
}

fn mutants() -> Mutants {
    let change = "replace f -> bool with true".to_owned();
    let survivor = Survivor { file: "runtime/src/vm/call.rs".to_owned(), line: 7, change };
    let module = Module { caught: 9, survivors: vec![survivor], unviable: 1 };
    Mutants { seed: 1, population: 20, modules: [("vm".to_owned(), module)].into() }
}

fn shown(row: Row, detail: &str) -> VectorPage {
    let proved = row.status == Status::Fixed;
    let run =
        |off: &[&str], outcome| MatrixRow { off: off.iter().map(|s| (*s).to_owned()).collect(), outcome };
    let matrix =
        vec![run(&["Guarded"], Outcome::ContainedPanic), run(&["Guarded", "PanicBoundary"], Outcome::Panic)];
    VectorPage {
        status_shown: row.status.name().to_owned(),
        detail: detail.to_owned(),
        cause: "Cause.".to_owned(),
        consequence: "Consequence.".to_owned(),
        trigger: "Trigger.".to_owned(),
        expected: "What must hold.".to_owned(),
        places: vec!["Guarded (runtime/src/value/number.rs:7)".to_owned()],
        waiting: if proved { vec!["a route (needs the server)".to_owned()] } else { Vec::new() },
        tests: 2,
        strength: strength(proved),
        severity: proved.then_some(Severity {
            level: Level::Medium,
            dies: "execution",
            others_served: true,
            data_lost: false,
            bytes: Some(6),
            authentication: false,
        }),
        corpus: 3,
        by_hand: "flin run a.flin".to_owned(),
        guarded: proved.then_some(Guarded { outcome: Outcome::Held, reason: None }),
        matrix: if proved { matrix } else { Vec::new() },
        row,
    }
}

pub fn page() -> Page {
    let totals = Totals {
        vectors: 3,
        fixed: 1,
        open: 0,
        not_encoded: 1,
        regressed: 1,
        proved: 1,
        found_since: 1,
        found_since_fixed: 0,
    };
    Page {
        schema: 1,
        totals,
        tiers: vec![TierSum { tier: 1, total: 3, fixed: 1, phase1_fixed: 2 }],
        canary: Canary { held: false, outcome: "wrong-result".to_owned() },
        legend: &KINDS,
        surface: Surface { exceptions: 1, modules: vec![Layer { name: "vm".to_owned(), exceptions: 1 }] },
        binary: crate::surface::Surface {
            rustc: "rustc 1.0".to_owned(),
            calls: [("hyper".to_owned(), 4), ("runtime::vm".to_owned(), 1)].into(),
            modules: [("vm::call".to_owned(), 1)].into(),
        },
        mutants: mutants(),
        fuzz: vec![Target { name: "source".to_owned(), corpus: 3, executions: 1_000 }],
        trend: vec![Moment { at: 0, commit: "a".to_owned(), inputs: 12, took_ms: 5, totals }; 2],
        vectors: vec![
            shown(row("T1-01", Tier::One, Status::Fixed, Some(Outcome::Held)), ""),
            shown(row("T1-02", Tier::One, Status::Regressed, Some(Outcome::Panic)), "it fell & broke"),
            shown(row("T1-03", Tier::One, Status::NotEncoded, None), ""),
            shown(row("X-01", Tier::Found, Status::NotEncoded, None), ""),
        ],
    }
}

#[test]
fn json() {
    insta::assert_snapshot!(Format::Json.render(&page()).unwrap());
}

#[test]
fn markdown() {
    insta::assert_snapshot!(Format::Md.render(&page()).unwrap());
}

#[test]
fn html() {
    insta::assert_snapshot!(Format::Html.render(&page()).unwrap());
}

#[test]
fn junit() {
    insta::assert_snapshot!(Format::Junit.render(&page()).unwrap());
}

#[test]
fn sarif() {
    insta::assert_snapshot!(Format::Sarif.render(&page()).unwrap());
}

#[test]
fn badge() {
    insta::assert_snapshot!(Format::Badge.render(&page()).unwrap());
}

#[test]
fn terminal() {
    insta::assert_snapshot!(summary(&page()));
}
