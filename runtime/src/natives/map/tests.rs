//! Map methods: order, missing keys, snapshots, and what they cost.

use crate::natives::testing::Bench;
use crate::value::Value;

const F: Value = Value::Function(0);

/// A map with these keys; each has ten times its position as value.
fn keyed(bench: &mut Bench, keys: &[Value]) -> Value {
    let map = bench.map();
    for (at, &key) in keys.iter().enumerate() {
        let value = Value::Int(i64::try_from(at).unwrap() * 10);
        bench.call("set", &[map, key, value]).unwrap();
    }
    map
}

#[test]
fn entries_keep_the_order_of_their_keys() {
    let mut bench = Bench::new();
    let (b, a) = (bench.text("b"), bench.text("a"));
    let map = keyed(&mut bench, &[b, a, Value::None]);
    assert_eq!(bench.shown("keys", &[map]), r#"["b", "a", none]"#);
    assert_eq!(bench.shown("values", &[map]), "[0, 10, 20]");
    assert_eq!(bench.shown("entries", &[map]), r#"[["b", 0], ["a", 10], [none, 20]]"#);
    // Overwriting keeps the place, removing and adding moves to the end.
    assert_eq!(bench.shown("set", &[map, b, Value::Int(1)]), "none");
    assert_eq!(bench.shown("remove", &[map, a]), "10");
    assert_eq!(bench.shown("remove", &[map, a]), "none");
    bench.call("set", &[map, a, Value::Int(2)]).unwrap();
    assert_eq!(bench.show(map), r#"{"b": 1, none: 20, "a": 2}"#);
    assert_eq!(bench.shown("count", &[map]), "3");
    assert_eq!(bench.shown("clear", &[map]), "none");
    assert_eq!(bench.shown("is_empty", &[map]), "true");
    assert_eq!(bench.shown("keys", &[map]), "[]");
}

#[test]
fn a_default_is_for_missing_keys_alone() {
    let mut bench = Bench::new();
    let key = bench.text("k");
    let map = keyed(&mut bench, &[Value::Int(2)]);
    bench.call("set", &[map, key, Value::None]).unwrap();
    assert_eq!(bench.shown("get", &[map, key, Value::Int(7)]), "none");
    assert_eq!(bench.shown("get", &[map, Value::Int(3), Value::Int(7)]), "7");
    assert_eq!(bench.shown("get", &[map, Value::Int(3)]), "none");
    assert_eq!(bench.shown("get", &[map, Value::Number(2.0)]), "0");
    assert_eq!(bench.shown("has", &[map, key]), "true");
    assert_eq!(bench.shown("includes", &[map, Value::Number(2.5)]), "false");
    let list = bench.list(&[]);
    assert_eq!(bench.shown("has", &[map, list]), "false");
    assert!(bench.shown("set", &[map, list, key]).starts_with("TypeError: a map key must be"));
    assert!(bench.shown("set", &[map, Value::Number(2.5), key]).starts_with("TypeError: "));
    assert_eq!(bench.shown("count", &[map]), "2");
}

#[test]
fn merging_makes_a_new_map() {
    let mut bench = Bench::new();
    let (one, two) = (
        keyed(&mut bench, &[Value::Int(1), Value::Int(2)]),
        keyed(&mut bench, &[Value::Int(2), Value::Int(3)]),
    );
    assert_eq!(bench.shown("merge", &[one, two]), "{1: 0, 2: 0, 3: 10}");
    assert_eq!(bench.show(one), "{1: 0, 2: 10}");
    assert_eq!(bench.shown("merge", &[one, one]), "{1: 0, 2: 10}");
}

#[test]
fn callbacks_get_value_and_key_of_a_snapshot() {
    let mut bench = Bench::new();
    let map = keyed(&mut bench, &[Value::Int(1), Value::Int(2), Value::Int(3)]);
    let sum = |bench: &mut Bench, args: &[Value]| {
        bench.call("clear", &[map]).unwrap();
        let [Value::Int(value), Value::Int(key)] = args else { panic!("{args:?}") };
        Value::Int(value + key)
    };
    let sums = bench.call_with("map_values", &[map, F], sum).unwrap();
    assert_eq!(bench.show(sums), "{1: 1, 2: 12, 3: 23}");
    assert_eq!(bench.show(map), "{}");
    let odd =
        |_: &mut Bench, args: &[Value]| Value::Bool(matches!(args, [_, Value::Int(key)] if key % 2 == 1));
    let kept = bench.call_with("filter", &[sums, F], odd).unwrap();
    assert_eq!(bench.show(kept), "{1: 1, 3: 23}");
}

#[test]
fn long_walks_go_in_steps_and_linear_fuel() {
    let spent = |name: &str, size: i64| {
        let mut bench = Bench::new();
        let keys: Vec<Value> = (0..size).map(Value::Int).collect();
        let map = keyed(&mut bench, &keys);
        let args = if name == "merge" { vec![map, map] } else { vec![map] };
        let before = bench.spent();
        bench.call(name, &args).unwrap();
        assert!(bench.steps > 1, "{name} in {} steps", bench.steps);
        bench.spent() - before
    };
    for name in ["keys", "values", "entries", "merge"] {
        let (once, twice) = (spent(name, 3000), spent(name, 6000));
        assert!(twice * 2 <= once * 5, "{name}: {once} then {twice}");
    }
}
