//! What `error` accepts, and what it makes of it.

use super::super::testing::Bench;
use crate::value::object::{ErrorName, ErrorValue, Object};
use crate::value::{ErrorKind, Value};

fn made<'b>(bench: &'b mut Bench, args: &[Value]) -> &'b ErrorValue {
    let Value::Error(object) = bench.call("error", args).unwrap() else { panic!("no error") };
    match bench.heap.objects.get(object).unwrap() {
        Object::Error(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_single_text_is_the_message() {
    let mut bench = Bench::new();
    let text = bench.text("Some text");
    let error = made(&mut bench, &[text]);
    assert!(matches!(error.kind, ErrorName::Known(ErrorKind::Error)));
    assert_eq!((error.status, Value::Text(error.message).kind()), (500, text.kind()));
}

#[test]
fn known_kinds_have_their_status_and_others_500() {
    let mut bench = Bench::new();
    for (kind, status) in [("EntityNotFound", 404), ("Error", 500), ("HttpError", 500), ("OutOfPaper3", 500)]
    {
        let args = [bench.text(kind), bench.text("m")];
        assert_eq!(made(&mut bench, &args).status, status, "{kind}");
    }
}

#[test]
fn malformed_and_uncatchable_kinds_are_refused() {
    let mut bench = Bench::new();
    for kind in ["", "lower", "With Blank", "Ärger", "Snake_Case", "3D", "Timeout", "Cancelled"] {
        let args = [bench.text(kind), bench.text("m")];
        assert_eq!(bench.call("error", &args).unwrap_err().0, "ValueError", "{kind:?}");
    }
}

#[test]
fn statuses_are_those_of_http_errors() {
    let mut bench = Bench::new();
    let message = bench.text("gone");
    for status in [400, 404, 599] {
        let error = made(&mut bench, &[Value::Int(status), message]);
        assert_eq!(i64::from(error.status), status);
        assert!(matches!(error.kind, ErrorName::Own(_)));
    }
    for status in [399, 600, 0, -1, i64::MAX, 65_936] {
        assert_eq!(bench.call("error", &[Value::Int(status), message]).unwrap_err().0, "ValueError");
    }
    assert_eq!(bench.call("error", &[Value::Int(404)]).unwrap_err().0, "TypeError");
}

#[test]
fn a_note_goes_to_a_copy() {
    let mut bench = Bench::new();
    let (text, note) = (bench.text("m"), bench.text("while testing"));
    let cause = bench.call("error", &[text]).unwrap();
    let error = bench.call("error", &[text, Value::Unset, cause]).unwrap();
    let noted = bench.call("context", &[error, note]).unwrap();
    let trace = |value| {
        let Value::Error(object) = value else { panic!("no error") };
        let Object::Error(error) = bench.heap.objects.get(object).unwrap() else { panic!("no error") };
        assert!(matches!(error.cause, Value::Error(_)));
        error.trace.iter().map(|point| point.note.is_some()).collect::<Vec<_>>()
    };
    assert_eq!((trace(error), trace(noted)), (vec![], vec![true]));
}

#[test]
fn notes_without_end_keep_the_chain_bounded() {
    let mut bench = Bench::new();
    let text = bench.text("m");
    let mut error = bench.call("error", &[text]).unwrap();
    let mut length = Vec::new();
    for round in 0..600 {
        let note = bench.text(&format!("note {round}"));
        error = bench.call("context", &[error, note]).unwrap();
        let Value::Error(object) = error else { panic!("no error") };
        let Object::Error(noted) = bench.heap.objects.get(object).unwrap() else { panic!("no error") };
        let last = noted.trace.last().unwrap().note.unwrap();
        assert_eq!(bench.heap.texts.str(last).unwrap(), format!("note {round}"));
        length.push(noted.trace.len());
    }
    assert_eq!((length[9], length[255], length[599]), (10, 256, 256));
}
