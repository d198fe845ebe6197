//! The next time that a cron expression names, in UTC.

use crate::base::cron::Expression;
use crate::value::calendar::civil;
use jiff::civil::{Date, Time};

/// Weekdays of dates repeat after so many years of the Gregorian calendar, so what is not found in them never comes.
const CYCLE_YEARS: i16 = 400;
const MINUTE_MILLIS: i64 = 60_000;

/// The first due minute that begins after `after`, in milliseconds since 1970-01-01 UTC. None when there is none within
/// the years 0 to 9999.
pub fn next(expression: &Expression, after: i64) -> Option<i64> {
    let minute = after.div_euclid(MINUTE_MILLIS).checked_add(1)?.checked_mul(MINUTE_MILLIS)?;
    let from = civil(minute)?;
    let today = due_day(expression, from.date())
        .then(|| due_time(expression, from.hour().unsigned_abs(), from.minute().unsigned_abs()))
        .flatten();
    let at = match today {
        Some(time) => from.date().to_datetime(time),
        None => first_day(expression, from.date())?.to_datetime(due_time(expression, 0, 0)?),
    };
    let seconds = at.duration_since(jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs();
    seconds.checked_mul(1000)
}

fn due_day(expression: &Expression, date: Date) -> bool {
    let weekday = date.weekday().to_sunday_zero_offset().unsigned_abs();
    expression.month(date.month().unsigned_abs().into())
        && expression.day(date.day().unsigned_abs().into(), weekday.into())
}

/// The first due day behind this one.
fn first_day(expression: &Expression, date: Date) -> Option<Date> {
    let last_year = date.year().saturating_add(CYCLE_YEARS);
    let mut day = date.tomorrow().ok()?;
    while day.year() <= last_year {
        if due_day(expression, day) {
            return Some(day);
        }
        let skip =
            if expression.month(day.month().unsigned_abs().into()) { day } else { day.last_of_month() };
        day = skip.tomorrow().ok()?;
    }
    None
}

/// The first due time of a due day, from this one on.
fn due_time(expression: &Expression, hour: u8, minute: u8) -> Option<Time> {
    let in_hour = |from: u8| (from..60).find(|minute| expression.minute((*minute).into()));
    let at =
        |hour: u8, minute: u8| Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok();
    if expression.hour(hour.into())
        && let Some(minute) = in_hour(minute)
    {
        return at(hour, minute);
    }
    let hour = (hour.saturating_add(1)..24).find(|hour| expression.hour((*hour).into()));
    // From the start of a day its first hour counts as well.
    at(hour?, in_hour(0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::calendar::{parse_time, write_time};
    use proptest::prelude::*;

    fn after(expression: &str, time: &str) -> String {
        let mut out = String::new();
        let found = next(&Expression::parse(expression).unwrap(), parse_time(time).unwrap());
        write_time(&mut out, found.unwrap());
        out
    }

    #[test]
    fn times_are_the_next_that_fit() {
        let cases = [
            ("* * * * *", "2024-01-15T14:30:00Z", "2024-01-15T14:31:00Z"),
            ("* * * * *", "2024-01-15T14:30:59.999Z", "2024-01-15T14:31:00Z"),
            ("0 3 * * *", "2024-01-15T03:00:00Z", "2024-01-16T03:00:00Z"),
            ("0 3 * * *", "2024-01-15T02:59:59Z", "2024-01-15T03:00:00Z"),
            ("*/20 0-23/2 * * *", "2024-01-15T02:41Z", "2024-01-15T04:00:00Z"),
            ("59 23 31 12 *", "2023-12-31T23:59Z", "2024-12-31T23:59:00Z"),
            ("0 0 29 2 *", "2024-02-29T00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 2 *", "2096-02-29T00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 29 2 */7", "2032-02-29T00:00Z", "2060-02-29T00:00:00Z"),
            ("0 12 13 * 5", "2024-01-06T00:00Z", "2024-01-12T12:00:00Z"),
            ("0 12 13 * 5", "2024-01-12T12:00Z", "2024-01-13T12:00:00Z"),
        ];
        for (expression, time, expected) in cases {
            assert_eq!(after(expression, time), expected, "{expression} after {time}");
        }
    }

    #[test]
    fn outside_the_calendar_there_is_none() {
        let every_minute = Expression::parse("* * * * *").unwrap();
        for time in [i64::MIN, i64::MAX, crate::value::calendar::TIME_MAX] {
            assert_eq!(next(&every_minute, time), None);
        }
    }

    fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("*".to_owned()),
            (min..=max).prop_map(|n| n.to_string()),
            (min..=max, min..=max).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        ];
        let stepped = (part, prop::option::of(1u32..9))
            .prop_map(|(part, step)| step.map_or_else(|| part.clone(), |step| format!("{part}/{step}")));
        prop::collection::vec(stepped, 1..3).prop_map(|parts| parts.join(","))
    }

    proptest! {
        /// Nothing due lies between: minute by minute for the two days before what was found.
        #[test]
        fn no_earlier_minute_fits(
            fields in (field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)),
            time in 0i64..4_000_000_000_000,
        ) {
            let text = format!("{} {} {} {} {}", fields.0, fields.1, fields.2, fields.3, fields.4);
            let expression = Expression::parse(&text).unwrap();
            let found = next(&expression, time).unwrap();
            prop_assert!(found > time && found % MINUTE_MILLIS == 0);
            let fits = |minute: i64| {
                let at = civil(minute).unwrap();
                due_day(&expression, at.date())
                    && expression.hour(at.hour().unsigned_abs().into())
                    && expression.minute(at.minute().unsigned_abs().into())
            };
            prop_assert!(fits(found));
            let first = (time / MINUTE_MILLIS + 1).max(found / MINUTE_MILLIS - 2880);
            prop_assert!((first..found / MINUTE_MILLIS).all(|minute| !fits(minute * MINUTE_MILLIS)));
        }
    }
}
