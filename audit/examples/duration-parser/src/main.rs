//! The parser's audit: three vectors, run and proved by the harness.
//!
//! ```text
//! cargo run -p duration-parser -- run
//! cargo run -p duration-parser --features knockout -- prove
//! ```

use duration_parser::{DEPTH_MAX, DurationError, guard, parse};
use harness::{Channel, Limits, Outcome, Suite, Vector};
use std::process::ExitCode;

const VECTORS: &[Vector] = &[
    Vector {
        id: "D-01",
        title: "more seconds than there are numbers",
        guards: &["CheckedArithmetic"],
        without: &[Outcome::Panic, Outcome::WrongResult],
        case: overflow,
    },
    Vector {
        id: "D-02",
        title: "a unit of several bytes",
        guards: &["CharBoundary"],
        without: &[Outcome::Panic],
        case: wide_units,
    },
    Vector {
        id: "D-03",
        title: "brackets without end",
        guards: &["NestingLimit"],
        without: &[Outcome::StackOverflow],
        case: nesting,
    },
];

fn main() -> ExitCode {
    let limits = Limits { resident_mb: 256, address_space_mb: 1024, ..Limits::default() };
    let probe = || parse("1h30m") == Ok(5400);
    let suite =
        Suite { name: "duration-parser", vectors: VECTORS, switch_off: guard::switch_off, probe, limits };
    suite.main()
}

fn expect(channel: &mut Channel, input: &str, expected: &Result<u64, DurationError>) {
    let shown: String = input.chars().take(40).collect();
    channel.trying(&shown);
    let found = parse(input);
    if found != *expected {
        channel.wrong(shown, format!("{expected:?}"), format!("{found:?}"));
    }
}

fn overflow(channel: &mut Channel) {
    expect(channel, &format!("{}s", u64::MAX), &Ok(u64::MAX));
    for text in
        ["18446744073709551616s", "18446744073709551615s 1s", "5124095576030432h", "99999999999999999999999h"]
    {
        expect(channel, text, &Err(DurationError::TooLong));
    }
}

fn wide_units(channel: &mut Channel) {
    for unit in ["é", "漢", "🎉", "\u{301}", "ｈ"] {
        expect(channel, &format!("12{unit}"), &Err(DurationError::Unexpected { at: 2 }));
    }
}

fn nesting(channel: &mut Channel) {
    let nested = |depth: usize| format!("{}1s{}", "(".repeat(depth), ")".repeat(depth));
    expect(channel, &nested(DEPTH_MAX), &Ok(1));
    let at = DEPTH_MAX + 1;
    for depth in [DEPTH_MAX + 1, 1_000, 3_000_000] {
        expect(channel, &nested(depth), &Err(DurationError::TooDeep { at }));
    }
}
