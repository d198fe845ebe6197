//! The folder on a disk.

use super::{FileFault, FilePath, Files};
use crate::app::durable::{self, Access};
use crate::base::guard::{Guard, off};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A folder, made by the first write.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    root: PathBuf,
}

impl DiskFiles {
    /// The files in and below a folder.
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The real place of what exists (F2).
    fn existing(&self, path: &FilePath) -> Result<PathBuf, FileFault> {
        let root = self.root.canonicalize()?;
        Self::inside(&root, root.join(path.as_str()).canonicalize()?)
    }

    fn inside(root: &Path, place: PathBuf) -> Result<PathBuf, FileFault> {
        if off(Guard::FilePath) || place.starts_with(root) { Ok(place) } else { Err(FileFault::Outside) }
    }

    /// The real place of what will be written, its folders made. A link that ends nowhere is not followed.
    fn place(&self, path: &FilePath) -> Result<PathBuf, FileFault> {
        fs::create_dir_all(&self.root)?;
        let root = self.root.canonicalize()?;
        let mut parts = path.parts().peekable();
        let mut place = root.clone();
        while let Some(part) = parts.next() {
            let next = place.join(part);
            let is_last = parts.peek().is_none();
            place = match next.symlink_metadata() {
                Ok(_) => match next.canonicalize() {
                    Ok(real) => Self::inside(&root, real)?,
                    Err(_) => return Err(FileFault::Outside),
                },
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                Err(_) if is_last => next,
                Err(_) => match fs::create_dir(&next) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
                    _ => next,
                },
            };
        }
        // Opening a pipe would wait for its other end, and replacing it would cut off who reads there.
        if fs::metadata(&place).is_ok_and(|found| !found.is_file()) {
            return Err(FileFault::NotAFile);
        }
        Ok(place)
    }
}

/// Opens a plain file, and says how large it is.
fn open(place: &Path) -> Result<(File, u64), FileFault> {
    // Opening a pipe would wait for its other end.
    if !fs::metadata(place)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    let file = File::open(place)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

impl Files for DiskFiles {
    fn read(&mut self, path: &FilePath, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let (file, bytes) = open(&self.existing(path)?)?;
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        if bytes > limit {
            return Err(FileFault::TooLarge);
        }
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(bytes_max));
        // The file may grow while it is read.
        file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() > bytes_max { Err(FileFault::TooLarge) } else { Ok(content) }
    }

    fn write(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        let place = self.place(path)?;
        let access = fs::metadata(&place).map_or(Access::Usual, |old| Access::Like(old.permissions()));
        Ok(durable::replace(&place, content, access)?)
    }

    fn append(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.place(path)?)?;
        Ok(file.write_all(content)?)
    }

    fn delete(&mut self, path: &FilePath) -> Result<(), FileFault> {
        if !self.existing(path)?.is_file() {
            return Err(FileFault::NotAFile);
        }
        // A link is removed, not what it leads to.
        Ok(fs::remove_file(self.root.join(path.as_str()))?)
    }

    fn list(&mut self, path: &FilePath) -> Result<Vec<String>, FileFault> {
        let place = match self.existing(path) {
            Err(FileFault::Missing) if path.as_str().is_empty() => return Ok(Vec::new()),
            place => place?,
        };
        if !place.is_dir() {
            return Err(FileFault::NotAFolder);
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(place)? {
            let entry = entry?;
            // A name that is not UTF-8 cannot be a text, so no program could open it. What is being written is not
            // there yet.
            let is_whole = |name: &&str| !name.starts_with(durable::TEMPORARY);
            if let Some(name) = entry.file_name().to_str().filter(is_whole) {
                let folder = entry.path().is_dir();
                names.push(format!("{name}{}", if folder { "/" } else { "" }));
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn exists(&mut self, path: &FilePath) -> Result<bool, FileFault> {
        match self.existing(path) {
            Ok(_) => Ok(true),
            Err(FileFault::Missing | FileFault::NotAFolder) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}
