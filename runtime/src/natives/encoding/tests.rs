//! Encodings against the crates of their field, whole texts at once, and at the seams of steps.

use super::super::testing::Bench;
use crate::value::{Object, Value};
use proptest::prelude::*;

fn call(name: &str, text: &str) -> String {
    let mut bench = Bench::new();
    let text = bench.text(text);
    match bench.call(name, &[text]) {
        Ok(text) => bench.content(text).to_owned(),
        Err((kind, message)) => format!("{kind}: {message}"),
    }
}

fn bytes(bench: &mut Bench, content: &[u8]) -> Value {
    let value = Value::Bytes(bench.heap.new_object(Object::Bytes(content.into())).unwrap());
    bench.kept.push(value);
    value
}

#[test]
fn base64_is_padded_on_output_and_lenient_about_it_on_input() {
    assert_eq!(call("base64_encode", "é"), "w6k=");
    assert_eq!(call("base64_encode", ""), "");
    for text in ["w6k=", "w6k"] {
        assert_eq!(call("base64_decode", text), "é");
    }
    for bad in ["w6k =", " w6k=", "w6k=\n", "w", "w6k==", "w6_=", "=", "w6k=w6k=", "w6l=", "YQ="] {
        assert_eq!(call("base64_decode", bad), "ValueError: the text is not base64", "{bad:?}");
    }
    assert_eq!(call("base64_decode", "/w=="), "InvalidText: the bytes are not UTF-8");
    assert_eq!(call("base64_decode", "w6nD"), "InvalidText: the bytes are not UTF-8");
}

#[test]
fn padding_before_the_end_is_refused_at_a_seam_too() {
    let first = format!("{}QQ==", "QUJD".repeat(1023));
    assert_eq!(first.len(), 4096);
    assert!(call("base64_decode", &first).ends_with("ABCA"));
    assert_eq!(call("base64_decode", &format!("{first}QUJD")), "ValueError: the text is not base64");
}

#[test]
fn bytes_have_a_size_and_perhaps_a_text() {
    let mut bench = Bench::new();
    let long = "é".repeat(10_000);
    let good = bytes(&mut bench, long.as_bytes());
    let bad = bytes(&mut bench, &[b'a', 0xC3]);
    assert_eq!(bench.shown("size", &[good]), "20000");
    let text = bench.call("text", &[good]).unwrap();
    assert_eq!(bench.content(text), long);
    assert_eq!(bench.shown("text", &[bad]), "none");
    assert_eq!(bench.shown("to_base64", &[bad]), "\"YcM=\"");
    let encoded = bench.text("YcM");
    let decoded = bench.call("base64_bytes", &[encoded]).unwrap();
    assert_eq!(super::bytes_of(&bench.heap, decoded).unwrap(), &[b'a', 0xC3]);
}

#[test]
fn percent_escapes_need_two_digits_and_utf8() {
    assert_eq!(call("url_encode", "a b+é/~"), "a%20b%2B%C3%A9%2F~");
    assert_eq!(call("url_decode", "a%20b+%c3%A9"), "a b+é");
    for (bad, at) in [("%", 0), ("é%4", 1), ("a%%20", 1), ("%zz", 0), ("%+1", 0)] {
        let message = format!("ValueError: % at position {at} is not followed by two hexadecimal digits");
        assert_eq!(call("url_decode", bad), message, "{bad}");
    }
    assert_eq!(call("url_decode", "%C3"), "InvalidText: the bytes are not UTF-8");
}

#[test]
fn a_refused_text_gives_back_its_memory() {
    for (name, text) in [
        ("base64_decode", format!("{}*", "QUJD".repeat(5000))),
        ("base64_bytes", format!("{}*", "QUJD".repeat(5000))),
        ("url_decode", format!("{}%", "abc".repeat(5000))),
    ] {
        let mut bench = Bench::new();
        let text = bench.text(&text);
        bench.heap.collect(0, |marker| marker.visit(text)).unwrap();
        let before = bench.heap.memory.used();
        bench.call(name, &[text]).unwrap_err();
        bench.heap.collect(0, |marker| marker.visit(text)).unwrap();
        assert_eq!(bench.heap.memory.used(), before, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn texts_survive_both_encodings(text in "(\\PC|[%+=é😀]){0,40}", times in 1_usize..300) {
        let text = text.repeat(times);
        prop_assert_eq!(&call("base64_decode", &call("base64_encode", &text)), &text);
        prop_assert_eq!(&call("url_decode", &call("url_encode", &text)), &text);
    }

    #[test]
    fn bytes_survive_base64(content in prop::collection::vec(any::<u8>(), 0..9000)) {
        let mut bench = Bench::new();
        let value = bytes(&mut bench, &content);
        let encoded = bench.call("to_base64", &[value]).unwrap();
        let decoded = bench.call("base64_bytes", &[encoded]).unwrap();
        prop_assert_eq!(super::bytes_of(&bench.heap, decoded).unwrap(), &content[..]);
        let text = bench.call("text", &[value]).unwrap();
        match std::str::from_utf8(&content) {
            Ok(valid) => prop_assert_eq!(bench.content(text), valid),
            Err(_) => prop_assert!(text.is_none()),
        }
    }
}
