//! Tokens side by side, with and without a blank between them: what the formatter makes of them must mean the same.

use crate::drivers::DriverError;
use crate::drivers::engine::{Formatted, reformat};
use crate::drivers::lab::Lab;

const BEFORE: &[&str] = &["", "-", "- -", "!", "typeof ", "try ", "x + ", "x - ", "x ++ "];
const BASES: &[&str] = &["k", "1", "1.5", "2s", "\"t\"", "[1]", "(k)", "/r/", "k.a"];
const POSTFIX: &[&str] =
    &["", "++", "--", ".push()", " .push()", "?.a", "[0]", " [0]", "[a ? 1 : 2]", "(1)", " (1)", " @ t"];
const BEHIND: &[&str] = &[
    "",
    " + 1",
    " - 1",
    " ++ [1]",
    " - -1",
    " + +1",
    " ? 1 : 2",
    " ?: 2",
    " ?? 2",
    " .. 3",
    "..<3",
    " is int",
    " |> f",
    " in [1]",
    " not in [1]",
    " = 1",
    " += 1",
    "; y",
    " // c",
    " /* c */",
];

/// Every combination of what can stand before, in and behind an operand.
pub(super) fn token_joins(lab: &mut Lab) -> Result<(), DriverError> {
    let mut number = 0_usize;
    let stride = if lab.is_full() { 1 } else { 12 };
    for before in BEFORE {
        for base in BASES {
            lab.channel.trying(format_args!("{before}{base} and what can stand behind it"));
            for first in POSTFIX {
                for second in POSTFIX {
                    for behind in BEHIND {
                        number += 1;
                        let step = [first, second].iter().any(|op| matches!(**op, "++" | "--"));
                        if number.is_multiple_of(stride) || step && number.is_multiple_of(stride.div_ceil(4))
                        {
                            try_one(lab, &format!("{before}{base}{first}{second}{behind}\n"));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

fn try_one(lab: &mut Lab, source: &str) {
    match reformat(source) {
        Formatted::Refused => {}
        Formatted::Kept => lab.channel.tried(1),
        Formatted::Broken(became) => {
            lab.channel.wrong(format_args!("{source:?}"), "the same meaning", became);
        }
    }
}

/// What was once made into something else.
pub(super) fn known_joins(lab: &mut Lab) -> Result<(), DriverError> {
    for source in [
        "k++ .push()\n",
        "k-- .a\n",
        "k++ ?.a\n",
        "k++ [0]\n",
        "k++ (1)\n",
        "k++ + 1\n",
        "k-- - 1\n",
        "k++ ++ [1]\n",
        "x = [k++ , 1]\n",
        "f(k++ , k--)\n",
        "x = { a: k++ }\n",
        "x = \"{k++}\"\n",
        "x = k ? .5 : 1\n",
        "x = xs[a ? b : c : d]\n",
        "x = - -1\n",
        "x = -(-1)\n",
        "x = k++ ? 1 : 2\n",
        "x = k++ .. 3\n",
        "x = { ; }\n",
        "x = f({ ; }, { k; })\n",
        "x = {\n    ;\n}\n",
        "x = { /* c */ ; }\n",
        "x = { ; /* c */ }\n",
        "x = {\n    // c\n    ;\n}\n",
    ] {
        lab.channel.trying(format_args!("{source:?}"));
        try_one(lab, source);
    }
    Ok(())
}
