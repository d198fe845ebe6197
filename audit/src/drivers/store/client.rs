//! One who saves: the store as an execution sees it. The only place, beside the driver's own, that calls the engine.

use super::Finding;
use super::content::{Content, Held, Op};
use super::medium::Medium;
use super::shape::{ENTITIES, schema};
use flin_runtime::record::data::{decode, encode};
use flin_runtime::record::request::{Given, Row};
use flin_runtime::record::{Datum, Refusal, Reply, Request, Which};
use flin_runtime::store::disk::Disk;
use flin_runtime::store::session::{Asked, Session};
use flin_runtime::store::sync::Threading;
use flin_runtime::store::{Options, Store};
use std::sync::Arc;

/// Bytes of one batch of rows.
const BATCH_BYTES: usize = 64 * 1024;
/// A day in 2026, in milliseconds.
const NOW: i64 = 1_790_000_000_000;

/// Small segments, and checkpoints only when asked for.
pub fn options() -> Options {
    Options { segment_bytes: 8 * 1024, checkpoint_bytes: u64::MAX, ..Options::default() }
}

/// Opens a store on this disk.
pub fn open<T: Threading>(medium: &Medium, options: Options) -> Result<Store<T>, String> {
    open_on(Arc::new(medium.clone()), options)
}

/// Opens a store on any disk.
pub fn open_on<T: Threading>(disk: Arc<dyn Disk>, options: Options) -> Result<Store<T>, String> {
    let opened = Store::open(disk, &schema(), options);
    opened.map(|(store, _)| store).map_err(|error| error.to_string())
}

/// A client of a store.
pub struct Client<T: Threading> {
    session: Session<T>,
    now: i64,
}

impl<T: Threading> Client<T> {
    /// One more.
    pub fn new(store: &Store<T>) -> Self {
        Self { session: Session::new(Arc::new(schema()), Arc::new(store.clone())), now: NOW }
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, request: Request) -> Result<Reply, Refusal> {
        self.now += 1;
        match self.session.ask(request, self.now) {
            Asked::Done(answer) => answer,
            Asked::Wait(ticket) => ticket.wait(),
        }
    }

    fn save(&mut self, entity: u32, read: Option<&Row>, fields: &[Datum]) -> Result<Row, Refusal> {
        let data = encode(fields).map_err(|fault| Refusal::Unavailable(fault.to_string().into()))?;
        let (id, version) = read.map_or((None, 0), |row| (Some(row.given.id), row.version));
        let request = Request::Save { entity, id, version, over: false, data: data.into() };
        row(self.ask(request)?)
    }

    /// A new row.
    pub fn insert(&mut self, entity: u32, fields: &[Datum]) -> Result<Row, Refusal> {
        self.save(entity, None, fields)
    }

    /// A further version of a row that was read.
    pub fn update(&mut self, read: &Row, fields: &[Datum]) -> Result<Row, Refusal> {
        self.save(read.given.entity, Some(read), fields)
    }

    /// A row, deleted or not.
    pub fn find(&mut self, given: Given) -> Result<Option<Row>, Refusal> {
        match self.ask(Request::Find { given, which: Which::All })? {
            Reply::Row(row) => Ok(Some(row)),
            _ => Ok(None),
        }
    }

    /// Marks as deleted.
    pub fn delete(&mut self, given: Given) -> Result<(), Refusal> {
        self.ask(Request::Delete(given)).map(drop)
    }

    /// Removes.
    pub fn destroy(&mut self, given: Given) -> Result<(), Refusal> {
        self.ask(Request::Destroy(given)).map(drop)
    }

    /// Opens a transaction.
    pub fn begin(&mut self) -> Result<(), Refusal> {
        self.ask(Request::Begin).map(drop)
    }

    /// Ends it.
    pub fn commit(&mut self) -> Result<(), Refusal> {
        self.ask(Request::Commit).map(drop)
    }

    /// Does these steps, in one transaction if there are several; gives the ids of the new rows.
    pub fn perform(&mut self, ops: &[Op]) -> Result<Vec<u64>, Refusal> {
        if let [op] = ops {
            let mut ids = Vec::new();
            self.one(op, &mut ids)?;
            return Ok(ids);
        }
        self.begin()?;
        let mut ids = Vec::new();
        for op in ops {
            if let Err(refusal) = self.one(op, &mut ids) {
                self.ask(Request::Rollback)?;
                return Err(refusal);
            }
        }
        self.commit().map(|()| ids)
    }

    fn one(&mut self, op: &Op, ids: &mut Vec<u64>) -> Result<(), Refusal> {
        match op {
            Op::Insert(entity, fields) => ids.push(self.insert(*entity, fields)?.given.id),
            Op::Update(given, fields) => {
                if let Some(read) = self.find(*given)? {
                    self.update(&read, fields)?;
                }
            }
            Op::Delete(given) => self.delete(*given)?,
            Op::Restore(given) => drop(self.ask(Request::Restore(*given))?),
            Op::Destroy(given) => self.destroy(*given)?,
        }
        Ok(())
    }

    /// All that it can read: rows, and where it is asked for the versions before.
    pub fn content(&mut self, with_history: bool) -> Result<Content, Finding> {
        let mut content = Content::default();
        for entity in 0..ENTITIES {
            for row in self.rows(entity)? {
                let given = row.given;
                let versions = if with_history { self.history(given)? } else { vec![fields(&row)?] };
                if with_history && versions.len() as u64 != row.version {
                    let found = versions.len();
                    let what = format!("{given:?} has version {}, and {found} versions", row.version);
                    return Err(Finding::Corrupted(what));
                }
                content.0.insert(given, Held { versions, deleted: row.deleted_at.is_some() });
            }
        }
        match content.broken() {
            Some(finding) => Err(finding),
            None => Ok(content),
        }
    }

    fn rows(&mut self, entity: u32) -> Result<Vec<Row>, Finding> {
        let mut rows: Vec<Row> = Vec::new();
        let mut from = None;
        loop {
            let scan = Request::Scan { entity, which: Which::All, by: None, from, bytes_max: BATCH_BYTES };
            let Reply::Rows(batch) = self.ask(scan).map_err(unreadable)? else {
                return Err(Finding::Wrong("a scan did not answer with rows".to_owned()));
            };
            rows.extend(batch.rows);
            match (batch.more, rows.last()) {
                (Some(pinned), Some(last)) => from = Some((pinned, last.given.id)),
                _ => return Ok(rows),
            }
        }
    }

    /// Fields of each version, the first one first.
    fn history(&mut self, given: Given) -> Result<Vec<Vec<Datum>>, Finding> {
        let mut versions: Vec<Row> = Vec::new();
        loop {
            let below = versions.last().map(|row| row.version);
            let history = Request::History { given, below, bytes_max: BATCH_BYTES };
            let Reply::Rows(batch) = self.ask(history).map_err(unreadable)? else {
                return Err(Finding::Wrong("a history did not answer with rows".to_owned()));
            };
            let done = batch.more.is_none() || batch.rows.is_empty();
            versions.extend(batch.rows);
            if done {
                break;
            }
        }
        versions.iter().rev().map(fields).collect()
    }
}

fn row(reply: Reply) -> Result<Row, Refusal> {
    match reply {
        Reply::Row(row) => Ok(row),
        _ => Err(Refusal::Unavailable("a save did not answer with a row".into())),
    }
}

fn fields(row: &Row) -> Result<Vec<Datum>, Finding> {
    decode(&row.data).map_err(|error| Finding::Corrupted(format!("{:?}: {error}", row.given)))
}

fn unreadable(refusal: Refusal) -> Finding {
    Finding::Refused(format!("what is stored cannot be read: {refusal}"))
}
