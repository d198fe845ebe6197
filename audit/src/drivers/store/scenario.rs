//! Clients that meet: one scenario, under the model checker's threads and under the system's.

use super::client::{Client, open, options};
use super::content::Content;
use super::interleave::{Checked, Explored, Failure, explore_widely, freely};
use super::medium::Medium;
use super::workload::reopened;
use super::{Finding, Stand};
use flin_runtime::store::sync::{Os, Threading};
use flin_runtime::store::{Options, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What clients do at once, and what must be true afterwards.
pub trait Scenario: Copy + Send + Sync + 'static {
    /// How the store works; the number says in which variant.
    fn options(&self, _number: u64) -> Options {
        options()
    }
    /// Makes the rows that the clients meet over.
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding>;
    /// Lets them meet. The number says in which variant.
    fn meet<T: Threading>(&self, number: u64, store: &Store<T>) -> Result<(), Finding>;
}

/// Random orders of a full run, and of a quick one.
const ORDERS: [u64; 2] = [100_000, 150];
/// Rounds with the system's threads.
const ROUNDS: [u64; 2] = [2_000, 10];

/// A disk on which the rows of a scenario lie.
pub fn prepared<S: Scenario>(scenario: S) -> Result<BTreeMap<String, Vec<u8>>, Finding> {
    let medium = Medium::default();
    let store: Store<Os> = open(&medium, options()).map_err(Finding::Corrupted)?;
    let mut client = Client::new(&store);
    scenario.prepare(&mut client)?;
    drop(client);
    drop(store.close());
    Ok(medium.files())
}

/// One meeting on a fresh copy of the disk, and what the next process finds.
pub fn once<T: Threading, S: Scenario>(
    scenario: S,
    number: u64,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), Finding> {
    let medium = Medium::of(files);
    let store: Store<T> = open(&medium, scenario.options(number)).map_err(Finding::Corrupted)?;
    let met = scenario.meet(number, &store);
    let shown = Client::new(&store).content(true);
    drop(store.close());
    // What lies on disk weighs more than an answer.
    let found = reopened::<T>(&medium, &options())?;
    let shown = shown?;
    met?;
    Content::judge(&found, std::slice::from_ref(&shown)).map_or(Ok(()), Err)
}

/// Under random orders of steps, then with real threads.
pub fn everywhere<S: Scenario>(stand: &mut Stand, name: &str, scenario: S) {
    stand.channel.trying(format_args!("{name}, random orders of steps"));
    let files = match prepared(scenario) {
        Ok(files) => Arc::new(files),
        Err(finding) => return stand.tell(name, &finding),
    };
    let size = usize::from(!stand.is_full());
    let checked = Arc::clone(&files);
    let found = explore_widely(ORDERS[size], move |number| once::<Checked, S>(scenario, number, &checked));
    stand.report(name, &found);
    stand.channel.trying(format_args!("{name}, the system's threads"));
    let mut real = Explored::default();
    for number in 0..ROUNDS[size] {
        if let Err(finding) = once::<Os, S>(scenario, number, &files) {
            real.failure = Some((number, Failure::Found(finding)));
            break;
        }
        real.schedules += 1;
    }
    stand.report(name, &real);
}

/// What clients on other threads say.
#[derive(Debug)]
pub struct Answers<V>(Arc<Mutex<Vec<V>>>);

impl<V> Clone for Answers<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Answers<V> {
    /// None yet.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// One more.
    pub fn push(&self, value: V) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }

    /// All, in the order in which they came.
    pub fn take(&self) -> Vec<V> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs clients at once, each on a thread of its own, and waits for all.
pub fn together<T: Threading>(clients: Vec<Box<dyn FnOnce() + Send>>) -> Result<(), Finding> {
    let spawn = |client: Box<dyn FnOnce() + Send>| T::spawn("client", client);
    let threads: Vec<_> = clients.into_iter().map(spawn).collect();
    freely(|| {
        threads.into_iter().try_for_each(|thread| {
            thread.map(T::join).map_err(|error| Finding::Wrong(format!("no thread: {error}")))
        })
    })
}
