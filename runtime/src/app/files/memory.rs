//! The folder in memory: empty at first, bounded, gone with its host. For tests, the audit and fuzzing.

use super::{FileFault, FilePath, Files};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that all files together may have.
const BYTES_MAX: usize = 64 << 20;

/// Files by path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFiles {
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.files.range(prefix.clone()..).map(|(path, _)| path.as_str());
        from.map_while(move |path| path.strip_prefix(prefix.as_str()))
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.below(path).next().is_some()
    }

    /// Folders come with the files in them: none of a path's folders may be a file, nor the path a folder.
    fn check(&self, path: &str, bytes: usize) -> Result<(), FileFault> {
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if self.files.contains_key(parent) {
                return Err(FileFault::NotAFolder);
            }
            folder = parent;
        }
        if self.is_folder(path) {
            return Err(FileFault::NotAFile);
        }
        let held = self.files.iter().map(|(path, content)| path.len().saturating_add(content.len()));
        let sum = held.fold(bytes.saturating_add(path.len()), usize::saturating_add);
        if sum > BYTES_MAX { Err(FileFault::NoSpace) } else { Ok(()) }
    }

    fn find(&self, path: &str) -> Result<&Vec<u8>, FileFault> {
        let missing = if self.is_folder(path) { FileFault::NotAFile } else { FileFault::Missing };
        self.files.get(path).ok_or(missing)
    }
}

impl Files for MemoryFiles {
    fn read(&mut self, path: &FilePath, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let content = self.find(path.as_str())?;
        if content.len() > bytes_max { Err(FileFault::TooLarge) } else { Ok(content.clone()) }
    }

    fn write(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        self.check(path.as_str(), content.len())?;
        self.files.insert(path.as_str().to_owned(), content.to_vec());
        Ok(())
    }

    fn append(&mut self, path: &FilePath, content: &[u8]) -> Result<(), FileFault> {
        self.check(path.as_str(), content.len())?;
        self.files.entry(path.as_str().to_owned()).or_default().extend(content);
        Ok(())
    }

    fn delete(&mut self, path: &FilePath) -> Result<(), FileFault> {
        self.find(path.as_str())?;
        self.files.remove(path.as_str());
        Ok(())
    }

    fn list(&mut self, path: &FilePath) -> Result<Vec<String>, FileFault> {
        let path = path.as_str();
        if self.files.contains_key(path) {
            return Err(FileFault::NotAFolder);
        }
        if !self.is_folder(path) {
            return Err(FileFault::Missing);
        }
        let name = |below: &str| match below.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => below.to_owned(),
        };
        let names: BTreeSet<String> = self.below(path).map(name).collect();
        Ok(names.into_iter().collect())
    }

    fn exists(&mut self, path: &FilePath) -> Result<bool, FileFault> {
        Ok(self.files.contains_key(path.as_str()) || self.is_folder(path.as_str()))
    }
}
