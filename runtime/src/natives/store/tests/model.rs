//! A store as a map: rows by key, copied whole for each transaction.

use crate::record::data::decode;
use crate::record::request::{Batch, Given, Reach, Which};
use crate::record::{Datum, FieldType, Key, Refusal, Reply, Request, Row, Schema};
use std::collections::BTreeMap;
use std::sync::Arc;

type Rows = BTreeMap<Given, Row>;

/// Answers requests, and refuses those that a test wants refused, once each.
#[derive(Default)]
pub struct Model {
    pub schema: Schema,
    rows: Rows,
    next: BTreeMap<u32, u64>,
    open: Vec<(Rows, BTreeMap<u32, u64>)>,
    now: i64,
    commits: u32,
    /// Which commits are refused, counted from 1.
    pub commits_refused: Vec<u32>,
    /// What each delete, restore and destroy of a transaction writes, as it says.
    pub reach: Reach,
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
            Request::Reach(..) => Ok(Reply::Reach(self.reach)),
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
                let before = before.ok_or(Refusal::NotFound { entity: self.name(given), id })?;
                if version.is_some_and(|version| version != before.version) {
                    let (current, read) = (before.version, version.unwrap_or(0));
                    return Err(Refusal::Conflict { entity: self.name(given), id, current, read });
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

    /// Unique fields of live rows, and references to rows that are there.
    fn constraints(&self, entity: u32, id: Option<u64>, data: &[u8]) -> Result<(), Refusal> {
        let shape = &self.schema.entities[entity as usize];
        let fields = decode(data).unwrap();
        for (field, value) in shape.fields.iter().zip(&fields) {
            if let (FieldType::Reference(of), Datum::Reference(id)) = (&field.ty, value)
                && !self.rows.contains_key(&Given { entity: *of, id: *id })
            {
                let name = &self.schema.entities[*of as usize].name;
                return Err(Refusal::ForeignKey(format!("there is no {name} {id}")));
            }
        }
        for group in &shape.unique {
            let values = |fields: &[Datum]| {
                group.iter().map(|&at| Key::of(&fields[at as usize])).collect::<Option<Vec<Key>>>()
            };
            let others =
                self.rows.values().filter(|row| row.given.entity == entity && Some(row.given.id) != id);
            let Some(own) = values(&fields) else { continue };
            for other in others.filter(|row| row.deleted_at.is_none()) {
                if values(&decode(&other.data).unwrap()).as_ref() == Some(&own) {
                    let names: Vec<&str> = group.iter().map(|&at| &*shape.fields[at as usize].name).collect();
                    let (entity, fields) = (shape.name.clone(), names.join(", "));
                    return Err(Refusal::Unique { entity, fields, at: group.clone() });
                }
            }
        }
        Ok(())
    }

    fn name(&self, given: Given) -> Arc<str> {
        self.schema.entities[given.entity as usize].name.clone()
    }

    fn mark(&mut self, given: Given, deleted: bool) -> Result<Reply, Refusal> {
        let now = self.now;
        let missing = Refusal::NotFound { entity: self.name(given), id: given.id };
        let row = self.rows.get_mut(&given).ok_or(missing)?;
        if row.deleted_at.is_some() != deleted {
            row.version += 1;
            row.updated_at = now;
            row.deleted_at = deleted.then_some(now);
        }
        Ok(Reply::Row(row.clone()))
    }
}
