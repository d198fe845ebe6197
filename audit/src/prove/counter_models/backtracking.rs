//! A regex matcher that tries one way and goes back to try the next: exponential where two ways lead to the same place.

use crate::harness::Channel;
use std::hint::black_box;

/// Does `(a|aa)*b` match here? Each way of cutting the text into pieces is tried in turn.
fn matches(text: &[u8]) -> bool {
    if let [b'a', rest @ ..] = text
        && matches(rest)
    {
        return true;
    }
    if let [b'a', b'a', rest @ ..] = text
        && matches(rest)
    {
        return true;
    }
    text.first() == Some(&b'b')
}

/// A hundred letters and no `b`: more ways than there is time for.
pub fn run(channel: &mut Channel) {
    channel.trying("(a|aa)*b on a hundred a");
    if matches(black_box(&[b'a'; 100])) {
        channel.wrong("(a|aa)*b", "no match", "a match");
    }
}
