//! A disk in memory that does everything a real one may do: fail at any call, write short, run full, forget or tear what
//! was not synced, and keep nothing of what a failed sync was asked to keep.
//!
//! Every call counts, reads included, so that a fault can be put at each in turn; a salt is none.

#![expect(
    clippy::disallowed_types,
    reason = "a device, not a part of the store: its lock is held for a call and waits for nobody"
)]

mod content;

use super::{Disk, File, flat};
use content::Content;
use std::any::Any;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does nothing and fails.
    Error(ErrorKind),
    /// A read or write does half of what it is asked; another call fails.
    Short,
    /// It is done, and is the last that this process does: every later call fails.
    Last,
}

/// A fault at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The call, counted from 0 since the plan was made.
    pub at: u64,
    /// What happens there.
    pub fault: Fault,
    /// At every later call too?
    pub lasting: bool,
}

/// What a machine that lost its power finds of what was not synced. What was synced is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// All of it: only the process died.
    Kept,
    /// None of it.
    Lost,
    /// The first half of the changes, and the first half of the sectors of the one after.
    Torn,
    /// Those changes whose bit is set, in the order in which [`Twin::unsynced`] counts them; of the 64th and later ones,
    /// those that a hash of the mask and their number picks.
    Chosen(u64),
}

/// A disk in memory. Clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Twin(Arc<Mutex<Device>>);

#[derive(Clone, Debug, Default)]
struct Device {
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Changes of names that were not synced.
    renames: Vec<NameChange>,
    files: Vec<Content>,
    calls: u64,
    plan: Option<Plan>,
    dead: bool,
    bytes_max: Option<u64>,
    locked: bool,
    /// The last salt, or what was put on the disk: the same calls get the same salts, other content gets others.
    salt: u64,
}

#[derive(Clone, Debug)]
enum NameChange {
    Create(String, usize),
    Rename(String, String),
    Remove(String),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

/// How a call goes on.
enum Course {
    Whole,
    Half,
}

fn died() -> io::Error {
    io::Error::other("the process is dead")
}

impl Device {
    fn call(&mut self) -> io::Result<Course> {
        if self.dead {
            return Err(died());
        }
        let call = self.calls;
        self.calls = self.calls.saturating_add(1);
        let Some(plan) = self.plan.filter(|plan| call == plan.at || (plan.lasting && call > plan.at)) else {
            return Ok(Course::Whole);
        };
        match plan.fault {
            Fault::Error(kind) => Err(kind.into()),
            Fault::Short => Ok(Course::Half),
            Fault::Last => {
                self.dead = true;
                Ok(Course::Whole)
            }
        }
    }

    /// A call that cannot be done by half.
    fn whole(&mut self) -> io::Result<()> {
        match self.call()? {
            Course::Whole => Ok(()),
            Course::Half => Err(io::Error::other("input/output error")),
        }
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(flat(name)?).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn change(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.renames.push(change);
    }

    fn file(&mut self, file: usize) -> io::Result<&mut Content> {
        self.files.get_mut(file).ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Refuses what would make a file so large that the disk is full.
    fn room(&self, file: usize, size: u64) -> io::Result<()> {
        let Some(bytes_max) = self.bytes_max else { return Ok(()) };
        let sizes =
            self.names.values().filter(|&&other| other != file).filter_map(|&other| self.files.get(other));
        let others = sizes.fold(0_u64, |sum, other| sum.saturating_add(other.size()));
        let own = self.files.get(file).map_or(0, Content::size);
        if size > own && others.saturating_add(size) > bytes_max {
            Err(ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }
}

impl Twin {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls there were since the last plan.
    pub fn calls(&self) -> u64 {
        self.device().calls
    }

    /// Puts a fault at a call from now on, or none.
    pub fn plan(&self, plan: Option<Plan>) {
        let mut device = self.device();
        device.calls = 0;
        device.plan = plan;
    }

    /// From now on files together have at most so many bytes.
    pub fn limit(&self, bytes_max: Option<u64>) {
        self.device().bytes_max = bytes_max;
    }

    /// Is the process that used it dead?
    pub fn is_dead(&self) -> bool {
        self.device().dead
    }

    /// How many changes were not synced.
    pub fn unsynced(&self) -> usize {
        let device = self.device();
        device.files.iter().fold(device.renames.len(), |sum, file| sum.saturating_add(file.unsynced()))
    }

    /// The disk as the next process finds it.
    #[must_use]
    pub fn crash(&self, how: Crash) -> Self {
        let device = self.device();
        let all =
            device.files.iter().fold(device.renames.len(), |sum, file| sum.saturating_add(file.unsynced()));
        let picked = |number: usize| match how {
            Crash::Kept => true,
            Crash::Lost => false,
            Crash::Torn => number < all / 2,
            Crash::Chosen(mask) => chosen(mask, number),
        };
        let torn = if how == Crash::Torn { Some(all / 2) } else { None };
        let mut number = 0;
        let mut names = device.durable_names.clone();
        for change in &device.renames {
            if picked(number) {
                change.apply(&mut names);
            }
            number = number.saturating_add(1);
        }
        let mut files = Vec::with_capacity(device.files.len());
        for file in &device.files {
            files.push(file.crashed(how == Crash::Kept, number, &picked, torn));
            number = number.saturating_add(file.unsynced());
        }
        let found = Device {
            durable_names: names.clone(),
            names,
            files,
            bytes_max: device.bytes_max,
            salt: device.salt,
            ..Device::default()
        };
        drop(device);
        Self::of(found)
    }

    /// A disk with the same content, synced or not, that goes its own way.
    #[must_use]
    pub fn copy(&self) -> Self {
        let device = Device { plan: None, calls: 0, dead: false, locked: false, ..self.device().clone() };
        Self::of(device)
    }

    /// The content of a file, as a reader sees it.
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let mut device = self.device();
        let file = *device.names.get(name)?;
        device.file(file).ok().map(|content| content.bytes().to_vec())
    }

    /// Replaces the content of a file, or makes one: durable, and no call.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut device = self.device();
        let file = device.files.len();
        device.salt = mixed(device.salt, name.as_bytes(), &bytes);
        device.files.push(Content::durable(bytes));
        device.names.insert(name.to_owned(), file);
        device.durable_names.insert(name.to_owned(), file);
    }

    fn of(device: Device) -> Self {
        Self(Arc::new(Mutex::new(device)))
    }
}

fn mixed(salt: u64, name: &[u8], content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (salt, name, content).hash(&mut hasher);
    hasher.finish()
}

fn chosen(mask: u64, number: usize) -> bool {
    if let Ok(bit @ 0..64) = u32::try_from(number) {
        return mask.checked_shr(bit).unwrap_or(0) & 1 == 1;
    }
    let mixed = mask ^ u64::try_from(number).unwrap_or(0).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 63 == 1
}

impl Disk for Twin {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut device = self.device();
        device.whole()?;
        Ok(device.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_mut(name, false)
    }

    fn open_mut(&self, name: &str, create: bool) -> io::Result<Box<dyn File>> {
        let mut device = self.device();
        device.whole()?;
        let file = match (device.find(name), create) {
            (Ok(_), true) => return Err(ErrorKind::AlreadyExists.into()),
            (Err(error), true) if error.kind() == ErrorKind::NotFound => {
                let file = device.files.len();
                device.files.push(Content::default());
                device.change(NameChange::Create(name.to_owned(), file));
                file
            }
            (found, _) => found?,
        };
        drop(device);
        Ok(Box::new(TwinFile { twin: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut device = self.device();
        device.whole()?;
        device.find(from)?;
        device.change(NameChange::Rename(from.to_owned(), flat(to)?.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut device = self.device();
        device.whole()?;
        device.find(name)?;
        device.change(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut device = self.device();
        device.whole()?;
        device.durable_names = device.names.clone();
        device.renames.clear();
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send + Sync>> {
        let mut device = self.device();
        device.whole()?;
        if device.locked {
            return Err(ErrorKind::WouldBlock.into());
        }
        device.locked = true;
        drop(device);
        Ok(Box::new(Held(self.clone())))
    }

    fn salt(&self) -> io::Result<u64> {
        let mut device = self.device();
        device.salt = mixed(device.salt, &[], &[]);
        Ok(device.salt)
    }
}

#[derive(Debug)]
struct Held(Twin);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.device().locked = false;
    }
}

#[derive(Debug)]
struct TwinFile {
    twin: Twin,
    file: usize,
}

impl File for TwinFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let mut device = self.twin.device();
        let bytes = match device.call()? {
            Course::Half if bytes.len() > 1 => bytes.split_at_mut(bytes.len() / 2).0,
            Course::Half => return Err(io::Error::other("input/output error")),
            Course::Whole => bytes,
        };
        Ok(device.file(self.file)?.read(offset, bytes))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let mut device = self.twin.device();
        let bytes = match device.call()? {
            Course::Half if bytes.len() > 1 => bytes.split_at(bytes.len() / 2).0,
            Course::Half => return Err(io::Error::other("input/output error")),
            Course::Whole => bytes,
        };
        let end = offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        device.room(self.file, end)?;
        device.file(self.file)?.write(offset, bytes);
        Ok(bytes.len())
    }

    fn sync(&self) -> io::Result<()> {
        let mut device = self.twin.device();
        let went = device.whole();
        let dead = device.dead && went.is_err();
        let file = device.file(self.file)?;
        match &went {
            Ok(()) => file.sync(),
            // A dead process asks for nothing; a failed sync forgets what it was asked to keep.
            Err(_) if !dead => file.forget(),
            Err(_) => {}
        }
        went
    }

    fn size(&self) -> io::Result<u64> {
        let mut device = self.twin.device();
        device.whole()?;
        Ok(device.file(self.file)?.size())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        let mut device = self.twin.device();
        device.whole()?;
        device.room(self.file, size)?;
        device.file(self.file)?.resize(size);
        Ok(())
    }
}
