//! A part of a file in memory, moved along as it is read.

use crate::store::disk::{DiskError, File, read_full};

/// Bytes that are read ahead.
const AHEAD: usize = 1 << 18;

/// Reads a file through a buffer, which never grows beyond what is asked for and is there.
#[derive(Debug)]
pub struct Window<'a> {
    file: &'a dyn File,
    name: &'a str,
    size: u64,
    start: u64,
    bytes: Vec<u8>,
    /// Read no more than is asked for.
    exact: bool,
}

impl<'a> Window<'a> {
    /// At the start of a file.
    pub fn new(file: &'a dyn File, name: &'a str) -> Result<Self, DiskError> {
        let size = file.size().map_err(DiskError::at(name, "measure"))?;
        Ok(Self { file, name, size, start: 0, bytes: Vec::new(), exact: false })
    }

    /// One that reads no more than is asked for.
    pub fn exact(file: &'a dyn File, name: &'a str) -> Result<Self, DiskError> {
        Ok(Self { exact: true, ..Self::new(file, name)? })
    }

    /// How long the file is.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The file's name.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// So many bytes at an offset; none when the file ends before.
    pub fn get(&mut self, offset: u64, count: usize) -> Result<Option<&[u8]>, DiskError> {
        let Some(left) = self.size.checked_sub(offset) else { return Ok(None) };
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left < count {
            return Ok(None);
        }
        if self.place(offset, count).is_none() {
            let ahead = if self.exact { count } else { count.max(AHEAD) };
            self.bytes.resize(ahead.min(left), 0);
            self.start = offset;
            let read =
                read_full(self.file, offset, &mut self.bytes).map_err(DiskError::at(self.name, "read"))?;
            self.bytes.truncate(read);
        }
        Ok(self.place(offset, count).and_then(|(from, to)| self.bytes.get(from..to)))
    }

    fn place(&self, offset: u64, count: usize) -> Option<(usize, usize)> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let to = from.checked_add(count)?;
        (to <= self.bytes.len()).then_some((from, to))
    }
}
