//! Bytes to code tokens, one at a time and on request.
//!
//! [`token_at`] is a pure function of text and offset: what a `/`, `<` or quote means depends on the grammar, so the parser
//! takes over at those places and asks again behind them. Text, elements and their content are read by the parser.
//! Invalid input is a token too ([`TokenKind::Bad`]); nothing here fails.

mod number;
mod regex;
mod token;
mod trivia;

pub use regex::regex_at;
pub use token::{Bad, Keyword, Token, TokenKind};
pub use trivia::{Trivia, line_end, skip_trivia};

use super::tree::Quote;
use crate::base::span::to_u32;

/// The byte at an offset; 0 past the end, which no caller takes for anything else.
pub fn byte_at(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// The character at an offset.
pub fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Does `what` stand at the offset?
pub fn stands_at(text: &str, at: usize, what: &str) -> bool {
    text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
}

/// The offset behind the name that starts at `at`; `at` itself when none does.
pub fn name_end(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at..) else { return at };
    let mut chars = rest.char_indices();
    match chars.next() {
        Some((_, c)) if starts_name(c) => {}
        _ => return at,
    }
    let end = chars.find(|&(_, c)| !continues_name(c)).map_or(rest.len(), |(end, _)| end);
    at.saturating_add(end)
}

/// May a name start with it?
pub fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || (!c.is_ascii() && unicode_ident::is_xid_start(c))
}

/// May a name go on with it?
pub fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && unicode_ident::is_xid_continue(c))
}

/// The token at or after `at`, and the comments before it.
pub fn token_at(text: &str, at: usize) -> (Token, Trivia) {
    let trivia = skip_trivia(text, at);
    let start = trivia.end;
    let (kind, end) = match trivia.unterminated {
        Some(comment) => {
            let token = Token {
                kind: TokenKind::Bad(Bad::UnterminatedComment),
                start: to_u32(comment),
                end: to_u32(text.len()),
                newline: trivia.newline,
                blank: true,
            };
            return (token, trivia);
        }
        None => scan(text, start),
    };
    let token = Token {
        kind,
        start: to_u32(start),
        end: to_u32(end),
        newline: trivia.newline,
        blank: trivia.end > at,
    };
    (token, trivia)
}

fn scan(text: &str, at: usize) -> (TokenKind, usize) {
    let Some(c) = char_at(text, at) else { return (TokenKind::Eof, at) };
    if c.is_ascii_digit() {
        return number::scan(text, at);
    }
    if starts_name(c) {
        let end = name_end(text, at);
        let word = text.get(at..end).unwrap_or("");
        return (Keyword::by_name(word).map_or(TokenKind::Name, TokenKind::Keyword), end);
    }
    let next = at.saturating_add(1);
    match c {
        '"' => (TokenKind::Quote(Quote::Double), next),
        '\'' => (TokenKind::Quote(Quote::Single), next),
        '`' => (TokenKind::Quote(Quote::Backtick), next),
        _ => {
            punctuation(text, at).unwrap_or((TokenKind::Bad(Bad::Character), at.saturating_add(c.len_utf8())))
        }
    }
}

/// The spellings that start with a byte, longest first.
fn spellings(first: u8) -> &'static [(&'static str, TokenKind)] {
    match first {
        b'.' => &[
            ("...", TokenKind::Ellipsis),
            ("..<", TokenKind::DotDotLess),
            ("..", TokenKind::DotDot),
            (".", TokenKind::Dot),
        ],
        b'=' => &[("=>", TokenKind::FatArrow), ("==", TokenKind::EqualEqual), ("=", TokenKind::Equal)],
        b'!' => &[("!=", TokenKind::BangEqual), ("!", TokenKind::Bang)],
        b'<' => &[("<=", TokenKind::LessEqual), ("<", TokenKind::Less)],
        b'>' => &[(">=", TokenKind::GreaterEqual), (">", TokenKind::Greater)],
        b'-' => &[
            ("->", TokenKind::Arrow),
            ("--", TokenKind::MinusMinus),
            ("-=", TokenKind::MinusEqual),
            ("-", TokenKind::Minus),
        ],
        b'+' => &[("++", TokenKind::PlusPlus), ("+=", TokenKind::PlusEqual), ("+", TokenKind::Plus)],
        b'*' => &[("**", TokenKind::StarStar), ("*=", TokenKind::StarEqual), ("*", TokenKind::Star)],
        b'/' => &[("/=", TokenKind::SlashEqual), ("/", TokenKind::Slash)],
        b'%' => &[("%=", TokenKind::PercentEqual), ("%", TokenKind::Percent)],
        b'&' => &[("&&", TokenKind::AndAnd)],
        b'|' => &[("||", TokenKind::OrOr), ("|>", TokenKind::Pipe), ("|", TokenKind::Bar)],
        b'?' => &[
            ("??", TokenKind::QuestionQuestion),
            ("?:", TokenKind::QuestionColon),
            ("?.", TokenKind::QuestionDot),
            ("?", TokenKind::Question),
        ],
        b':' => &[(":", TokenKind::Colon)],
        b',' => &[(",", TokenKind::Comma)],
        b';' => &[(";", TokenKind::Semicolon)],
        b'(' => &[("(", TokenKind::LeftParen)],
        b')' => &[(")", TokenKind::RightParen)],
        b'[' => &[("[", TokenKind::LeftBracket)],
        b']' => &[("]", TokenKind::RightBracket)],
        b'{' => &[("{", TokenKind::LeftBrace)],
        b'}' => &[("}", TokenKind::RightBrace)],
        b'@' => &[("@", TokenKind::At)],
        _ => &[],
    }
}

fn punctuation(text: &str, at: usize) -> Option<(TokenKind, usize)> {
    let found = spellings(byte_at(text, at)).iter().find(|(spelling, _)| stands_at(text, at, spelling));
    found.map(|&(spelling, kind)| (kind, at.saturating_add(spelling.len())))
}
