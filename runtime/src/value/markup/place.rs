//! Attributes that a browser does something with besides showing them, and what a computed value may be there.

use super::address;

/// Bytes of a value that is read to its end.
const READ_BYTES_MAX: usize = 64 << 10;

/// What the value of such an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An address.
    Address,
    /// The address of what is embedded as a page of its own.
    Embedded,
    /// Addresses between semicolons.
    Addresses,
    /// When to go to which address.
    Refresh,
    /// The source of a page: markup inside the value, so that a text is escaped for that too.
    Document,
}

/// By name alone: what the element is called may be computed, and a name that means nothing there loses nothing.
const PLACES: &[(&str, Place)] = &[
    ("href", Place::Address),
    ("src", Place::Address),
    ("action", Place::Address),
    ("formaction", Place::Address),
    ("xlink:href", Place::Address),
    ("xml:base", Place::Address),
    ("ping", Place::Address),
    ("poster", Place::Address),
    ("background", Place::Address),
    ("cite", Place::Address),
    ("longdesc", Place::Address),
    ("manifest", Place::Address),
    ("data", Place::Embedded),
    ("codebase", Place::Embedded),
    // What `<animate>` and `<set>` make of another attribute, such as a `href`.
    ("to", Place::Address),
    ("from", Place::Address),
    ("by", Place::Address),
    ("values", Place::Addresses),
    ("content", Place::Refresh),
    ("srcdoc", Place::Document),
];

/// Bytes of the longest name in the table, with the blank before and `="` behind it.
const NAME_BYTES_MAX: usize = 16;

impl Place {
    /// Of an attribute's name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        PLACES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, place)| *place)
    }

    /// Of the attribute whose opening quote markup ends with.
    pub fn behind(markup: &str) -> Option<Self> {
        let from = markup.ceil_char_boundary(markup.len().saturating_sub(NAME_BYTES_MAX));
        let (_, last) = markup.get(from..)?.rsplit_once(' ')?;
        Self::of(last.strip_suffix("=\"").or_else(|| last.strip_suffix("='"))?)
    }

    /// Would a browser run the value, as it stands between the quotes?
    pub fn runs_script(self, written: &str) -> bool {
        match self {
            Self::Address => address::runs_script(written),
            Self::Embedded => address::runs_embedded(written),
            // These are read to their end, which must not take long.
            Self::Addresses | Self::Refresh if written.len() > READ_BYTES_MAX => true,
            Self::Addresses => address::one_runs_script(written),
            Self::Refresh => address::refresh_runs_script(written),
            Self::Document => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_to_read_counts_as_what_runs() {
        for (place, value) in [(Place::Addresses, ";"), (Place::Refresh, "0")] {
            assert!(!place.runs_script(&value.repeat(READ_BYTES_MAX)));
            assert!(place.runs_script(&value.repeat(READ_BYTES_MAX + 1)));
        }
    }

    #[test]
    fn every_place_is_known_by_its_name_in_any_case() {
        for (name, place) in PLACES {
            assert!(name.len() + 3 <= NAME_BYTES_MAX, "{name}");
            assert_eq!(Place::of(&name.to_uppercase()), Some(*place));
            for quote in ["\"", "'"] {
                assert_eq!(
                    Place::behind(&format!("<é title=\"a b\" {name}={quote}")),
                    Some(*place),
                    "{name}"
                );
            }
        }
        assert_eq!(Place::of("hrefs"), None);
        for markup in ["", "href", " href", " href=", "href=\"", " title=\"", "ééééééééééééhref=\""]
        {
            assert_eq!(Place::behind(markup), None, "{markup}");
        }
    }
}
