//! What the lexer hands out.

use super::super::tree::Quote;
use crate::base::span::to_usize;

/// One token of code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Does a line break stand before it?
    pub newline: bool,
    /// Does a blank, line break or comment stand before it?
    pub blank: bool,
}

impl Token {
    /// Its text.
    pub fn text(self, source: &str) -> &str {
        source.get(to_usize(self.start)..to_usize(self.end)).unwrap_or("")
    }
}

macro_rules! tokens {
    ($($name:ident $spelling:literal)+) => {
        /// The kinds of tokens.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum TokenKind {
            /// The end of the file.
            Eof,
            /// A name; soft keywords are names.
            Name,
            /// A word that is never a name.
            Keyword(Keyword),
            /// An int, at most 2^63.
            Int(u64),
            /// A number.
            Number(f64),
            /// A duration in milliseconds.
            Duration(i64),
            /// An opening quote.
            Quote(Quote),
            /// What no token starts with, or a malformed one.
            Bad(Bad),
            $(#[doc = concat!("`", $spelling, "`")] $name),+
        }

        impl TokenKind {
            /// How messages call it when its text does not matter.
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Eof => "the end of the file",
                    Self::Name => "a name",
                    Self::Keyword(keyword) => keyword.name(),
                    Self::Int(_) | Self::Number(_) => "a number",
                    Self::Duration(_) => "a duration",
                    Self::Quote(_) => "text",
                    Self::Bad(_) => "an invalid token",
                    $(Self::$name => concat!("`", $spelling, "`")),+
                }
            }
        }
    };
}

tokens! {
    Ellipsis "..."
    DotDotLess "..<"
    DotDot ".."
    Dot "."
    FatArrow "=>"
    EqualEqual "=="
    Equal "="
    BangEqual "!="
    Bang "!"
    LessEqual "<="
    Less "<"
    GreaterEqual ">="
    Greater ">"
    Arrow "->"
    MinusMinus "--"
    MinusEqual "-="
    Minus "-"
    PlusPlus "++"
    PlusEqual "+="
    Plus "+"
    StarStar "**"
    StarEqual "*="
    Star "*"
    SlashEqual "/="
    Slash "/"
    PercentEqual "%="
    Percent "%"
    AndAnd "&&"
    OrOr "||"
    Pipe "|>"
    Bar "|"
    QuestionQuestion "??"
    QuestionColon "?:"
    QuestionDot "?."
    Question "?"
    Colon ":"
    Comma ","
    Semicolon ";"
    LeftParen "("
    RightParen ")"
    LeftBracket "["
    RightBracket "]"
    LeftBrace "{"
    RightBrace "}"
    At "@"
}

/// Why a token is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// No token starts with this character.
    Character,
    /// An int above 2^63.
    IntTooLarge,
    /// A number beyond what a double holds.
    NumberTooLarge,
    /// A duration beyond what 63 bits of milliseconds hold.
    DurationTooLarge,
    /// The unit of a duration behind a number with a fraction.
    DurationFraction,
    /// Letters or an underscore where a number should have ended.
    NumberSuffix,
    /// `0x`, `0b` or `0o` without digits, or with digits of another base.
    Digits,
    /// `/*` or `<!--` without its end.
    UnterminatedComment,
}

/// Words that are never names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// `true`
    True,
    /// `false`
    False,
    /// `none`, `nil`, `null`
    None,
    /// `if`
    If,
    /// `else`
    Else,
    /// `for`
    For,
    /// `while`
    While,
    /// `match`
    Match,
    /// `return`
    Return,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `fn`, `function`
    Fn,
    /// `in`
    In,
    /// `is`
    Is,
    /// `try`
    Try,
    /// `catch`
    Catch,
    /// `throw`
    Throw,
}

impl Keyword {
    /// The keyword of that spelling.
    pub fn by_name(word: &str) -> Option<Self> {
        Some(match word {
            "true" => Self::True,
            "false" => Self::False,
            "none" | "nil" | "null" => Self::None,
            "if" => Self::If,
            "else" => Self::Else,
            "for" => Self::For,
            "while" => Self::While,
            "match" => Self::Match,
            "return" => Self::Return,
            "break" => Self::Break,
            "continue" => Self::Continue,
            "fn" | "function" => Self::Fn,
            "in" => Self::In,
            "is" => Self::Is,
            "try" => Self::Try,
            "catch" => Self::Catch,
            "throw" => Self::Throw,
            _ => return None,
        })
    }

    /// Its preferred spelling, as messages show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::True => "`true`",
            Self::False => "`false`",
            Self::None => "`none`",
            Self::If => "`if`",
            Self::Else => "`else`",
            Self::For => "`for`",
            Self::While => "`while`",
            Self::Match => "`match`",
            Self::Return => "`return`",
            Self::Break => "`break`",
            Self::Continue => "`continue`",
            Self::Fn => "`fn`",
            Self::In => "`in`",
            Self::Is => "`is`",
            Self::Try => "`try`",
            Self::Catch => "`catch`",
            Self::Throw => "`throw`",
        }
    }
}
