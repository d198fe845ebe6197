//! Times at the ends of their range, and the clock as an effect.

use super::super::testing::Bench;
use crate::value::Value::{Duration, Int, Time};
use crate::value::calendar::{DAY_MILLIS, TIME_MAX, TIME_MIN};
use crate::vm::{Answer, Effect};

#[test]
fn the_clock_is_the_drivers() {
    let mut bench = Bench::new();
    let millis = 19_000 * DAY_MILLIS + 5;
    for (name, shown) in [
        ("now", format!("time {millis}")),
        ("Date.now", millis.to_string()),
        ("today", format!("time {}", millis - 5)),
        ("yesterday", format!("time {}", millis - 5 - DAY_MILLIS)),
        ("tomorrow", format!("time {}", millis - 5 + DAY_MILLIS)),
    ] {
        bench.answers.push_back(Answer::Millis(millis));
        assert_eq!(bench.shown(name, &[]), shown);
        assert_eq!(bench.asked.pop(), Some(Effect::Now));
    }
}

#[test]
fn a_clock_at_the_end_of_time_has_no_tomorrow() {
    let mut bench = Bench::new();
    bench.answers.extend([Answer::Millis(TIME_MAX), Answer::Millis(TIME_MIN)]);
    assert_eq!(bench.call("tomorrow", &[]).unwrap_err().0, "ValueError");
    assert_eq!(bench.call("yesterday", &[]).unwrap_err().0, "ValueError");
}

#[test]
fn times_are_made_of_texts_and_milliseconds() {
    let mut bench = Bench::new();
    let text = bench.text("2024-01-15 14:30");
    assert_eq!(bench.shown("time", &[text]), "time 1705329000000");
    for millis in [TIME_MIN, 0, TIME_MAX] {
        assert_eq!(bench.shown("time", &[Int(millis)]), format!("time {millis}"));
    }
    for millis in [TIME_MIN - 1, TIME_MAX + 1, i64::MIN, i64::MAX] {
        assert_eq!(bench.call("time", &[Int(millis)]).unwrap_err().0, "ValueError");
    }
    let bad = bench.text("tomorrow");
    assert_eq!(bench.call("time", &[bad]).unwrap_err().0, "ValueError");
}

#[test]
fn parts_are_read_in_utc() {
    let mut bench = Bench::new();
    let at = Time(1_705_329_007_045);
    let parts: [(&str, i64); 8] = [
        ("year", 2024),
        ("month", 1),
        ("day", 15),
        ("hour", 14),
        ("minute", 30),
        ("second", 7),
        ("weekday", 1),
        ("to_ms", 1_705_329_007_045),
    ];
    for (name, n) in parts {
        assert_eq!(bench.shown(name, &[at]), n.to_string(), "{name}");
    }
    assert_eq!(bench.shown("weekday", &[Time(3 * DAY_MILLIS)]), "0");
    assert_eq!(bench.shown("year", &[Time(TIME_MIN)]), "0");
    assert_eq!(bench.shown("iso", &[at]), "\"2024-01-15T14:30:07.045Z\"");
}

#[test]
fn patterns_are_written_and_bounded() {
    let mut bench = Bench::new();
    let pattern = bench.text("DD.MM.YYYY [at] HH:mm");
    assert_eq!(bench.shown("format", &[Time(0), pattern]), "\"01.01.1970 at 00:00\"");
    let longest = bench.text(&"[".repeat(4096));
    assert_eq!(bench.shown("format", &[Time(0), longest]), format!("{:?}", "[".repeat(4096)));
    let longer = bench.text(&"D".repeat(4097));
    assert_eq!(bench.call("format", &[Time(0), longer]).unwrap_err().0, "ValueError");
}

#[test]
fn times_move_within_their_years() {
    let mut bench = Bench::new();
    assert_eq!(bench.shown("add", &[Time(5), Duration(-10)]), "time -5");
    assert_eq!(bench.call("add", &[Time(TIME_MAX), Duration(1)]).unwrap_err().0, "ValueError");
    assert_eq!(bench.call("add", &[Time(0), Duration(i64::MIN)]).unwrap_err().0, "ValueError");
    assert_eq!(bench.shown("seconds", &[Duration(-1500)]), "-1.5");
    assert_eq!(bench.shown("to_ms", &[Duration(-1500)]), "-1500");
}
