//! The engine over the twin, with the system's threads: nothing sleeps, gates and answers say when something happened.

mod faults;
mod sessions;

use super::disk::Twin;
use super::*;
use crate::record;
use crate::record::{
    Datum, EntityShape, FieldShape, FieldType, Given, Reader, Reply, Request, Which, Writer,
};

/// Items with a unique name and an owner, another item.
pub(super) fn schema() -> Schema {
    let fields = vec![
        FieldShape::plain("name", FieldType::Text),
        FieldShape::plain("n", FieldType::Int),
        FieldShape::plain("owner", FieldType::Reference(0)),
    ];
    Schema {
        entities: vec![EntityShape {
            name: "Item".into(),
            fields,
            unique: vec![vec![0]],
            indexes: vec![vec![1]],
        }],
    }
}

pub(super) fn options() -> Options {
    Options { segment_bytes: 64 << 10, checkpoint_bytes: 1 << 40, ..Options::default() }
}

pub(super) fn open(twin: &Twin, options: Options) -> Store {
    Store::open(Arc::new(twin.clone()), &schema(), options).unwrap().0
}

pub(super) fn session(store: &Store) -> Session {
    Session::new(Arc::new(schema()), Arc::new(store.clone()))
}

fn data(name: &str, n: i64) -> Arc<[u8]> {
    let mut out = Writer::new();
    for datum in [Datum::Text(name.into()), Datum::Int(n), Datum::None] {
        out.datum(&datum).unwrap();
    }
    out.finish().unwrap().into()
}

fn number(data: &[u8]) -> i64 {
    let mut reader = Reader::new(data);
    reader.datum().unwrap();
    match reader.datum().unwrap() {
        Some(Datum::Int(n)) => n,
        other => panic!("{other:?}"),
    }
}

pub(super) fn insert(name: &str, n: i64) -> Request {
    Request::Save { entity: 0, id: None, version: 0, over: false, data: data(name, n) }
}

pub(super) fn update(id: u64, version: u64, name: &str, n: i64) -> Request {
    Request::Save { entity: 0, id: Some(id), version, over: false, data: data(name, n) }
}

pub(super) const fn item(id: u64) -> Given {
    Given { entity: 0, id }
}

/// Asks and waits; the time is always 1,000.
pub(super) fn ask(session: &mut Session, request: Request) -> Result<Reply, Refusal> {
    session.ask(request, 1_000).wait()
}

fn row(reply: Result<Reply, Refusal>) -> record::Row {
    match reply {
        Ok(Reply::Row(row)) => row,
        other => panic!("{other:?}"),
    }
}

/// Id, version and number of all items, deleted ones included.
pub(super) fn contents(store: &Store) -> Vec<(u64, u64, i64)> {
    let scan = Request::Scan { entity: 0, which: Which::All, by: None, from: None, bytes_max: usize::MAX };
    match ask(&mut session(store), scan) {
        Ok(Reply::Rows(batch)) => {
            batch.rows.iter().map(|row| (row.given.id, row.version, number(&row.data))).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn is_unavailable(reply: &Result<Reply, Refusal>) -> bool {
    matches!(reply, Err(Refusal::Unavailable(_)))
}

/// A door that threads wait at until it is opened.
#[derive(Clone)]
struct Gate(Arc<sync::Locked<(u32, bool)>>);

impl Gate {
    fn new() -> Self {
        Self(Arc::new(Os::monitor((0, false))))
    }

    fn pass(&self) {
        self.0.with(|(waiting, _)| *waiting += 1);
        self.0.wait(|(_, open)| open.then_some(()));
    }

    fn wait_for_somebody(&self) {
        self.0.wait(|(waiting, _)| (*waiting > 0).then_some(()));
    }

    fn open(&self) {
        self.0.with(|(_, open)| *open = true);
    }

    fn passed(&self) -> u32 {
        self.0.with(|(waiting, _)| *waiting)
    }
}

#[test]
fn what_many_threads_saved_is_there_after_a_power_cut() {
    let twin = Twin::new();
    let store = open(&twin, Options { checkpoint_bytes: 8 << 10, ..options() });
    let threads: Vec<_> = (0..16)
        .map(|thread| {
            let store = store.clone();
            Os::spawn("saves", move || {
                let mut session = session(&store);
                for n in 0..20 {
                    let saved = row(ask(&mut session, insert(&format!("{thread}-{n}"), n)));
                    ask(&mut session, update(saved.given.id, 1, &format!("{thread}-{n}"), n + 100)).unwrap();
                }
            })
            .unwrap()
        })
        .collect();
    threads.into_iter().for_each(Os::join);
    let before = contents(&store);
    assert_eq!(before.len(), 320);
    assert!(before.iter().all(|(_, version, n)| *version == 2 && *n >= 100));
    store.checkpoint().unwrap();
    assert!(store.health().checkpoints > 0);
    for how in [super::disk::Crash::Kept, super::disk::Crash::Lost, super::disk::Crash::Torn] {
        let found = open(&twin.crash(how), options());
        assert_eq!(contents(&found), before, "{how:?}");
        found.close().unwrap();
    }
    store.close().unwrap();
    let again = open(&twin, options());
    assert_eq!(contents(&again), before);
    assert_eq!(again.health().sequence, 640);
}

#[test]
fn saves_that_wait_together_are_synced_together() {
    let twin = Twin::new();
    let gate = Gate::new();
    let probe = gate.clone();
    let probe = Probe::new(move |point| {
        if point == Point::Commit {
            probe.pass();
        }
    });
    let store = open(&twin, Options { probe, ..options() });
    let submit = |n: u64| {
        let mut session = session(&store);
        session.ask(insert(&n.to_string(), 0), 0)
    };
    let first = submit(0);
    gate.wait_for_somebody();
    let others: Vec<_> = (1..100).map(submit).collect();
    gate.open();
    first.wait().unwrap();
    for asked in others {
        asked.wait().unwrap();
    }
    assert_eq!((gate.passed(), store.health().sequence), (2, 100));
}

#[test]
fn a_full_queue_refuses_and_gives_the_id_back() {
    let gate = Gate::new();
    let probe = gate.clone();
    let probe = Probe::new(move |_| probe.pass());
    let store = open(&Twin::new(), Options { probe, queue_max: 1, ..options() });
    let mut session = session(&store);
    let taken = session.ask(insert("a", 0), 0);
    gate.wait_for_somebody();
    let waiting = session.ask(insert("b", 0), 0);
    assert!(is_unavailable(&session.ask(insert("c", 0), 0).wait()));
    gate.open();
    assert_eq!((row(taken.wait()).given.id, row(waiting.wait()).given.id), (1, 2));
    assert_eq!(row(ask(&mut session, insert("c", 0))).given.id, 3);
}

#[test]
fn a_store_belongs_to_one_at_a_time() {
    let twin = Twin::new();
    let store = open(&twin, options());
    let refused = Store::<Os>::open(Arc::new(twin.clone()), &schema(), options());
    assert!(matches!(refused, Err(OpenError::File(FileError::Locked))));
    store.close().unwrap();
    assert!(is_unavailable(&ask(&mut session(&store), insert("a", 0))));
    open(&twin, options()).close().unwrap();
}

#[test]
fn under_an_interval_what_is_flushed_at_the_end_is_durable() {
    let twin = Twin::new();
    let store = open(&twin, Options { sync: Sync::Interval(Duration::from_hours(1)), ..options() });
    for n in 0..5 {
        ask(&mut session(&store), insert(&n.to_string(), n)).unwrap();
    }
    let lost = open(&twin.crash(super::disk::Crash::Lost), options());
    assert_eq!(contents(&lost), []);
    store.close().unwrap();
    let kept = open(&twin.crash(super::disk::Crash::Lost), options());
    assert_eq!(contents(&kept).len(), 5);
}

#[test]
fn checkpoints_stop_nobody_and_bound_the_log() {
    let twin = Twin::new();
    let store = open(&twin, Options { checkpoint_bytes: 16 << 10, ..options() });
    let asking = store.clone();
    let asks = Os::spawn("asks", move || (0..10).for_each(|_| asking.checkpoint().unwrap())).unwrap();
    let mut session = session(&store);
    let id = row(ask(&mut session, insert("a", 0))).given.id;
    for version in 1..2_000 {
        ask(&mut session, update(id, version, "a", version.try_into().unwrap())).unwrap();
    }
    Os::join(asks);
    let health = store.health();
    assert!(health.checkpoints >= 10 && health.writable.is_ok(), "{health:?}");
    store.checkpoint().unwrap();
    assert_eq!(contents(&store), [(id, 2_000, 1_999)]);
    store.close().unwrap();
    assert_eq!(contents(&open(&twin, options())), [(id, 2_000, 1_999)]);
}

#[test]
fn a_disk_with_no_room_for_a_further_segment_is_not_asked_with_every_save() {
    let twin = Twin::new();
    let store = open(&twin, Options { checkpoint_bytes: 4 << 10, ..options() });
    let mut session = session(&store);
    ask(&mut session, insert("first", 0)).unwrap();
    let used: usize =
        twin.list().unwrap().iter().filter_map(|name| twin.content(name)).map(|file| file.len()).sum();
    twin.limit(Some(used as u64));
    let before = twin.calls();
    for n in 0..200 {
        ask(&mut session, insert(&n.to_string(), n)).unwrap();
    }
    let calls = twin.calls() - before;
    assert!(calls < 200 * 4, "a save is a write and a sync: {calls} calls for 200");
    // With room again a checkpoint that somebody asks for succeeds.
    twin.limit(None);
    store.checkpoint().unwrap();
}
