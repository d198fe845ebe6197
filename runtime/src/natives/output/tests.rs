//! What people, the log and markup get to see.

use super::super::testing::Bench;
use crate::value::{Object, Value};
use crate::vm::{Answer, Effect, LogLevel};

fn printed(bench: &mut Bench, args: &[Value]) -> String {
    bench.answers.push_back(Answer::Nothing);
    assert!(matches!(bench.call("print", args), Ok(Value::None)));
    match bench.asked.pop() {
        Some(Effect::Print(line)) => line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_joins_its_parts_by_blanks() {
    let mut bench = Bench::new();
    assert_eq!(printed(&mut bench, &[]), "");
    let text = bench.text("a \"b\"");
    let list = bench.list(&[Value::None, text, Value::Number(2.0)]);
    assert_eq!(printed(&mut bench, &[text, Value::None, Value::Bool(false)]), "a \"b\" none false");
    assert_eq!(printed(&mut bench, &[text, list, Value::None]), "a \"b\" [none, \"a \\\"b\\\"\", 2] none");
    let long = "é".repeat(5000);
    let long_text = bench.text(&long);
    assert_eq!(printed(&mut bench, &[long_text, Value::Int(1)]), format!("{long} 1"));
}

#[test]
fn what_is_printed_is_charged_until_it_is_out() {
    let mut bench = Bench::with_budget(1 << 20);
    let half = bench.text(&"x".repeat(400_000));
    bench.heap.collect(0, |marker| marker.visit(half)).unwrap();
    let before = bench.heap.memory.used();
    assert_eq!(bench.call("print", &[half, half]).unwrap_err().0, "MemoryLimitExceeded");
    bench.heap.collect(0, |marker| marker.visit(half)).unwrap();
    assert_eq!(bench.heap.memory.used(), before);
}

#[test]
fn the_log_gets_a_message_and_json() {
    let mut bench = Bench::new();
    let message = bench.text("drafts");
    let data = bench.heap.new_map(0).unwrap();
    bench.kept.push(Value::Map(data));
    bench.heap.set_key(data, message, Value::Number(2.0)).unwrap();
    bench.answers.extend([Answer::Nothing, Answer::Nothing]);
    bench.call("log.info", &[message, Value::Map(data)]).unwrap();
    bench.call("log_error", &[Value::Int(5)]).unwrap();
    let expected = [
        Effect::Log {
            level: LogLevel::Info,
            message: "drafts".to_owned(),
            data: Some("{\"drafts\":2.0}".to_owned()),
        },
        Effect::Log { level: LogLevel::Error, message: "5".to_owned(), data: None },
    ];
    assert_eq!(bench.asked, expected);
}

#[test]
fn markup_is_escaped_and_raw_is_not() {
    let mut bench = Bench::new();
    let text = bench.text("<a href=\"x\">'&'é</a>");
    let escaped = "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;é&lt;/a&gt;";
    assert_eq!(bench.shown("escape", &[text]), format!("{escaped:?}"));
    let list = bench.list(&[text]);
    let shown = bench.call("escape", &[list]).unwrap();
    assert!(bench.content(shown).starts_with("[&quot;&lt;a href=\\&quot;x"), "{}", bench.content(shown));
    let long = bench.text(&"<".repeat(10_000));
    let shown = bench.call("escape", &[long]).unwrap();
    assert_eq!(bench.content(shown), "&lt;".repeat(10_000));
    for value in [text, list] {
        let Ok(Value::View(view)) = bench.call("raw", &[value]) else { panic!("no view") };
        assert!(matches!(bench.heap.objects.get(view), Ok(Object::View(_))));
        assert_eq!(bench.shown("text", &[Value::View(view)]), bench.shown("text", &[value]));
    }
}

#[test]
fn what_the_log_gets_is_cut() {
    let mut bench = Bench::new();
    let (fits, long) = ("x".repeat(64 << 10), "é".repeat(64 << 10));
    let (fits, long) = (bench.text(&fits), bench.text(&long));
    let data = bench.heap.new_map(0).unwrap();
    bench.kept.push(Value::Map(data));
    bench.heap.set_key(data, fits, long).unwrap();
    bench.answers.extend([Answer::Nothing, Answer::Nothing]);
    bench.call("log.info", &[fits]).unwrap();
    bench.call("log.info", &[long, Value::Map(data)]).unwrap();
    let lengths = |effect: &Effect| match effect {
        Effect::Log { message, data, .. } => {
            assert_eq!(message.ends_with('…'), message.len() != 64 << 10);
            let data = data.as_ref().map(|data| serde_json::from_str::<String>(data).unwrap());
            (message.len(), data.is_some_and(|data| data.starts_with("{\"xxx") && data.ends_with('…')))
        }
        other => panic!("{other:?}"),
    };
    let cut = (64 << 10) + '…'.len_utf8();
    assert_eq!(bench.asked.iter().map(lengths).collect::<Vec<_>>(), [(64 << 10, false), (cut, true)]);
}
