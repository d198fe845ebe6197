//! What a transaction does, in bytes: items that each begin with a tag.
//!
//! Rows that it puts have no Lsn here: theirs is the place of the record.

use crate::store::format::{Fault, RowReader, put_row, put_uint, wide};
use crate::store::{Lsn, RowEffect, TypeId};
use std::sync::Arc;

/// What one record says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// The catalogue as it is from here on, if it changed; only the schema knows its encoding.
    pub catalogue: Option<Arc<[u8]>>,
    /// Entities with the next id that each gives out.
    pub next_ids: Vec<(TypeId, u64)>,
    /// What happens to rows, in order.
    pub effects: Vec<RowEffect>,
}

/// A part of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// The catalogue.
    Catalogue(&'a [u8]),
    /// The next id of an entity.
    NextId(TypeId, u64),
    /// What happens to a row.
    Effect(RowEffect),
}

mod tag {
    pub const CATALOGUE: u8 = 1;
    pub const NEXT_ID: u8 = 2;
    pub const INSERT: u8 = 3;
    pub const UPDATE: u8 = 4;
    pub const REMOVE: u8 = 5;
}

/// The bytes of a transaction.
pub fn encode(transaction: &Transaction) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(catalogue) = &transaction.catalogue {
        out.push(tag::CATALOGUE);
        put_uint(&mut out, wide(catalogue.len()));
        out.extend_from_slice(catalogue);
    }
    for (ty, next) in &transaction.next_ids {
        out.push(tag::NEXT_ID);
        put_uint(&mut out, u64::from(ty.0));
        put_uint(&mut out, *next);
    }
    for effect in &transaction.effects {
        put_effect(&mut out, effect);
    }
    out
}

fn put_effect(out: &mut Vec<u8>, effect: &RowEffect) {
    let (tag, ty, id) = match effect {
        RowEffect::Put { ty, id, before: None, .. } => (tag::INSERT, ty, id),
        RowEffect::Put { ty, id, before: Some(_), .. } => (tag::UPDATE, ty, id),
        RowEffect::Remove { ty, id } => (tag::REMOVE, ty, id),
    };
    out.push(tag);
    put_uint(out, u64::from(ty.0));
    put_uint(out, *id);
    if let RowEffect::Put { row, before, .. } = effect {
        // Its place is not known yet, and the same for all rows of the record.
        put_row(out, crate::store::RowRef { lsn: Lsn::NONE, ..row.view() });
        before.iter().for_each(|before| put_row(out, before.view()));
    }
}

/// The items of a record, decoded one by one; nothing follows an error.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    reader: RowReader<'a>,
    length: usize,
    lsn: Lsn,
}

impl<'a> Items<'a> {
    /// Those of the record at `lsn`.
    pub const fn new(payload: &'a [u8], lsn: Lsn) -> Self {
        Self { reader: RowReader::new(payload), length: payload.len(), lsn }
    }

    /// Bytes of the payload that were read.
    pub const fn offset(&self) -> usize {
        self.length.saturating_sub(self.reader.left())
    }

    fn item(&mut self) -> Result<Item<'a>, Fault> {
        let tag = self.reader.byte()?;
        match tag {
            tag::CATALOGUE => return self.reader.bytes().map(Item::Catalogue),
            tag::NEXT_ID | tag::INSERT | tag::UPDATE | tag::REMOVE => {}
            other => return Err(Fault::Tag(other)),
        }
        let (ty, id) = (self.reader.ty()?, self.reader.count()?);
        Ok(match tag {
            tag::NEXT_ID => Item::NextId(ty, id),
            tag::REMOVE => Item::Effect(RowEffect::Remove { ty, id }),
            _ => {
                let mut row = self.reader.row()?;
                if row.lsn != Lsn::NONE {
                    return Err(Fault::Number64);
                }
                row.lsn = self.lsn;
                let before = if tag == tag::UPDATE { Some(self.reader.row()?) } else { None };
                Item::Effect(RowEffect::Put { ty, id, row, before })
            }
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let item = self.item();
        if item.is_err() {
            self.reader = RowReader::new(&[]);
        }
        Some(item)
    }
}
