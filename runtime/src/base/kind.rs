//! The kinds of value, as `type_of`, `is` and the built-in table name them, and sets of them.

macro_rules! kinds {
    ($($name:ident $text:literal)+) => {
        /// What a value is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $(#[doc = $text] $name),+ }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As `type_of` gives it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

kinds! {
    None "none"
    Bool "bool"
    Int "int"
    Number "number"
    Text "text"
    List "list"
    Map "map"
    Range "range"
    Time "time"
    Duration "duration"
    Function "function"
    Entity "entity"
    Variant "variant"
    Query "query"
    Error "error"
    View "view"
    Bytes "bytes"
    Regex "regex"
    Response "response"
    Client "client"
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// No kind: the receiver of a plain function.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ANY: Self = Self(u32::MAX);
    /// int and number.
    pub const NUMERIC: Self = Self::of(&[Kind::Int, Kind::Number]);
    /// What converts to a list: list, range, query.
    pub const LISTS: Self = Self::of(&[Kind::List, Kind::Range, Kind::Query]);

    /// The set of these.
    pub const fn of(kinds: &[Kind]) -> Self {
        let mut bits = 0;
        let mut rest = kinds;
        while let [first, others @ ..] = rest {
            bits |= 1 << (*first as u32);
            rest = others;
        }
        Self(bits)
    }

    /// Is the kind among these?
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << (kind as u32)) != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The kinds in the set.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.has(*kind))
    }

    /// Is none?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
