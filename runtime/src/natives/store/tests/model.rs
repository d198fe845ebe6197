//! A store as a map: rows by key, copied whole for each transaction.

use crate::record::request::{Batch, Given, Which};
use crate::record::{Refusal, Reply, Request, Row, data::Reader};
use std::collections::BTreeMap;

type Rows = BTreeMap<Given, Row>;

/// Answers requests, and refuses those that a test wants refused, once each.
#[derive(Default)]
pub struct Model {
    rows: Rows,
    next: BTreeMap<u32, u64>,
    open: Vec<(Rows, BTreeMap<u32, u64>)>,
    now: i64,
    commits: u32,
    /// Which commits are refused, counted from 1.
    pub commits_refused: Vec<u32>,
    pub refuse: Vec<(fn(&Request) -> bool, Refusal)>,
}

impl Model {
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    pub fn answer(&mut self, request: Request) -> Result<Reply, Refusal> {
        if let Some(at) = self.refuse.iter().position(|(matches, _)| matches(&request)) {
            return Err(self.refuse.remove(at).1);
        }
        if request == Request::Commit {
            self.commits += 1;
            if self.commits_refused.contains(&self.commits) {
                self.undo();
                return Err(Refusal::Unavailable("the disk is full".into()));
            }
        }
        self.now += 1;
        match request {
            Request::Save { entity, id, version, over, data } => {
                self.save(entity, id, if over { None } else { Some(version) }, &data)
            }
            Request::Delete(given) => self.mark(given, true),
            Request::Restore(given) => self.mark(given, false),
            Request::Destroy(given) => {
                self.rows.remove(&given);
                Ok(Reply::Done)
            }
            Request::Begin => {
                self.open.push((self.rows.clone(), self.next.clone()));
                Ok(Reply::Done)
            }
            Request::Commit => {
                let (before, _) = self.open.pop().expect("an open transaction");
                let changed = self.rows.values().filter(|row| before.get(&row.given) != Some(row));
                Ok(Reply::Rows(Batch { rows: changed.cloned().collect(), more: None }))
            }
            Request::Rollback => {
                self.undo();
                Ok(Reply::Done)
            }
            Request::Find { given, which } => {
                let row = self.rows.get(&given).filter(|row| match which {
                    Which::Live => row.deleted_at.is_none(),
                    Which::All => true,
                    Which::Deleted => row.deleted_at.is_some(),
                });
                Ok(row.map_or(Reply::Nothing, |row| Reply::Row(row.clone())))
            }
            other => panic!("{other:?}"),
        }
    }

    fn undo(&mut self) {
        (self.rows, self.next) = self.open.pop().expect("an open transaction");
    }

    /// The row as it was before the outermost transaction.
    fn committed(&self, given: &Given) -> Option<&Row> {
        self.open.first().map_or(&self.rows, |(rows, _)| rows).get(given)
    }

    fn save(
        &mut self,
        entity: u32,
        id: Option<u64>,
        version: Option<u64>,
        data: &[u8],
    ) -> Result<Reply, Refusal> {
        self.constraints(entity, id, data)?;
        let given = Given { entity, id: id.unwrap_or_else(|| self.next.get(&entity).copied().unwrap_or(1)) };
        let row = match id {
            None => {
                self.next.insert(entity, given.id + 1);
                let (created_at, updated_at) = (self.now, self.now);
                let data = data.into();
                Row { given, version: 1, created_at, updated_at, deleted_at: None, valid_to: None, data }
            }
            Some(id) => {
                let before = self.rows.get(&given).filter(|row| row.deleted_at.is_none());
                let before = before.ok_or(Refusal::NotFound { entity: "Customer".into(), id })?;
                if version.is_some_and(|version| version != before.version) {
                    let (current, read) = (before.version, version.unwrap_or(0));
                    return Err(Refusal::Conflict { entity: "Customer".into(), id, current, read });
                }
                if *before.data == *data {
                    return Ok(Reply::Row(before.clone()));
                }
                let base = self.committed(&given).map_or(0, |row| row.version);
                Row { version: base + 1, updated_at: self.now, data: data.into(), ..before.clone() }
            }
        };
        self.rows.insert(given, row.clone());
        Ok(Reply::Row(row))
    }

    /// E-mails of customers (field 1) are unique, customers of orders (field 0) exist.
    fn constraints(&self, entity: u32, id: Option<u64>, data: &[u8]) -> Result<(), Refusal> {
        let field = |data: &[u8], at: usize| {
            let mut reader = Reader::new(data);
            (0..=at).map(|_| reader.encoded().unwrap().unwrap().to_vec()).last().unwrap()
        };
        if entity == 1 {
            let id = field(data, 0)[1];
            let found = self.rows.contains_key(&Given { entity: 0, id: id.into() });
            return if found {
                Ok(())
            } else {
                Err(Refusal::ForeignKey(format!("there is no Customer {id}")))
            };
        }
        let email = field(data, 1);
        let taken =
            |row: &&Row| row.given.entity == 0 && Some(row.given.id) != id && field(&row.data, 1) == email;
        if email != [0] && self.rows.values().any(|row| taken(&row)) {
            return Err(Refusal::Unique {
                entity: "Customer".into(),
                fields: "email".to_owned(),
                at: vec![1],
            });
        }
        Ok(())
    }

    fn mark(&mut self, given: Given, deleted: bool) -> Result<Reply, Refusal> {
        let now = self.now;
        let row = self.rows.get_mut(&given);
        let row = row.ok_or(Refusal::NotFound { entity: "Customer".into(), id: given.id })?;
        if row.deleted_at.is_some() != deleted {
            row.version += 1;
            row.updated_at = now;
            row.deleted_at = deleted.then_some(now);
        }
        Ok(Reply::Row(row.clone()))
    }
}
