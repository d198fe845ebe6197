//! Cron expressions: minute, hour, day of month, month, day of week; each `*`, a number, a range, a list, with `/step`.

use std::fmt;

/// Why an expression is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another number of fields than five.
    Fields(usize),
    /// A part of a field that is no number, range or `*`.
    Part(&'static str),
    /// A number outside what the field allows.
    Outside(&'static str, u32, u32),
    /// A range that ends before it starts.
    Backwards(&'static str),
    /// A step of zero.
    Step(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => write!(f, "it has {found} fields instead of 5"),
            Self::Part(field) => write!(f, "the {field} is not made of numbers, `*`, `-`, `,` and `/`"),
            Self::Outside(field, min, max) => write!(f, "the {field} lies between {min} and {max}"),
            Self::Backwards(field) => write!(f, "a range of the {field} ends before it starts"),
            Self::Step(field) => write!(f, "a step of the {field} is at least 1"),
        }
    }
}

struct Field {
    name: &'static str,
    min: u32,
    max: u32,
}

/// Sunday is 0 or 7.
const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59 },
    Field { name: "hour", min: 0, max: 23 },
    Field { name: "day of the month", min: 1, max: 31 },
    Field { name: "month", min: 1, max: 12 },
    Field { name: "day of the week", min: 0, max: 7 },
];

/// Accepts an expression of five lawful fields.
pub fn verify(expression: &str) -> Result<(), Fault> {
    let count = expression.split_ascii_whitespace().count();
    if count != FIELDS.len() {
        return Err(Fault::Fields(count));
    }
    expression.split_ascii_whitespace().zip(&FIELDS).try_for_each(|(text, field)| field.verify(text))
}

impl Field {
    fn verify(&self, text: &str) -> Result<(), Fault> {
        text.split(',').try_for_each(|part| self.verify_part(part))
    }

    fn verify_part(&self, part: &str) -> Result<(), Fault> {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step
            && self.number(step)? == 0
        {
            return Err(Fault::Step(self.name));
        }
        if range == "*" {
            return Ok(());
        }
        let (start, end) = range.split_once('-').unwrap_or((range, range));
        let (start, end) = (self.bounded(start)?, self.bounded(end)?);
        if end < start { Err(Fault::Backwards(self.name)) } else { Ok(()) }
    }

    fn bounded(&self, text: &str) -> Result<u32, Fault> {
        let number = self.number(text)?;
        if (self.min..=self.max).contains(&number) {
            Ok(number)
        } else {
            Err(Fault::Outside(self.name, self.min, self.max))
        }
    }

    fn number(&self, text: &str) -> Result<u32, Fault> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(Fault::Part(self.name));
        }
        // Digits alone fail to parse only when they are too many.
        text.parse().map_err(|_| Fault::Outside(self.name, self.min, self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lawful_expressions_pass() {
        for expression in
            ["* * * * *", "0 3 * * *", "*/5 0-23/2 1,15 1-12 1-5", "59 23 31 12 7", "  0  0 1 1 0 "]
        {
            assert_eq!(verify(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn others_are_refused_with_their_reason() {
        let cases = [
            ("", Fault::Fields(0)),
            ("* * * *", Fault::Fields(4)),
            ("60 * * * *", Fault::Outside("minute", 0, 59)),
            ("* * 0 * *", Fault::Outside("day of the month", 1, 31)),
            ("* 99999999999 * * *", Fault::Outside("hour", 0, 23)),
            ("* 5-3 * * *", Fault::Backwards("hour")),
            ("*/0 * * * *", Fault::Step("minute")),
            ("a * * * *", Fault::Part("minute")),
            ("1, * * * *", Fault::Part("minute")),
            ("-1 * * * *", Fault::Part("minute")),
            ("+1 * * * *", Fault::Part("minute")),
        ];
        for (expression, fault) in cases {
            assert_eq!(verify(expression), Err(fault), "{expression}");
        }
    }
}
