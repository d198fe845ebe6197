//! One vector as `vector.toml` describes it. Unknown keys are refused: a misspelt key would silently test nothing.

use super::exchange::{Exchange, Served};
use super::input::{Product, Program, Table};
use crate::harness::{Limits, Outcome};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a vector stands in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Tier {
    /// Given the input, the crash is certain.
    #[serde(rename = "1")]
    One,
    /// It takes load, time or bad luck.
    #[serde(rename = "2")]
    Two,
    /// It takes unusual input or an unusual interleaving.
    #[serde(rename = "3")]
    Three,
    /// Found since the first catalogue of 47 was closed.
    #[serde(rename = "X")]
    Found,
    /// Must fail, so that a harness that has gone blind shows.
    #[serde(rename = "canary")]
    Canary,
}

impl Tier {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
            Self::Found => "X",
            Self::Canary => "canary",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where the first hardening pass left a vector; `none` for those found later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase1 {
    /// Fixed then.
    Fixed,
    /// Left for later.
    Deferred,
}

/// What the catalogue claims about a vector. What is true is what the run shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// It must hold.
    Fixed,
    /// It must still fail.
    Open,
    /// It has no case yet.
    NotEncoded,
}

/// What a vector is about, one sentence each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What in a naive runtime makes it possible.
    pub cause: String,
    /// What it does to the process and to everybody else.
    pub consequence: String,
    /// What sets it off.
    pub trigger: String,
}

/// Which part of the audit brings the stimulus to the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// FLIN programs, run in the child.
    Program,
    /// Bytecode files, loaded and run in the child.
    Bytecode,
    /// Requests over HTTP.
    Http,
    /// Raw bytes on a socket.
    Socket,
    /// The store's own interface.
    Store,
    /// Interleavings and faults, written in Rust.
    Scenario,
    /// Inputs of `crash-corpus`, replayed by the fuzz target that found them.
    Target,
}

/// How the guard is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A test is skipped.
    Check,
    /// The obvious wrong code runs instead.
    Naive,
    /// Nothing can be taken away; a counter-model shows the crash.
    Absent,
}

impl By {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Naive => "naive",
            Self::Absent => "absent",
        }
    }
}

/// What must be seen without the guard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Without {
    /// How it is taken away.
    pub by: By,
    /// Any of these: what the vector claims, with nothing else in the way.
    pub outcome: Vec<Outcome>,
    /// A second line of defence that is knocked out as well, to see the claimed outcome.
    pub contained_by: Option<String>,
    /// The counter-model: all that there is where `by` is `absent`, else what the guard's removal cannot show, because
    /// the design has no such failure.
    pub counter_model: Option<String>,
    /// Instead of a proof: why no removal of the guard can be noticed.
    pub not_load_bearing: Option<String>,
}

/// The limits of `flin.config` that a case runs under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Nested calls.
    pub call_depth: Option<u32>,
    /// Of one machine.
    pub memory_mb: Option<u32>,
    /// Or in smaller units, where it is to be used up soon.
    pub memory_kb: Option<u32>,
    /// On the clock.
    pub deadline_ms: Option<u64>,
    /// Of the child's thread that runs the program, to show that none of it is used.
    pub stack_kb: Option<usize>,
}

impl Settings {
    /// These, and where they are silent those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            call_depth: self.call_depth.or(other.call_depth),
            memory_mb: self.memory_mb.or(other.memory_mb),
            memory_kb: self.memory_kb.or(other.memory_kb.filter(|_| self.memory_mb.is_none())),
            deadline_ms: self.deadline_ms.or(other.deadline_ms),
            stack_kb: self.stack_kb.or(other.stack_kb),
        }
    }
}

/// One crash vector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// `T1-01`, `X-06`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Where it stands.
    pub tier: Tier,
    /// The part of the runtime that it threatens.
    pub component: String,
    /// Where the first hardening pass left it.
    pub phase1: Option<Phase1>,
    /// What the catalogue claims.
    pub status: Claim,
    /// What brings the stimulus.
    pub driver: Driver,
    /// The guards that keep it harmless, by name.
    #[serde(default)]
    pub guards: Vec<String>,
    /// The shortest way to see it by hand: lines for a shell.
    #[serde(default)]
    pub repro: String,
    /// What must hold in the shipped runtime, in a sentence.
    pub expected: String,
    /// What it is about.
    pub story: Story,
    /// What must be seen without the guard.
    pub without: Option<Without>,
    /// What the child process may use.
    #[serde(default)]
    pub limits: Limits,
    /// What each program may use, unless it says otherwise.
    #[serde(default)]
    pub settings: Settings,
    /// Programs with what they must do.
    #[serde(default)]
    pub program: Vec<Program>,
    /// Expressions with what they must give.
    #[serde(default)]
    pub table: Vec<Table>,
    /// One expression over every combination of operands.
    #[serde(default)]
    pub product: Vec<Product>,
    /// The server that exchanges are tried on.
    #[serde(default)]
    pub server: Served,
    /// Bytes on a connection with what must come back.
    #[serde(default)]
    pub exchange: Vec<Exchange>,
    /// Generated inputs, by the name of their generator.
    #[serde(default)]
    pub sweep: Vec<Sweep>,
    /// Cases of `crash-corpus`, as `target/name`.
    #[serde(default)]
    pub artifact: Vec<String>,
    /// Inputs that wait for a part of the runtime.
    #[serde(default)]
    pub waiting: Vec<Waiting>,
}

/// A generator of inputs, written in Rust, with a model that says what each must give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Its name.
    pub name: String,
    /// Left out of the quick size.
    #[serde(default)]
    pub full_only: bool,
}

/// Inputs that cannot run yet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// What they are.
    pub name: String,
    /// The part that they need: `server` or `store`.
    pub needs: String,
}

impl Vector {
    /// Does it have a case?
    pub fn is_encoded(&self) -> bool {
        self.status != Claim::NotEncoded
    }

    /// Has it inputs that wait for another part?
    pub fn is_partial(&self) -> bool {
        self.is_encoded() && !self.waiting.is_empty()
    }
}
