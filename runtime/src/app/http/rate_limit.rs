//! How often a client may come: a sliding window for each client and place (`rate_limit(n, seconds)`).
//!
//! - **R1** Within any window, at most `n` are let through.
//! - **R2** Memory is bounded, whatever comes: by clients, and for each by the grain of its window.
//!
//! When there are too many clients, those that have been silent longest are forgotten first: whoever goes on knocking
//! while it is refused stays refused. An address of IPv6 counts by its /64, which one client has to itself.
//!
//! Time is that of a clock which is never set (a [`Duration`] since some fixed moment), so that no client waits for the
//! wall clock to come where it was before.

use crate::base::guard::{Guard, off};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Clients remembered.
const CLIENTS_MAX: usize = 16_384;
/// Parts of a window whose requests are kept together; what is together ends together.
const GRAINS: u32 = 64;

/// Who is counted: a client at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    client: IpAddr,
    place: u64,
}

/// Requests close to each other.
#[derive(Clone, Copy, Debug)]
struct Group {
    first: Duration,
    last: Duration,
    count: u32,
}

#[derive(Debug, Default)]
struct Client {
    groups: VecDeque<Group>,
    /// Its place among those that may be forgotten.
    turn: u64,
}

#[derive(Debug, Default)]
struct Clients {
    by_key: HashMap<Key, Client>,
    by_turn: BTreeMap<u64, Key>,
    turns: u64,
}

/// The counts of one server.
#[derive(Debug, Default)]
pub struct RateLimits {
    clients: Mutex<Clients>,
}

/// So many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests let through.
    pub count_max: u32,
    /// Within any time of this length.
    pub window: Duration,
}

/// Not yet again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again in {retry_after_seconds} s")]
pub struct TooOften {
    /// When it is worth coming again.
    pub retry_after_seconds: u64,
}

impl RateLimits {
    /// Lets a client through at a place, as often as a rate allows; `now` never goes back.
    pub fn pass(&self, client: IpAddr, place: u64, rate: Rate, now: Duration) -> Result<(), TooOften> {
        let key = Key { client: one_client(client), place };
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).pass(key, rate, now)
    }

    /// How many are remembered.
    pub fn clients(&self) -> usize {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }
}

impl Clients {
    fn pass(&mut self, key: Key, rate: Rate, now: Duration) -> Result<(), TooOften> {
        self.turns = self.turns.saturating_add(1);
        let turn = self.turns;
        let client = self.by_key.entry(key).or_default();
        self.by_turn.remove(&std::mem::replace(&mut client.turn, turn));
        self.by_turn.insert(turn, key);
        let passed = client.pass(rate, now);
        while self.by_key.len() > CLIENTS_MAX && !off(Guard::RateMemory) {
            let Some((_, oldest)) = self.by_turn.pop_first() else { break };
            self.by_key.remove(&oldest);
        }
        passed
    }
}

impl Client {
    fn pass(&mut self, Rate { count_max, window }: Rate, now: Duration) -> Result<(), TooOften> {
        while self.groups.pop_front_if(|group| group.last.saturating_add(window) <= now).is_some() {}
        let count = self.groups.iter().fold(0_u32, |sum, group| sum.saturating_add(group.count));
        if count >= count_max && !off(Guard::RateLimit) {
            let free = self.groups.front().map_or(now, |group| group.last).saturating_add(window);
            let wait = free.saturating_sub(now);
            let started = u64::from(wait.subsec_nanos() > 0);
            return Err(TooOften { retry_after_seconds: wait.as_secs().saturating_add(started).max(1) });
        }
        let grain = window.checked_div(GRAINS).unwrap_or_default();
        match self.groups.back_mut() {
            // Threads that read the clock at once may come here in another order.
            Some(group) if now.saturating_sub(group.first) < grain => {
                group.last = group.last.max(now);
                group.count = group.count.saturating_add(1);
            }
            _ => self.groups.push_back(Group { first: now, last: now, count: 1 }),
        }
        Ok(())
    }
}

fn one_client(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn a_minute(count_max: u32) -> Rate {
        Rate { count_max, window: ms(MINUTE) }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn no_window_lets_more_through() {
        let limits = RateLimits::default();
        let mut passed = Vec::new();
        for now in (0..10 * MINUTE).step_by(137) {
            if limits.pass(ip("192.0.2.1"), 1, a_minute(100), ms(now)).is_ok() {
                passed.push(now);
            }
        }
        for (n, from) in passed.iter().enumerate() {
            let within = passed[n..].iter().take_while(|at| **at < from + MINUTE).count();
            assert!(within <= 100, "{within} from {from}");
        }
        assert!(passed.len() >= 990, "{}", passed.len());
    }

    #[test]
    fn few_requests_are_counted_to_the_millisecond() {
        let limits = RateLimits::default();
        let at = |now| limits.pass(ip("192.0.2.1"), 1, a_minute(2), ms(now));
        assert_eq!((at(0), at(30_000)), (Ok(()), Ok(())));
        assert_eq!(at(30_001), Err(TooOften { retry_after_seconds: 30 }));
        assert_eq!(at(MINUTE - 1), Err(TooOften { retry_after_seconds: 1 }));
        assert_eq!(at(MINUTE), Ok(()));
        assert!(at(MINUTE).is_err());
    }

    #[test]
    fn clients_and_places_are_apart_and_a_network_is_one_client() {
        let limits = RateLimits::default();
        let pass = |client, place| limits.pass(ip(client), place, a_minute(1), ms(0)).is_ok();
        assert!(pass("192.0.2.1", 1) && pass("192.0.2.2", 1) && pass("192.0.2.1", 2));
        assert!(!pass("192.0.2.1", 1) && !pass("::ffff:192.0.2.1", 1));
        assert!(pass("2001:db8::1", 1) && !pass("2001:db8::ffff", 1) && pass("2001:db8:0:1::1", 1));
    }

    #[test]
    fn memory_is_bounded_and_the_longest_silent_are_forgotten() {
        let limits = RateLimits::default();
        let client = |n: usize| IpAddr::from((u32::try_from(n).unwrap() + 1).to_be_bytes());
        for n in 0..CLIENTS_MAX {
            limits.pass(client(n), 1, a_minute(1), ms(0)).unwrap();
        }
        assert!(limits.pass(client(0), 1, a_minute(1), ms(0)).is_err());
        limits.pass(client(CLIENTS_MAX), 1, a_minute(1), ms(0)).unwrap();
        assert_eq!(limits.clients(), CLIENTS_MAX);
        assert!(limits.pass(client(0), 1, a_minute(1), ms(0)).is_err());
        assert!(limits.pass(client(1), 1, a_minute(1), ms(0)).is_ok());
        let mut one = Client::default();
        for now in 0..100_000 {
            one.pass(Rate { count_max: u32::MAX, window: ms(10_000) }, ms(now)).unwrap();
        }
        assert!(one.groups.len() <= 66, "{}", one.groups.len());
    }

    #[test]
    fn odd_limits_and_clocks_do_no_harm() {
        let limits = RateLimits::default();
        let mut place = 0;
        let mut pass = |count_max, window, now| {
            place += 1;
            limits.pass(ip("192.0.2.1"), place, Rate { count_max, window }, now).is_ok()
        };
        assert!(!pass(0, ms(MINUTE), ms(0)));
        assert!(pass(1, ms(0), ms(0)) && pass(u32::MAX, Duration::MAX, Duration::MAX));
        let at = |now| limits.pass(ip("192.0.2.9"), 0, a_minute(2), ms(now)).is_ok();
        assert!(at(1_000_000) && at(0) && !at(0) && at(2_000_000));
    }
}
