//! The harness sees each way in which a process can end: one specimen for each, run as a child like any case.

use audit::cases::Runner;
use audit::harness::specimen::Specimen;
use audit::harness::{Limits, Outcome};
use clap::ValueEnum as _;

/// Small and short, so that a specimen that never ends is ended soon.
fn limits() -> Limits {
    Limits { resident_mb: 64, address_space_mb: 1024, descriptors: 64, cpu_s: 20, wall_s: 3 }
}

fn run(specimen: Specimen) -> Outcome {
    let runner = Runner { audit: env!("CARGO_BIN_EXE_audit").into() };
    let name = specimen.to_possible_value().unwrap().get_name().to_owned();
    runner.judge(&name, vec!["__specimen".into(), name.clone().into()], limits()).unwrap().outcome
}

#[test]
fn every_specimen_ends_as_it_must() {
    let seen: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = Specimen::value_variants()
            .iter()
            .map(|specimen| scope.spawn(|| (*specimen, run(*specimen))))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (specimen, outcome) in seen {
        assert_eq!(outcome, specimen.outcome(), "{specimen:?}");
    }
}

#[test]
fn processor_time_is_limited_too() {
    let runner = Runner { audit: env!("CARGO_BIN_EXE_audit").into() };
    let limits = Limits { cpu_s: 1, wall_s: 60, ..limits() };
    let seen = runner.judge("spins", vec!["__specimen".into(), "spins".into()], limits).unwrap();
    assert_eq!(seen.outcome, Outcome::Hang);
    assert!(seen.detail.contains("processor time"), "{}", seen.detail);
}

#[test]
fn a_program_that_is_not_there_is_no_outcome() {
    let runner = Runner { audit: "/nonexistent/audit".into() };
    assert!(runner.judge("nothing", Vec::new(), limits()).is_err());
}
