//! T2-01: saves without bound. T2-11: a reader that never ends.

use super::client::{Client, open, options};
use super::content::Content;
use super::medium::Medium;
use super::shape::{ACCOUNT, account};
use super::workload::reopened;
use super::{Finding, Stand};
use flin_runtime::record::request::Given;
use flin_runtime::record::{Datum, Refusal, Request, Which};
use flin_runtime::store::sync::Os;
use flin_runtime::store::{Options, Store};

const MEMORY_MAX: usize = 2 << 20;
/// More saves than fit, whatever a row costs; without a bound they fill the memory of the process.
const SAVES_MAX: u64 = 4_000;
const NOTE_BYTES: usize = 64 * 1024;

fn large(n: u64) -> Vec<Datum> {
    let mut fields = account(&format!("account {n}"), 1);
    fields[2] = super::shape::text(&"x".repeat(NOTE_BYTES));
    fields
}

pub(super) fn memory(stand: &mut Stand) {
    stand.channel.trying("rows saved until the store takes no more");
    if let Err(finding) = fill() {
        stand.tell("saves without bound", &finding);
    }
}

fn fill() -> Result<(), Finding> {
    let medium = Medium::default();
    let small =
        Options { memory_max: MEMORY_MAX, checkpoint_bytes: 1 << 20, segment_bytes: 256 << 10, ..options() };
    let store: Store<Os> = open(&medium, small.clone()).map_err(Finding::Corrupted)?;
    let mut client = Client::new(&store);
    let filled = fill_and_free(&store, &mut client);
    let shown = client.content(true);
    drop(client);
    drop(store.close());
    filled?;
    let found = reopened::<Os>(&medium, &small)?;
    Content::judge(&found, &[shown?]).map_or(Ok(()), Err)
}

fn fill_and_free(store: &Store<Os>, client: &mut Client<Os>) -> Result<(), Finding> {
    let mut saved = 0;
    let refusal = loop {
        match client.insert(ACCOUNT, &large(saved)) {
            Ok(_) if saved < SAVES_MAX => saved += 1,
            Ok(_) => return Err(Finding::Wrong(format!("{saved} saves of {NOTE_BYTES} bytes went in"))),
            Err(refusal) => break refusal,
        }
    };
    if !matches!(refusal, Refusal::Unavailable(_)) || saved == 0 {
        return Err(Finding::Wrong(format!("after {saved} saves: {refusal:?}")));
    }
    let bytes = store.health().bytes;
    if bytes > MEMORY_MAX {
        return Err(Finding::Wrong(format!("{bytes} bytes are held, {MEMORY_MAX} are allowed")));
    }
    let rows = client.content(false)?.0.len() as u64;
    if rows != saved {
        return Err(Finding::Lost(format!("{saved} rows were acknowledged, {rows} are there")));
    }
    let refused = |what: &'static str| move |refusal| Finding::Wrong(format!("{what}: {refusal}"));
    let given = |id| Given { entity: ACCOUNT, id };
    client.delete(given(1)).map_err(refused("delete in a full store"))?;
    client.destroy(given(1)).map_err(refused("destroy in a full store"))?;
    client.destroy(given(2)).map_err(refused("destroy in a full store"))?;
    client.insert(ACCOUNT, &large(0)).map(drop).map_err(refused("a save after there was room again"))
}

/// A reader goes on reading one state while it is changed and checkpointed many times: the disk does not grow with that.
pub(super) fn starved(stand: &mut Stand) {
    stand.channel.trying("a reader that never ends");
    let rounds = if stand.is_full() { 20_000 } else { 300 };
    if let Err(finding) = read_for_ever(rounds) {
        stand.tell("a reader that never ends", &finding);
    }
}

fn read_for_ever(rounds: u64) -> Result<(), Finding> {
    let medium = Medium::default();
    let small = Options { checkpoint_bytes: 16 << 10, ..options() };
    let store: Store<Os> = open(&medium, small.clone()).map_err(Finding::Corrupted)?;
    let mut client = Client::new(&store);
    let lived = overwrite(&medium, &mut client, rounds);
    drop(client);
    drop(store.close());
    lived
}

/// Log and snapshot without the archive, which keeps older versions for as long as their row lives.
fn log_bytes(medium: &Medium) -> u64 {
    let files = medium.files();
    let counted = files.iter().filter(|(name, _)| !name.contains("archive"));
    counted.map(|(_, bytes)| bytes.len() as u64).sum()
}

fn overwrite(medium: &Medium, client: &mut Client<Os>, rounds: u64) -> Result<(), Finding> {
    const BOUND: u64 = 256 << 10;
    let refused = |refusal| Finding::Wrong(format!("refused: {refusal}"));
    for n in 0..8 {
        client.insert(ACCOUNT, &account(&format!("account {n}"), 0)).map_err(refused)?;
    }
    let scan = |from| Request::Scan { entity: ACCOUNT, which: Which::Live, by: None, from, bytes_max: 1 };
    let batch = |reply| match reply {
        flin_runtime::record::Reply::Rows(batch) => Ok(batch),
        other => Err(Finding::Wrong(format!("{other:?}"))),
    };
    let begun = batch(client.ask(scan(None)).map_err(refused)?)?;
    let Some(pinned) = begun.more else {
        return Err(Finding::Wrong("a scan of eight rows ended with the first".to_owned()));
    };
    for round in 1..=rounds {
        let given = Given { entity: ACCOUNT, id: round % 8 + 1 };
        if let Some(row) = client.find(given).map_err(refused)? {
            let fields = account(&format!("account {}", round % 8), i64::try_from(round).unwrap_or(0));
            client.update(&row, &fields).map_err(refused)?;
        }
        if round % 64 == 0 && log_bytes(medium) > BOUND {
            return Err(Finding::Wrong(format!(
                "after {round} saves log and snapshot have {}",
                log_bytes(medium)
            )));
        }
    }
    let mut seen = 1;
    let mut more = Some(pinned);
    while let Some(pinned) = more {
        let rest = batch(client.ask(scan(Some((pinned, seen)))).map_err(refused)?)?;
        if let Some(row) = rest.rows.iter().find(|row| row.version != 1) {
            return Err(Finding::Wrong(format!("the reader saw version {} of {:?}", row.version, row.given)));
        }
        seen += rest.rows.len() as u64;
        more = rest.more;
    }
    if seen == 8 { Ok(()) } else { Err(Finding::Wrong(format!("the reader saw {seen} of 8 rows"))) }
}
