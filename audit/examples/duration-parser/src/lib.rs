//! Reads durations such as `1h30m`, `90s` or `(1h 30m) 5s` as seconds. The subject of the example: small, and with three
//! ways to fall over, each held back by a named guard.

pub mod guard;

use guard::off;

/// Brackets inside each other.
pub const DEPTH_MAX: usize = 64;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Something else than a digit, a unit, a blank or a bracket.
    #[error("unexpected character at byte {at}; write 1h30m")]
    Unexpected {
        /// Where.
        at: usize,
    },
    /// More seconds than there are numbers.
    #[error("too long: more than {} seconds", u64::MAX)]
    TooLong,
    /// Nested too deep.
    #[error("more than {DEPTH_MAX} brackets inside each other at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
    },
}

/// Parses a whole text.
pub fn parse(text: &str) -> Result<u64, DurationError> {
    let mut reader = Reader { text, at: 0 };
    let seconds = reader.sum(0)?;
    if reader.at == text.len() { Ok(seconds) } else { Err(DurationError::Unexpected { at: reader.at }) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Everything up to the end or a closing bracket.
    fn sum(&mut self, depth: usize) -> Result<u64, DurationError> {
        if depth > DEPTH_MAX && !off("NestingLimit") {
            return Err(DurationError::TooDeep { at: self.at });
        }
        let mut seconds = 0_u64;
        loop {
            let more = match self.peek() {
                Some(b'(') => {
                    self.at += 1;
                    let inner = self.sum(depth + 1)?;
                    if self.peek() != Some(b')') {
                        return Err(DurationError::Unexpected { at: self.at });
                    }
                    self.at += 1;
                    inner
                }
                Some(b' ') => {
                    self.at += 1;
                    0
                }
                Some(b'0'..=b'9') => self.part()?,
                _ => return Ok(seconds),
            };
            seconds = add(seconds, more)?;
        }
    }

    /// A number and its unit, which is one character.
    fn part(&mut self) -> Result<u64, DurationError> {
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = add(multiply(number, 10)?, u64::from(digit - b'0'))?;
            self.at += 1;
        }
        let at = self.at;
        let unit = if off("CharBoundary") {
            // One byte, whatever it is the first byte of.
            Some(&self.text[at..(at + 1).min(self.text.len())])
        } else {
            self.text.get(at..at + 1)
        };
        let seconds = match unit {
            Some("h") => 3600,
            Some("m") => 60,
            Some("s") => 1,
            _ => return Err(DurationError::Unexpected { at }),
        };
        self.at += 1;
        multiply(number, seconds)
    }
}

fn add(a: u64, b: u64) -> Result<u64, DurationError> {
    if off("CheckedArithmetic") { Ok(a + b) } else { a.checked_add(b).ok_or(DurationError::TooLong) }
}

fn multiply(a: u64, b: u64) -> Result<u64, DurationError> {
    if off("CheckedArithmetic") { Ok(a * b) } else { a.checked_mul(b).ok_or(DurationError::TooLong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sums_of_parts() {
        assert_eq!(parse("1h30m"), Ok(5400));
        assert_eq!(parse("(1h 30m) 5s"), Ok(5405));
        assert_eq!(parse(""), Ok(0));
        assert_eq!(parse("1x"), Err(DurationError::Unexpected { at: 1 }));
        assert_eq!(parse("1"), Err(DurationError::Unexpected { at: 1 }));
    }
}
