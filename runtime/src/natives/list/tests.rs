//! List methods against vectors and slow, obvious models.

use crate::natives::testing::Bench;
use crate::value::Value;
use proptest::prelude::*;

const F: Value = Value::Function(0);

fn ints(values: &[i64]) -> String {
    format!("{values:?}")
}

/// Calls a method on a list of ints and further ints.
fn call(name: &str, items: &[i64], args: &[i64]) -> String {
    let mut bench = Bench::new();
    let list = bench.ints(items.iter().copied());
    let mut values = vec![list];
    values.extend(args.iter().map(|&n| Value::Int(n)));
    bench.shown(name, &values)
}

/// What a changing method gives, and the list after it.
fn changed(name: &str, items: &[i64], args: &[i64]) -> (String, String) {
    let mut bench = Bench::new();
    let list = bench.ints(items.iter().copied());
    let mut values = vec![list];
    values.extend(args.iter().map(|&n| Value::Int(n)));
    let result = bench.shown(name, &values);
    (result, bench.show(list))
}

/// Calls a method with a callback, which is the closure.
fn called(name: &str, items: &[i64], init: Option<i64>, f: impl Fn(&[i64]) -> Value) -> String {
    let mut bench = Bench::new();
    let list = bench.ints(items.iter().copied());
    let mut args = vec![list, F];
    args.extend(init.map(Value::Int));
    let int = |value: &Value| if let Value::Int(n) = value { *n } else { panic!("{value:?}") };
    let back = |_: &mut Bench, args: &[Value]| f(&args.iter().map(int).collect::<Vec<_>>());
    match bench.call_with(name, &args, back) {
        Ok(value) => bench.show(value),
        Err((kind, message)) => format!("{kind}: {message}"),
    }
}

#[test]
fn t1_06_changes_out_of_bounds_leave_the_list_as_it_was() {
    for (name, args) in
        [("insert", &[4, 9][..]), ("insert", &[-4, 9]), ("remove_at", &[3]), ("remove_at", &[-4])]
    {
        let (result, list) = changed(name, &[1, 2, 3], args);
        let message = format!("IndexOutOfBounds: Index {} is out of bounds for list of length 3", args[0]);
        assert_eq!((result, list), (message, ints(&[1, 2, 3])));
    }
    assert_eq!(changed("insert", &[1, 2], &[2, 9]), ("none".to_owned(), ints(&[1, 2, 9])));
    assert_eq!(changed("insert", &[1, 2], &[-1, 9]), ("none".to_owned(), ints(&[1, 9, 2])));
    assert_eq!(changed("remove_at", &[1, 2], &[-2]), ("1".to_owned(), ints(&[2])));
}

#[test]
fn changes_at_the_ends() {
    assert_eq!(changed("push", &[1], &[2, 3]), ("none".to_owned(), ints(&[1, 2, 3])));
    assert_eq!(changed("unshift", &[1], &[2]), ("none".to_owned(), ints(&[2, 1])));
    assert_eq!(changed("pop", &[1, 2], &[]), ("2".to_owned(), ints(&[1])));
    assert_eq!(changed("shift", &[1, 2], &[]), ("1".to_owned(), ints(&[2])));
    assert_eq!(changed("pop", &[], &[]), ("none".to_owned(), ints(&[])));
    assert_eq!(changed("shift", &[], &[]), ("none".to_owned(), ints(&[])));
    assert_eq!(changed("clear", &[1, 2], &[]), ("none".to_owned(), ints(&[])));
    assert_eq!(changed("remove", &[1, 2, 1], &[1]), ("true".to_owned(), ints(&[2, 1])));
    assert_eq!(changed("remove", &[1], &[2]), ("false".to_owned(), ints(&[1])));
}

#[test]
fn slices_and_counts_clamp_or_are_refused() {
    assert_eq!(call("slice", &[1, 2, 3], &[-2]), ints(&[2, 3]));
    assert_eq!(call("slice", &[1, 2, 3], &[5, 2]), ints(&[]));
    assert_eq!(call("take", &[1, 2, 3], &[i64::MAX]), ints(&[1, 2, 3]));
    assert_eq!(call("drop", &[1, 2, 3], &[2]), ints(&[3]));
    assert!(call("take", &[1], &[-1]).starts_with("ValueError: "));
    assert!(call("drop", &[1], &[-1]).starts_with("ValueError: "));
    assert_eq!(call("chunk", &[1, 2, 3], &[2]), "[[1, 2], [3]]");
    assert_eq!(call("chunk", &[1, 2, 3], &[i64::MAX]), "[[1, 2, 3]]");
    assert!(call("chunk", &[1], &[0]).starts_with("ValueError: "));
}

#[test]
fn aggregates_are_exact_or_refused() {
    assert_eq!(call("sum", &[], &[]), "0");
    assert_eq!(call("avg", &[], &[]), "none");
    assert_eq!(call("min", &[], &[]), "none");
    assert_eq!(call("sum", &[i64::MAX, -1, 1], &[]), i64::MAX.to_string());
    assert!(call("sum", &[i64::MAX, 1], &[]).starts_with("IntegerOverflow: "));
    assert_eq!(call("avg", &[i64::MAX, i64::MAX], &[]), "9.223372036854776e18");
    assert_eq!(call("max", &[3, 7, 5], &[]), "7");
    let mut bench = Bench::new();
    let mixed = bench.list(&[Value::Number(f64::NAN), Value::Int(2), Value::Number(1.5)]);
    assert_eq!(bench.shown("min", &[mixed]), "1.5");
    assert_eq!(bench.shown("max", &[mixed]), "2");
    let text = bench.text("a");
    let wrong = bench.list(&[text, Value::Int(1)]);
    for name in ["sum", "avg", "min", "max", "sort"] {
        assert!(bench.shown(name, &[wrong]).starts_with("TypeError: "), "{name}");
    }
    let truths = bench.list(&[Value::Bool(true)]);
    assert!(bench.shown("min", &[truths]).starts_with("TypeError: "));
}

#[test]
fn callbacks_get_element_and_position() {
    let sum = |args: &[i64]| Value::Int(args.iter().sum());
    let odd = |args: &[i64]| Value::Bool(args[0] % 2 == 1);
    assert_eq!(called("map", &[10, 20], None, sum), ints(&[10, 21]));
    assert_eq!(called("filter", &[1, 2, 3], None, odd), ints(&[1, 3]));
    assert_eq!(called("find", &[2, 3, 5], None, odd), "3");
    assert_eq!(called("find", &[2], None, odd), "none");
    assert_eq!(called("find_index", &[2, 3, 5], None, odd), "1");
    assert_eq!(called("findIndex", &[2], None, odd), "-1");
    assert_eq!(called("some", &[2, 3], None, odd), "true");
    assert_eq!(called("any", &[], None, odd), "false");
    assert_eq!(called("every", &[1, 2], None, odd), "false");
    assert_eq!(called("all", &[], None, odd), "true");
    assert_eq!(called("each", &[1], None, odd), "none");
    assert_eq!(called("group_by", &[1, 2, 3], None, |args| Value::Int(args[0] % 2)), "{1: [1, 3], 0: [2]}");
    // What was reached, the element and its position.
    assert_eq!(called("reduce", &[10, 20], Some(1), sum), "32");
    assert_eq!(called("reduce", &[10, 20, 30], None, sum), "63");
    assert_eq!(called("reduce", &[7], None, sum), "7");
    assert_eq!(called("reduce", &[], Some(3), sum), "3");
    assert!(called("reduce", &[], None, sum).starts_with("ValueError: "));
    assert!(called("group_by", &[1], None, |_| Value::Number(1.5)).starts_with("TypeError: "));
}

#[test]
fn callbacks_work_on_a_snapshot() {
    let mut bench = Bench::new();
    let list = bench.ints([1, 2, 3]);
    let result = bench.call_with("map", &[list, F], |bench, args| {
        bench.call("clear", &[list]).unwrap();
        args[0]
    });
    let result = result.unwrap();
    assert_eq!(bench.show(result), ints(&[1, 2, 3]));
    assert_eq!(bench.show(list), ints(&[]));
    let pairs = bench.call_with("flat_map", &[result, F], |bench, args| {
        if matches!(args[0], Value::Int(2)) { Value::None } else { bench.list(&[args[0], args[1]]) }
    });
    let pairs = pairs.unwrap();
    assert_eq!(bench.show(pairs), "[1, 0, none, 3, 2]");
}

#[test]
fn ranges_answer_without_being_listed() {
    let mut bench = Bench::new();
    let all = bench.range(i64::MIN, i64::MAX, true);
    let most = bench.range(0, i64::MAX - 1, true);
    let empty = bench.range(5, 5, false);
    for (name, range, args, expected) in [
        ("first", all, &[][..], i64::MIN.to_string()),
        ("last", all, &[], i64::MAX.to_string()),
        ("is_empty", all, &[], "false".to_owned()),
        ("length", most, &[], i64::MAX.to_string()),
        ("contains", all, &[Value::Int(7)], "true".to_owned()),
        ("contains", all, &[Value::Number(7.5)], "false".to_owned()),
        ("index_of", most, &[Value::Number(7.0)], "7".to_owned()),
        ("index_of", most, &[Value::Int(-7)], "-1".to_owned()),
        ("take", all, &[Value::Int(2)], ints(&[i64::MIN, i64::MIN + 1])),
        ("min", all, &[], i64::MIN.to_string()),
        ("avg", most, &[], "4.611686018427388e18".to_owned()),
        ("sum", empty, &[], "0".to_owned()),
        ("first", empty, &[], "none".to_owned()),
        ("to_list", empty, &[], "[]".to_owned()),
    ] {
        let mut values = vec![range];
        values.extend(args);
        assert_eq!(bench.shown(name, &values), expected, "{name}");
    }
    for name in ["length", "to_list", "reverse", "chunk"] {
        let args = [all, Value::Int(3)];
        let args = if name == "chunk" { &args[..] } else { &args[..1] };
        assert!(bench.shown(name, args).starts_with("IntegerOverflow: "), "{name}");
    }
    assert!(bench.shown("sum", &[most]).starts_with("IntegerOverflow: "));
    for name in ["to_list", "reverse", "sort", "unique"] {
        assert!(bench.shown(name, &[most]).starts_with("MemoryLimitExceeded: "), "{name}");
    }
    assert!(bench.shown("map", &[most, F]).starts_with("MemoryLimitExceeded: "));
    let found = bench.call_with("find", &[all, F], |_, args| Value::Bool(matches!(args[1], Value::Int(5))));
    assert_eq!(bench.show(found.unwrap()), (i64::MIN + 5).to_string());
}

#[test]
fn nesting_goes_one_level() {
    let mut bench = Bench::new();
    let inner = bench.ints([1, 2]);
    let deeper = bench.list(&[inner]);
    let outer = bench.list(&[inner, Value::Int(3), deeper]);
    assert_eq!(bench.shown("flat", &[outer]), "[1, 2, 3, [1, 2]]");
    assert_eq!(bench.shown("zip", &[inner, outer]), "[[1, [1, 2]], [2, 3]]");
    assert_eq!(bench.shown("concat", &[inner, inner]), "[1, 2, 1, 2]");
    assert_eq!(bench.shown("join", &[outer]), r#""[1, 2]3[[1, 2]]""#);
    let dash = bench.text("–");
    let text = bench.text("é");
    let mixed = bench.list(&[text, Value::None, Value::Number(2.0), Value::Bool(true)]);
    assert_eq!(bench.shown("join", &[mixed, dash]), r#""é––2–true""#);
    let empty = bench.list(&[]);
    assert_eq!(bench.shown("join", &[empty, dash]), r#""""#);
}

#[test]
fn x_10_a_list_that_holds_itself_is_walked_to_the_limit() {
    let mut bench = Bench::new();
    let list = bench.list(&[Value::Int(1)]);
    bench.call("push", &[list, list]).unwrap();
    let other = bench.list(&[Value::Int(1)]);
    bench.call("push", &[other, other]).unwrap();
    let both = bench.list(&[list, other]);
    assert_eq!(bench.shown("index_of", &[list, list]), "1");
    assert!(bench.shown("contains", &[list, other]).starts_with("ValueError: "));
    assert!(bench.shown("unique", &[both]).starts_with("ValueError: "));
    assert!(bench.shown("join", &[both]).starts_with("ValueError: "));
    let flat = bench.call("flat", &[list]).unwrap();
    assert_eq!(bench.shown("length", &[flat]), "3");
}

#[test]
fn unique_compares_by_content_and_keeps_the_first() {
    let mut bench = Bench::new();
    let (a, b) = (bench.text("x"), bench.text("x"));
    let (one, same) = (bench.ints([1]), bench.list(&[Value::Number(1.0)]));
    let nan = Value::Number(f64::NAN);
    let held = bench.list(&[nan]);
    let items =
        [a, Value::Int(1), b, Value::Number(1.0), one, same, nan, nan, held, held, Value::None, Value::None];
    let list = bench.list(&items);
    assert_eq!(bench.shown("unique", &[list]), r#"["x", 1, [1], NaN, NaN, [NaN], none]"#);
}

#[test]
fn x_22_unique_is_linear_whatever_the_elements_are() {
    let fuel = |size: i64, make: fn(&mut Bench, i64) -> Value| {
        let mut bench = Bench::new();
        let items: Vec<Value> = (0..size).map(|n| make(&mut bench, n)).collect();
        let list = bench.list(&items);
        bench.kept = vec![list];
        bench.call("unique", &[list]).unwrap();
        bench.spent()
    };
    let makes: [fn(&mut Bench, i64) -> Value; 4] = [
        |_, n| Value::Int(n),
        |bench, n| bench.text(&n.to_string()),
        |bench, n| bench.ints(std::iter::repeat_n(0, 20).chain([n])),
        |bench, _| bench.list(&[Value::Number(f64::NAN)]),
    ];
    for make in makes {
        let (once, twice) = (fuel(2000, make), fuel(4000, make));
        assert!(twice * 2 <= once * 5, "{once} then {twice}");
    }
}

#[test]
fn sort_is_natural_stable_and_puts_nan_last() {
    let mut bench = Bench::new();
    let nan = Value::Number(f64::NAN);
    let list = bench.list(&[nan, Value::Int(2), Value::Number(1.5), nan, Value::Number(-0.0), Value::Int(0)]);
    assert_eq!(bench.shown("sort", &[list]), "[-0.0, 0, 1.5, 2, NaN, NaN]");
    let (a, b, c) = (bench.text("é"), bench.text("z"), bench.text("a"));
    let texts = bench.list(&[a, b, c]);
    assert_eq!(bench.shown("sort", &[texts]), r#"["a", "z", "é"]"#);
    // A function of one parameter (a built-in counts as one) gives keys.
    let list = bench.ints([31, 12, 22, 11]);
    let key = Value::Native(crate::base::builtin::NativeId(0));
    let by_last_digit = |_: &mut Bench, args: &[Value]| match args {
        [Value::Int(n)] => Value::Int(n % 10),
        other => panic!("{other:?}"),
    };
    let sorted = bench.call_with("sort", &[list, key], by_last_digit).unwrap();
    assert_eq!(bench.show(sorted), ints(&[31, 11, 12, 22]));
    assert_eq!(bench.show(list), ints(&[31, 12, 22, 11]), "the list itself stays");
    let wrong = bench.call_with("sort", &[list, key], |_, _| Value::None);
    assert_eq!(wrong.unwrap_err().0, "TypeError");
}

fn sorted_by(items: &[i64], mut f: impl FnMut(i64, i64) -> Value) -> Result<String, String> {
    let mut bench = Bench::new();
    let list = bench.ints(items.iter().copied());
    let back = |_: &mut Bench, args: &[Value]| match args {
        [Value::Int(a), Value::Int(b)] => f(*a, *b),
        other => panic!("{other:?}"),
    };
    let sorted = bench.call_with("sort", &[list, F], back);
    sorted.map(|list| bench.show(list)).map_err(|(kind, _)| kind.to_owned())
}

#[test]
fn x_11_a_contradictory_comparator_gives_some_order_of_all() {
    let items: Vec<i64> = (0..500).collect();
    for answer in [Value::Int(1), Value::Int(-1), Value::Int(0), Value::Number(f64::NAN)] {
        let sorted = sorted_by(&items, |_, _| answer).unwrap();
        let mut found: Vec<i64> =
            sorted.trim_matches(['[', ']']).split(", ").map(|n| n.parse().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, items);
    }
    let mut turn = 0;
    sorted_by(&items, |_, _| {
        turn = (turn * 31 + 7) % 101;
        Value::Int(turn - 50)
    })
    .unwrap();
    assert_eq!(sorted_by(&[1, 2], |_, _| Value::Bool(true)), Err("TypeError".to_owned()));
}

#[test]
fn long_lists_go_in_many_steps_and_linear_fuel() {
    let spent = |name: &str, size: i64, args: &[Value]| {
        let mut bench = Bench::new();
        let list = bench.ints((0..size).map(|n| n * 7919 % size));
        let mut values = vec![list];
        values.extend(args);
        bench.call(name, &values).unwrap();
        assert!(bench.steps > 1, "{name} in {} steps", bench.steps);
        bench.spent()
    };
    for (name, args) in [
        ("reverse", &[][..]),
        ("to_list", &[]),
        ("flat", &[]),
        ("chunk", &[Value::Int(3)]),
        ("sum", &[]),
        ("avg", &[]),
        ("max", &[]),
        ("join", &[]),
        ("unique", &[]),
        ("sort", &[]),
        ("contains", &[Value::Int(-1)]),
        ("index_of", &[Value::Number(0.5)]),
    ] {
        let (once, twice) = (spent(name, 30_000, args), spent(name, 60_000, args));
        assert!(twice * 2 <= once * 5, "{name}: {once} then {twice}");
    }
}

proptest! {
    #[test]
    fn x_11_whatever_a_comparator_answers_it_is_asked_less_than_n_log_n_times(
        answers in proptest::collection::vec(-1_i64..=1, 1..40),
        size in 0_i64..300,
    ) {
        let items: Vec<i64> = (0..size).collect();
        let mut asked = 0;
        let sorted = sorted_by(&items, |_, _| {
            asked += 1;
            Value::Int(answers[asked % answers.len()])
        });
        let sorted = sorted.unwrap();
        let mut found: Vec<i64> =
            sorted.trim_matches(['[', ']']).split(", ").filter_map(|n| n.parse().ok()).collect();
        found.sort_unstable();
        prop_assert_eq!(&found, &items);
        let log = items.len().next_power_of_two().trailing_zeros() as usize;
        prop_assert!(asked <= items.len() * log, "{} elements, asked {} times", items.len(), asked);
    }

    #[test]
    fn methods_equal_those_of_vectors(items in proptest::collection::vec(-9_i64..9, 0..40), n in 0_i64..12, m in -12_i64..12) {
        let size = items.len();
        let at = usize::try_from(n).unwrap();
        let reversed: Vec<i64> = items.iter().rev().copied().collect();
        prop_assert_eq!(call("reverse", &items, &[]), ints(&reversed));
        prop_assert_eq!(call("take", &items, &[n]), ints(&items[..at.min(size)]));
        prop_assert_eq!(call("drop", &items, &[n]), ints(&items[at.min(size)..]));
        let position = items.iter().position(|&item| item == n).map_or("-1".to_owned(), |at| at.to_string());
        prop_assert_eq!(call("index_of", &items, &[n]), position);
        prop_assert_eq!(call("sum", &items, &[]), items.iter().sum::<i64>().to_string());
        let mut sorted = items.clone();
        sorted.sort_unstable();
        prop_assert_eq!(call("sort", &items, &[]), ints(&sorted));
        let mut seen = std::collections::HashSet::new();
        let unique: Vec<i64> = items.iter().copied().filter(|n| seen.insert(*n)).collect();
        prop_assert_eq!(call("unique", &items, &[]), ints(&unique));
        // A splice with one new element.
        let start = if m < 0 { size.saturating_sub(usize::try_from(-m).unwrap()) } else { usize::try_from(m).unwrap().min(size) };
        let mut left = items.clone();
        let removed: Vec<i64> = left.splice(start..(start + at).min(size), [99]).collect();
        prop_assert_eq!(changed("splice", &items, &[m, n, 99]), (ints(&removed), ints(&left)));
    }

    #[test]
    fn comparators_sort_as_a_stable_sort_does(items in proptest::collection::vec(0_i64..100, 0..60)) {
        let mut expected = items.clone();
        expected.sort_by_key(|n| std::cmp::Reverse(n / 10));
        prop_assert_eq!(sorted_by(&items, |a, b| Value::Int(b / 10 - a / 10)).unwrap(), ints(&expected));
    }
}
