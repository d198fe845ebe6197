//! Reading a snapshot into whatever takes its rows.

use super::tag;
use crate::store::archive::{Archive, Extent};
use crate::store::disk::{Disk, DiskError, SECTOR};
use crate::store::format::{Fault, FileError, Header, Kind, RowReader, Window, read_block, wide};
use crate::store::recover::Target;
use crate::store::{Lsn, TypeId};
use std::ops::ControlFlow;

/// Reads the snapshot before segment `first`: gives the sequence number of the last record in it, and the archive that
/// it knows.
pub fn read(disk: &dyn Disk, first: u32, target: &mut dyn Target) -> Result<(u64, Archive), FileError> {
    let name = super::name(first);
    let file = disk.open(&name).map_err(DiskError::at(&name, "open"))?;
    let mut window = Window::new(&*file, &name)?;
    let damaged = |offset, fault| FileError::damaged(&name, offset, fault);
    let sector = window.get(0, SECTOR)?.unwrap_or_default();
    let head = Head::decode(first, sector).map_err(|fault| damaged(0, fault))?;
    let mut contents = Contents::new(target);
    let mut offset = wide(SECTOR);
    loop {
        let (content, next) = read_block(&mut window, head.salt, offset)?;
        match contents.block(content).map_err(|fault| damaged(offset, fault))? {
            ControlFlow::Continue(()) => offset = next,
            ControlFlow::Break(()) if next == window.size() => break,
            ControlFlow::Break(()) => return Err(damaged(next, Fault::Order)),
        }
    }
    let archive = Archive::load(disk, first, head.archive, contents.index)?;
    Ok((head.sequence, archive))
}

/// What the first sector of a snapshot says.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Of the last record in it.
    pub sequence: u64,
    /// Where older versions are.
    pub archive: Extent,
    /// Goes into the checksums of its blocks.
    pub salt: u64,
}

impl Head {
    /// That of the snapshot before segment `first`.
    pub fn decode(first: u32, sector: &[u8]) -> Result<Self, Fault> {
        let Header([sequence, found, length, salt, generation, _]) = Header::decode(Kind::Snapshot, sector)?;
        if found != u64::from(first) {
            return Err(Fault::Number { found, expected: u64::from(first) });
        }
        let generation = u32::try_from(generation).map_err(|_| Fault::Number64)?;
        Ok(Self { sequence, archive: Extent { generation, length }, salt })
    }
}

/// What was read so far.
pub struct Contents<'a> {
    target: &'a mut dyn Target,
    /// Of the last row.
    key: Option<(TypeId, u64)>,
    rows: u64,
    blocks: u64,
    /// Of the archive.
    pub index: Vec<(Lsn, u64)>,
}

impl<'a> Contents<'a> {
    /// Of a snapshot whose blocks go to `target`.
    pub fn new(target: &'a mut dyn Target) -> Self {
        Self { target, key: None, rows: 0, blocks: 0, index: Vec::new() }
    }

    /// Takes a block; breaks at the footer.
    pub fn block(&mut self, content: &[u8]) -> Result<ControlFlow<()>, Fault> {
        let (&tag, content) = content.split_first().ok_or(Fault::End)?;
        let mut reader = RowReader::new(content);
        match tag {
            tag::CATALOGUE => self.target.take_catalogue(content)?,
            tag::NEXT_IDS => {
                while !reader.is_empty() {
                    self.target.take_next_id(reader.ty()?, reader.count()?)?;
                }
            }
            tag::ARCHIVE => {
                while !reader.is_empty() {
                    let entry = (Lsn(reader.uint()?), reader.uint()?);
                    if self.index.last().is_some_and(|last| last.0 > entry.0 || last.1 >= entry.1) {
                        return Err(Fault::Order);
                    }
                    self.index.push(entry);
                }
            }
            tag::ROWS => self.rows(reader)?,
            tag::FOOTER => {
                let whole = (reader.uint()?, reader.uint()?) == (self.rows, self.blocks) && reader.is_empty();
                return if whole { Ok(ControlFlow::Break(())) } else { Err(Fault::Order) };
            }
            other => return Err(Fault::Tag(other)),
        }
        self.blocks = self.blocks.saturating_add(1);
        Ok(ControlFlow::Continue(()))
    }

    fn rows(&mut self, mut reader: RowReader<'_>) -> Result<(), Fault> {
        let ty = reader.ty()?;
        let mut last = 0_u64;
        while !reader.is_empty() {
            let id = last.checked_add(reader.count()?).ok_or(Fault::Number64)?;
            if self.key.is_some_and(|key| key >= (ty, id)) {
                return Err(Fault::Order);
            }
            self.target.take_row(ty, id, reader.row()?)?;
            (self.key, last) = (Some((ty, id)), id);
            self.rows = self.rows.saturating_add(1);
        }
        Ok(())
    }
}
