//! A store on a disk that may fail, two clients of it, and what they must see.

use super::plain::{Fails, Op, Plain, Row};
use super::values::{ENTITIES, fields, same, schema};
use crate::generate::Choices;
use flin_runtime::record::request::{Given, VersionAt};
use flin_runtime::record::{Batch, Datum, Key, Lookup, Refusal, Reply, Request, Which, data};
use flin_runtime::store::disk::{Crash, Fault, Plan, Twin};
use flin_runtime::store::session::Session;
use flin_runtime::store::{Options, Store};
use std::io::ErrorKind;
use std::sync::Arc;

const MEMORY_MAX: usize = 24 << 10;
/// A save is measured before it is made; what its place in trees and indexes takes is estimated.
const MEMORY_SLACK: usize = 16 << 10;

/// An open transaction.
struct Open {
    /// What it sees.
    sees: Plain,
    /// What it did; the committer does it again on what is there then.
    ops: Vec<Op>,
    /// Rows that it wrote and that were there before, by the version that they had.
    base: Plain,
    /// What nested ones go back to.
    inner: Vec<(Plain, usize)>,
}

pub struct World {
    schema: flin_runtime::record::Schema,
    twin: Twin,
    options: Options,
    store: Option<Store>,
    session: Option<Session>,
    acknowledged: Plain,
    /// What may have been written although its saver was told that it failed.
    maybe: Vec<Plain>,
    open: Option<Open>,
    /// May the disk fail?
    failing: bool,
    now: i64,
}

impl World {
    pub fn new(kind: usize) -> Self {
        let memory_max = if kind == 0 { MEMORY_MAX } else { 1 << 30 };
        let options = Options {
            segment_bytes: 4096,
            checkpoint_bytes: if kind == 1 { 16 << 10 } else { u64::MAX },
            memory_max,
            ..Options::default()
        };
        let mut world = Self {
            schema: schema(),
            twin: Twin::new(),
            options,
            store: None,
            session: None,
            acknowledged: Plain::default(),
            maybe: Vec::new(),
            open: None,
            failing: false,
            now: 0,
        };
        world.reopen();
        world
    }

    pub fn step(&mut self, choices: &mut Choices<'_>) {
        self.now += 1;
        match choices.below(24) {
            0..=6 => self.insert(choices),
            7..=10 => self.update(choices),
            11 | 12 => self.plainly(choices, Request::Delete, Op::Delete),
            13 => self.plainly(choices, Request::Restore, Op::Restore),
            14 => self.plainly(choices, Request::Destroy, Op::Destroy),
            15 => self.begin(),
            16 => self.commit(),
            17 => self.rollback(),
            18 => self.other(choices),
            19 => {
                let done = self.store.as_ref().map(Store::checkpoint);
                let failed = done.and_then(Result::err);
                assert!(self.failing || failed.is_none(), "a checkpoint should succeed: {failed:?}");
            }
            20 => self.fail(choices),
            21 => self.mend(),
            22 => self.crash(choices),
            _ => self.look(choices),
        }
        if let Some(store) = &self.store {
            let bytes = store.health().bytes;
            let bytes_max = self.options.memory_max.saturating_add(MEMORY_SLACK);
            assert!(bytes <= bytes_max, "the store should stay below {bytes_max} bytes, and has {bytes}");
        }
    }

    pub fn end(&mut self, choices: &mut Choices<'_>) {
        self.look(choices);
        self.crash(choices);
        self.look(choices);
        self.close();
    }

    /// What a reader sees now.
    fn sees(&self) -> &Plain {
        self.open.as_ref().map_or(&self.acknowledged, |open| &open.sees)
    }

    fn ask(&mut self, request: Request) -> Option<Result<Reply, Refusal>> {
        Some(self.session.as_mut()?.ask(request, self.now).wait())
    }

    fn insert(&mut self, choices: &mut Choices<'_>) {
        let entity = choices.below(ENTITIES as usize) as u32;
        let fields = fields(entity, choices);
        let Some(reply) = self.ask(save(entity, None, (0, false), &fields)) else { return };
        let next = self.sees().last_ids.get(&entity).map_or(1, |last| last + 1);
        // Lower ones are free again where a crash came before anybody saw them.
        let is_free = |id: &u64| *id <= next && !self.sees().rows.contains_key(&Given { entity, id: *id });
        let op = |id| Op::Insert(Given { entity, id }, fields.clone());
        let fails = |id: &u64| self.sees().clone().apply(&self.schema, &op(*id)).is_err();
        let id = match &reply {
            Ok(Reply::Row(row)) => row.given.id,
            // What is refused does not tell its id, which decides whether it refers to itself.
            Err(refusal) if kind(refusal).is_some() => (1..=next).filter(is_free).find(fails).unwrap_or(next),
            _ => next,
        };
        assert!(is_free(&id), "the next id should be {next}, not {id}");
        self.judge(reply, op(id));
    }

    /// A row that there is, mostly.
    fn pick(&self, choices: &mut Choices<'_>) -> Given {
        let rows = &self.sees().rows;
        let at = choices.below(rows.len() + 1);
        rows.keys().nth(at).copied().unwrap_or(Given { entity: 0, id: 99 })
    }

    fn update(&mut self, choices: &mut Choices<'_>) {
        let given = self.pick(choices);
        let fields = fields(given.entity, choices);
        let current = self.sees().version(given);
        let (version, over) = match choices.below(6) {
            0 => (current.saturating_sub(1), false),
            1 => (0, true),
            _ => (current, false),
        };
        let request = save(given.entity, Some(given.id), (version, over), &fields);
        if let Some(reply) = self.ask(request) {
            self.judge(reply, Op::Update(given, (!over).then_some(version), fields));
        }
    }

    fn plainly(&mut self, choices: &mut Choices<'_>, request: fn(Given) -> Request, op: fn(Given) -> Op) {
        let given = self.pick(choices);
        if let Some(reply) = self.ask(request(given)) {
            self.judge(reply, op(given));
        }
    }

    /// Holds the answer to a change against the map's.
    fn judge(&mut self, reply: Result<Reply, Refusal>, op: Op) {
        let mut after = self.sees().clone();
        if self.open.is_none() {
            after.written.clear();
        }
        let expected = after.apply(&self.schema, &op);
        match (reply, expected) {
            (Ok(_), Ok(())) => match &mut self.open {
                Some(open) => {
                    open.sees = after;
                    open.ops.push(op);
                }
                None => self.acknowledge(after),
            },
            (Err(Refusal::Unavailable(reason)), expected) => {
                self.unavailable(&reason);
                if expected.is_ok() && self.open.is_none() {
                    self.maybe.push(after);
                }
            }
            (Err(refusal), Err(fails)) => {
                assert!(kind(&refusal) == Some(fails), "{op:?} should fail with {fails:?}, not {refusal}");
            }
            (reply, expected) => panic!("{op:?} should end with {expected:?}, not {reply:?}"),
        }
    }

    fn unavailable(&self, reason: &str) {
        let full = self.options.memory_max < 1 << 30 && reason.contains("the store is full");
        assert!(self.failing || full, "a save should not be refused: {reason}");
    }

    fn acknowledge(&mut self, after: Plain) {
        self.acknowledged = after;
        self.acknowledged.written.clear();
        // What failed before is void by now.
        self.maybe.clear();
    }

    fn begin(&mut self) {
        let Some(reply) = self.ask(Request::Begin) else { return };
        assert!(reply.is_ok(), "a transaction should begin: {reply:?}");
        if let Some(open) = &mut self.open {
            open.inner.push((open.sees.clone(), open.ops.len()));
        } else {
            let sees = self.acknowledged.clone();
            self.open = Some(Open { base: sees.clone(), sees, ops: Vec::new(), inner: Vec::new() });
        }
    }

    fn commit(&mut self) {
        let Some(reply) = self.ask(Request::Commit) else { return };
        let Some(mut open) = self.open.take() else { return };
        if open.inner.pop().is_some() {
            assert!(reply.is_ok(), "an inner transaction should end: {reply:?}");
            self.open = Some(open);
            return;
        }
        let mut after = self.acknowledged.clone();
        let expected = redo(&mut after, &open, &self.schema);
        match (reply, expected) {
            (Ok(_), Ok(())) if open.ops.is_empty() => {}
            (Ok(_), Ok(())) => self.acknowledge(after),
            (Err(Refusal::Unavailable(reason)), expected) => {
                self.unavailable(&reason);
                if expected.is_ok() {
                    self.maybe.push(after);
                }
            }
            (Err(refusal), Err(fails)) => {
                let found = kind(&refusal);
                assert!(found == Some(fails), "a commit should fail with {fails:?}, not {refusal}");
            }
            (reply, expected) => {
                panic!("a commit of {:?} should end with {expected:?}, not {reply:?}", open.ops)
            }
        }
    }

    fn rollback(&mut self) {
        let Some(reply) = self.ask(Request::Rollback) else { return };
        assert!(reply.is_ok(), "a rollback should work: {reply:?}");
        let Some(mut open) = self.open.take() else { return };
        if let Some((sees, ops)) = open.inner.pop() {
            open.ops.truncate(ops);
            self.open = Some(Open { sees, ..open });
        }
    }

    /// Another client changes a row, while a transaction may be open.
    fn other(&mut self, choices: &mut Choices<'_>) {
        let Some(store) = &self.store else { return };
        let rows = &self.acknowledged.rows;
        let at = choices.below(rows.len() + 1);
        let Some(given) = rows.keys().nth(at).copied() else { return };
        let fields = fields(given.entity, choices);
        let version = self.acknowledged.version(given);
        let request = save(given.entity, Some(given.id), (version, false), &fields);
        let mut session = Session::new(Arc::new(self.schema.clone()), Arc::new(store.clone()));
        let reply = session.ask(request, self.now).wait();
        let mut after = self.acknowledged.clone();
        after.written.clear();
        let expected = after.apply(&self.schema, &Op::Update(given, Some(version), fields));
        match (reply, expected) {
            (Ok(_), Ok(())) => self.acknowledge(after),
            (Err(Refusal::Unavailable(reason)), expected) => {
                self.unavailable(&reason);
                if expected.is_ok() {
                    self.maybe.push(after);
                }
            }
            (Err(refusal), Err(fails)) => assert!(kind(&refusal) == Some(fails), "{fails:?} {refusal}"),
            (reply, expected) => panic!("another's save should end with {expected:?}, not {reply:?}"),
        }
    }

    fn fail(&mut self, choices: &mut Choices<'_>) {
        let at = choices.below(24) as u64;
        let fault = [Fault::Error(ErrorKind::StorageFull), Fault::Short, Fault::Last][choices.below(3)];
        self.twin.plan(Some(Plan { at, fault, lasting: choices.below(2) == 1 }));
        self.failing = true;
    }

    /// The disk works again. Whether the store has seen it, its next batch says.
    fn mend(&mut self) {
        if !self.twin.is_dead() {
            self.twin.plan(None);
        }
    }

    fn crash(&mut self, choices: &mut Choices<'_>) {
        let how = match choices.below(4) {
            0 => Crash::Kept,
            1 => Crash::Lost,
            2 => Crash::Torn,
            _ => Crash::Chosen((choices.below(65_536) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        };
        let left = self.twin.crash(how);
        self.close();
        self.twin = left;
        self.failing = false;
        self.reopen();
        let mut allowed = std::mem::take(&mut self.maybe);
        allowed.insert(0, self.acknowledged.clone());
        let found = self.all();
        let fits = |plain: &&Plain| {
            let rows = plain.rows.iter().filter(|(_, row)| !row.is_empty());
            rows.clone().count() == found.len()
                && rows.zip(&found).all(|((given, row), held)| {
                    (*given, row.len()) == (held.0, held.1.len()) && alike(row, &held.1)
                })
        };
        let Some(now) = allowed.iter().find(fits) else {
            panic!(
                "after a crash ({how:?}) there should be what was acknowledged:\n{:?}\nnot\n{found:?}",
                allowed[0].rows
            );
        };
        let mut now = now.clone();
        now.written.clear();
        // Numbers of rows that came to nothing are free again, whoever had them.
        self.acknowledged = now;
    }

    fn close(&mut self) {
        self.open = None;
        self.session = None;
        if let Some(store) = self.store.take() {
            let closed = store.close();
            assert!(self.failing || closed.is_ok(), "{closed:?}");
        }
    }

    fn reopen(&mut self) {
        let opened = Store::open(Arc::new(self.twin.clone()), &self.schema, self.options.clone());
        let (store, _) = opened.unwrap_or_else(|error| panic!("the store should open: {error}"));
        self.session = Some(Session::new(Arc::new(self.schema.clone()), Arc::new(store.clone())));
        self.store = Some(store);
    }

    /// All rows with all versions, the first one first.
    fn all(&mut self) -> Vec<(Given, Row)> {
        let mut all = Vec::new();
        for entity in 0..ENTITIES {
            for (given, ..) in self.scan(entity, Which::All, None) {
                all.push((given, self.history(given)));
            }
        }
        all
    }

    fn scan(&mut self, entity: u32, which: Which, by: Option<Lookup>) -> Vec<(Given, bool, Vec<Datum>)> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let request = Request::Scan { entity, which, by: by.clone(), from, bytes_max: 500 };
            let Some(Ok(Reply::Rows(batch))) = self.ask(request) else { panic!("a scan should give rows") };
            found.extend(
                batch.rows.iter().map(|row| (row.given, row.deleted_at.is_some(), values(&row.data))),
            );
            match (batch.more, found.last()) {
                (Some(pinned), Some((last, ..))) => from = Some((pinned, last.id)),
                _ => return found,
            }
        }
    }

    fn history(&mut self, given: Given) -> Row {
        let (mut found, mut below) = (Vec::new(), None);
        loop {
            let request = Request::History { given, below, bytes_max: 300 };
            match self.ask(request) {
                Some(Ok(Reply::Rows(Batch { rows, more }))) => {
                    below = rows.last().map(|row| row.version);
                    found.extend(rows.iter().map(|row| super::plain::Version {
                        deleted: row.deleted_at.is_some(),
                        fields: values(&row.data),
                    }));
                    if more.is_none() {
                        break;
                    }
                }
                // A disk that fails, or a process that died, reads nothing.
                Some(Err(Refusal::Unavailable(_))) if self.failing => return found,
                other => panic!("a history should give rows: {other:?}"),
            }
        }
        found.reverse();
        found
    }

    /// Reads all rows, looks one up by each of its indexed fields, and reads a version of it.
    fn look(&mut self, choices: &mut Choices<'_>) {
        if self.session.is_none() {
            return;
        }
        let sees = self.sees().clone();
        for entity in 0..ENTITIES {
            for which in [Which::Live, Which::All, Which::Deleted] {
                let expected = held(&sees, entity, which, None);
                let found = self.scan(entity, which, None);
                assert!(agree(&found, &expected), "{entity} {which:?}: {found:?} should be {expected:?}");
                let count = self.ask(Request::Count { entity, which });
                assert_eq!(count, Some(Ok(Reply::Count(expected.len() as u64))), "the count should be right");
            }
        }
        let given = self.pick(choices);
        let Some(row) = sees.rows.get(&given) else { return };
        let Some(now) = row.last() else { return };
        for (at, value) in now.fields.iter().enumerate() {
            let Some(key) = Key::of(value).filter(|_| !matches!(value, Datum::List(_))) else { continue };
            let by = Some(Lookup(vec![(at as u32, key)]));
            let found = self.scan(given.entity, Which::Live, by);
            let mut expected = held(&sees, given.entity, Which::Live, Some((at, value)));
            if found.len() != expected.len() {
                // Where no index has the field, all rows come.
                expected = held(&sees, given.entity, Which::Live, None);
            }
            assert!(agree(&found, &expected), "looking for {value:?}: {found:?} should be {expected:?}");
        }
        let back = choices.below(row.len() + 1);
        let at = if choices.below(2) == 0 {
            VersionAt::Back(back as u64)
        } else {
            VersionAt::Number((row.len() - back.min(row.len())) as u64)
        };
        let expected = row.len().checked_sub(back + 1).and_then(|at| row.get(at));
        match self.ask(Request::Version { given, at, from: None }) {
            Some(Ok(Reply::Row(found))) => {
                let same = expected.is_some_and(|version| same(&version.fields, &values(&found.data)));
                assert!(same, "{at:?} of {given:?} should be {expected:?}, not {found:?}");
            }
            Some(Ok(Reply::Nothing)) => {
                assert!(expected.is_none(), "{at:?} of {given:?} should be {expected:?}");
            }
            Some(Err(Refusal::Unavailable(_))) if self.failing => {}
            other => panic!("{at:?} of {given:?} should be {expected:?}, not {other:?}"),
        }
    }
}

/// What the committer makes of an open transaction.
fn redo(after: &mut Plain, open: &Open, schema: &flin_runtime::record::Schema) -> Result<(), Fails> {
    after.written.clear();
    for given in open.sees.written.iter().filter(|given| open.base.rows.contains_key(given)) {
        if !after.rows.contains_key(given) {
            return Err(Fails::NotFound);
        }
        if after.version(*given) != open.base.version(*given) {
            return Err(Fails::Conflict);
        }
    }
    open.ops.iter().try_for_each(|op| after.apply(schema, op))
}

fn save(entity: u32, id: Option<u64>, (version, over): (u64, bool), fields: &[Datum]) -> Request {
    let data = data::encode(fields).unwrap_or_default();
    Request::Save { entity, id, version, over, data: data.into() }
}

fn values(bytes: &[u8]) -> Vec<Datum> {
    data::decode(bytes).unwrap_or_else(|error| panic!("a row should be readable: {error}"))
}

fn kind(refusal: &Refusal) -> Option<Fails> {
    Some(match refusal {
        Refusal::NotFound { .. } => Fails::NotFound,
        Refusal::Unique { .. } => Fails::Unique,
        Refusal::ForeignKey(_) => Fails::ForeignKey,
        Refusal::Conflict { .. } => Fails::Conflict,
        Refusal::Unavailable(_) => return None,
    })
}

fn alike(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.deleted == b.deleted && same(&a.fields, &b.fields))
}

type Seen = (Given, bool, Vec<Datum>);

/// Rows of an entity that have a value in a field.
fn held(sees: &Plain, entity: u32, which: Which, by: Option<(usize, &Datum)>) -> Vec<Seen> {
    let rows = sees.rows.iter().filter(|(given, _)| given.entity == entity);
    let rows = rows.filter_map(|(given, row)| Some((*given, row.last()?)));
    rows.filter(|(_, now)| match which {
        Which::Live => !now.deleted,
        Which::All => true,
        Which::Deleted => now.deleted,
    })
    .filter(|(_, now)| by.is_none_or(|(at, value)| super::values::equal(&now.fields[at], value)))
    .map(|(given, now)| (given, now.deleted, now.fields.clone()))
    .collect()
}

fn agree(a: &[Seen], b: &[Seen]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1 == b.1 && same(&a.2, &b.2))
}
