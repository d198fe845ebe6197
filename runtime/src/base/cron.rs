//! Cron expressions: minute, hour, day of month, month, day of week; each `*`, a number, a range, a list, with `/step`.
//!
//! The one grammar: the checker, the verifier and the scheduler read expressions with [`Expression::parse`].
//!
//! - **C1** `5/10` is 5 alone, as `5-5/10` is; a step counts from its range's start.
//! - **C2** Where both days are restricted, either will do; a day that begins with `*` is not restricted. That is the
//!   rule of every cron since Vixie's.
//! - **C3** An expression that is accepted comes due: the last day of February and all weekdays come round.

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
    /// Its months have none of its days.
    Never,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => write!(f, "it has {found} fields instead of 5"),
            Self::Part(field) => write!(f, "the {field} is not made of numbers, `*`, `-`, `,` and `/`"),
            Self::Outside(field, min, max) => write!(f, "the {field} lies between {min} and {max}"),
            Self::Backwards(field) => write!(f, "a range of the {field} ends before it starts"),
            Self::Step(field) => write!(f, "a step of the {field} is at least 1"),
            Self::Never => f.write_str("no month that it names has such a day"),
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

/// Days of the months that have fewer than 31, in a leap year.
const SHORT_MONTHS: [(u32, u32); 5] = [(2, 29), (4, 30), (6, 30), (9, 30), (11, 30)];

/// Small numbers, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set(u64);

impl Set {
    const fn has(self, number: u32) -> bool {
        self.0.unbounded_shr(number) & 1 == 1
    }

    const fn add(&mut self, number: u32) {
        self.0 |= 1u64.unbounded_shl(number);
    }
}

/// A field's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowed {
    set: Set,
    /// Does it begin with `*`?
    any: bool,
}

/// An expression: which minutes, of which hours, of which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expression {
    minutes: Set,
    hours: Set,
    days: Allowed,
    months: Set,
    /// Sunday is 0.
    weekdays: Allowed,
}

impl Expression {
    /// Reads five lawful fields.
    pub fn parse(expression: &str) -> Result<Self, Fault> {
        let count = expression.split_ascii_whitespace().count();
        if count != FIELDS.len() {
            return Err(Fault::Fields(count));
        }
        let mut texts = expression.split_ascii_whitespace();
        let read = FIELDS.each_ref().map(|field| field.parse(texts.next().unwrap_or_default()));
        let [minutes, hours, days, months, weekdays] = read;
        let (minutes, hours, days, months, mut weekdays) = (minutes?, hours?, days?, months?, weekdays?);
        if weekdays.set.has(7) {
            weekdays.set.add(0);
        }
        let expression = Self { minutes: minutes.set, hours: hours.set, days, months: months.set, weekdays };
        if expression.ever_due() { Ok(expression) } else { Err(Fault::Never) }
    }

    /// Is any minute of this hour due?
    pub const fn hour(&self, hour: u32) -> bool {
        self.hours.has(hour)
    }

    /// Is this minute due, in a due hour of a due day?
    pub const fn minute(&self, minute: u32) -> bool {
        self.minutes.has(minute)
    }

    /// Is any day of this month due?
    pub const fn month(&self, month: u32) -> bool {
        self.months.has(month)
    }

    /// Is this day due, in a due month? Sunday is 0.
    pub const fn day(&self, day: u32, weekday: u32) -> bool {
        let (by_day, by_weekday) = (self.days.set.has(day), self.weekdays.set.has(weekday));
        if self.days.any || self.weekdays.any { by_day && by_weekday } else { by_day || by_weekday }
    }

    fn ever_due(&self) -> bool {
        // A restricted weekday that stands beside a restricted day is enough by itself.
        if !self.days.any && !self.weekdays.any {
            return true;
        }
        let days_of =
            |month| SHORT_MONTHS.iter().find(|(short, _)| *short == month).map_or(31, |(_, days)| *days);
        (1..=12).any(|month| self.months.has(month) && (1..=days_of(month)).any(|day| self.days.set.has(day)))
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<Allowed, Fault> {
        let mut set = Set::default();
        text.split(',').try_for_each(|part| self.parse_part(part, &mut set))?;
        Ok(Allowed { set, any: text.starts_with('*') })
    }

    fn parse_part(&self, part: &str, set: &mut Set) -> Result<(), Fault> {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step = step.map(|step| self.number(step)).transpose()?;
        if step == Some(0) {
            return Err(Fault::Step(self.name));
        }
        let (start, end) = if range == "*" {
            (self.min, self.max)
        } else {
            let (start, end) = range.split_once('-').unwrap_or((range, range));
            (self.bounded(start)?, self.bounded(end)?)
        };
        if end < start {
            return Err(Fault::Backwards(self.name));
        }
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        (start..=end).step_by(step).for_each(|number| set.add(number));
        Ok(())
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
            assert!(Expression::parse(expression).is_ok(), "{expression}");
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
            ("0 0 30 2 *", Fault::Never),
            ("0 0 31 2,4,6,9,11 */2", Fault::Never),
        ];
        for (expression, fault) in cases {
            assert_eq!(Expression::parse(expression), Err(fault), "{expression}");
        }
    }

    fn numbers(text: &str, field: usize) -> Vec<u32> {
        let allowed = FIELDS[field].parse(text).unwrap();
        (0..64).filter(|number| allowed.set.has(*number)).collect()
    }

    #[test]
    fn fields_are_lists_of_ranges_with_steps() {
        assert_eq!(numbers("*/20", 0), [0, 20, 40]);
        assert_eq!(numbers("5-10/2,7,59", 0), [5, 7, 9, 59]);
        assert_eq!(numbers("5/10", 0), [5]);
        assert_eq!(numbers("*/7", 2), [1, 8, 15, 22, 29]);
        assert_eq!(numbers("0-23/4000000000", 1), [0]);
    }

    #[test]
    fn either_day_will_do_where_both_are_restricted() {
        let both = Expression::parse("0 0 13 * 5").unwrap();
        assert!(both.day(13, 1) && both.day(1, 5) && !both.day(12, 4));
        let weekday = Expression::parse("0 0 * * 7").unwrap();
        assert!(weekday.day(1, 0) && !weekday.day(1, 1));
        let odd = Expression::parse("0 0 */2 * 1-5").unwrap();
        assert!(
            odd.day(1, 1) && !odd.day(2, 1) && !odd.day(1, 0),
            "a day that begins with a star must fit too"
        );
        assert!(Expression::parse("0 0 31 2 1").is_ok(), "its Mondays come");
    }
}
