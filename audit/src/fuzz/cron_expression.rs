//! Cron expressions, the times that they name, and clocks that do as they like.
//!
//! For `base::cron` and `cron`.
//!
//! Six bytes are a time and a kind, the line behind them an expression, the rest looks at a schedule.
//!
//! Oracle: an obvious reader accepts the same expressions; minute by minute, the next time is the first that fits; and
//! whatever the clocks do, each job is due at most once a look and never runs twice at a time.

use super::Target;
use flin_runtime::base::cron::Expression;
use flin_runtime::cron::{Due, Moment, Rhythm, Schedule, next};
use std::collections::BTreeSet;
use std::time::Duration;

/// What it is, and is for.
pub const TARGET: Target =
    Target { name: "cron_expression", modules: &["base::cron", "cron"], input_bytes_max: 160, judge: target };

const MINUTE: i64 = 60_000;
/// Minutes that are tried one by one: a month, and what is left of the day.
const MINUTES_MAX: i64 = 33 * 24 * 60;

/// The target.
pub fn target(bytes: &[u8]) {
    let Some((time, rest)) = bytes.split_first_chunk::<6>() else { return };
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let Ok(text) = std::str::from_utf8(&rest[..line]) else { return };
    let looks = rest.get(line + 1..).unwrap_or_default();
    let time = time.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
    // Within the years 1970 to 9999, or beside them.
    let time = if time % 2 == 0 { time % 253_000_000_000_000 } else { -time };
    let expression = judge(text, time);
    schedule(expression, time, looks);
}

fn judge(text: &str, time: i64) -> Option<Expression> {
    let obvious = obvious(text);
    let expression = Expression::parse(text).ok();
    let Some(fields) = obvious else {
        assert!(expression.is_none(), "{text:?} is accepted");
        return None;
    };
    let Some(expression) = expression else { panic!("{text:?} is refused") };
    let found = next(&expression, time);
    if let Some(found) = found {
        assert!(found > time && found % MINUTE == 0, "{text:?} after {time}: {found}");
        assert!(fields.fits(found), "{text:?} after {time}: {found} does not fit");
    }
    let first = time.div_euclid(MINUTE) + 1;
    let last = found.map_or(first + MINUTES_MAX, |found| found / MINUTE).min(first + MINUTES_MAX);
    if time >= 0 {
        let earlier = (first..last).find(|minute| fields.fits(minute * MINUTE));
        assert_eq!(earlier.map(|minute| minute * MINUTE), None, "{text:?} after {time} gives {found:?}");
    }
    Some(expression)
}

struct Fields {
    sets: Vec<BTreeSet<u32>>,
    days_any: bool,
    weekdays_any: bool,
}

/// Reads an expression as its grammar says.
fn obvious(text: &str) -> Option<Fields> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    if fields.len() != 5 {
        return None;
    }
    let sets =
        fields.iter().zip(bounds).map(|(field, bounds)| set(field, bounds)).collect::<Option<Vec<_>>>()?;
    let fields =
        Fields { sets, days_any: fields[2].starts_with('*'), weekdays_any: fields[4].starts_with('*') };
    // Leap years have every day that there is.
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let has_day = (1..=12).any(|month: u32| {
        fields.sets[3].contains(&month) && fields.sets[2].iter().any(|day| *day <= days[month as usize - 1])
    });
    (has_day || !fields.days_any && !fields.weekdays_any).then_some(fields)
}

fn set(field: &str, (min, max): (u32, u32)) -> Option<BTreeSet<u32>> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let mut all = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number(step).filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (min, max),
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(range)?, number(range)?),
        };
        if first < min || last > max || first > last {
            return None;
        }
        all.extend((first..=last).filter(|n| (n - first) % step == 0));
    }
    Some(all)
}

impl Fields {
    fn fits(&self, time: i64) -> bool {
        let minutes = time.div_euclid(MINUTE);
        let days = minutes.div_euclid(24 * 60);
        let (_, month, day) = date(days);
        // 1970-01-01 was a Thursday.
        let weekday = (days + 4).rem_euclid(7) as u32;
        let by_day = self.sets[2].contains(&day);
        let by_weekday = self.sets[4].contains(&weekday) || weekday == 0 && self.sets[4].contains(&7);
        let today =
            if self.days_any || self.weekdays_any { by_day && by_weekday } else { by_day || by_weekday };
        let in_day = minutes.rem_euclid(24 * 60) as u32;
        today
            && self.sets[3].contains(&month)
            && self.sets[1].contains(&(in_day / 60))
            && self.sets[0].contains(&(in_day % 60))
    }
}

/// Year, month and day of a number of days since 1970-01-01, counted from the cycle of 400 years.
fn date(days: i64) -> (i64, u32, u32) {
    let leap = |year: i64| year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let mut year = 1970 + days.div_euclid(146_097) * 400;
    let mut left = days.rem_euclid(146_097);
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if left < length {
            return (year, month, left as u32 + 1);
        }
        left -= length;
    }
    (year, 12, 31)
}

/// Looks at a schedule: two bytes of time passed, then what the wall's clock says.
fn schedule(expression: Option<Expression>, time: i64, looks: &[u8]) {
    let every = Duration::from_secs(u64::from(looks.first().copied().unwrap_or(0) % 100));
    let rhythms = [Some(Rhythm::Every(every)), expression.map(Rhythm::Cron)];
    let mut up = Duration::from_secs(1);
    let mut wall = time;
    let mut schedule = Schedule::new(rhythms.into_iter().flatten(), Moment { wall, up });
    let mut running = [false; 2];
    for look in looks.chunks_exact(4) {
        let seconds = u64::from(look[0]) << (look[1] % 12);
        up += Duration::from_secs(seconds);
        let jump = i64::from(look[2] as i8) << (look[3] % 45);
        wall = wall.saturating_add(seconds as i64 * 1000).saturating_add(jump);
        let due = schedule.due(Moment { wall, up });
        assert!(due.len() <= 2, "{} runs at a look", due.len());
        for due in due {
            match due {
                Due::Run(job) => assert!(!std::mem::replace(&mut running[job], true), "job {job} twice"),
                Due::Skipped(job) => assert!(running[job], "job {job} skipped"),
            }
        }
        if look[3] & 0x80 != 0 {
            running = [false; 2];
            schedule.ended(0);
            schedule.ended(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_obvious_calendar_knows_leap_years() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(-1), (1969, 12, 31));
        assert_eq!(date(47_541), (2100, 3, 1));
    }

    #[test]
    fn expressions_are_judged() {
        for text in
            ["*/15 0 * * 1-5", "0 0 29 2 *", "0 0 30 2 *", "1,2-5/2 * 13 * 5", "60 * * * *", "", "* * * *"]
        {
            judge(text, 1_700_000_000_000);
            judge(text, -1);
        }
    }
}
