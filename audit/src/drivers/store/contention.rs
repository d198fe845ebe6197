//! Savers that meet over one row, one value, one reference; and checkpoints among them.

use super::client::{Client, options};
use super::content::Op;
use super::interleave::{Checked, Strategy, explore};
use super::scenario::{Answers, Scenario, everywhere, once, prepared, together};
use super::shape::{ACCOUNT, CHILD, PARENT, account, child, text};
use super::{Finding, Stand};
use flin_runtime::record::request::Given;
use flin_runtime::record::{Datum, Refusal};
use flin_runtime::store::sync::Threading;
use flin_runtime::store::{Options, Point, Probe, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) type Body = Box<dyn FnOnce() + Send>;

const FIRST_ACCOUNT: Given = Given { entity: ACCOUNT, id: 1 };
const SECOND_ACCOUNT: Given = Given { entity: ACCOUNT, id: 2 };
const FIRST_PARENT: Given = Given { entity: PARENT, id: 1 };

/// Rows that all scenarios have: two accounts and a parent.
fn rows<T: Threading>(client: &mut Client<T>) -> Result<(), Finding> {
    let ops = [
        Op::Insert(ACCOUNT, account("ada", 100)),
        Op::Insert(ACCOUNT, account("bob", 100)),
        Op::Insert(PARENT, vec![text("p")]),
    ];
    client.perform(&ops).map(drop).map_err(|refusal| Finding::Wrong(format!("no rows: {refusal}")))
}

/// Somebody who acts at once with others, and leaves an answer.
pub(super) fn client<T: Threading, R: Send + 'static>(
    store: &Store<T>,
    answers: &Answers<R>,
    act: impl FnOnce(&mut Client<T>) -> R + Send + 'static,
) -> Body {
    let (store, answers) = (store.clone(), answers.clone());
    Box::new(move || {
        let mut client = Client::new(&store);
        let answer = act(&mut client);
        drop(client);
        answers.push(answer);
    })
}

/// The steps, alone or inside a transaction.
fn perform<T: Threading>(client: &mut Client<T>, op: Op, in_transaction: bool) -> Result<(), Refusal> {
    if in_transaction {
        client.begin()?;
        client.perform(&[op])?;
        return client.commit();
    }
    client.perform(&[op]).map(drop)
}

/// T3-20.
#[derive(Clone, Copy)]
struct ChildAndParent;

impl Scenario for ChildAndParent {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let (saver, remover) = (number & 1 == 1, number & 2 == 2);
        let gone = if number & 4 == 4 { Op::Delete(FIRST_PARENT) } else { Op::Destroy(FIRST_PARENT) };
        let saves = client(store, &answers, move |client| {
            (true, perform(client, Op::Insert(CHILD, child(1, "c")), saver))
        });
        let removes = client(store, &answers, move |client| (false, perform(client, gone, remover)));
        together::<T>(vec![saves, removes])?;
        let answers = answers.take();
        let answer = |saver: bool| answers.iter().find(|(who, _)| *who == saver).map(|(_, answer)| answer);
        match (answer(true), answer(false)) {
            (Some(Ok(())), Some(Err(Refusal::ForeignKey(_))))
            | (Some(Err(Refusal::ForeignKey(_))), Some(Ok(()))) => Ok(()),
            other => {
                Err(Finding::Wrong(format!("one must be refused by the reference, and one not: {other:?}")))
            }
        }
    }
}

/// T3-20: a child saved while its parent goes.
pub(super) fn child_and_parent(stand: &mut Stand) {
    everywhere(stand, "a child, and its parent's end", ChildAndParent);
}

/// T3-21.
#[derive(Clone, Copy)]
struct Unique;

impl Scenario for Unique {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let wanted = || account("eve", 1);
        let ops = [
            Op::Insert(ACCOUNT, wanted()),
            if number & 4 == 4 {
                Op::Update(SECOND_ACCOUNT, wanted())
            } else {
                Op::Insert(ACCOUNT, wanted())
            },
        ];
        let bodies = ops.into_iter().zip([number & 1 == 1, number & 2 == 2]).map(|(op, in_transaction)| {
            client(store, &answers, move |client| perform(client, op, in_transaction))
        });
        together::<T>(bodies.collect())?;
        let answers = answers.take();
        let taken = answers.iter().filter(|answer| matches!(answer, Err(Refusal::Unique { .. }))).count();
        let saved = answers.iter().filter(|answer| answer.is_ok()).count();
        if (saved, taken) == (1, 1) {
            Ok(())
        } else {
            Err(Finding::Wrong(format!("one must be saved, and one refused: {answers:?}")))
        }
    }
}

/// T3-21: two saves of one unique value.
pub(super) fn unique(stand: &mut Stand) {
    everywhere(stand, "two saves of one unique value", Unique);
}

/// T3-23.
#[derive(Clone, Copy)]
struct LostUpdate;

/// Reads, adds and writes back; tells whether it was saved.
fn add<T: Threading>(client: &mut Client<T>, in_transaction: bool) -> Result<bool, Refusal> {
    if in_transaction {
        client.begin()?;
    }
    let done = client.find(FIRST_ACCOUNT)?.map(|row| {
        let sum = balance(&row.data).wrapping_add(1);
        client.update(&row, &account("ada", sum))
    });
    let done = match done {
        Some(Ok(_)) if in_transaction => client.commit(),
        Some(other) => other.map(drop),
        None => return Ok(false),
    };
    match done {
        Ok(()) => Ok(true),
        Err(Refusal::Conflict { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

fn balance(data: &[u8]) -> i64 {
    match flin_runtime::record::data::decode(data).ok().as_deref() {
        Some([_, Datum::Int(balance), ..]) => *balance,
        _ => i64::MIN,
    }
}

impl Scenario for LostUpdate {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let bodies = (0..2 + number % 2).map(|n| {
            let in_transaction = number >> (n + 1) & 1 == 1;
            client(store, &answers, move |client| add(client, in_transaction))
        });
        together::<T>(bodies.collect())?;
        let mut saved = 0;
        for answer in answers.take() {
            let answer =
                answer.map_err(|refusal| Finding::Wrong(format!("an update was refused: {refusal}")))?;
            saved += i64::from(answer);
        }
        let row = Client::new(store).find(FIRST_ACCOUNT).ok().flatten();
        let found = row.map_or(i64::MIN, |row| balance(&row.data)).wrapping_sub(100);
        if found == saved && saved > 0 {
            Ok(())
        } else {
            Err(Finding::Lost(format!("{saved} additions were acknowledged, {found} are there")))
        }
    }
}

/// T3-23: two that read, change and write back.
pub(super) fn lost_update(stand: &mut Stand) {
    everywhere(stand, "an update over an update", LostUpdate);
}

/// T3-24.
#[derive(Clone, Copy)]
struct Transactions;

/// Adds to both accounts, in this order, in one transaction; retries what others overtook.
fn add_to_both<T: Threading>(client: &mut Client<T>, order: [Given; 2]) -> Result<(), Refusal> {
    for _ in 0..8 {
        client.begin()?;
        let mut made = Ok(());
        for given in order {
            if let Some(row) = client.find(given)? {
                let name = if given == FIRST_ACCOUNT { "ada" } else { "bob" };
                let sum = balance(&row.data).wrapping_add(1);
                made = made.and(client.update(&row, &account(name, sum)).map(drop));
            }
        }
        match made.and_then(|()| client.commit()) {
            Err(Refusal::Conflict { .. }) => {}
            Err(Refusal::Unavailable(why)) if why.contains("a fault in flin itself") => {}
            other => return other,
        }
    }
    Err(Refusal::Unavailable("overtaken eight times".into()))
}

impl Scenario for Transactions {
    /// Somewhere among the changes that the committer stages, a panic, once; it passes no hook: it is meant.
    fn options(&self, number: u64) -> Options {
        let staged = AtomicU64::new(0);
        let at = number % 4;
        let probe = Probe::new(move |point| {
            if point == Point::Stage && staged.fetch_add(1, Ordering::Relaxed) == at {
                std::panic::resume_unwind(Box::new("meant"));
            }
        });
        Options { probe, ..options() }
    }

    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, _number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let orders = [[FIRST_ACCOUNT, SECOND_ACCOUNT], [SECOND_ACCOUNT, FIRST_ACCOUNT]];
        let mut bodies: Vec<Body> = orders
            .into_iter()
            .map(|order| client(store, &answers, move |client| add_to_both(client, order)))
            .collect();
        // A third one ends in the middle, by a panic that passes no hook: it is meant.
        let third = store.clone();
        bodies.push(Box::new(move || {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut client = Client::new(&third);
                let half = client.begin().and_then(|()| client.insert(ACCOUNT, &account("half", 1)));
                if half.is_ok() {
                    std::panic::resume_unwind(Box::new("meant"));
                }
            }));
            drop(ended);
        }));
        together::<T>(bodies)?;
        for answer in answers.take() {
            answer.map_err(|refusal| Finding::Wrong(format!("a transaction was refused: {refusal}")))?;
        }
        let mut reader = Client::new(store);
        for given in orders[0] {
            let found = reader.find(given).ok().flatten().map_or(i64::MIN, |row| balance(&row.data));
            if found != 102 {
                return Err(Finding::Lost(format!("{given:?}: two additions to 100 gave {found}")));
            }
        }
        if reader.find(Given { entity: ACCOUNT, id: 3 }).ok().flatten().is_some() {
            return Err(Finding::Wrong("half a transaction is there".to_owned()));
        }
        match reader.insert(ACCOUNT, &account("afterwards", 1)) {
            Ok(row) if row.given.id == 3 => Ok(()),
            other => {
                Err(Finding::Wrong(format!("a save afterwards, with the id that was given back: {other:?}")))
            }
        }
    }
}

/// T3-24: transactions in opposite orders, and one that panics.
pub(super) fn transactions(stand: &mut Stand) {
    everywhere(stand, "transactions in opposite orders, and a panic in one", Transactions);
}

/// T2-09: savers, readers, a transaction and checkpoints.
#[derive(Clone, Copy)]
struct Checkpoints {
    savers: u64,
    saves: u64,
    forced: u64,
    reader: bool,
}

impl Scenario for Checkpoints {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, _number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let Self { saves, forced: times, .. } = *self;
        let mut bodies: Vec<Body> = (0..self.savers)
            .map(|saver| {
                client(store, &answers, move |client| {
                    (0..saves).try_for_each(|n| {
                        client.insert(ACCOUNT, &account(&format!("{saver}-{n}"), 1)).map(drop)
                    })
                })
            })
            .collect();
        let forced = store.clone();
        bodies.push(client(store, &answers, move |_| {
            (0..times).try_for_each(|_| forced.checkpoint().map_err(Refusal::Unavailable))
        }));
        if self.reader {
            bodies.push(client(store, &answers, |client| {
                client
                    .content(false)
                    .map(drop)
                    .map_err(|finding| Refusal::Unavailable(finding.to_string().into()))
            }));
        }
        together::<T>(bodies)?;
        for answer in answers.take() {
            answer.map_err(|refusal| Finding::Wrong(format!("a save was refused: {refusal}")))?;
        }
        let held = Client::new(store).content(false)?.0.len() as u64;
        let expected = 3 + self.savers * saves;
        if held == expected {
            Ok(())
        } else {
            Err(Finding::Lost(format!("{expected} rows were saved, {held} are there")))
        }
    }
}

/// T2-09: many of each.
pub(super) fn checkpoints(stand: &mut Stand) {
    let many = Checkpoints { savers: 3, saves: 3, forced: 3, reader: true };
    everywhere(stand, "checkpoints among savers and readers", many);
}

/// T2-09, as small as it can be: savers that look, hand over and wait, and one who wants a checkpoint.
#[derive(Clone, Copy)]
struct HandOver;

impl Scenario for HandOver {
    fn prepare<T: Threading>(&self, client: &mut Client<T>) -> Result<(), Finding> {
        rows(client)
    }

    fn meet<T: Threading>(&self, _number: u64, store: &Store<T>) -> Result<(), Finding> {
        let answers = Answers::new();
        let mut bodies: Vec<Body> = [FIRST_ACCOUNT, SECOND_ACCOUNT]
            .into_iter()
            .map(|given| client(store, &answers, move |client| client.delete(given)))
            .collect();
        let forced = store.clone();
        bodies.push(client(store, &answers, move |_| forced.checkpoint().map_err(Refusal::Unavailable)));
        together::<T>(bodies)?;
        let refused = answers.take().into_iter().find_map(Result::err);
        refused.map_or(Ok(()), |refusal| Err(Finding::Wrong(format!("refused: {refusal}"))))
    }
}

/// T2-09: the hand-over of publish, checkpoint and commit, in all orders that differ; a quick run takes the first ones.
pub(super) fn hand_over(stand: &mut Stand) {
    let count_max = if stand.is_full() { u64::MAX } else { 100 };
    stand.channel.trying("the hand-over of publish, checkpoint and commit, depth first");
    let name = "the hand-over";
    let files = match prepared(HandOver) {
        Ok(files) => Arc::new(files),
        Err(finding) => return stand.tell(name, &finding),
    };
    let found = explore(Strategy::Exhaustive { count_max }, move |number| {
        once::<Checked, HandOver>(HandOver, number, &files)
    });
    stand.report(name, &found);
    let rest = if found.complete { "and there are no others" } else { "depth first, and there are more" };
    let (orders, repeated) = (found.schedules, found.repeated);
    stand
        .channel
        .trying(format_args!("the hand-over: {orders} orders, {rest}; {repeated} led to one of them"));
}
