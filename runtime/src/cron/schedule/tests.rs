//! Facts about schedules; the clocks are numbers.

use super::*;
use crate::value::calendar::parse_time;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;

fn cron(expression: &str) -> Rhythm {
    Rhythm::Cron(Expression::parse(expression).unwrap())
}

/// A start at this time, and a moment so many seconds later whose wall is off by so many milliseconds.
fn start(time: &str) -> (Moment, impl Fn(u64, i64) -> Moment) {
    let begin = Moment { wall: parse_time(time).unwrap(), up: Duration::from_secs(1000) };
    let at = move |seconds: u64, jump: i64| Moment {
        wall: begin.wall + i64::try_from(seconds).unwrap() * 1000 + jump,
        up: begin.up + Duration::from_secs(seconds),
    };
    (begin, at)
}

#[test]
fn every_runs_first_after_one_interval() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let mut schedule = Schedule::new([Rhythm::Every(Duration::from_secs(10))], begin);
    assert_eq!(schedule.due(begin), []);
    assert_eq!(schedule.idle(begin), Duration::from_secs(10));
    assert_eq!(schedule.due(at(9, 0)), []);
    assert_eq!(schedule.due(at(10, 0)), [Due::Run(0)]);
    schedule.ended(0);
    assert_eq!(schedule.due(at(19, 0)), []);
    assert_eq!(schedule.due(at(23, 0)), [Due::Run(0)], "late");
    schedule.ended(0);
    assert_eq!(schedule.due(at(30, 0)), [Due::Run(0)], "and in step again");
}

/// J1, X-17
#[test]
fn x_17_a_job_slower_than_its_period_is_skipped_not_stacked() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let mut schedule = Schedule::new([Rhythm::Every(Duration::from_secs(1)), cron("* * * * *")], begin);
    let mut runs = 0;
    for second in 1..=180 {
        for due in schedule.due(at(second, 0)) {
            runs += usize::from(due == Due::Run(0) || due == Due::Run(1));
        }
    }
    assert_eq!(runs, 2, "each once, and neither ended");
    schedule.ended(0);
    assert_eq!(schedule.due(at(181, 0)), [Due::Run(0)]);
}

/// J2, X-17
#[test]
fn x_17_what_was_missed_is_made_up_once() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let mut schedule = Schedule::new([Rhythm::Every(Duration::from_secs(1)), cron("* * * * *")], begin);
    assert_eq!(schedule.due(at(86_400 * 400, 0)), [Due::Run(0), Due::Run(1)]);
    schedule.ended(0);
    schedule.ended(1);
    assert_eq!(schedule.due(at(86_400 * 400, 0)), []);
    assert_eq!(schedule.due(at(86_400 * 400 + 60, 0)), [Due::Run(0), Due::Run(1)]);
}

/// J2, J3, X-17
#[test]
fn x_17_a_clock_set_forward_starts_no_storm() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let year = 365 * 24 * HOUR;
    let mut schedule = Schedule::new([cron("*/5 * * * *"), Rhythm::Every(Duration::from_hours(1))], begin);
    assert_eq!(schedule.due(at(1, year)), [Due::Run(0)]);
    schedule.ended(0);
    assert_eq!(schedule.due(at(2, year)), []);
    assert_eq!(schedule.idle(at(2, year)), RECHECK);
    assert_eq!(schedule.due(at(300, year)), [Due::Run(0)]);
}

/// J4, X-17
#[test]
fn x_17_a_clock_set_back_repeats_nothing() {
    let (begin, at) = start("2024-01-15T02:59:00Z");
    let mut schedule = Schedule::new([cron("0 3 * * *")], begin);
    assert_eq!(schedule.due(at(60, 0)), [Due::Run(0)]);
    schedule.ended(0);
    // An hour back, just behind three o'clock: three comes again.
    for second in 61..=61 + 3600 {
        assert_eq!(schedule.due(at(second, -HOUR)), [], "{second}");
    }
    assert_eq!(schedule.due(at(86_400 + 3700, -HOUR)), [Due::Run(0)], "the next day");
}

/// J4, X-17
#[test]
fn x_17_a_clock_set_back_for_good_counts_from_there() {
    let (begin, at) = start("2034-01-15T02:59:00Z");
    let years = -10 * 365 * 24 * HOUR;
    let mut schedule = Schedule::new([cron("* * * * *")], begin);
    assert_eq!(schedule.due(at(60, 0)), [Due::Run(0)]);
    schedule.ended(0);
    assert_eq!(schedule.due(at(61, years)), []);
    assert_eq!(schedule.due(at(120, years)), [Due::Run(0)], "not only in ten years");
}

#[test]
fn a_clock_outside_the_calendar_stops_cron_until_it_is_back() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let mut schedule = Schedule::new([cron("* * * * *")], Moment { wall: i64::MAX, ..begin });
    assert_eq!(schedule.due(Moment { wall: i64::MAX, ..at(60, 0) }), []);
    assert_eq!(schedule.due(at(120, 0)), []);
    assert_eq!(schedule.due(at(180, 0)), [Due::Run(0)]);
}

#[test]
fn nothing_to_run_waits_for_the_next_look() {
    let (begin, at) = start("2024-01-15T14:30:00Z");
    let mut schedule = Schedule::new([], begin);
    assert_eq!(schedule.idle(begin), RECHECK);
    assert_eq!(schedule.due(at(1, 0)), []);
    schedule.ended(7);
}

proptest! {
    /// whatever the clocks do, a job is due at most once a look, and never runs twice at a time.
    #[test]
    fn x_17_no_clock_makes_a_storm(
        looks in prop::collection::vec((0u64..100_000, any::<i64>(), any::<bool>()), 1..20),
        interval in 0u64..100,
    ) {
        let (begin, _) = start("2024-01-15T14:30:00Z");
        let mut schedule = Schedule::new([Rhythm::Every(Duration::from_millis(interval)), cron("*/3 1-5 * * *")], begin);
        let (mut up, mut running) = (begin.up, [false; 2]);
        for (millis, wall, end) in looks {
            up += Duration::from_millis(millis);
            let due = schedule.due(Moment { wall, up });
            prop_assert!(due.len() <= 2);
            for due in due {
                match due {
                    Due::Run(job) => prop_assert!(!std::mem::replace(&mut running[job], true)),
                    Due::Skipped(job) => prop_assert!(running[job]),
                }
            }
            if end {
                running = [false; 2];
                schedule.ended(0);
                schedule.ended(1);
            }
            let idle = schedule.idle(Moment { wall, up });
            prop_assert!(idle <= RECHECK);
        }
    }
}
