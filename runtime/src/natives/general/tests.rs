//! Sizes, kinds, ranges and copies at their limits.

use super::super::testing::Bench;
use crate::value::Value;
use crate::vm::{Answer, Effect};
use proptest::prelude::*;

#[test]
fn sizes_are_counted_in_elements() {
    let mut bench = Bench::new();
    let text = bench.text("é😀");
    let list = bench.ints(0..3);
    assert_eq!(bench.shown("len", &[text]), "2");
    assert_eq!(bench.shown("len", &[list]), "3");
    let range = bench.range(1, 5, true);
    assert_eq!(bench.shown("len", &[range]), "5");
    let range = bench.range(i64::MIN, i64::MAX, true);
    assert_eq!(bench.call("len", &[range]).unwrap_err().0, "IntegerOverflow");
}

#[test]
fn kinds_have_their_names() {
    let mut bench = Bench::new();
    let list = bench.list(&[]);
    let table =
        [(Value::None, "none"), (Value::Number(1.0), "number"), (list, "list"), (Value::Client, "client")];
    for (value, name) in table {
        assert_eq!(bench.shown("type_of", &[value]), format!("{name:?}"));
    }
}

#[test]
fn ranges_end_before_their_bound() {
    let mut bench = Bench::new();
    let mut range =
        |a: i64, b: i64, step: i64| bench.shown("range", &[Value::Int(a), Value::Int(b), Value::Int(step)]);
    assert_eq!(range(0, 5, 2), "[0, 2, 4]");
    assert_eq!(range(0, 4, 2), "[0, 2]");
    assert_eq!(range(5, 0, -2), "[5, 3, 1]");
    assert_eq!(range(5, 0, 1), "[]");
    assert_eq!(range(0, 0, 1), "[]");
    assert_eq!(range(i64::MAX - 1, i64::MAX, 1), format!("[{}]", i64::MAX - 1));
    assert_eq!(range(i64::MIN, i64::MAX, i64::MAX), format!("[{}, -1, {}]", i64::MIN, i64::MAX - 1));
    assert_eq!(range(i64::MAX, i64::MIN, i64::MIN), format!("[{}, -1]", i64::MAX));
    assert!(range(1, 2, 0).starts_with("ValueError: "));
    assert!(range(i64::MIN, i64::MAX, 1).starts_with("MemoryLimitExceeded: "));
}

#[test]
fn a_long_range_is_made_in_steps() {
    let mut bench = Bench::new();
    let list = bench.call("range", &[Value::Int(0), Value::Int(20_000)]).unwrap();
    assert!(bench.steps >= 4);
    assert_eq!(bench.shown("len", &[list]), "20000");
}

#[test]
fn copies_are_of_one_level() {
    let mut bench = Bench::new();
    let inner = bench.list(&[Value::Int(1)]);
    let list = bench.list(&[inner, Value::Int(2)]);
    let copy = bench.call("copy", &[list]).unwrap();
    let (Value::List(inner), Value::List(of_copy), Value::List(of_list)) = (inner, copy, list) else {
        panic!()
    };
    bench.heap.push(of_copy, Value::None).unwrap();
    bench.heap.push(inner, Value::Bool(true)).unwrap();
    assert_eq!(bench.show(copy), "[[1, true], 2, none]");
    assert_eq!(bench.show(Value::List(of_list)), "[[1, true], 2]");
    let map = bench.heap.new_map(10_000).unwrap();
    bench.kept.push(Value::Map(map));
    for n in 0..10_000 {
        bench.heap.set_key(map, Value::Int(n), Value::Int(-n)).unwrap();
    }
    let copy = bench.call("copy", &[Value::Map(map)]).unwrap();
    assert!(bench.steps > 1);
    assert_eq!(bench.show(copy), bench.show(Value::Map(map)));
    assert_eq!(bench.shown("copy", &[Value::Int(3)]), "3");
}

#[test]
fn the_environment_is_the_drivers() {
    let mut bench = Bench::new();
    let (name, default) = (bench.text("HOME"), bench.text("nowhere"));
    bench.answers.extend([Answer::Text("/home".to_owned()), Answer::Nothing, Answer::Nothing]);
    assert_eq!(bench.shown("env", &[name, default]), "\"/home\"");
    assert_eq!(bench.shown("env", &[name, default]), "\"nowhere\"");
    assert_eq!(bench.shown("env", &[name]), "none");
    assert_eq!(bench.asked[0], Effect::Env("HOME".to_owned()));
}

proptest! {
    #[test]
    fn ranges_agree_with_counting(a in -50_i64..50, b in -50_i64..50, step in -7_i64..7) {
        prop_assume!(step != 0);
        let mut expected = Vec::new();
        let mut next = a;
        while if step > 0 { next < b } else { next > b } {
            expected.push(next);
            next += step;
        }
        let mut bench = Bench::new();
        let shown = bench.shown("range", &[Value::Int(a), Value::Int(b), Value::Int(step)]);
        prop_assert_eq!(shown, format!("{expected:?}"));
    }
}

#[test]
fn x_33_a_name_that_no_system_has_is_not_copied() {
    let mut bench = Bench::new();
    let (long, default) = (bench.text(&"A".repeat((128 << 10) + 1)), bench.text("nowhere"));
    assert_eq!(bench.shown("env", &[long, default]), "\"nowhere\"");
    assert_eq!(bench.shown("env", &[long]), "none");
    assert!(bench.asked.is_empty());
}
