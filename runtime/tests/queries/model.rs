//! A store in a map, which counts what it is asked, and a driver that runs programs on it.

use flin_runtime::app::build::{Rejected, build, link};
use flin_runtime::app::{Limits, SourceFile};
use flin_runtime::check::Role;
use flin_runtime::record::request::{Given, Reach};
use flin_runtime::record::{
    Batch, Datum, Key, Lookup, Pinned, Reply, Request, Row, Schema, VersionAt, Which, data,
};
use flin_runtime::value::Pool;
use flin_runtime::vm::{Answer, Effect, Outcome, Trap, Vm};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A store in a map, with every version of every row.
#[derive(Default)]
pub struct Model {
    pub schema: Schema,
    pub rows: BTreeMap<(u32, u64), Vec<Row>>,
    pub now: i64,
    /// What was asked, and how many rows went out.
    pub asked: Vec<Request>,
    pub given: usize,
}

impl Model {
    pub fn insert(&mut self, entity: u32, fields: &[Datum]) -> u64 {
        self.put(entity, None, data::encode(fields).unwrap().into()).given.id
    }

    fn put(&mut self, entity: u32, id: Option<u64>, data: Arc<[u8]>) -> Row {
        self.now += 1;
        let last =
            self.rows.range((entity, 0)..=(entity, u64::MAX)).next_back().map_or(0, |((_, id), _)| *id);
        let id = id.unwrap_or(last + 1);
        let now = self.now;
        let versions = self.rows.entry((entity, id)).or_default();
        let before = versions.last_mut();
        let (version, created_at) = before.as_ref().map_or((1, now), |row| (row.version + 1, row.created_at));
        if let Some(before) = before {
            before.valid_to = Some(now);
        }
        let given = Given { entity, id };
        let row = Row { given, version, created_at, updated_at: now, deleted_at: None, valid_to: None, data };
        versions.push(row.clone());
        row
    }

    fn current(&self, given: Given) -> Option<&Row> {
        self.rows.get(&(given.entity, given.id))?.last()
    }

    fn fits(row: &Row, which: Which) -> bool {
        match which {
            Which::Live => row.deleted_at.is_none(),
            Which::All => true,
            Which::Deleted => row.deleted_at.is_some(),
        }
    }

    /// Only what an index of the entity knows narrows.
    fn has(&self, row: &Row, by: Option<&Lookup>) -> bool {
        let shape = &self.schema.entities[row.given.entity as usize];
        let fields = data::decode(&row.data).unwrap();
        by.is_none_or(|Lookup(by)| {
            by.iter().all(|(at, key)| {
                let is_indexed = shape.indexes.iter().chain(&shape.unique).any(|index| index[0] == *at);
                !is_indexed || Key::of(&fields[*at as usize]).as_ref() == Some(key)
            })
        })
    }

    fn deleted(&mut self, given: Given, deleted: bool) -> Row {
        let data = self.current(given).unwrap().data.clone();
        self.put(given.entity, Some(given.id), data);
        let now = self.now;
        let row = self.rows.get_mut(&(given.entity, given.id)).unwrap().last_mut().unwrap();
        row.deleted_at = deleted.then_some(now);
        row.clone()
    }

    fn answer(&mut self, request: Request) -> Reply {
        self.asked.push(request.clone());
        let one = |row: Option<&Row>| row.map_or(Reply::Nothing, |row| Reply::Row(row.clone()));
        let reply = match request {
            Request::Save { entity, id, data, .. } => Reply::Row(self.put(entity, id, data)),
            Request::Delete(given) => Reply::Row(self.deleted(given, true)),
            Request::Restore(given) => Reply::Row(self.deleted(given, false)),
            Request::Destroy(given) => {
                self.rows.remove(&(given.entity, given.id));
                Reply::Done
            }
            Request::Reach(..) => Reply::Reach(Reach { rows: 1, bytes: 0 }),
            Request::Begin | Request::Rollback => Reply::Done,
            Request::Commit => Reply::Rows(Batch::default()),
            Request::Find { given, which } => one(self.current(given).filter(|row| Self::fits(row, which))),
            Request::Scan { entity, which, by, from, bytes_max } => {
                let after = from.map_or(0, |(_, id)| id);
                let rows = self.rows.range((entity, after + 1)..=(entity, u64::MAX));
                let rows = rows.filter_map(|(_, versions)| versions.last());
                let mut rows = rows.filter(|row| Self::fits(row, which) && self.has(row, by.as_ref()));
                let (mut found, mut bytes) = (Vec::new(), 0);
                while bytes < bytes_max || found.is_empty() {
                    let Some(row) = rows.next() else { break };
                    bytes += row.data.len() + 64;
                    found.push(row.clone());
                }
                let more = rows.next().map(|_| Pinned(Arc::new(())));
                Reply::Rows(Batch { rows: found, more })
            }
            Request::Count { entity, which } => {
                let rows = self.rows.range((entity, 0)..=(entity, u64::MAX));
                Reply::Count(rows.filter(|(_, rows)| Self::fits(rows.last().unwrap(), which)).count() as u64)
            }
            Request::Version { given, at, .. } => {
                let versions = self.rows.get(&(given.entity, given.id)).map_or(&[][..], Vec::as_slice);
                one(match at {
                    VersionAt::Back(n) => versions.iter().rev().nth(usize::try_from(n).unwrap()),
                    VersionAt::Number(n) => versions.iter().find(|row| row.version == n),
                    VersionAt::Time(ms) => versions
                        .iter()
                        .rfind(|row| row.updated_at <= ms)
                        .filter(|row| row.deleted_at.is_none()),
                })
            }
            Request::History { given, below, bytes_max } => {
                let versions = self.rows.get(&(given.entity, given.id)).map_or(&[][..], Vec::as_slice);
                let mut older = versions.iter().rev().filter(|row| below.is_none_or(|n| row.version < n));
                // One at a time when little is asked for, so that batches are joined.
                let rows: Vec<Row> = older.by_ref().take(bytes_max.min(2)).cloned().collect();
                let more = older.next().map(|_| Pinned(Arc::new(())));
                Reply::Rows(Batch { rows, more })
            }
        };
        self.given += match &reply {
            Reply::Row(_) => 1,
            Reply::Rows(batch) => batch.rows.len(),
            Reply::Done | Reply::Nothing | Reply::Count(_) | Reply::Reach(_) => 0,
        };
        reply
    }
}

/// What a program prints.
pub fn printed(model: &mut Model, source: String, limits: &Limits) -> Result<String, String> {
    let mut output = String::new();
    let files = [SourceFile::in_memory("main.flin", Role::Script, source)];
    let built = build(&files, 0, limits).map_err(|rejected| match rejected {
        Rejected::Diagnostics(_, found) => {
            found.iter().map(|one| format!("{}: {}\n", one.code, one.message)).collect()
        }
        refused @ Rejected::Refused(_) => refused.to_string(),
    })?;
    model.schema = built.module.entities.clone();
    let program = link(built.module).unwrap();
    let pool = Pool::new(1 << 30);
    let vm_limits = flin_runtime::vm::Limits {
        memory_bytes_max: limits.memory_bytes_max,
        gc_stress: limits.gc_stress,
        ..flin_runtime::vm::Limits::default()
    };
    let entry = program.module.entry;
    let mut vm = Vm::new(program, vm_limits, Arc::clone(&pool), [0; 32]);
    vm.start(entry, &[]);
    let end = loop {
        match vm.run(10_000) {
            Outcome::Yield => {}
            Outcome::Done(_) => break Ok(()),
            Outcome::Effect(Effect::Print(line)) => {
                output.push_str(&line);
                output.push('\n');
                vm.resume(Answer::Nothing);
            }
            Outcome::Effect(Effect::Store(request)) => vm.resume(Answer::Store(Ok(model.answer(request)))),
            Outcome::Effect(Effect::Now) => vm.resume(Answer::Millis(model.now)),
            Outcome::Effect(other) => panic!("{other:?}"),
            Outcome::Trap(Trap::Uncaught(error)) => {
                let line = error.origin().map_or(0, |place| place.line);
                break Err(format!("line {line}: {}: {}", error.kind, error.message));
            }
            Outcome::Trap(Trap::Bug(bug)) => break Err(format!("bug: {bug}")),
        }
    };
    drop(vm);
    assert_eq!(pool.leased(), 0, "what was leased came back");
    end.map(|()| output)
}
