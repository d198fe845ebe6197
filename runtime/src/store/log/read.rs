//! One record by its place, for whoever looks at older versions.

use super::replay::record;
use super::{Item, Items, Segment, segment};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{Fault, FileError, Window};
use crate::store::{Row, RowEffect, TypeId};
use std::io;

/// The version that `row` replaced; none for the first one.
///
/// # Errors
///
/// [`FileError::Missing`] when the segment is gone: a checkpoint has moved its versions to the archive.
pub fn before(disk: &dyn Disk, ty: TypeId, id: u64, row: &Row) -> Result<Option<Row>, FileError> {
    let name = segment::name(row.lsn.segment());
    let file = match disk.open(&name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FileError::Missing { file: name });
        }
        file => file.map_err(DiskError::at(&name, "open"))?,
    };
    let at = row.lsn.offset();
    let damaged = |fault| FileError::damaged(&name, u64::from(at), fault);
    let segment = Segment::load(&*file, row.lsn.segment())?;
    let mut window = Window::exact(&*file, &name)?;
    let (_, payload) = record(&mut window, &segment, at)?.ok_or_else(|| damaged(Fault::Checksum))?;
    for item in Items::new(payload, row.lsn) {
        match item.map_err(damaged)? {
            Item::Effect(RowEffect::Put { ty: t, id: i, row: now, before })
                if (t, i, now.version) == (ty, id, row.version) =>
            {
                return Ok(before);
            }
            Item::Effect(_) | Item::Catalogue(_) | Item::NextId(..) => {}
        }
    }
    Err(damaged(Fault::Order))
}
