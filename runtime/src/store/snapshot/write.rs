//! Writing a snapshot, and removing what it replaces.

use super::tag;
use crate::base::guard::{Guard, off};
use crate::store::archive::{self, Archive, Extent};
use crate::store::disk::{Disk, DiskError, File, write_all};
use crate::store::format::{BLOCK_BYTES, Header, Kind, block, put_row, put_uint, wide};
use crate::store::log::{self, Cut};
use crate::store::{RowRef, TypeId};
use std::io;

/// A snapshot is synced each time that so much of it was written. Savers' syncs wait for what the disk has to do; a whole
/// snapshot at once would be seen in each of theirs.
const SYNC_BYTES: u64 = 1 << 18;

/// Takes what a snapshot holds.
#[derive(Debug)]
pub struct Writer {
    file: Box<dyn File>,
    name: String,
    salt: u64,
    offset: u64,
    /// Where it was synced up to.
    synced: u64,
    /// The block that is being filled; empty, or begun with its tag.
    content: Vec<u8>,
    /// The entity of the rows in it, and the last id.
    rows_of: Option<(TypeId, u64)>,
    rows: u64,
    blocks: u64,
}

/// Writes the snapshot of a cut: `fill` gives the catalogue, then the next ids, then all rows by rising entity and id.
/// When this comes back the snapshot is durable, and so is the archive that it knows (W8). Where it fails nothing is
/// left of it.
pub fn write(
    disk: &dyn Disk,
    cut: &Cut,
    archive: &Archive,
    fill: impl FnOnce(&mut Writer) -> Result<(), DiskError>,
) -> Result<(), DiskError> {
    let (name, unfinished) = (super::name(cut.first), super::unfinished_name(cut.first));
    let written = Writer::create(disk, cut, archive).and_then(|mut writer| {
        fill(&mut writer)?;
        writer.finish(archive)
    });
    if let Err(error) = written {
        // It would only take the room that is missing; that it cannot be removed either does not matter beside this.
        let _ = disk.remove(&unfinished);
        return Err(error);
    }
    disk.rename(&unfinished, &name).map_err(DiskError::at(&unfinished, "rename"))?;
    // Without the guard a crash may find the new name without its content, and the old files gone (T2-10).
    if off(Guard::CheckpointOrder) { Ok(()) } else { disk.sync().map_err(DiskError::at(".", "sync")) }
}

impl Writer {
    fn create(disk: &dyn Disk, cut: &Cut, archive: &Archive) -> Result<Self, DiskError> {
        let name = super::unfinished_name(cut.first);
        let file = match disk.open_mut(&name, true) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.open_mut(&name, false),
            made => made,
        }
        .map_err(DiskError::at(&name, "create"))?;
        file.set_size(0).map_err(DiskError::at(&name, "cut"))?;
        let salt = disk.salt().map_err(DiskError::at(&name, "salt"))?;
        let Extent { generation, length } = archive.extent();
        let header = Header([cut.sequence, u64::from(cut.first), length, salt, u64::from(generation), 0]);
        let sector = header.encode(Kind::Snapshot);
        write_all(&*file, 0, &sector).map_err(DiskError::at(&name, "write"))?;
        let offset = wide(sector.len());
        let content = Vec::with_capacity(BLOCK_BYTES);
        Ok(Self { file, name, salt, offset, synced: 0, content, rows_of: None, rows: 0, blocks: 0 })
    }

    /// The catalogue, before anything else.
    pub fn catalogue(&mut self, encoded: &[u8]) -> Result<(), DiskError> {
        self.begin(tag::CATALOGUE)?;
        self.content.extend_from_slice(encoded);
        Ok(())
    }

    /// The next id of an entity.
    pub fn next_id(&mut self, ty: TypeId, next: u64) -> Result<(), DiskError> {
        self.go_on(tag::NEXT_IDS)?;
        put_uint(&mut self.content, u64::from(ty.0));
        put_uint(&mut self.content, next);
        Ok(())
    }

    /// A row, behind those of lower entities and ids.
    pub fn row(&mut self, ty: TypeId, id: u64, row: RowRef<'_>) -> Result<(), DiskError> {
        let last = match self.rows_of {
            Some((open, last)) if open == ty && self.content.len() < BLOCK_BYTES => last,
            _ => {
                self.begin(tag::ROWS)?;
                put_uint(&mut self.content, u64::from(ty.0));
                0
            }
        };
        put_uint(&mut self.content, id.saturating_sub(last));
        put_row(&mut self.content, row);
        self.rows_of = Some((ty, id));
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    fn finish(&mut self, archive: &Archive) -> Result<(), DiskError> {
        for (lsn, offset) in archive.index() {
            self.go_on(tag::ARCHIVE)?;
            put_uint(&mut self.content, lsn.0);
            put_uint(&mut self.content, *offset);
        }
        self.begin(tag::FOOTER)?;
        put_uint(&mut self.content, self.rows);
        put_uint(&mut self.content, self.blocks);
        self.flush()?;
        if off(Guard::CheckpointOrder) {
            return Ok(());
        }
        self.file.sync().map_err(DiskError::at(&self.name, "sync"))
    }

    /// Goes on in a block of that kind while it is small.
    fn go_on(&mut self, tag: u8) -> Result<(), DiskError> {
        let same = self.content.first() == Some(&tag) && self.content.len() < BLOCK_BYTES;
        if same { Ok(()) } else { self.begin(tag) }
    }

    fn begin(&mut self, tag: u8) -> Result<(), DiskError> {
        self.flush()?;
        self.content.push(tag);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        self.rows_of = None;
        if self.content.is_empty() {
            return Ok(());
        }
        let block = block(self.salt, self.offset, &self.content)
            .ok_or_else(|| DiskError::at(&self.name, "write")(io::ErrorKind::FileTooLarge.into()))?;
        write_all(&*self.file, self.offset, &block).map_err(DiskError::at(&self.name, "write"))?;
        self.offset = self.offset.saturating_add(wide(block.len()));
        if self.offset.saturating_sub(self.synced) >= SYNC_BYTES {
            self.file.sync().map_err(DiskError::at(&self.name, "sync"))?;
            self.synced = self.offset;
        }
        self.blocks = self.blocks.saturating_add(1);
        self.content.clear();
        self.content.shrink_to(BLOCK_BYTES.saturating_mul(2));
        Ok(())
    }
}

/// Removes what the snapshot of this cut replaces: older snapshots, archives of other generations than its own, and
/// segments before the cut, which become spare ones as far as there is use for them. Gives their names. It may fail at any
/// call and be called again at any time after [`write()`] came back.
pub fn replace(disk: &dyn Disk, cut: &Cut, generation: u32) -> Result<Vec<String>, DiskError> {
    let names = disk.list().map_err(DiskError::at(".", "list"))?;
    for name in &names {
        let older = super::number_of(name).is_some_and(|number| number < cut.first);
        let other = archive::generation_of(name).is_some_and(|found| found != generation);
        if older || other || super::is_unfinished(name) {
            disk.remove(name).map_err(DiskError::at(name, "remove"))?;
        }
    }
    let segments = names.iter().filter_map(|name| log::number_of(name)).filter(|&number| number < cut.first);
    let spares = log::recycle(disk, segments, cut.segment_bytes, cut.spares_max)?;
    disk.sync().map_err(DiskError::at(".", "sync"))?;
    Ok(spares)
}
