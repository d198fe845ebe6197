//! Which paths and sizes reach the driver, and what its answers become.

use super::super::testing::Bench;
use super::PATH_BYTES_MAX;
use crate::value::{Object, Value};
use crate::vm::{Answer, Effect};

#[test]
fn a_file_that_is_too_large_is_asked_for_once_more_after_a_collection() {
    let mut bench = Bench::with_budget(1 << 20);
    let path = bench.text("big");
    bench.heap.new_text(&"garbage".repeat(1000)).unwrap();
    bench.answers.extend([Answer::TooLarge, Answer::Bytes(vec![b'x'; 1000])]);
    let text = bench.call("read_file", &[path]).unwrap();
    assert_eq!(bench.content(text), "x".repeat(1000));
    let limit = |effect: &Effect| match effect {
        Effect::ReadFile { bytes_max, .. } => *bytes_max,
        other => panic!("{other:?}"),
    };
    assert_eq!(bench.asked.len(), 2);
    assert!(bench.asked.iter().map(limit).all(|bytes| bytes < 1 << 20));
    bench.answers.extend([Answer::TooLarge, Answer::TooLarge]);
    assert_eq!(bench.call("read_bytes", &[path]).unwrap_err().0, "MemoryLimitExceeded");
}

#[test]
fn the_largest_file_that_was_asked_for_fits() {
    for name in ["read_file", "read_bytes"] {
        let mut bench = Bench::with_budget(1 << 20);
        let path = bench.text("big");
        bench.answers.push_back(Answer::FileFailed("no".to_owned()));
        bench.call(name, &[path]).unwrap_err();
        let Some(Effect::ReadFile { bytes_max, .. }) = bench.asked.pop() else { panic!() };
        bench.answers.push_back(Answer::Bytes(vec![b'x'; bytes_max]));
        assert!(bench.call(name, &[path]).is_ok(), "{name} of {bytes_max} bytes");
    }
}

#[test]
fn answers_become_values_and_errors() {
    let mut bench = Bench::new();
    let path = bench.text("a");
    let content = bench.text("é");
    bench.answers.extend([
        Answer::Bytes(vec![0xFF]),
        Answer::FileFailed("a is missing".to_owned()),
        Answer::Nothing,
        Answer::FileFailed("disk full".to_owned()),
        Answer::Bool(true),
        Answer::Names(vec!["b/".to_owned(), "c".to_owned()]),
        Answer::Nothing,
    ]);
    assert_eq!(bench.shown("read_file", &[path]), "InvalidText: the file \"a\" is not UTF-8");
    assert_eq!(bench.shown("read_file", &[path]), "FileError: a is missing");
    assert_eq!(bench.shown("write_file", &[path, content]), "none");
    assert_eq!(bench.shown("append_file", &[path, content]), "FileError: disk full");
    assert_eq!(bench.shown("file_exists", &[path]), "true");
    assert_eq!(bench.shown("list_files", &[path]), "[\"b/\", \"c\"]");
    assert_eq!(bench.shown("delete_file", &[path]), "none");
    assert_eq!(bench.asked[2], Effect::WriteFile { path: "a".to_owned(), content: "é".into() });
    assert_eq!(bench.asked[3], Effect::AppendFile { path: "a".to_owned(), content: "é".into() });
}

#[test]
fn what_is_written_is_charged_only_while_the_driver_works() {
    let mut bench = Bench::with_budget(1 << 20);
    let (path, content) = (bench.text("a"), bench.text(&"x".repeat(300_000)));
    bench.heap.collect(0, |marker| marker.visit_all(&[path, content])).unwrap();
    let before = bench.heap.memory.used();
    for answer in [Answer::Nothing, Answer::FileFailed("no".to_owned())] {
        bench.answers.push_back(answer);
        let _ = bench.call("write_file", &[path, content]);
        assert_eq!(bench.heap.memory.used(), before);
    }
    let twice = [path, bench.text(&"y".repeat(450_000))];
    assert_eq!(bench.call("write_file", &twice).unwrap_err().0, "MemoryLimitExceeded");
}

#[test]
fn an_upload_is_saved_by_its_bytes() {
    let mut bench = Bench::new();
    let (path, name) = (bench.text("up/a"), bench.text("bytes"));
    let bytes = bench.heap.new_object(Object::Bytes([0, 0xFF].as_slice().into())).unwrap();
    let part = bench.heap.new_map(1).unwrap();
    bench.heap.set_key(part, name, Value::Bytes(bytes)).unwrap();
    bench.answers.push_back(Answer::Nothing);
    assert_eq!(bench.shown("save_upload", &[Value::Map(part), path]), "none");
    let written = Effect::WriteFile { path: "up/a".to_owned(), content: vec![0, 0xFF] };
    assert_eq!(bench.asked.as_slice(), [written]);
    let (path, other) = (bench.text("up/b"), bench.heap.new_map(0).unwrap());
    assert_eq!(
        bench.shown("save_upload", &[Value::Map(other), path]),
        "TypeError: save_upload: `part` must be a file of a form, a map with `bytes`"
    );
}

#[test]
fn a_path_longer_than_the_system_takes_is_refused_before_it_is_copied() {
    let mut bench = Bench::new();
    let long = bench.text(&"a".repeat(PATH_BYTES_MAX + 1));
    for name in ["read_file", "read_bytes", "list_files", "file_exists", "delete_file"] {
        let refused = bench.shown(name, &[long]);
        assert!(refused.ends_with("…\": a path has at most 4096 bytes"), "{name}: {refused}");
    }
    assert!(bench.shown("write_file", &[long, long]).starts_with("FileError"));
    assert!(bench.asked.is_empty());
    let longest = bench.text(&"a".repeat(PATH_BYTES_MAX));
    bench.answers.push_back(Answer::Bool(false));
    assert_eq!(bench.shown("file_exists", &[longest]), "false");
}
