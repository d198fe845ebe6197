//! Case mapping by Unicode's locale-free rules (Unicode Standard, 3.13), a stretch at a time.
//!
//! Mappings may change the length in bytes and in code points (`ß` to `SS`), so nothing here reuses an old offset. The
//! only mapping that looks at its surroundings is that of a capital sigma, which ends a word as `ς`: what came before is
//! kept as state, what comes after is written provisionally and mended.

#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use regex_syntax::hir::{Class, ClassUnicode, HirKind};
use std::sync::LazyLock;

/// To which case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `upper`.
    Upper,
    /// `lower`.
    Lower,
}

const CAPITAL_SIGMA: char = 'Σ';
const SIGMA: &str = "σ";
const FINAL_SIGMA: &str = "ς";

/// A mapping under way.
#[derive(Clone, Debug)]
pub struct Mapping {
    to: Case,
    /// Does a letter with case precede, with nothing but ignorable characters after it?
    after_cased: bool,
    /// Where in the result a sigma was written that is final unless a letter follows.
    pending: Option<usize>,
}

impl Mapping {
    /// Nothing mapped yet.
    pub const fn new(to: Case) -> Self {
        Self { to, after_cased: false, pending: None }
    }

    /// Bytes of the result of a stretch.
    pub fn measure(to: Case, stretch: &str) -> usize {
        if stretch.is_ascii() {
            return stretch.len();
        }
        match to {
            Case::Upper => stretch.chars().flat_map(char::to_uppercase).map(char::len_utf8).sum(),
            Case::Lower => stretch.chars().flat_map(char::to_lowercase).map(char::len_utf8).sum(),
        }
    }

    /// Maps a stretch and appends it.
    pub fn push(&mut self, stretch: &str, to: &mut String) {
        if self.to == Case::Upper {
            to.extend(stretch.chars().flat_map(char::to_uppercase));
            return;
        }
        for c in stretch.chars() {
            if c.is_ascii() && self.pending.is_none() {
                to.push(c.to_ascii_lowercase());
                self.after_cased = c.is_ascii_alphabetic() || self.after_cased && is_ignorable(c);
                continue;
            }
            self.push_one(c, to);
        }
    }

    fn push_one(&mut self, c: char, to: &mut String) {
        let ignorable = is_ignorable(c);
        let cased = !ignorable && is_cased(c);
        if !ignorable {
            self.settle(cased, to);
        }
        if c == CAPITAL_SIGMA && self.after_cased {
            self.pending = Some(to.len());
            to.push_str(SIGMA);
        } else {
            to.extend(c.to_lowercase());
        }
        self.after_cased = cased || self.after_cased && ignorable;
    }

    /// Decides the sigma that waits for what follows it.
    fn settle(&mut self, letter_follows: bool, to: &mut String) {
        if let Some(at) = self.pending.take()
            && !letter_follows
        {
            to.replace_range(at..at.saturating_add(SIGMA.len()), FINAL_SIGMA);
        }
    }

    /// The text, which was this long in bytes, is over.
    #[cfg_attr(
        not(feature = "knockout"),
        expect(unused_variables, reason = "only the wrong way looks at the old length")
    )]
    pub fn finish(&mut self, source_bytes: usize, to: &mut String) {
        self.settle(false, to);
        #[cfg(feature = "knockout")]
        if off(Guard::CaseOffsets) {
            to.truncate(source_bytes);
        }
    }
}

fn class(pattern: &str) -> ClassUnicode {
    match regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => ClassUnicode::empty(),
    }
}

fn holds(class: &ClassUnicode, c: char) -> bool {
    let order = |range: &regex_syntax::hir::ClassUnicodeRange| {
        if c < range.start() {
            std::cmp::Ordering::Greater
        } else if c > range.end() {
            std::cmp::Ordering::Less
        } else {
            std::cmp::Ordering::Equal
        }
    };
    class.ranges().binary_search_by(order).is_ok()
}

/// Does it neither end nor begin a word for the sigma's rule?
fn is_ignorable(c: char) -> bool {
    static IGNORABLE: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"\p{Case_Ignorable}"));
    match c {
        '\'' | '.' | ':' | '^' | '`' => true,
        '\0'..='\x7f' => false,
        _ => holds(&IGNORABLE, c),
    }
}

fn is_cased(c: char) -> bool {
    static CASED: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"\p{Cased}"));
    c.is_ascii_alphabetic() || !c.is_ascii() && holds(&CASED, c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Maps in stretches of so many code points.
    fn mapped(content: &str, to: Case, stretch: usize) -> String {
        let mut mapping = Mapping::new(to);
        let mut out = String::new();
        let chars: Vec<char> = content.chars().collect();
        let mut measured = 0;
        for part in chars.chunks(stretch) {
            let part: String = part.iter().collect();
            measured += Mapping::measure(to, &part);
            mapping.push(&part, &mut out);
        }
        mapping.finish(content.len(), &mut out);
        assert_eq!(out.len(), measured);
        out
    }

    #[test]
    fn t3_04_mappings_that_change_the_length_are_whole() {
        for (content, upper, lower) in [
            ("ß", "SS", "ß"),
            ("ŉ", "ʼN", "ŉ"),
            ("İ", "İ", "i\u{307}"),
            ("ﬃ", "FFI", "ﬃ"),
            ("ΐ", "\u{399}\u{308}\u{301}", "ΐ"),
            ("ὈΔΥΣΣΕΎΣ", "ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            ("ΑΣ' Σ ΑΣ.Α", "ΑΣ' Σ ΑΣ.Α", "ας' σ ασ.α"),
        ] {
            for stretch in 1..5 {
                assert_eq!(mapped(content, Case::Upper, stretch), upper);
                assert_eq!(mapped(content, Case::Lower, stretch), lower);
            }
        }
    }

    #[test]
    fn every_code_point_maps_as_in_std() {
        for c in '\0'..=char::MAX {
            let content = c.to_string();
            assert_eq!(mapped(&content, Case::Upper, 1), content.to_uppercase());
            assert_eq!(mapped(&content, Case::Lower, 1), content.to_lowercase());
        }
    }

    proptest! {
        #[test]
        fn stretches_map_as_the_whole_does_in_std(content in "[aΣσA.'\u{301}ǅ 1é漢]{0,20}", stretch in 1_usize..6) {
            prop_assert_eq!(mapped(&content, Case::Lower, stretch), content.to_lowercase());
            prop_assert_eq!(mapped(&content, Case::Upper, stretch), content.to_uppercase());
        }
    }
}
