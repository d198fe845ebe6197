//! Text: every slice, index, search and padding over every mix of UTF-8 widths, against vectors of characters.

use super::lists::{options, sliced};
use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line, quoted, quoted_list, texts_over};
use std::fmt::Write as _;

/// One character of each width.
const WIDTHS: [char; 4] = ['a', 'é', '漢', '🎉'];

fn bounds(reach: i64) -> Vec<Option<i64>> {
    let mut all: Vec<Option<i64>> = (-reach..=reach).map(Some).collect();
    all.extend([None, Some(i64::MIN), Some(i64::MAX)]);
    all
}

fn taken(text: &str, a: Option<i64>, b: Option<i64>, step: Option<i64>) -> String {
    let characters: Vec<char> = text.chars().collect();
    sliced(characters.len(), a, b, step).into_iter().map(|at| characters[at]).collect()
}

/// `[a:b]`, `.slice(a, b)` and `[a:b:s]` of every text; one line a pair of bounds.
fn try_slices(lab: &mut Lab, texts: &[String], reach: i64, steps: &[Option<i64>]) {
    let bounds = bounds(reach);
    let mut lines = Vec::new();
    for text in texts {
        for a in &bounds {
            for b in &bounds {
                let mut expected = format!("{0}|{0}", taken(text, *a, *b, None));
                for step in steps {
                    expected.push('|');
                    expected.push_str(&taken(text, *a, *b, *step));
                }
                lines.push(Line::new(format!("{text:?}[{a:?}:{b:?}]"), expected));
            }
        }
    }
    let source = format!(
        "bounds = {}\nfor t in {} {{\n    for a in bounds {{\n        for b in bounds {{\n            parts = [t[a:b], t.slice(a, b)]\n            for s in {} {{ parts.push(t[a:b:s]) }}\n            print(parts.join(\"|\"))\n        }}\n    }}\n}}\n",
        options(&bounds),
        quoted_list(texts),
        options(steps)
    );
    lab.prints("slices", &source, &lines);
}

pub(super) fn slice(lab: &mut Lab) -> Result<(), DriverError> {
    try_slices(lab, &texts_over(&WIDTHS, 3), 4, &[Some(-1)]);
    Ok(())
}

pub(super) fn slice_deep(lab: &mut Lab) -> Result<(), DriverError> {
    let steps = [Some(2), Some(-1), Some(-2), Some(i64::MAX), Some(i64::MIN)];
    let texts = texts_over(&WIDTHS, 4);
    for part in texts.chunks(50) {
        try_slices(lab, part, 6, &steps);
    }
    // Long texts: what is slow to find from the start may be remembered, and remembered wrongly.
    let long: Vec<String> = WIDTHS.iter().map(|c| c.to_string().repeat(300) + "漢é🎉a").collect();
    try_slices(lab, &long, 7, &steps);
    Ok(())
}

/// `[i]`, `char_at` and `code_at` at every index.
pub(super) fn index(lab: &mut Lab) -> Result<(), DriverError> {
    let texts = texts_over(&WIDTHS, if lab.is_full() { 5 } else { 3 });
    let mut indices: Vec<i64> = (-6..=6).collect();
    indices.extend([i64::MIN, i64::MAX, 1 << 32, -(1 << 32)]);
    let mut lines = Vec::new();
    for text in &texts {
        let characters: Vec<char> = text.chars().collect();
        let length = characters.len();
        for index in &indices {
            let from_end = if *index < 0 { i128::from(*index) + length as i128 } else { i128::from(*index) };
            let found = usize::try_from(from_end).ok().and_then(|at| characters.get(at));
            let expected = match found {
                Some(c) => format!("{c} {}", u32::from(*c)),
                None => {
                    format!("Index {index} is out of bounds for text of length {length} IndexOutOfBounds")
                }
            };
            let at = usize::try_from(*index).ok().and_then(|at| characters.get(at));
            let at = at.map(char::to_string).unwrap_or_default();
            lines.push(Line::new(format!("{text:?}[{index}]"), format!("{expected} {at}")));
        }
    }
    let written: Vec<Option<i64>> = indices.iter().copied().map(Some).collect();
    let source = format!(
        "for t in {} {{
    for i in {} {{
        r = try t[i]
        c = try t.code_at(i)
        print(r is error ? r.message : r, c is error ? c.kind : c, t.char_at(i))
    }}
}}
",
        quoted_list(&texts),
        options(&written)
    );
    lab.prints("indices", &source, &lines);
    Ok(())
}

/// Positions of a needle, from the left, without overlap.
fn found(text: &[char], needle: &[char]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while at + needle.len() <= text.len() {
        if text[at..at + needle.len()] == *needle {
            places.push(at);
            at += needle.len();
        } else {
            at += 1;
        }
    }
    places
}

fn searched(text: &str, needle: &str) -> String {
    let (text, needle): (Vec<char>, Vec<char>) = (text.chars().collect(), needle.chars().collect());
    let places = found(&text, &needle);
    let starts = |at: &usize| text.len() >= at + needle.len() && text[*at..at + needle.len()] == *needle;
    let last = (0..text.len()).rev().find(starts).map_or(-1, |at| at as i64);
    let mut pieces: Vec<String> = Vec::new();
    let mut from = 0;
    for place in &places {
        pieces.push(text[from..*place].iter().collect());
        from = place + needle.len();
    }
    let rest: String = text[from..].iter().collect();
    let first = match pieces.first() {
        None => rest.clone(),
        Some(piece) => {
            let after: String = text[places[0] + needle.len()..].iter().collect();
            format!("{piece}ß-{after}")
        }
    };
    pieces.push(rest);
    let flags = [!places.is_empty(), text.starts_with(&needle), text.ends_with(&needle)];
    let index = places.first().map_or(-1, |at| *at as i64);
    format!(
        "{index} {last} {} {} {} {first} {} {} {}",
        places.len(),
        pieces.join("|"),
        pieces.join("ß-"),
        flags[0],
        flags[1],
        flags[2]
    )
}

pub(super) fn search(lab: &mut Lab) -> Result<(), DriverError> {
    let alphabet = ['é', 'a', '🎉'];
    let texts = texts_over(&alphabet, if lab.is_full() { 6 } else { 4 });
    let needles: Vec<String> = texts_over(&alphabet, 2).split_off(1);
    for part in texts.chunks(200) {
        let mut lines = Vec::new();
        for text in part {
            for needle in &needles {
                lines.push(Line::new(format!("{needle:?} in {text:?}"), searched(text, needle)));
            }
        }
        let source = format!(
            "for t in {} {{
    for n in {} {{
        print(t.index_of(n), t.last_index_of(n), t.count(n), t.split(n).join(\"|\"), t.replace(n, \"ß-\"), t.replace_first(n, \"ß-\"), t.contains(n), t.starts_with(n), t.ends_with(n))
    }}
}}
",
            quoted_list(part),
            quoted_list(&needles)
        );
        lab.prints("searches", &source, &lines);
    }
    Ok(())
}

fn padded(text: &str, width: i64, filler: &str, at_start: bool) -> String {
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.chars().count());
    let filling: String = filler.chars().cycle().take(missing).collect();
    if at_start { filling + text } else { format!("{text}{filling}") }
}

pub(super) fn width(lab: &mut Lab) -> Result<(), DriverError> {
    let texts = texts_over(&WIDTHS, if lab.is_full() { 3 } else { 2 });
    let fillers = ["x", "é", "漢🎉", "ab漢", "🎉"].map(str::to_owned);
    let widths: Vec<i64> = (-2..=9).chain([i64::MIN]).collect();
    let mut lines = Vec::new();
    for text in &texts {
        for filler in &fillers {
            for width in &widths {
                let (start, end) = (padded(text, *width, filler, true), padded(text, *width, filler, false));
                let lengths = format!("{} {}", start.chars().count(), end.chars().count());
                lines.push(Line::new(
                    format!("{text:?} to {width} with {filler:?}"),
                    format!("{start}|{end}|{lengths}"),
                ));
            }
        }
    }
    let written: Vec<Option<i64>> = widths.iter().copied().map(Some).collect();
    let source = format!(
        "for t in {} {{
    for f in {} {{
        for w in {} {{
            a = t.pad_start(w, f)
            b = t.pad_end(w, f)
            print([a, b, \"{{a.length}} {{b.length}}\"].join(\"|\"))
        }}
    }}
}}
",
        quoted_list(&texts),
        quoted_list(&fillers),
        options(&written)
    );
    lab.prints("paddings", &source, &lines);
    repeats(lab, &texts);
    Ok(())
}

fn repeats(lab: &mut Lab, texts: &[String]) {
    let mut lines = Vec::new();
    let mut source = String::new();
    for text in texts {
        for count in 0..=4_usize {
            let repeated = text.repeat(count);
            let joined = vec![text.as_str(); count].join("漢-");
            let length = repeated.chars().count();
            lines.push(Line::new(format!("{text:?} times {count}"), format!("{repeated}|{joined}|{length}")));
        }
        let _ = writeln!(
            source,
            "t = {}\nfor n in 0..4 {{ print([t.repeat(n), range(0, n).map(i => t).join(\"漢-\"), t.repeat(n).length].join(\"|\")) }}",
            quoted(text)
        );
    }
    lab.prints("repetitions", &source, &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_search_counts_characters_and_never_overlaps() {
        assert_eq!(searched("ééé", "éé"), "0 1 1 |é ß-é ß-é true true true");
        assert_eq!(searched("a🎉", "é"), "-1 -1 0 a🎉 a🎉 a🎉 false false false");
    }

    #[test]
    fn the_model_of_padding_cuts_the_filler() {
        assert_eq!(padded("é", 4, "漢🎉", true), "漢🎉漢é");
        assert_eq!(padded("é", i64::MIN, "x", false), "é");
    }
}
