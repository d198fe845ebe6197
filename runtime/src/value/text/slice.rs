//! Indices and ranges of a text, in code points.
//!
//! A range is clamped first ([`clamp`]), then cut out of the UTF-8 by the byte offsets of its ends ([`Text::between`]);
//! no byte offset comes from a program.

use super::Text;
#[cfg(feature = "knockout")]
use crate::base::guard::{Guard, off};
use crate::value::cut::Cut;
use crate::value::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::value::{Handle, Heap, Value};

/// The positions of `[start:end:step]` in a text of `length` code points.
pub fn clamp(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Outcome<Cut> {
    #[cfg(feature = "knockout")]
    if step != 0 && off(Guard::TextClamp) {
        return Ok(naive::clamp(length, start, end, step));
    }
    Cut::clamped(length, start, end, step)
}

impl Text {
    /// The code points `start..end`; positions past the end count as the end.
    pub fn between(&self, start: usize, end: usize) -> &str {
        #[cfg(feature = "knockout")]
        if off(Guard::TextBoundary) {
            return naive::between(&self.content, start, end);
        }
        self.content.get(self.byte_of(start)..self.byte_of(end)).unwrap_or_default()
    }

    /// The code point at an index, negative ones counting from the end.
    pub fn at(&self, index: i64) -> Option<&str> {
        #[cfg(feature = "knockout")]
        if off(Guard::TextIndex) {
            return Some(naive::at(&self.content, index));
        }
        let position = match usize::try_from(index) {
            Ok(position) => position,
            Err(_) => self.chars.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
        };
        (position < self.chars).then(|| self.between(position, position.saturating_add(1)))
    }
}

/// The error of an index outside; `what` is `list` or `text`.
#[cold]
pub fn out_of_bounds(index: i64, what: &str, length: usize) -> Stop {
    let message = format!("Index {index} is out of bounds for {what} of length {length}");
    Stop::raise(ErrorKind::IndexOutOfBounds, message)
}

impl Heap {
    /// `text[index]`.
    pub fn index_text(&mut self, text: Handle<Text>, index: i64) -> Outcome<Value> {
        let of = self.texts.indexed(text)?;
        let Some(found) = of.at(index) else { return Err(out_of_bounds(index, "text", of.chars())) };
        let found = found.to_owned();
        self.new_text(&found)
    }

    /// `text[start:end:step]`. Copies at most the whole text, in one go.
    pub fn slice_text(
        &mut self,
        text: Handle<Text>,
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    ) -> Outcome<Value> {
        let of = self.texts.indexed(text)?;
        let cut = clamp(of.chars(), start, end, step)?;
        if cut.step == 1 && cut.count == of.chars() {
            return Ok(Value::Text(text));
        }
        let (low, high) = cut.covered();
        let (covered, ascii) = (of.between(low, high), of.is_ascii());
        self.texts.fuel.look(covered.len());
        let bytes = match cut.stride() {
            _ if ascii => cut.count,
            1 => covered.len(),
            _ => picked(covered, cut).map(char::len_utf8).sum(),
        };
        self.reserve_text(bytes)?;
        let covered = self.texts.get(text)?.between(low, high);
        let mut content = String::with_capacity(bytes);
        if cut.step == 1 {
            content.push_str(covered);
        } else if ascii && cut.step == -1 {
            let turned = covered.bytes().rev().collect();
            content = String::from_utf8(turned).map_err(|_| Bug::WrongShape)?;
        } else {
            content.extend(picked(covered, cut));
        }
        Ok(self.put_text(content))
    }
}

/// The code points that a cut takes out of what it covers.
fn picked(covered: &str, cut: Cut) -> impl Iterator<Item = char> {
    let mut forward = covered.chars().step_by(cut.stride());
    let mut backward = covered.chars().rev().step_by(cut.stride());
    std::iter::from_fn(move || if cut.step > 0 { forward.next() } else { backward.next() })
}

#[cfg(feature = "knockout")]
mod naive {
    #![expect(
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "the obvious wrong code, to show what the guards hold back"
    )]

    use super::Cut;

    pub fn clamp(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Cut {
        let place = |n: i64| if n < 0 { (n + length as i64) as usize } else { n as usize };
        let (first, last) = (start.map_or(0, place), end.map_or(length, place));
        Cut { first, count: (last - first) / step as usize, step }
    }

    pub fn between(content: &str, start: usize, end: usize) -> &str {
        &content[start..end]
    }

    pub fn at(content: &str, index: i64) -> &str {
        let at = if index < 0 { content.len() - index.unsigned_abs() as usize } else { index as usize };
        &content[at..=at]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CRUMB_CHARS, Texts};
    use super::*;
    use proptest::prelude::*;

    /// The obvious way: a vector of code points, visited one by one.
    fn slowly(content: &str, start: Option<i64>, end: Option<i64>, step: i64) -> String {
        let chars: Vec<char> = content.chars().collect();
        let size = i128::try_from(chars.len()).unwrap();
        let place = |n: i64| if n < 0 { i128::from(n) + size } else { i128::from(n) };
        let forward = step > 0;
        let mut at = start.map_or(if forward { 0 } else { size - 1 }, place);
        let end = end.map_or(if forward { size } else { -1 }, |n| place(n).max(-1));
        at = if forward { at.max(0) } else { at.min(size - 1) };
        let mut out = String::new();
        while if forward { at < end.min(size) } else { at > end && at >= 0 } {
            out.push(chars[usize::try_from(at).unwrap()]);
            at += i128::from(step);
        }
        out
    }

    fn fast(content: &str, start: Option<i64>, end: Option<i64>, step: i64) -> String {
        let text = Text::new(content);
        let cut = clamp(text.chars(), start, end, step).unwrap();
        let (low, high) = cut.covered();
        picked(text.between(low, high), cut).collect()
    }

    const MIXED: &str = "aé漢🎉\u{301}👨\u{200d}👩\u{200d}👧🇩🇪ß";

    #[test]
    fn t3_01_every_range_over_every_width_is_whole_code_points() {
        for start in -20..20 {
            for end in -20..20 {
                for step in [-7, -2, -1, 1, 2, 3] {
                    let bounds = (Some(start), Some(end));
                    assert_eq!(
                        fast(MIXED, bounds.0, bounds.1, step),
                        slowly(MIXED, bounds.0, bounds.1, step)
                    );
                }
            }
        }
    }

    #[test]
    fn t3_03_extreme_bounds_are_clamped() {
        let extremes = [None, Some(i64::MIN), Some(i64::MIN + 1), Some(-1), Some(0), Some(5), Some(i64::MAX)];
        for start in extremes {
            for end in extremes {
                for step in [i64::MIN, -1, 1, 2, i64::MAX] {
                    assert_eq!(fast(MIXED, start, end, step), slowly(MIXED, start, end, step));
                    assert_eq!(fast("", start, end, step), "");
                }
            }
        }
        assert!(
            matches!(clamp(3, None, None, 0), Err(Stop::Raise(raise)) if raise.kind == ErrorKind::ValueError)
        );
    }

    #[test]
    fn t3_02_an_index_gives_a_whole_code_point_or_nothing() {
        let text = Text::new(MIXED);
        let chars: Vec<char> = MIXED.chars().collect();
        let length = i64::try_from(chars.len()).unwrap();
        for index in -length..length {
            let position = usize::try_from(if index < 0 { index + length } else { index }).unwrap();
            assert_eq!(text.at(index), Some(chars[position].to_string().as_str()));
        }
        for index in [i64::MIN, -length - 1, length, i64::MAX] {
            assert_eq!(text.at(index), None);
        }
    }

    #[test]
    fn who_asks_first_where_code_points_stand_pays_for_all_who_ask_later() {
        let constants = ["é".repeat(1000), "e".repeat(1000), "é".repeat(CRUMB_CHARS)].map(Text::new);
        let texts = Texts::new(constants.into());
        let spent = |index| {
            let before = texts.fuel.left();
            texts.indexed(Texts::constant(index)).unwrap();
            before - texts.fuel.left()
        };
        assert_eq!([0, 0, 1, 2].map(spent), [126, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn slices_of_long_texts_equal_the_slow_model(
            content in "[aé漢🎉]{0,300}",
            start in proptest::option::of(-400_i64..400),
            end in proptest::option::of(-400_i64..400),
            step in prop_oneof![-5_i64..=-1, 1_i64..=5],
        ) {
            prop_assert_eq!(fast(&content, start, end, step), slowly(&content, start, end, step));
        }

        #[test]
        fn byte_and_position_are_inverse(content in "[aé漢🎉]{0,400}") {
            let text = Text::new(content.as_str());
            for (position, (byte, _)) in content.char_indices().enumerate() {
                prop_assert_eq!(text.byte_of(position), byte);
                prop_assert_eq!(text.position_of(byte), position);
            }
            prop_assert_eq!(text.position_of(content.len()), text.chars());
        }
    }
}
