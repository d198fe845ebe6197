//! T3-22: circles and long chains under cascade.

use super::client::{Client, open, options};
use super::content::Op;
use super::medium::Medium;
use super::shape::{NODE, node};
use super::workload::reopened_with;
use super::{Finding, Stand};
use flin_runtime::record::request::Given;
use flin_runtime::store::sync::Os;
use flin_runtime::store::{Options, Store};

/// A stack on which a cascade that calls itself for each row would not get far.
const STACK_BYTES: usize = 512 * 1024;
/// Nodes that are saved in one transaction.
const BATCH: u64 = 1_000;

pub(super) fn circles_and_chains(stand: &mut Stand) {
    let length = if stand.is_full() { 100_000 } else { 4_000 };
    for (name, count, circle) in
        [("a row that refers to itself", 1, true), ("a circle of three", 3, true), ("a chain", length, false)]
    {
        for destroy in [false, true] {
            let done = if destroy { "destroyed" } else { "deleted" };
            stand.channel.trying(format_args!("{name} of {count}, {done}"));
            let ran = std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || cascade(count, circle, destroy))
                .map(std::thread::JoinHandle::join);
            match ran {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(finding))) => stand.tell(name, &finding),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(error) => stand.channel.wrong(name, "a thread", error),
            }
        }
    }
}

fn cascade(count: u64, circle: bool, destroy: bool) -> Result<(), Finding> {
    let medium = Medium::default();
    let large = Options { segment_bytes: 1 << 20, ..options() };
    let store: Store<Os> = open(&medium, large.clone()).map_err(Finding::Corrupted)?;
    let mut client = Client::new(&store);
    let made = make(&mut client, count, circle, destroy);
    drop(client);
    drop(store.close());
    made?;
    let left = reopened_with::<Os>(&medium, &large, false)?.0;
    let wrong = if destroy { left.len() } else { left.values().filter(|held| !held.deleted).count() };
    if wrong == 0 {
        Ok(())
    } else {
        Err(Finding::Corrupted(format!("{wrong} of {count} rows outlived the one that they lead to")))
    }
}

fn make(client: &mut Client<Os>, count: u64, circle: bool, destroy: bool) -> Result<(), Finding> {
    let refused = |refusal| Finding::Wrong(format!("refused: {refusal}"));
    let mut last = None;
    for batch in 0..count.div_ceil(BATCH) {
        client.begin().map_err(refused)?;
        for n in batch * BATCH..count.min((batch + 1) * BATCH) {
            let row = client.insert(NODE, &node(&format!("node {n}"), last)).map_err(refused)?;
            last = Some(row.given.id);
        }
        client.commit().map_err(refused)?;
    }
    let first = Given { entity: NODE, id: 1 };
    if circle {
        client.perform(&[Op::Update(first, node("node 0", last))]).map_err(refused)?;
    }
    let end = if destroy { Op::Destroy(first) } else { Op::Delete(first) };
    client.perform(&[end]).map(drop).map_err(refused)
}
