//! Names of attributes and tags that come from values: what they may be made of.

use crate::base::guard::{Guard, off};

/// Bytes of a name.
const BYTES_MAX: usize = 256;

/// May an attribute be called that? A letter, `_`, `@` or `:`, then letters, digits and `_ - : . @`.
pub fn is_attribute(name: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || matches!(c, '_' | '@' | ':');
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '@');
    off(Guard::AttributeName)
        || name.len() <= BYTES_MAX && name.starts_with(starts) && name.chars().all(goes_on)
}

/// May an element whose tag is computed be called that? A lower-case letter, then those, digits and `-`; not `script` or
/// `style`, whose content is no markup.
pub fn is_tag(name: &str) -> bool {
    let goes_on = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    off(Guard::AttributeName)
        || name.len() <= BYTES_MAX
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(goes_on)
            && !matches!(name, "script" | "style")
}

/// Elements without content and end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Has the element neither content nor end tag?
pub fn is_void(tag: &str) -> bool {
    VOID.contains(&tag)
}

/// Are truth values of the attribute written as words?
pub fn spells_truth(attribute: &str) -> bool {
    let prefix = attribute.get(..5).unwrap_or_default();
    prefix.eq_ignore_ascii_case("aria-") || prefix.eq_ignore_ascii_case("data-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_letters_and_a_few_signs() {
        for name in ["a", "data-x", "@click", ":is", "xml:lang", "v.b", "_", "größe"] {
            assert!(is_attribute(name), "{name}");
        }
        for name in ["", "1a", "-a", "a b", "a=", "a>", "a\"", "a/", "a\0", "a\u{a0}", &"a".repeat(257)] {
            assert!(!is_attribute(name), "{name}");
        }
        assert!(is_tag("h1") && is_tag("my-tag"));
        for name in ["", "H1", "1h", "a b", "a:b", "script", "style", "é", "a>"] {
            assert!(!is_tag(name), "{name}");
        }
        assert!(spells_truth("aria-hidden") && spells_truth("DATA-x") && !spells_truth("data"));
    }
}
