//! The disk that fails, tears and forgets, telling the scheduler which files a step touches.

use super::interleave::note_file;
use flin_runtime::store::disk::{Disk, File, Plan, Twin};
use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The twin; clones are the same disk, and write down the same calls.
#[derive(Clone, Debug, Default)]
pub struct Medium(pub Twin, Journal);

/// What each call did, where it counts.
type Journal = Arc<Mutex<Vec<String>>>;

/// What changes of the names in the folder touch.
const FOLDER: &str = "/";

impl Medium {
    /// A disk of its own.
    pub fn new(twin: Twin) -> Self {
        Self(twin, Journal::default())
    }

    /// Puts a fault at a call from now on, or none; calls are counted and written down from here.
    pub fn plan(&self, plan: Option<Plan>) {
        self.0.plan(plan);
        self.journal().clear();
    }

    /// What the call of that number was.
    pub fn call(&self, number: u64) -> String {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.journal().get(at).cloned().unwrap_or_default()
    }

    /// All that was called since the last plan.
    pub fn calls(&self) -> Vec<String> {
        self.journal().clone()
    }

    fn journal(&self) -> MutexGuard<'_, Vec<String>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, what: &str, names: &[&str]) -> &Twin {
        names.iter().for_each(|name| note_file(name));
        self.journal().push(format!("{what} {}", names.last().unwrap_or(&FOLDER)));
        &self.0
    }

    /// Names and contents as a reader sees them, without a call that counts.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let names = self.0.copy().list().unwrap_or_default();
        names.into_iter().filter_map(|name| Some((name.clone(), self.0.content(&name)?))).collect()
    }

    /// A disk with these files, all durable.
    pub fn of(files: &BTreeMap<String, Vec<u8>>) -> Self {
        let twin = Twin::new();
        files.iter().for_each(|(name, bytes)| twin.put(name, bytes.clone()));
        Self::new(twin)
    }
}

impl Disk for Medium {
    fn list(&self) -> io::Result<Vec<String>> {
        self.note("list", &[FOLDER]).list()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_mut(name, false)
    }

    fn open_mut(&self, name: &str, create: bool) -> io::Result<Box<dyn File>> {
        let file =
            self.note(if create { "create" } else { "open" }, &[FOLDER, name]).open_mut(name, create)?;
        Ok(Box::new(Noted { medium: self.clone(), name: name.to_owned(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.note(&format!("rename {from} to"), &[FOLDER, from, to]).rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.note("remove", &[FOLDER, name]).remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.note("sync", &[FOLDER]).sync()
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send + Sync>> {
        self.note("lock", &[]).lock()
    }

    fn salt(&self) -> io::Result<u64> {
        self.0.salt()
    }
}

/// A file of it.
#[derive(Debug)]
struct Noted {
    medium: Medium,
    name: String,
    file: Box<dyn File>,
}

impl Noted {
    fn file(&self, what: &str) -> &dyn File {
        self.medium.note(what, &[&self.name]);
        &*self.file
    }
}

impl File for Noted {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.file("read").read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.file("write").write_at(offset, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.file("sync").sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.file("size").size()
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file("resize").set_size(size)
    }
}
