//! One small process for each outcome, by which the harness itself is tested: a harness that cannot see a crash would
//! call everything held.

use super::channel::Channel;
use super::outcome::Outcome;
use std::hint::black_box;
use std::sync::mpsc;
use std::time::Duration;

/// Ways to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Specimen {
    /// Does what it should.
    Sound,
    /// Gives a wrong answer.
    Wrong,
    /// Never answers the probe.
    Mute,
    /// Keeps something.
    Leaky,
    /// Panics and catches it.
    Catches,
    /// Tells of an order of steps without an end.
    Stuck,
    /// Does not find again what it acknowledged.
    Loses,
    /// Finds something else than it stored.
    Garbles,
    /// Computes without end.
    Spins,
    /// Waits without end.
    Waits,
    /// Panics.
    Panics,
    /// Aborts.
    Aborts,
    /// Leaves before its end with a status that looks well.
    Leaves,
    /// Recurses without end.
    Recurses,
    /// Allocates bit by bit and touches it.
    Hoards,
    /// Asks for more than there is.
    Grasps,
}

impl Specimen {
    /// What the harness must see.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Sound => Outcome::Held,
            Self::Wrong | Self::Mute => Outcome::WrongResult,
            Self::Leaky => Outcome::Leak,
            Self::Catches => Outcome::ContainedPanic,
            Self::Spins => Outcome::Hang,
            Self::Waits | Self::Stuck => Outcome::Deadlock,
            Self::Loses => Outcome::DataLoss,
            Self::Garbles => Outcome::Corruption,
            Self::Panics => Outcome::Panic,
            Self::Aborts | Self::Leaves => Outcome::Abort,
            Self::Recurses => Outcome::StackOverflow,
            Self::Hoards | Self::Grasps => Outcome::OutOfMemory,
        }
    }

    /// Behaves so, in the calling process.
    ///
    /// # Panics
    ///
    /// If that is how it ends.
    pub fn behave(self, mut channel: Channel) {
        channel.trying(format_args!("{self:?}"));
        match self {
            Self::Sound => {}
            Self::Wrong => channel.wrong("1 + 1", 2, 3),
            Self::Mute => return channel.end(),
            Self::Leaky => channel.leaked("3 descriptors open before, 4 after"),
            Self::Stuck => channel.stuck("two that wait for each other"),
            Self::Loses => channel.lost("7 was acknowledged"),
            Self::Garbles => channel.corrupted("7 was stored, 8 found"),
            Self::Catches => drop(std::panic::catch_unwind(|| panic!("caught"))),
            Self::Spins => loop {
                black_box(());
            },
            Self::Waits => {
                let (_sender, receiver) = mpsc::channel::<()>();
                let _ = receiver.recv();
            }
            Self::Panics => panic!("not caught"),
            Self::Aborts => std::process::abort(),
            Self::Leaves => std::process::exit(0),
            Self::Recurses => drop(black_box(recurse(black_box(0)))),
            Self::Hoards => hoard(),
            Self::Grasps => drop(black_box(Vec::<u8>::with_capacity(black_box(1 << 45)))),
        }
        channel.alive();
        channel.end();
    }
}

fn recurse(n: u64) -> [u64; 64] {
    let mut frame = [n; 64];
    if black_box(true) {
        frame[1] = recurse(n + 1)[0] + 1;
    }
    black_box(frame)
}

fn hoard() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
        // The parent polls; leave it the time to look.
        std::thread::sleep(Duration::from_millis(1));
    }
}
