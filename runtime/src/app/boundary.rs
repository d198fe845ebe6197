//! The one place where a panic of ours stops: around every poll of a VM, and around its drop.
//!
//! A caught panic ends the execution that it happened in and is counted; its message goes to the panic hook and to
//! nobody else. Stack overflow, aborts and failed allocations do not unwind: limits keep those away.

use crate::base::guard::{Guard, off};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

static PANICS: AtomicU64 = AtomicU64::new(0);

/// A panic was caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal error: a fault in flin itself ended this execution")]
pub struct Panicked;

/// How many panics were caught in this process.
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs `f`. What it was changing when it panicked must not be used any more: drop it, inside this boundary too.
pub fn contain<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    if off(Guard::PanicBoundary) {
        return Ok(f());
    }
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        // A payload's own drop may panic again; leaking it is what is left.
        std::mem::forget(payload);
        Panicked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_is_counted() {
        let before = panics();
        assert_eq!(contain(|| 1), Ok(1));
        assert_eq!(contain(|| std::panic::resume_unwind(Box::new(()))), Err::<(), _>(Panicked));
        assert!(panics() > before);
    }
}
