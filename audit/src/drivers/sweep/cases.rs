//! Case mapping of every code point, alone and in pairs, against the standard library's tables.

use crate::drivers::DriverError;
use crate::drivers::lab::{Lab, Line, quoted_list};

/// Code points that a case mapping changes.
fn mapped() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|c| !c.to_uppercase().eq([*c]) || !c.to_lowercase().eq([*c]))
}

/// Those that a mapping makes longer or shorter, in characters or in bytes.
fn resized(c: char) -> bool {
    let bytes = |mapped: &mut dyn Iterator<Item = char>| mapped.map(char::len_utf8).sum::<usize>();
    bytes(&mut c.to_uppercase()) != c.len_utf8() || bytes(&mut c.to_lowercase()) != c.len_utf8()
}

fn try_texts(lab: &mut Lab, name: &str, texts: &[String]) {
    let lines: Vec<Line> = texts
        .iter()
        .map(|text| {
            let (upper, lower) = (text.to_uppercase(), text.to_lowercase());
            let (u, l) = (upper.chars().count(), lower.chars().count());
            let cut: String = upper.chars().take(text.chars().count()).collect();
            let last = lower.chars().next_back().unwrap_or(' ');
            Line::new(format!("{text:?}"), format!("{upper} {lower} {u} {l} {cut} {last}"))
        })
        .collect();
    let source = format!(
        "for t in {} {{\n    u = t.upper()\n    l = t.lower()\n    print(u, l, u.length, l.length, u.slice(0, t.length), l[-1])\n}}\n",
        quoted_list(texts)
    );
    lab.prints(name, &source, &lines);
}

pub(super) fn every_code_point(lab: &mut Lab) -> Result<(), DriverError> {
    let full = lab.is_full();
    let texts: Vec<String> = mapped().filter(|c| full || resized(*c)).map(String::from).collect();
    for part in texts.chunks(500) {
        try_texts(lab, "one code point", part);
    }
    Ok(())
}

pub(super) fn pairs(lab: &mut Lab) -> Result<(), DriverError> {
    let special: Vec<char> =
        mapped().filter(|c| resized(*c)).step_by(3).chain(['Σ', 'σ', 'ς', 'a', '🎉', ' ']).collect();
    for first in &special {
        let texts: Vec<String> = special.iter().map(|second| format!("{first}{second}")).collect();
        try_texts(lab, "two code points", &texts);
    }
    Ok(())
}
