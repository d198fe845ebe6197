//! Generated programs, run by the VM and judged by the evaluator.
//!
//! For `value::number`, `value::list`, `value::map`, `value::equal`, `value::range`, `value::show`, `natives::numeric`,
//! `natives::list`, `natives::map`, `natives::json`, `natives::convert`, `natives::general`, `natives::error`,
//! `natives::files`, `natives::encoding` and `app::files`.
//!
//! Oracle: the same lines, and the same kind of error, as [`crate::oracle`], with and without collecting before every
//! instruction. Of what the evaluator does not know, [laws](crate::generate::law) hold.

use super::Target;
use super::machine::{self, Ran};
use crate::generate::{self, law};
use crate::oracle::{self, Verdict};
use flin_runtime::app::End;

/// What it is, and is for.
pub const TARGET: Target = Target {
    name: "program_differential",
    modules: &[
        "value::number",
        "value::list",
        "value::map",
        "value::equal",
        "value::range",
        "value::show",
        "natives::numeric",
        "natives::list",
        "natives::map",
        "natives::json",
        "natives::convert",
        "natives::general",
        "natives::error",
        "natives::files",
        "natives::encoding",
        "app::files",
    ],
    input_bytes_max: 160,
    judge: target,
};

/// The target. One program in eight also runs with a collection before every instruction.
pub fn target(bytes: &[u8]) {
    let source = generate::program(bytes);
    compare(&source, bytes.len().is_multiple_of(8));
}

/// Runs a program both ways; panics where they differ.
pub fn compare(source: &str, gc_stress: bool) {
    let Some(verdict) = oracle::run(source) else { panic!("does not parse:\n{source}") };
    let Some(module) = machine::compile(source) else { return };
    agree(source, &verdict, &machine::run(&module, false));
    if gc_stress {
        agree(source, &verdict, &machine::run(&module, true));
    }
}

fn agree(source: &str, verdict: &Verdict, ran: &Ran) {
    assert!(law::broken(&ran.output).is_none(), "a law is broken:\n{}\n{source}", ran.output);
    let kind = match &ran.end {
        End::Uncaught(error) => Some(error.kind.as_str()),
        _ => None,
    };
    // Limits are the VM's own, and differ by design.
    let limited = matches!(kind, Some("StackOverflow" | "MemoryLimitExceeded"))
        || matches!(ran.end, End::Timeout | End::Gone)
        || verdict.lines.iter().any(|line| line.contains("StackOverflow"));
    let lines: Vec<&str> = ran.output.split_terminator('\n').collect();
    let expected: Vec<&str> = verdict.lines.iter().flat_map(|line| line.split('\n')).collect();
    let judged = matches!(verdict.end, oracle::End::Done | oracle::End::Error(_)) && !limited;
    let common = lines.len().min(expected.len());
    assert!(lines[..common] == expected[..common], "{}", difference(source, &expected, &lines));
    // Whatever ends the evaluator's part, the machine must have come so far.
    assert!(limited || lines.len() >= expected.len(), "{}", difference(source, &expected, &lines));
    if judged {
        let same_end = match (&verdict.end, kind) {
            (oracle::End::Done, None) => true,
            (oracle::End::Error(expected), Some(kind)) => expected == kind,
            _ => false,
        };
        assert!(same_end, "ended as {:?}, should be {:?}\n{source}", ran.end, verdict.end);
        assert!(lines.len() == expected.len(), "{}", difference(source, &expected, &lines));
    }
}

fn difference(source: &str, expected: &[&str], found: &[&str]) -> String {
    let at = expected.iter().zip(found).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
    let line = |lines: &[&str]| lines.get(at).map_or("(nothing)", |line| line).to_owned();
    format!("line {} should be\n  {}\nand is\n  {}\n{source}", at + 1, line(expected), line(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::tests::bytes;

    #[test]
    fn machine_and_evaluator_agree_on_generated_programs() {
        for seed in 10_000..10_500 {
            target(&bytes(seed, 300));
        }
    }
}
