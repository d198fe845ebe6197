//! A store without an engine: rows in a map, and a log and checkpoints driven by hand.

use super::{Recovered, Target};
use crate::record::{Datum, Writer};
use crate::store::archive::Archive;
use crate::store::disk::{Disk, DiskError, Twin};
use crate::store::format::{Fault, FileError};
use crate::store::log::{Log, Transaction};
use crate::store::{Row, RowEffect, TypeId, recover, snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The smallest that there are.
pub const SEGMENT_BYTES: u32 = 4096;

pub const TYPE: TypeId = TypeId(0);

/// All that is to be recovered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub catalogue: Vec<u8>,
    pub next_ids: BTreeMap<TypeId, u64>,
    pub live: BTreeMap<(TypeId, u64), Row>,
}

impl Target for Rows {
    fn take_catalogue(&mut self, encoded: &[u8]) -> Result<(), Fault> {
        self.catalogue = encoded.to_vec();
        Ok(())
    }

    fn take_next_id(&mut self, ty: TypeId, next: u64) -> Result<(), Fault> {
        self.next_ids.insert(ty, next);
        Ok(())
    }

    fn take_row(&mut self, ty: TypeId, id: u64, row: Row) -> Result<(), Fault> {
        self.live.insert((ty, id), row);
        Ok(())
    }

    fn take_effect(&mut self, effect: RowEffect) -> Result<(), Fault> {
        match effect {
            RowEffect::Put { ty, id, row, .. } => self.take_row(ty, id, row),
            RowEffect::Remove { ty, id } => {
                self.live.remove(&(ty, id));
                Ok(())
            }
        }
    }
}

/// Data in the stored form: one field with a text.
pub fn data(text: &str) -> Arc<[u8]> {
    let mut out = Writer::new();
    out.uint(1);
    out.uint(0);
    out.datum(&Datum::Text(text.into())).unwrap();
    out.finish().unwrap().into()
}

/// What a step of a workload does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Writes these rows, with so many bytes each, in one transaction.
    Save(&'static [u64], usize),
    /// Removes a row.
    Destroy(u64),
    /// Writes a snapshot.
    Checkpoint,
}

/// A store that commits and checkpoints as it is told.
#[derive(Debug)]
pub struct Engine {
    pub disk: Arc<dyn Disk>,
    pub log: Log,
    pub archive: Archive,
    pub rows: Rows,
}

impl Engine {
    pub fn open(disk: &Twin) -> Result<Self, FileError> {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        let found = recover::open(&disk, SEGMENT_BYTES, Rows::default())?;
        Ok(Self::of(disk, found))
    }

    pub fn of(disk: Arc<dyn Disk>, found: Recovered<Rows>) -> Self {
        Self { disk, log: found.log, archive: found.archive, rows: found.state }
    }

    /// Goes back to what was acknowledged after a failure.
    pub fn reopen(&mut self) -> Result<(), FileError> {
        let sequence = self.acknowledged();
        let found = recover::reopen(&self.disk, SEGMENT_BYTES, Rows::default(), sequence)?;
        let again = Self::of(Arc::clone(&self.disk), found);
        assert_eq!(again.rows, self.rows, "what was acknowledged comes back");
        *self = again;
        Ok(())
    }

    /// The sequence number of the last transaction that `rows` show.
    pub fn acknowledged(&self) -> u64 {
        self.rows.next_ids.get(&TypeId(9)).map_or(0, |next| next - 1)
    }

    pub fn step(&mut self, step: Step) -> Result<(), FileError> {
        let mut rows = self.rows.clone();
        let mut transaction = Transaction::default();
        match step {
            Step::Checkpoint => return self.checkpoint(),
            Step::Destroy(id) => transaction.effects.push(RowEffect::Remove { ty: TYPE, id }),
            Step::Save(ids, bytes) => transaction.effects.extend(ids.iter().map(|&id| {
                let before = rows.live.get(&(TYPE, id)).cloned();
                let version = before.as_ref().map_or(1, |before| before.version + 1);
                let text = format!("{id} {version} {}", "x".repeat(bytes));
                let row = Row {
                    version,
                    created_at: 5,
                    updated_at: 5 + i64::try_from(version).unwrap(),
                    deleted_at: version.is_multiple_of(2).then_some(-7),
                    lsn: crate::store::Lsn::NONE,
                    data: data(&text),
                };
                RowEffect::Put { ty: TYPE, id, row, before }
            })),
        }
        if rows.catalogue.is_empty() {
            transaction.catalogue = Some(Arc::from(*b"catalogue"));
            rows.catalogue = b"catalogue".to_vec();
        }
        // The next id of an entity that nobody has counts the transactions.
        transaction.next_ids.push((TypeId(9), self.acknowledged() + 2));
        rows.next_ids.insert(TypeId(9), self.acknowledged() + 2);
        let lsn = self.log.append(&transaction)?;
        self.log.sync()?;
        for mut effect in transaction.effects {
            if let RowEffect::Put { row, .. } = &mut effect {
                row.lsn = lsn;
            }
            rows.take_effect(effect).unwrap();
        }
        self.rows = rows;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), FileError> {
        let cut = self.log.cut()?;
        assert_eq!(cut.sequence, self.acknowledged());
        let rows = &self.rows;
        let archive = self.archive.extend(&*self.disk, &cut, &|ty, id| rows.live.contains_key(&(ty, id)))?;
        snapshot::write(&*self.disk, &cut, &archive, |writer| fill(rows, writer))?;
        self.archive = archive;
        self.log.replaced(&cut, snapshot::replace(&*self.disk, &cut, self.archive.extent().generation)?);
        Ok(())
    }

    /// All versions of a row, the newest first.
    pub fn history(&self, id: u64) -> Result<Vec<Row>, FileError> {
        let mut versions = Vec::new();
        let mut row = self.rows.live.get(&(TYPE, id)).cloned();
        while let Some(version) = row {
            row = self.archive.before(&*self.disk, TYPE, id, &version)?;
            versions.push(version);
        }
        Ok(versions)
    }
}

pub fn fill(rows: &Rows, writer: &mut snapshot::Writer) -> Result<(), DiskError> {
    writer.catalogue(&rows.catalogue)?;
    rows.next_ids.iter().try_for_each(|(ty, next)| writer.next_id(*ty, *next))?;
    rows.live.iter().try_for_each(|((ty, id), row)| writer.row(*ty, *id, row.view()))
}

/// Each way of saving and checkpointing once: rotation, a transaction larger than a segment, versions in log and archive.
pub const WORKLOAD: &[Step] = &[
    Step::Save(&[1, 2, 3], 10),
    Step::Save(&[1], 900),
    Step::Save(&[2], 1200),
    Step::Checkpoint,
    Step::Save(&[1, 2], 1500),
    Step::Destroy(3),
    Step::Save(&[4, 5], 3000),
    Step::Checkpoint,
    Step::Save(&[1], 20),
    Step::Save(&[4], 20),
];
