//! Why the newest sources are not what runs: for `flin dev`, whose program may be broken while it is being written.

use std::sync::{Arc, PoisonError, RwLock};

/// See the module.
#[derive(Debug, Default)]
pub struct Stale(RwLock<Option<Arc<Broken>>>);

/// Sources that are not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong with them, as text.
    pub findings: String,
    /// Is there an older program that answers meanwhile?
    pub older_runs: bool,
}

impl Stale {
    /// What is wrong from now on; nothing, when the newest sources run.
    pub fn set(&self, broken: Option<Broken>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = broken.map(Arc::new);
    }

    /// What is wrong.
    pub fn get(&self) -> Option<Arc<Broken>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
