//! Values that own what they hold: dropping a list of lists of lists drops natively, a level of stack for each level.

use crate::harness::Channel;
use std::hint::black_box;

enum Value {
    Nothing,
    List(Vec<Value>),
}

/// Ten million lists, each in the next, dropped.
pub fn run(channel: &mut Channel) {
    channel.trying("a list nested 10,000,000 deep, dropped");
    let mut value = Value::Nothing;
    for _ in 0..10_000_000 {
        value = Value::List(vec![value]);
    }
    if let Value::List(items) = black_box(value) {
        drop(items);
    }
}
