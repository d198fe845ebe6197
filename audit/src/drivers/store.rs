//! The store's own interface: interleavings, faults, damage. What lies on disk is judged by opening it again.
//!
//! The engine is the one that ships; its threads are the system's or the model checker's, its disk is the twin or a folder.

mod budget;
mod cascade;
mod circles;
mod client;
mod content;
mod contention;
mod damage;
mod faults;
pub mod interleave;
mod medium;
mod scenario;
mod shape;
mod workload;

use super::DriverError;
use crate::catalogue::Entry;
use crate::harness::{Channel, Size};
use interleave::{Explored, Failure};
use std::fmt;

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An answer, or what a reader sees.
    Wrong(String),
    /// All wait for each other.
    Stuck(String),
    /// Acknowledged, and gone when the store was opened again.
    Lost(String),
    /// Stored, and something else when the store was opened again.
    Corrupted(String),
    /// The store does not open, or refuses to read what is stored.
    Refused(String),
}

impl Finding {
    /// The same, with the circumstances in front.
    #[must_use]
    pub fn within(self, circumstances: &str) -> Self {
        let longer = |what: String| format!("{circumstances}{what}");
        match self {
            Self::Wrong(what) => Self::Wrong(longer(what)),
            Self::Stuck(what) => Self::Stuck(longer(what)),
            Self::Lost(what) => Self::Lost(longer(what)),
            Self::Corrupted(what) => Self::Corrupted(longer(what)),
            Self::Refused(what) => Self::Refused(longer(what)),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Wrong(what)
        | Self::Stuck(what)
        | Self::Lost(what)
        | Self::Corrupted(what)
        | Self::Refused(what)) = self;
        f.write_str(what)
    }
}

/// Where store cases run: a channel to the parent, and a size.
#[derive(Debug)]
pub struct Stand<'a> {
    channel: &'a mut Channel,
    size: Size,
}

type Sweep = fn(&mut Stand);

const SWEEPS: &[(&str, Sweep)] = &[
    ("store-budget", budget::memory),
    ("store-cascade", cascade::circles_and_chains),
    ("store-circles", circles::closing),
    ("store-damage", damage::bytes),
    ("store-newer", damage::newer),
    ("store-two-processes", damage::two_processes),
    ("store-death", faults::deaths),
    ("store-reordered", faults::reorderings),
    ("store-errors", faults::errors),
    ("store-full", faults::full_disk),
    ("store-behind-a-fault", faults::goes_on),
    ("store-starved", budget::starved),
    ("store-hand-over", contention::hand_over),
    ("store-checkpoints", contention::checkpoints),
    ("store-child-and-parent", contention::child_and_parent),
    ("store-unique", contention::unique),
    ("store-lost-update", contention::lost_update),
    ("store-transactions", contention::transactions),
];

/// Sweeps whose scenario runs in many orders of its steps, decided by `interleave`.
const OF_ORDERS: [&str; 7] = [
    "store-circles",
    "store-hand-over",
    "store-checkpoints",
    "store-child-and-parent",
    "store-unique",
    "store-lost-update",
    "store-transactions",
];

/// Does this sweep decide the order of steps?
pub fn explores_orders(sweep: &str) -> bool {
    OF_ORDERS.contains(&sweep)
}

/// Tries all that the vector names.
pub fn run(entry: &Entry, size: Size, channel: &mut Channel) -> Result<(), DriverError> {
    for wanted in entry.vector.sweep.iter().filter(|sweep| size == Size::Full || !sweep.full_only) {
        if wanted.name == "store-kills" {
            super::kill::as_sweep(channel, KILLS)?;
            continue;
        }
        let found = SWEEPS.iter().find(|(known, _)| *known == wanted.name);
        let (_, sweep) = found.ok_or_else(|| DriverError::UnknownSweep { name: wanted.name.clone() })?;
        sweep(&mut Stand { channel, size });
    }
    Ok(())
}

/// Real processes that a full run kills.
const KILLS: u32 = 300;

impl Stand<'_> {
    /// Is everything to be tried?
    fn is_full(&self) -> bool {
        self.size == Size::Full
    }

    /// Tells the parent what was found.
    fn tell(&mut self, input: &str, finding: &Finding) {
        match finding {
            Finding::Wrong(what) => self.channel.wrong(input, "as the design says", what),
            Finding::Stuck(what) => self.channel.stuck(format_args!("{input}: {what}")),
            Finding::Lost(what) => self.channel.lost(format_args!("{input}: {what}")),
            Finding::Corrupted(what) | Finding::Refused(what) => {
                self.channel.corrupted(format_args!("{input}: {what}"));
            }
        }
    }

    /// Counts the orders that were tried, and tells what one of them showed.
    fn report(&mut self, input: &str, explored: &Explored) {
        self.channel.tried(explored.schedules);
        let Some((number, failure)) = &explored.failure else { return };
        let order = format!("order {number}: ");
        let finding = match failure {
            Failure::Found(finding) => finding.clone().within(&order),
            Failure::Stuck(who) => Finding::Stuck(format!("{order}{who}")),
            Failure::Endless => Finding::Stuck(format!("{order}no end in sight")),
        };
        self.tell(input, &finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Driver};

    #[test]
    fn every_store_sweep_that_a_vector_names_exists_and_each_is_named() {
        let catalogue = Catalogue::load(&crate::repository()).unwrap();
        let store = catalogue.entries.iter().filter(|entry| entry.vector.driver == Driver::Store);
        let named: Vec<&str> =
            store.flat_map(|entry| entry.vector.sweep.iter().map(|sweep| sweep.name.as_str())).collect();
        for name in named.iter().filter(|name| **name != "store-kills") {
            assert!(SWEEPS.iter().any(|(known, _)| known == name), "{name}");
        }
        assert!(OF_ORDERS.iter().all(|name| SWEEPS.iter().any(|(known, _)| known == name)));
        for (name, _) in SWEEPS {
            assert!(named.contains(name), "no vector names {name}");
        }
    }
}
