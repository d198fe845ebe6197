//! Moving the older versions out of segments that a checkpoint retires.

use super::{Archive, Extent, Version, name};
use crate::store::disk::{Disk, DiskError, File, SECTOR, write_all};
use crate::store::format::{BLOCK_BYTES, FileError, Header, Kind, block, put_row, put_uint, wide};
use crate::store::log::{Cut, Item, replay};
use crate::store::{Lsn, RowEffect, TypeId};
use std::io;

impl Archive {
    /// The archive with the versions that the retired segments of a cut hold, of rows that are still there. It is
    /// durable; what counts is this one only once a snapshot says so (W9), until then the old one is as good as before.
    pub fn extend(
        &self,
        disk: &dyn Disk,
        cut: &Cut,
        kept: &dyn Fn(TypeId, u64) -> bool,
    ) -> Result<Self, FileError> {
        let mut appender = Appender {
            salt: self.salt,
            length: self.extent.length,
            index: self.index.to_vec(),
            ..Appender::new(disk, self.extent.generation)
        };
        let next = cut.retired.first().map_or(0, |segment| segment.first);
        let mut each = |item: Item<'_>| match item {
            Item::Effect(RowEffect::Put { ty, id, row, before: Some(before) }) if kept(ty, id) => {
                Ok(appender.version(&Version { lsn: row.lsn, ty, id, next: row.version, row: before })?)
            }
            Item::Effect(_) | Item::Catalogue(_) | Item::NextId(..) => Ok(()),
        };
        replay(disk, &cut.retired, next, Some(cut.sequence), &mut each)?;
        appender.finish(cut.first).map_err(Into::into)
    }
}

/// Writes versions behind those that are there, in the order in which they were replaced.
pub struct Appender<'a> {
    disk: &'a dyn Disk,
    generation: u32,
    name: String,
    /// Opened when there is something to write.
    file: Option<Box<dyn File>>,
    /// Was the file begun?
    made: bool,
    salt: u64,
    length: u64,
    content: Vec<u8>,
    /// Of the block's first version.
    first: Lsn,
    index: Vec<(Lsn, u64)>,
}

impl<'a> Appender<'a> {
    /// Of an archive that has nothing yet.
    pub fn new(disk: &'a dyn Disk, generation: u32) -> Self {
        Self {
            disk,
            generation,
            name: name(generation),
            file: None,
            made: false,
            salt: 0,
            length: 0,
            content: Vec::new(),
            first: Lsn::NONE,
            index: Vec::new(),
        }
    }

    /// Writes a version.
    pub fn version(&mut self, version: &Version) -> Result<(), DiskError> {
        if self.content.is_empty() {
            self.first = version.lsn;
        }
        put_uint(&mut self.content, version.lsn.0);
        put_uint(&mut self.content, u64::from(version.ty.0));
        put_uint(&mut self.content, version.id);
        put_uint(&mut self.content, version.next);
        put_row(&mut self.content, version.row.view());
        if self.content.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        if self.content.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            self.file = Some(self.begin()?);
        }
        let Some(file) = &self.file else { return Ok(()) };
        let block = block(self.salt, self.length, &self.content)
            .ok_or_else(|| DiskError::at(&self.name, "write")(io::ErrorKind::FileTooLarge.into()))?;
        write_all(&**file, self.length, &block).map_err(DiskError::at(&self.name, "write"))?;
        self.index.push((self.first, self.length));
        self.length = self.length.saturating_add(wide(block.len()));
        self.content.clear();
        Ok(())
    }

    /// Opens the file, with what does not count cut off.
    fn begin(&mut self) -> Result<Box<dyn File>, DiskError> {
        let (disk, name) = (self.disk, &self.name);
        let made = disk.open_mut(name, self.length == 0);
        let file = match made {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.open_mut(name, false),
            made => made,
        }
        .map_err(DiskError::at(name, "open"))?;
        file.set_size(self.length).map_err(DiskError::at(name, "cut"))?;
        if self.length == 0 {
            self.salt = disk.salt().map_err(DiskError::at(name, "salt"))?;
            let sector = Header([self.salt, 0, 0, 0, 0, 0]).encode(Kind::Archive);
            write_all(&*file, 0, &sector).map_err(DiskError::at(name, "write"))?;
            self.length = wide(SECTOR);
            self.made = true;
        }
        Ok(file)
    }

    /// The archive before segment `first`, durable.
    pub fn finish(mut self, first: u32) -> Result<Archive, DiskError> {
        self.flush()?;
        if let Some(file) = &self.file {
            file.sync().map_err(DiskError::at(&self.name, "sync"))?;
        }
        if self.made {
            // The snapshot that will name it must not come to light without it (W8).
            self.disk.sync().map_err(DiskError::at(".", "sync"))?;
        }
        let extent = Extent { generation: self.generation, length: self.length };
        Ok(Archive { extent, salt: self.salt, first, index: self.index.into() })
    }
}
