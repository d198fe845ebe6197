//! A project's store, opened by the first execution that asks for it and made by the first save.
//!
//! Invariant: an open store answers programs of one schema, since requests name entities and fields by their places in it.
//! Only [`StorePlace::rebind`] changes which.
//!
//! Absence: nothing is opened, locked or made for a program that has no use for it.

use super::boundary::contain;
use crate::base::guard::{Guard, off};
use crate::config;
use crate::record::{Refusal, Schema};
use crate::store::disk::{Disk, Folder, Twin};
use crate::store::recover::Dropped;
use crate::store::{Health, Options, Source, Store, Sync};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a save may stay undurable under `sync = "interval"`: half of what is promised, the other half is for writing.
const INTERVAL: Duration = Duration::from_millis(500);

/// Where a store is, and the store once it is open. Clones are the same one.
#[derive(Clone, Debug)]
pub struct StorePlace(Arc<Place>);

#[derive(Debug)]
struct Place {
    disk: Arc<dyn Disk>,
    options: Options,
    /// Waited for while files are read: by nobody who could go on without them.
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    store: Option<Store>,
    /// Of the programs that are answered; none before the first one came.
    schema: Option<Schema>,
    /// The end of the log that was left out when it was opened, until somebody tells of it.
    torn: Option<Dropped>,
}

impl Open {
    fn is_for(&self, schema: &Schema) -> bool {
        self.schema.as_ref().is_none_or(|bound| bound == schema) || off(Guard::StoreSchema)
    }
}

impl StorePlace {
    /// In a folder, as a configuration says.
    pub fn folder(path: impl Into<PathBuf>, config: &config::Store) -> Self {
        Self::on(Arc::new(Folder::new(path)), options(config))
    }

    /// In memory, for one test.
    pub fn memory(config: &config::Store) -> Self {
        Self::on(Arc::new(Twin::default()), options(config))
    }

    /// On a disk of the caller's.
    pub fn on(disk: Arc<dyn Disk>, options: Options) -> Self {
        Self(Arc::new(Place { disk, options, open: Mutex::default() }))
    }

    /// Commits what was handed over, makes it durable, and lets others have the folder.
    ///
    /// # Errors
    ///
    /// Says why what was saved may not be durable; with `sync = "always"` it always is.
    pub fn close(&self) -> Result<(), Cow<'static, str>> {
        let store = self.open().store.take();
        store.map_or(Ok(()), |store| store.close())
    }

    /// What was left out at the end of the log, to be told to whoever runs the program; the second time nothing.
    pub fn take_torn(&self) -> Option<Dropped> {
        self.open().torn.take()
    }

    /// Is it open? Says no while somebody is opening it, and does not wait for that.
    pub fn is_open(&self) -> bool {
        self.0.open.try_lock().is_ok_and(|open| open.store.is_some())
    }

    /// How the store is, once it is open.
    pub fn health(&self) -> Option<Health> {
        // The store is asked when the lock was given back.
        let store = self.0.open.try_lock().ok()?.store.clone();
        store.map(|store| store.health())
    }

    /// Opens the store for programs of this schema, if there is one.
    pub fn open_existing(&self, schema: &Schema) -> Result<(), Refusal> {
        self.store(schema, false).map(drop)
    }

    /// From now on programs of this schema are answered, and those of the one before are refused. What was handed over
    /// is committed before.
    ///
    /// # Errors
    ///
    /// Says why the store does not open for them; it goes on answering those that it did.
    pub fn rebind(&self, schema: &Schema) -> Result<(), Refusal> {
        let mut open = self.open();
        if open.is_for(schema) {
            return Ok(());
        }
        if let Some(store) = open.store.take() {
            store.close().map_err(Refusal::Unavailable)?;
        }
        let before = open.schema.replace(schema.clone());
        let bound = self.0.store(&mut open, schema, false);
        if bound.is_err() {
            // The next one who asks opens it.
            open.schema = before;
        }
        bound.map(drop)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn store(&self, open: &mut Open, schema: &Schema, create: bool) -> Result<Option<Store>, Refusal> {
        let unavailable = |what: &dyn std::fmt::Display| Refusal::Unavailable(what.to_string().into());
        if let Some(store) = &open.store {
            return Ok(Some(store.clone()));
        }
        if !create && self.disk.list().map_err(|error| unavailable(&error))?.is_empty() {
            return Ok(None);
        }
        let disk = Arc::clone(&self.disk);
        let opened = contain(|| Store::open(disk, schema, self.options.clone()));
        let (store, report) =
            opened.map_err(|panicked| unavailable(&panicked))?.map_err(|error| unavailable(&error))?;
        open.torn = report.dropped;
        open.store = Some(store.clone());
        Ok(Some(store))
    }
}

impl Source for StorePlace {
    fn store(&self, schema: &Schema, create: bool) -> Result<Option<Store>, Refusal> {
        let mut open = self.open();
        if !open.is_for(schema) {
            let reason = "the entities of the program were changed while this ran; begin anew";
            return Err(Refusal::Unavailable(reason.into()));
        }
        open.schema.get_or_insert_with(|| schema.clone());
        self.0.store(&mut open, schema, create)
    }
}

fn options(config: &config::Store) -> Options {
    Options {
        sync: match config.sync {
            config::Sync::Always => Sync::Always,
            config::Sync::Interval => Sync::Interval(INTERVAL),
        },
        checkpoint_bytes: config.checkpoint_bytes,
        memory_max: usize::try_from(config.memory_bytes_max).unwrap_or(usize::MAX),
        ..Options::default()
    }
}
