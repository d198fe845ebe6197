//! Random numbers. All follow from the VM's seed; room for a result is made before anything is drawn, so that a call
//! which is repeated after a collection draws once.

use super::arguments;
use super::define::{INT, TEXT, alias, function, required};
use crate::base::{Kind, Kinds};
use crate::value::stop::{Outcome, Stop};
use crate::value::{Value, number};
use crate::vm::{Context, Flow, Native, Random};

const NUMBER: Kinds = Kinds::of(&[Kind::Number]);
const RANDOM: Native = function("random", &[], NUMBER, |context, _| Ok(random(context.random)));
/// Characters of a UUID.
const UUID_BYTES: usize = 36;

/// The family.
pub const NATIVES: &[Native] = &[
    RANDOM,
    alias("Math.random", RANDOM),
    alias("math_random", RANDOM),
    function("random_int", &[required("a", INT), required("b", INT)], INT, random_int),
    function("uuid", &[], TEXT, uuid),
];

/// One of the 2^53 numbers in [0, 1) that are as far apart as doubles below 1 are.
fn random(random: &mut Random) -> Flow {
    const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;
    let drawn = i64::try_from(random.next_u64() >> 11).unwrap_or(0);
    Flow::Value(Value::Number(number::to_number(drawn) * STEP))
}

fn random_int(context: &mut Context<'_>, args: &[Value]) -> Outcome<Flow> {
    let (a, b) = (arguments::int(args, 0)?, arguments::int(args, 1)?);
    if a > b {
        return Err(Stop::value_error(format!(
            "random_int needs a first bound that is not above the second, not {a} and {b}"
        )));
    }
    let above = up_to(context.random, b.abs_diff(a));
    Ok(Flow::Value(Value::Int(a.saturating_add_unsigned(above))))
}

/// A number from 0 to `last`, each as likely as any other: draws that would favour the first ones are thrown away.
fn up_to(random: &mut Random, last: u64) -> u64 {
    let Some(count) = last.checked_add(1) else { return random.next_u64() };
    // How many of the 2^64 draws are left over when they are dealt out evenly.
    let surplus =
        u64::MAX.checked_rem(count).and_then(|rest| rest.checked_add(1)).and_then(|n| n.checked_rem(count));
    let fair = u64::MAX.saturating_sub(surplus.unwrap_or(0));
    loop {
        let drawn = random.next_u64();
        if drawn <= fair {
            return drawn.checked_rem(count).unwrap_or(0);
        }
    }
}

fn uuid(context: &mut Context<'_>, _: &[Value]) -> Outcome<Flow> {
    context.heap.reserve_text(UUID_BYTES)?;
    let mut bytes = [0; 16];
    context.random.fill(&mut bytes);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(Flow::Value(context.heap.put_text(id.to_string())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;

    #[test]
    fn random_numbers_stay_below_one() {
        let mut bench = Bench::new();
        let mut sum = 0.0;
        for _ in 0..1000 {
            let Ok(Value::Number(n)) = bench.call("random", &[]) else { panic!() };
            assert!((0.0..1.0).contains(&n));
            sum += n;
        }
        assert!((400.0..600.0).contains(&sum), "{sum}");
    }

    #[test]
    fn random_ints_reach_both_bounds_and_nothing_else() {
        let mut bench = Bench::new();
        let mut seen = [0; 5];
        for _ in 0..1000 {
            let Ok(Value::Int(n)) = bench.call("random_int", &[Value::Int(-2), Value::Int(2)]) else {
                panic!()
            };
            seen[usize::try_from(n + 2).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (120..280).contains(count)), "{seen:?}");
        assert_eq!(bench.shown("random_int", &[Value::Int(7), Value::Int(7)]), "7");
        assert!(bench.call("random_int", &[Value::Int(i64::MIN), Value::Int(i64::MAX)]).is_ok());
        assert_eq!(bench.call("random_int", &[Value::Int(1), Value::Int(0)]).unwrap_err().0, "ValueError");
    }

    #[test]
    fn no_remainder_is_favoured() {
        // Of 3 * 2^62 values the draws of the last quarter are surplus: without the rejection the first third would come
        // twice as often.
        let mut random = Random::new([1; 32]);
        let last = 3 * (1 << 62) - 1;
        let low = (0..3000).filter(|_| up_to(&mut random, last) < 1 << 62).count();
        assert!((900..1100).contains(&low), "{low}");
    }

    #[test]
    fn uuids_are_of_version_four_and_differ() {
        let mut bench = Bench::new();
        let mut one = || {
            let id = bench.call("uuid", &[]).unwrap();
            uuid::Uuid::parse_str(bench.content(id)).unwrap()
        };
        let (a, b) = (one(), one());
        assert_eq!(a.get_version_num(), 4);
        assert_ne!(a, b);
    }
}
