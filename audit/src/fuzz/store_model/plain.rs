//! The store as plain maps: obviously right, and slow.

use super::values::{equal, same};
use flin_runtime::record::request::Given;
use flin_runtime::record::{Datum, FieldType, OnDelete, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// A version.
#[derive(Clone, Debug)]
pub struct Version {
    pub deleted: bool,
    pub fields: Vec<Datum>,
}

/// A row: its versions, the first one first.
pub type Row = Vec<Version>;

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    NotFound,
    Conflict,
    Unique,
    ForeignKey,
}

/// A change.
#[derive(Clone, Debug)]
pub enum Op {
    Insert(Given, Vec<Datum>),
    Update(Given, Option<u64>, Vec<Datum>),
    Delete(Given),
    Restore(Given),
    Destroy(Given),
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    pub rows: BTreeMap<Given, Row>,
    /// Rows that the open transaction wrote: they gain one version, however often.
    pub written: BTreeSet<Given>,
    /// By entity, the highest id that was ever given.
    pub last_ids: BTreeMap<u32, u64>,
}

impl Plain {
    fn now(&self, given: Given) -> Option<&Version> {
        self.rows.get(&given)?.last()
    }

    fn is_live(&self, given: Given) -> bool {
        self.now(given).is_some_and(|now| !now.deleted)
    }

    /// The version that a row has.
    pub fn version(&self, given: Given) -> u64 {
        self.rows.get(&given).map_or(0, |row| row.len() as u64)
    }

    /// Does it.
    pub fn apply(&mut self, schema: &Schema, op: &Op) -> Result<(), Fails> {
        match op {
            Op::Insert(given, fields) => {
                self.keeps_rules(schema, *given, fields)?;
                self.write(*given, false, fields.clone());
                let last = self.last_ids.entry(given.entity).or_default();
                *last = given.id.max(*last);
                Ok(())
            }
            Op::Update(given, expected, fields) => self.update(schema, *given, *expected, fields),
            Op::Delete(given) => self.take(schema, *given, false),
            Op::Destroy(given) => self.take(schema, *given, true),
            Op::Restore(given) => {
                let now = self.now(*given).ok_or(Fails::NotFound)?.clone();
                if now.deleted {
                    self.keeps_rules(schema, *given, &now.fields)?;
                    self.write(*given, false, now.fields);
                }
                Ok(())
            }
        }
    }

    fn update(
        &mut self,
        schema: &Schema,
        given: Given,
        expected: Option<u64>,
        fields: &[Datum],
    ) -> Result<(), Fails> {
        let now = self.now(given).filter(|now| !now.deleted).ok_or(Fails::NotFound)?;
        if expected.is_some_and(|read| read != self.version(given)) {
            return Err(Fails::Conflict);
        }
        if same(&now.fields, fields) {
            return Ok(());
        }
        self.keeps_rules(schema, given, fields)?;
        self.write(given, false, fields.to_vec());
        Ok(())
    }

    fn write(&mut self, given: Given, deleted: bool, fields: Vec<Datum>) {
        let version = Version { deleted, fields };
        let fresh = self.written.insert(given);
        let row = self.rows.entry(given).or_default();
        match row.last_mut().filter(|_| !fresh) {
            Some(last) => *last = version,
            None => row.push(version),
        }
    }

    fn keeps_rules(&self, schema: &Schema, given: Given, fields: &[Datum]) -> Result<(), Fails> {
        for set in &schema.entities[given.entity as usize].unique {
            let taken = |(other, row): (&Given, &Row)| {
                let Some(now) = row.last().filter(|now| !now.deleted) else { return false };
                let same = |at: &u32| {
                    let (own, held) = (&fields[*at as usize], &now.fields[*at as usize]);
                    *own != Datum::None && equal(own, held)
                };
                other.entity == given.entity && *other != given && set.iter().all(same)
            };
            if self.rows.iter().any(taken) {
                return Err(Fails::Unique);
            }
        }
        let dangling = |(to, _): &(Given, _)| *to != given && !self.is_live(*to);
        if references(schema, given.entity, fields).iter().any(dangling) {
            return Err(Fails::ForeignKey);
        }
        Ok(())
    }

    fn take(&mut self, schema: &Schema, given: Given, destroy: bool) -> Result<(), Fails> {
        let root = self.now(given).ok_or(Fails::NotFound)?;
        if root.deleted && !destroy {
            return Ok(());
        }
        let mut gone = BTreeSet::from([given]);
        let refers = |own: &Given, now: &Version, gone: &BTreeSet<Given>, rule| {
            references(schema, own.entity, &now.fields)
                .iter()
                .any(|(to, on_delete)| *on_delete == rule && gone.contains(to))
        };
        loop {
            let more = self.rows.iter().find(|(own, row)| {
                row.last().is_some_and(|now| {
                    (destroy || !now.deleted)
                        && !gone.contains(own)
                        && refers(own, now, &gone, OnDelete::Cascade)
                })
            });
            match more {
                Some((own, _)) => gone.insert(*own),
                None => break,
            };
        }
        let stays: Vec<(Given, Version)> = self
            .rows
            .iter()
            .filter_map(|(own, row)| Some((*own, row.last()?.clone())))
            .filter(|(own, now)| !now.deleted && !gone.contains(own))
            .collect();
        if stays.iter().any(|(own, now)| refers(own, now, &gone, OnDelete::Restrict)) {
            return Err(Fails::ForeignKey);
        }
        for (own, now) in stays.into_iter().filter(|(own, now)| refers(own, now, &gone, OnDelete::SetNone)) {
            let shape = &schema.entities[own.entity as usize];
            let cleared = now.fields.into_iter().zip(&shape.fields);
            let cleared = cleared.map(|(value, field)| clear(value, &field.ty, &gone)).collect();
            self.write(own, false, cleared);
        }
        for own in gone {
            if destroy {
                self.written.insert(own);
                self.rows.remove(&own);
            } else if let Some(now) = self.now(own).cloned() {
                self.write(own, true, now.fields);
            }
        }
        Ok(())
    }
}

fn target(ty: &FieldType) -> Option<u32> {
    match ty {
        FieldType::Reference(to) => Some(*to),
        FieldType::List(inner) => target(inner),
        _ => None,
    }
}

fn references(schema: &Schema, entity: u32, fields: &[Datum]) -> Vec<(Given, OnDelete)> {
    let mut found = Vec::new();
    for (field, value) in schema.entities[entity as usize].fields.iter().zip(fields) {
        let Some(to) = target(&field.ty) else { continue };
        let values = match value {
            Datum::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        found.extend(values.iter().filter_map(|value| match value {
            Datum::Reference(id) => Some((Given { entity: to, id: *id }, field.on_delete)),
            _ => None,
        }));
    }
    found
}

fn clear(value: Datum, ty: &FieldType, gone: &BTreeSet<Given>) -> Datum {
    let Some(entity) = target(ty) else { return value };
    let goes =
        |value: &Datum| matches!(value, Datum::Reference(id) if gone.contains(&Given { entity, id: *id }));
    match value {
        Datum::List(items) => Datum::List(items.into_iter().filter(|item| !goes(item)).collect()),
        value if goes(&value) => Datum::None,
        value => value,
    }
}
