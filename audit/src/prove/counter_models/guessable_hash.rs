//! A map whose hash anybody can compute: the key modulo the number of buckets.

use crate::harness::Channel;

const BUCKETS: usize = 65_536;
const KEYS: u64 = 4_000;

/// Inserts the keys and counts the keys that were looked at.
fn work(keys: impl Iterator<Item = u64>) -> u64 {
    let mut buckets: Vec<Vec<u64>> = vec![Vec::new(); BUCKETS];
    let mut looked_at = 0;
    for key in keys {
        let place = usize::try_from(key % BUCKETS as u64).unwrap_or(0);
        let bucket = &mut buckets[place];
        looked_at += 1 + bucket.len() as u64;
        if !bucket.contains(&key) {
            bucket.push(key);
        }
    }
    looked_at
}

/// Chosen keys against scattered ones.
pub fn run(channel: &mut Channel) {
    channel.trying("keys that are multiples of the number of buckets");
    let scattered = work((0..KEYS).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20));
    let chosen = work((0..KEYS).map(|n| n * BUCKETS as u64));
    if chosen > scattered * 3 {
        channel.wrong("chosen keys", "at most three times the work of scattered ones", chosen / scattered);
    }
}
