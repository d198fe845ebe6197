//! JSON in and out against an independent implementation, and at its limits.

use super::super::testing::{Bench, Raised};
use super::DEPTH_MAX;
use crate::value::{ErrorKind, ErrorValue, Object, Value, object::ErrorName};
use proptest::prelude::*;

fn parse(text: &str) -> Result<String, Raised> {
    let mut bench = Bench::new();
    let text = bench.text(text);
    let value = bench.call("json_parse", &[text])?;
    Ok(bench.show(value))
}

fn refusal(text: &str) -> String {
    let (kind, message) = parse(text).unwrap_err();
    assert_eq!(kind, "ValueError");
    message
}

/// Parses and writes again.
fn round(text: &str, indent: i64) -> String {
    let mut bench = Bench::new();
    let text = bench.text(text);
    let value = bench.call("json_parse", &[text]).unwrap();
    let text = bench.call("json_stringify", &[value, Value::Int(indent)]).unwrap();
    bench.content(text).to_owned()
}

fn written(bench: &mut Bench, value: Value) -> String {
    match bench.call("json_stringify", &[value]) {
        Ok(text) => bench.content(text).to_owned(),
        Err((kind, message)) => format!("{kind}: {message}"),
    }
}

#[test]
fn documents_become_values() {
    let table = [
        (" null ", "none"),
        ("true", "true"),
        ("[1, 2.5, -0, 1e2, \"a\"]", "[1, 2.5, -0.0, 100.0, \"a\"]"),
        ("{}", "{}"),
        ("[]", "[]"),
        ("[[],{\"a\":[{}]}]", "[[], {\"a\": [{}]}]"),
        ("{\"k\": 1, \"l\": 2, \"k\": 3}", "{\"k\": 3, \"l\": 2}"),
        ("\"\\u00e9\\n\\\"\\ud83d\\ude00\"", "\"é\\n\\\"😀\""),
        ("\"\"", "\"\""),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.223372036854776e18"),
        ("\t\r\n [1 , 2 ] ", "[1, 2]"),
    ];
    for (text, value) in table {
        assert_eq!(parse(text).unwrap(), value, "{text}");
    }
}

#[test]
fn malformed_documents_are_refused_with_their_place() {
    let table = [
        ("", "invalid JSON at line 1, column 1: expected a value, found the end of the text"),
        ("[1,", "invalid JSON at line 1, column 4: expected a value, found the end of the text"),
        ("[1,]", "invalid JSON at line 1, column 4: expected a value, found ']'"),
        ("[1 2]", "invalid JSON at line 1, column 4: expected ',' or the end of the list or map, found '2'"),
        ("{\"a\" 1}", "invalid JSON at line 1, column 6: expected ':', found '1'"),
        ("{a: 1}", "invalid JSON at line 1, column 2: expected a key in double quotes or '}', found 'a'"),
        ("{\"a\":1,}", "invalid JSON at line 1, column 8: expected a key in double quotes, found '}'"),
        ("[1}", "invalid JSON at line 1, column 3: expected ',' or the end of the list or map, found '}'"),
        ("\n\n  é", "invalid JSON at line 3, column 3: expected a value, found 'é'"),
        ("1 2", "invalid JSON at line 1, column 3: expected nothing after the value, found '2'"),
        ("nul", "invalid JSON at line 1, column 1: expected a value, found 'n'"),
        ("\"ab", "invalid JSON at line 1, column 4: a text without its closing quote"),
        ("\"ab\\", "invalid JSON at line 1, column 5: a text without its closing quote"),
        ("\"a\tb\"", "invalid JSON at line 1, column 3: a control character in a text"),
        ("\"é\\x\"", "invalid JSON at line 1, column 3: an unknown escape"),
        ("\"\\ud800\"", "invalid JSON at line 1, column 2: half of a surrogate pair"),
        ("[01]", "invalid JSON at line 1, column 2: a malformed number"),
        ("1e999", "invalid JSON at line 1, column 1: a number beyond the range of a double"),
        ("\u{feff}1", "invalid JSON at line 1, column 1: expected a value, found '\\u{feff}'"),
        ("]", "invalid JSON at line 1, column 1: expected a value, found ']'"),
    ];
    for (text, message) in table {
        assert_eq!(refusal(text), message, "{text:?}");
    }
}

#[test]
fn nesting_is_read_up_to_its_limit() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(parse(&nested(DEPTH_MAX)).unwrap(), nested(DEPTH_MAX));
    assert!(refusal(&nested(DEPTH_MAX + 1)).ends_with("nested deeper than 128 levels"));
    assert!(refusal(&"[".repeat(100_000)).ends_with("nested deeper than 128 levels"));
    assert!(refusal(&"{\"a\":".repeat(100_000)).ends_with("nested deeper than 128 levels"));
}

#[test]
fn long_tokens_take_many_steps() {
    let mut bench = Bench::new();
    let long = "é\\n".repeat(50_000);
    let text = bench.text(&format!("[\"{}\", \"{long}\", {}]", "x".repeat(100_000), "1".repeat(300)));
    let value = bench.call("json_parse", &[text]).unwrap();
    assert!(bench.steps > 50, "{}", bench.steps);
    let back = bench.call("json_stringify", &[value]).unwrap();
    assert!(bench.steps > 50, "{}", bench.steps);
    let content = bench.content(back);
    assert!(content.contains(&long) && content.ends_with("e299]"));
}

#[test]
fn a_refused_text_gives_back_its_memory() {
    let mut bench = Bench::new();
    let text = bench.text(&format!("\"\\n{}\\x\"", "y".repeat(20_000)));
    bench.heap.collect(0, |marker| marker.visit(text)).unwrap();
    let before = bench.heap.memory.used();
    bench.call("json_parse", &[text]).unwrap_err();
    bench.heap.collect(0, |marker| marker.visit(text)).unwrap();
    assert_eq!(bench.heap.memory.used(), before);
}

#[test]
fn values_are_written_in_one_line_or_indented() {
    let text = r#"{"a":[1,2.0,"x\"\\\u0001\n"],"b":{},"c":[],"d":null}"#;
    assert_eq!(round(text, 0), text);
    let indented = "{\n  \"a\": [\n    1,\n    2.0\n  ],\n  \"b\": {},\n  \"c\": []\n}";
    assert_eq!(round("{\"a\":[1,2.0],\"b\":{},\"c\":[]}", 2), indented);
}

#[test]
fn texts_are_written_alike_up_to_the_length_that_one_part_writes_and_beyond() {
    for (length, end) in
        [255, 256, 257].into_iter().flat_map(|length| ["", "\"", "é"].map(|end| (length, end)))
    {
        let text = "a".repeat(length - end.len()) + end;
        let document = serde_json::json!({ &text: [&text, { &text: &text }], "b": "" });
        assert_eq!(round(&document.to_string(), 0), document.to_string());
        assert_eq!(round(&document.to_string(), 2), serde_json::to_string_pretty(&document).unwrap());
    }
}

#[test]
fn kinds_without_a_json_form_are_null_and_others_have_theirs() {
    let mut bench = Bench::new();
    let table = [
        (Value::Number(f64::NAN), "null"),
        (Value::Number(f64::INFINITY), "null"),
        (Value::Client, "null"),
        (Value::Time(0), "\"1970-01-01T00:00:00Z\""),
        (Value::Duration(-1500), "-1500"),
        (Value::Number(2.0), "2.0"),
    ];
    for (value, text) in table {
        assert_eq!(written(&mut bench, value), text);
    }
    let range = bench.range(-1, 2, true);
    assert_eq!(written(&mut bench, range), "[-1,0,1,2]");
    let range = bench.range(i64::MAX - 1, i64::MAX, true);
    assert_eq!(written(&mut bench, range), format!("[{},{}]", i64::MAX - 1, i64::MAX));
    let range = bench.range(5, 5, false);
    assert_eq!(written(&mut bench, range), "[]");
    let Value::Text(message) = bench.text("too \"old\"") else { panic!() };
    let error = ErrorValue {
        kind: ErrorName::Known(ErrorKind::ValueError),
        message,
        status: 500,
        trace: Vec::new(),
        left_out: 0,
        cause: Value::None,
        data: None,
    };
    let error = Value::Error(bench.heap.new_object(Object::Error(Box::new(error))).unwrap());
    assert_eq!(written(&mut bench, error), r#"{"kind":"ValueError","message":"too \"old\""}"#);
    let map = bench.heap.new_map(0).unwrap();
    for (key, value) in [(Value::None, 1), (Value::Bool(true), 2), (Value::Int(-3), 3), (Value::Time(0), 4)] {
        bench.heap.set_key(map, key, Value::Int(value)).unwrap();
    }
    let expected = r#"{"":1,"true":2,"-3":3,"1970-01-01T00:00:00Z":4}"#;
    assert_eq!(written(&mut bench, Value::Map(map)), expected);
}

#[test]
fn nesting_is_written_up_to_its_limit_and_cycles_end() {
    let mut bench = Bench::new();
    let mut value = bench.list(&[]);
    for _ in 1..DEPTH_MAX {
        value = bench.list(&[value]);
    }
    assert_eq!(written(&mut bench, value), format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX)));
    let deeper = bench.list(&[value]);
    assert!(written(&mut bench, deeper).starts_with("ValueError: "));
    let cyclic = bench.list(&[Value::Int(1)]);
    let Value::List(list) = cyclic else { panic!() };
    bench.heap.push(list, cyclic).unwrap();
    assert!(written(&mut bench, cyclic).starts_with("ValueError: "));
}

#[test]
fn a_negative_indent_is_refused() {
    let mut bench = Bench::new();
    let outcome = bench.call("json_stringify", &[Value::None, Value::Int(-1)]);
    assert_eq!(outcome.unwrap_err(), ("ValueError", "an indent is 0 or more blanks, not -1".to_owned()));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn both_directions_agree_with_serde_json(document in json(), indent in 0_i64..4) {
        let text = serde_json::to_string(&document).unwrap();
        let back: serde_json::Value = serde_json::from_str(&round(&text, indent)).unwrap();
        prop_assert_eq!(back, document);
    }

    #[test]
    fn what_is_refused_is_what_serde_json_refuses(text in "[\\[\\]{}:,\"\\\\0-9eE.+\\- ntrufalsx]{0,24}") {
        let ours = parse(&text).is_ok();
        prop_assert_eq!(ours, serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }
}

#[test]
fn numbers_are_read_up_to_their_limit_and_not_beyond() {
    use super::lex::NUMBER_BYTES_MAX;
    let read = |digits: usize| {
        let mut bench = Bench::new();
        let text = bench.text(&format!("0.{}", "3".repeat(digits - 2)));
        bench.call("json_parse", &[text]).map(|_| bench.steps).map_err(|(_, message)| message.clone())
    };
    assert!(read(NUMBER_BYTES_MAX).is_ok());
    for more in [NUMBER_BYTES_MAX * 2, NUMBER_BYTES_MAX * 100] {
        assert!(read(more).unwrap_err().contains("a number of more than 65536 characters"));
    }
}
