//! A sort that trusts its comparator: the standard library's, which panics when it notices that it is lied to.

use crate::harness::Channel;
use std::cmp::Ordering;

/// Rock, paper, scissors over enough elements that the sort must notice.
pub fn run(channel: &mut Channel) {
    channel.trying("a comparator without an order, given to a sort that relies on one");
    for length in (20..2_000).step_by(7) {
        let mut hands: Vec<u32> = (0..length).map(|n: u32| n.wrapping_mul(2_654_435_761) >> 7).collect();
        hands.sort_by(|a, b| match (a % 3, b % 3) {
            (a, b) if a == b => Ordering::Equal,
            (a, b) if (a + 1) % 3 == b => Ordering::Less,
            _ => Ordering::Greater,
        });
    }
}
