//! Mutated and random sources: parsing always ends, and says only what is lawful.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests may panic"
)]

use flin_runtime::base::FileId;
use flin_runtime::syntax::tree::{dump, same_shape};
use flin_runtime::syntax::{ParseLimits, Parsed, decode_source, format_tree, parse};

const SAMPLES: &[&str] = &[
    include_str!("syntax/script.flin"),
    include_str!("syntax/text.flin"),
    include_str!("syntax/view.flin"),
    include_str!("syntax/server.flin"),
];

/// Small pieces that open, close or divide something.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "</",
    "/>",
    "\"",
    "'",
    "`",
    "${",
    "{if a}",
    "{/if}",
    "{else}",
    "{for x in y}",
    "{/for}",
    "=>",
    "->",
    "|",
    "|>",
    "?",
    ":",
    "?:",
    "\n",
    ";",
    ",",
    "/",
    "//",
    "/*",
    "<!--",
    "@",
    "++",
    "--",
    " is ",
    " in ",
    "match x {",
    "try {",
    "é",
    "\u{202e}",
    "\0",
    "\\u{110000}",
    "0x",
    "1e999",
    "...",
    "..",
    "<p>",
    "</p>",
    "{{",
    "emit ",
    "save ",
    "typeof ",
    "not in",
    "if ",
    "else ",
    "{each a as b}",
    "=",
    "99999999999999999999",
    "5min",
    "\r\n",
];

/// A small generator (xorshift64), so that a failure names its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n.max(1)).unwrap()).unwrap()
    }
}

fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn mutated(random: &mut Random) -> String {
    let sample = SAMPLES[random.below(SAMPLES.len())];
    let start = boundary(sample, random.below(sample.len()));
    let end = boundary(sample, start + random.below(600));
    let mut text = sample[start..end].to_owned();
    for _ in 0..random.below(6) {
        let at = boundary(&text, random.below(text.len() + 1));
        match random.below(4) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => text.truncate(at),
            2 => {
                let to = boundary(&text, at + random.below(12));
                text.replace_range(at..to, "");
            }
            _ => {
                let piece = text[at..boundary(&text, at + random.below(40))].to_owned();
                let to = boundary(&text, random.below(text.len() + 1));
                text.insert_str(to, &piece);
            }
        }
    }
    text
}

/// Whole lines of the samples in a new order, with blanks, line breaks and comments at their tokens: many stay valid.
fn rearranged(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(6) {
        let lines: Vec<&str> = SAMPLES[random.below(SAMPLES.len())].lines().collect();
        let first = random.below(lines.len());
        for line in lines.iter().skip(first).take(1 + random.below(8)) {
            for (at, word) in line.split(' ').enumerate() {
                let gap = match random.below(40) {
                    0 => "\n",
                    1 => " /* c */ ",
                    2 => " // c\n",
                    3 => "\n\n\n",
                    4 => " <!-- c -->",
                    5 => "",
                    _ => " ",
                };
                text.push_str(if at == 0 { "" } else { gap });
                text.push_str(word);
            }
            text.push('\n');
        }
    }
    text
}

/// What must hold of any source.
fn check(text: &str) {
    let limits = ParseLimits::default();
    let parsed = parse(FileId(3), text, limits);
    assert!(parsed.diagnostics.len() <= limits.diagnostics_max);
    for found in &parsed.diagnostics {
        assert!(found.span.start <= found.span.end, "{found:?} in {text:?}");
        assert!(usize::try_from(found.span.end).unwrap() <= text.len(), "{found:?} in {text:?}");
        assert!(text.is_char_boundary(usize::try_from(found.span.start).unwrap()), "{found:?} in {text:?}");
        assert_eq!(found.span.file, FileId(3));
    }
    let errors = dump(&parsed.file).lines().filter(|line| line.trim() == "error").count();
    assert!(errors == 0 || !parsed.diagnostics.is_empty(), "a statement was dropped in silence: {text:?}");
    if parsed.diagnostics.is_empty() {
        check_format(text, &parsed);
    }
}

/// What must hold of the canonical layout of a source without errors.
fn check_format(text: &str, parsed: &Parsed) {
    let formatted = format_tree(&parsed.file, text);
    let again = parse(FileId(3), &formatted, ParseLimits::default());
    assert!(again.diagnostics.is_empty(), "{text:?}\nbecame\n{formatted}\n{:?}", again.diagnostics);
    assert!(
        same_shape(&parsed.file, &again.file),
        "{text:?}\nbecame\n{formatted}\n{}\n{}",
        dump(&parsed.file),
        dump(&again.file)
    );
    assert_eq!(parsed.file.comments.len(), again.file.comments.len(), "{text:?}\nbecame\n{formatted}");
    let twice = format_tree(&again.file, &formatted);
    assert_eq!(formatted, twice, "from {text:?}");
}

#[test]
fn the_samples_survive_formatting() {
    for sample in SAMPLES {
        let parsed = parse(FileId(3), sample, ParseLimits::default());
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        check_format(sample, &parsed);
    }
}

#[test]
fn a_step_stays_a_step_whatever_follows() {
    for text in ["k++ .push(1)", "r = k++ ..3", "m = [k-- : 1]", "x = xs[k++ :2]", "k-- ?.a"] {
        let parsed = parse(FileId(3), text, ParseLimits::default());
        assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
        check_format(text, &parsed);
    }
}

#[test]
fn a_decorator_of_an_entity_stays_the_entitys() {
    for text in ["entity A { x: int, @unique }", "entity A { x: int @min(1),\n@min(2)\n@index(x)\ny: int }"] {
        let parsed = parse(FileId(3), text, ParseLimits::default());
        assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
        check_format(text, &parsed);
    }
}

fn rounds(default: u64) -> u64 {
    std::env::var("FLIN_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(default)
}

#[test]
fn mutated_sources_end_in_a_tree_and_lawful_findings() {
    for seed in 1..rounds(50_000) {
        let text = mutated(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        assert!(std::panic::catch_unwind(|| check(&text)).is_ok(), "seed {seed}: {text:?}");
    }
}

#[test]
fn rearranged_sources_survive_formatting() {
    let mut clean = 0;
    for seed in 1..rounds(20_000) {
        let text = rearranged(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        assert!(std::panic::catch_unwind(|| check(&text)).is_ok(), "seed {seed}: {text:?}");
        clean += u64::from(parse(FileId(3), &text, ParseLimits::default()).diagnostics.is_empty());
    }
    // A generator that makes nothing valid would test no formatter.
    assert!(clean * 20 > rounds(20_000), "only {clean} sources were free of errors");
}

#[test]
fn random_bytes_are_refused_or_parsed() {
    for seed in 1..rounds(20_000) {
        let mut random = Random(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let len = random.below(80);
        let bytes: Vec<u8> = (0..len).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        match decode_source(&bytes) {
            Ok(text) => check(&text),
            Err(refused) => {
                assert!(std::str::from_utf8(&bytes[..refused.offset]).is_ok());
                assert!(std::str::from_utf8(&bytes[..=refused.offset]).is_err());
                check(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}
