//! Markup as it grows, becomes a view and is put into other markup.

use super::*;
use crate::value::{Memory, Pool, Stop};
use std::sync::Arc;

fn heap() -> Heap {
    Heap::new(Arc::new([]), Memory::new(1 << 20, Pool::new(1 << 30)))
}

fn markup(heap: &mut Heap) -> Handle<Object> {
    let Value::Markup(handle) = heap.new_markup().unwrap() else { panic!("no markup") };
    handle
}

fn written(heap: &mut Heap, handle: Handle<Object>) -> String {
    let Value::View(view) = heap.finish_view(handle).unwrap() else { panic!("no view") };
    heap.texts.str(heap.view(view).unwrap().text).unwrap().to_owned()
}

#[test]
fn what_is_written_is_charged_and_given_back() {
    let mut heap = heap();
    heap.collect(0, |_| ()).unwrap();
    let before = heap.memory.used();
    let handle = markup(&mut heap);
    for _ in 0..1000 {
        let (markup, memory) = heap.markup(handle).unwrap();
        markup.push_escaped(memory, "<é>").unwrap();
        markup.begin_style();
        markup.push(memory, "<style></style>").unwrap();
        markup.end_style(memory).unwrap();
    }
    assert!(heap.memory.used() >= before + 10_000);
    let text = written(&mut heap, handle);
    assert_eq!(text.matches("<style>").count(), 1);
    heap.collect(0, |_| ()).unwrap();
    // Slots stay.
    assert!(heap.memory.used() <= before + (4 << 10), "{}", heap.memory.used());
}

#[test]
fn a_piece_that_finds_no_room_changes_nothing() {
    let mut heap = heap();
    let handle = markup(&mut heap);
    let (markup, memory) = heap.markup(handle).unwrap();
    markup.push(memory, "kept").unwrap();
    let used = memory.used();
    let big = "<".repeat(2 << 20);
    assert!(matches!(markup.push_escaped(memory, &big), Err(Stop::Collect { .. })));
    assert_eq!((markup.as_str(), memory.used()), ("kept", used));
}

#[test]
fn equal_styles_are_kept_once_across_views() {
    let mut heap = heap();
    let inner = markup(&mut heap);
    for css in ["a", "b", "a"] {
        let (markup, memory) = heap.markup(inner).unwrap();
        markup.begin_style();
        markup.push(memory, &format!("<style>{css}</style>")).unwrap();
        markup.end_style(memory).unwrap();
    }
    let Value::View(view) = heap.finish_view(inner).unwrap() else { panic!("no view") };
    let styles = heap.view(view).unwrap().styles.clone();
    let text = heap.texts.str(heap.view(view).unwrap().text).unwrap().to_owned();
    assert_eq!(text, "<style>a</style><style>b</style>");
    let outer = markup(&mut heap);
    let (markup, memory) = heap.markup(outer).unwrap();
    markup.push_style(memory, "<style>b</style>").unwrap();
    for style in styles {
        markup.push_style(memory, style.of(&text)).unwrap();
    }
    assert_eq!(written(&mut heap, outer), "<style>b</style><style>a</style>");
}

#[test]
fn an_address_that_would_run_becomes_a_fragment() {
    let mut heap = heap();
    let handle = markup(&mut heap);
    let (markup, memory) = heap.markup(handle).unwrap();
    for value in ["javascript:x()", "/ok"] {
        markup.begin_value(Place::of("href"));
        markup.push_escaped(memory, value).unwrap();
        markup.end_value();
    }
    assert_eq!(markup.as_str(), "#/ok");
}
